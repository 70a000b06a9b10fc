#include "scenarios/expression.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace blackstart {
namespace {

enum class Unit { kSeconds, kBytes, kShare, kCount, kNumber, kText };
constexpr int kDepthMax = 64;  // of brackets and `not`: far above any condition that a person can read

struct Variable {
  std::string name;
  Unit unit;
};

const std::vector<Variable>& variables_known() {
  static const std::vector<Variable> known = {
      {"elapsed", Unit::kSeconds},         {"outage", Unit::kSeconds},          {"phase", Unit::kText},
      {"faults_active", Unit::kCount},     {"goodput", Unit::kShare},           {"bid_failed", Unit::kShare},
      {"bid_latency.p50", Unit::kSeconds}, {"bid_latency.p99", Unit::kSeconds}, {"host.disk_free", Unit::kBytes},
      {"host.memory_free", Unit::kBytes},  {"host.load", Unit::kNumber},
  };
  return known;
}

/// bid_latency.p99.9 and bid_latency.p99_9 both mean the 99.9th percentile.
bool is_latency_percentile(std::string_view name) {
  constexpr std::string_view kPrefix = "bid_latency.p";
  if (!name.starts_with(kPrefix)) return false;
  std::string digits{name.substr(kPrefix.size())};
  std::replace(digits.begin(), digits.end(), '_', '.');
  double percent = 0;
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), percent, std::chars_format::fixed);
  return code == std::errc{} && end == digits.data() + digits.size() && percent > 0 && percent <= 100;
}

std::string example(Unit unit) {
  switch (unit) {
    case Unit::kSeconds:
      return "a duration, as 30m";
    case Unit::kBytes:
      return "a size, as 1GiB";
    case Unit::kShare:
      return "a share, as 99%";
    case Unit::kCount:
      return "a whole number, as 2";
    case Unit::kNumber:
      return "a number, as 4.5";
    case Unit::kText:
      return "a text in quotes, as \"steady state\"";
  }
  return {};
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value < 0)
    return std::nullopt;
  return value;
}

std::optional<double> parse_quantity(std::string_view text, Unit unit) {
  switch (unit) {
    case Unit::kSeconds:
      if (const auto length = parse_duration(text)) return to_seconds(*length);
      return std::nullopt;
    case Unit::kBytes:
      if (const auto size = parse_size(text)) return static_cast<double>(size->bytes);
      return std::nullopt;
    case Unit::kShare:
      if (const auto share = parse_share(text)) return share->value;
      return std::nullopt;
    case Unit::kCount: {
      const auto count = parse_number(text);
      return count && *count == std::floor(*count) ? count : std::nullopt;
    }
    case Unit::kNumber:
      return parse_number(text);
    case Unit::kText:
      break;
  }
  return std::nullopt;
}

struct Token {
  enum class Kind { kEnd, kWord, kQuoted, kComparison, kOpen, kClose } kind = Kind::kEnd;
  std::string text;
};

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '%' || c == '/' || c == '-';
}

/// parse() adds of which condition.
Error wrong(std::string_view found, std::string_view allowed) {
  return fail(ErrorCode::kInvalid, fmt::format("found {}; allowed: {}", found, allowed));
}

Result<std::vector<Token>> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    std::size_t end = at + 1;
    if (c == ' ' || c == '\t' || c == '\n') {
      at = end;
      continue;
    }
    if (c == '(' || c == ')') {
      tokens.push_back(Token{c == '(' ? Token::Kind::kOpen : Token::Kind::kClose, std::string(1, c)});
    } else if (c == '"' || c == '\'') {
      const std::size_t close = text.find(c, end);
      if (close == std::string_view::npos)
        return wrong(fmt::format("a {} that is not closed", c), "quotes around a text, closed");
      tokens.push_back(Token{Token::Kind::kQuoted, std::string{text.substr(end, close - end)}});
      end = close + 1;
    } else if (c == '<' || c == '>' || c == '=' || c == '!') {
      if (end < text.size() && text[end] == '=') ++end;
      tokens.push_back(Token{Token::Kind::kComparison, std::string{text.substr(at, end - at)}});
    } else if (is_word_char(c)) {
      while (end < text.size() && is_word_char(text[end])) ++end;
      tokens.push_back(Token{Token::Kind::kWord, std::string{text.substr(at, end - at)}});
    } else {
      return wrong(fmt::format("\"{}\"", printable(text.substr(at, 1))),
                   "variables, comparisons with units, and, or, not, ( )");
    }
    at = end;
  }
  return tokens;
}

}  // namespace

struct Expression::Term {
  enum class Kind { kCompare, kAnd, kOr, kNot } kind = Kind::kCompare;
  std::vector<std::shared_ptr<const Term>> parts;
  std::string variable;
  std::string comparison;
  ExpressionValue bound;
  std::string bound_text;  // as written: spelling a double again could change its last bit

  [[nodiscard]] bool evaluate(const Lookup& lookup) const;
  [[nodiscard]] bool compare(const ExpressionValue& value) const;
  void collect(std::vector<std::string>& names) const;
  void collect_phases(std::vector<std::string>& phases) const;
  [[nodiscard]] std::string spell() const;
};

namespace {

using TermPointer = std::shared_ptr<const Expression::Term>;

/// Recursive descent: or < and < not < comparison.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<TermPointer> parse() {
    BS_ASSIGN(TermPointer root, parse_either());
    if (peek().kind != Token::Kind::kEnd) {
      return wrong(fmt::format("\"{}\" after a complete comparison", peek().text), "and, or, or nothing more");
    }
    return root;
  }

 private:
  [[nodiscard]] const Token& peek() const {
    static const Token end{};
    return at_ < tokens_.size() ? tokens_[at_] : end;
  }
  Token take() {
    Token token = peek();
    ++at_;
    return token;
  }
  bool take_word(std::string_view word) {
    if (peek().kind != Token::Kind::kWord || peek().text != word) return false;
    ++at_;
    return true;
  }

  Result<TermPointer> parse_either() {
    BS_ASSIGN(TermPointer first, parse_both());
    std::vector<TermPointer> parts{std::move(first)};
    while (take_word("or")) {
      BS_ASSIGN(TermPointer next, parse_both());
      parts.push_back(std::move(next));
    }
    return joined(Expression::Term::Kind::kOr, std::move(parts));
  }

  Result<TermPointer> parse_both() {
    BS_ASSIGN(TermPointer first, parse_single());
    std::vector<TermPointer> parts{std::move(first)};
    while (take_word("and")) {
      BS_ASSIGN(TermPointer next, parse_single());
      parts.push_back(std::move(next));
    }
    return joined(Expression::Term::Kind::kAnd, std::move(parts));
  }

  static TermPointer joined(Expression::Term::Kind kind, std::vector<TermPointer> parts) {
    if (parts.size() == 1) return std::move(parts[0]);
    auto term = std::make_shared<Expression::Term>();
    term->kind = kind;
    term->parts = std::move(parts);
    return term;
  }

  Result<TermPointer> parse_single() {
    if (depth_ >= kDepthMax) return wrong("brackets or `not` nested too deeply", fmt::format("{} of them", kDepthMax));
    if (take_word("not")) {
      ++depth_;
      BS_ASSIGN(TermPointer inner, parse_single());
      --depth_;
      auto term = std::make_shared<Expression::Term>();
      term->kind = Expression::Term::Kind::kNot;
      term->parts.push_back(std::move(inner));
      return TermPointer{term};
    }
    if (peek().kind == Token::Kind::kOpen) {
      ++at_;
      ++depth_;
      BS_ASSIGN(TermPointer inner, parse_either());
      --depth_;
      if (take().kind != Token::Kind::kClose) return wrong("a ( that is not closed", "a ) for each (");
      return inner;
    }
    return parse_comparison();
  }

  Result<TermPointer> parse_comparison() {
    const Token name = take();
    if (name.kind != Token::Kind::kWord) {
      return wrong(name.kind == Token::Kind::kEnd ? "nothing where a comparison is wanted"
                                                  : fmt::format("\"{}\" where a comparison is wanted", name.text),
                   "a comparison such as elapsed > 20m");
    }
    BS_ASSIGN(const Unit unit, unit_of(name.text));
    const Token comparison = take();
    if (comparison.kind != Token::Kind::kComparison || comparison.text == "=" || comparison.text == "!") {
      return wrong(comparison.kind == Token::Kind::kEnd ? fmt::format("nothing behind {}", name.text)
                                                        : fmt::format("\"{}\" behind {}", comparison.text, name.text),
                   unit == Unit::kText ? "== or !=" : "< <= > >= == or !=");
    }
    if (unit == Unit::kText && comparison.text != "==" && comparison.text != "!=") {
      return wrong(fmt::format("\"{}\" behind {}", comparison.text, name.text), "== or !=, as it is a text");
    }
    return finish_comparison(name.text, unit, comparison.text, take());
  }

  static Result<Unit> unit_of(const std::string& name) {
    if (is_latency_percentile(name)) return Unit::kSeconds;
    std::vector<std::string> names;
    for (const Variable& variable : variables_known()) {
      if (variable.name == name) return variable.unit;
      names.push_back(variable.name);
    }
    const auto near = nearest_word(name, names);
    return wrong(fmt::format("\"{}\"", printable(name)),
                 join(names, ", ") + (near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
  }

  static Result<TermPointer> finish_comparison(const std::string& name, Unit unit, const std::string& comparison,
                                               const Token& bound) {
    auto term = std::make_shared<Expression::Term>();
    term->variable = name;
    term->comparison = comparison;
    term->bound_text = bound.text;
    const bool value = bound.kind == Token::Kind::kWord || (unit == Unit::kText && bound.kind == Token::Kind::kQuoted);
    if (unit == Unit::kText && value) {
      term->bound = bound.text;
      return TermPointer{term};
    }
    const auto quantity = value ? parse_quantity(bound.text, unit) : std::nullopt;
    if (!quantity) {
      return wrong(
          fmt::format("{} behind {} {}", bound.kind == Token::Kind::kEnd ? "nothing" : "\"" + bound.text + "\"", name,
                      comparison),
          example(unit));
    }
    term->bound = *quantity;
    return TermPointer{term};
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

const std::vector<std::string>& drill_phases() {
  static const std::vector<std::string> phases = {"bring up", "steady state", "faults",   "restored",  "drained",
                                                  "validate", "lift",         "settle",   "after end", "read back",
                                                  "verdict",  "undo",         "tear down"};
  return phases;
}

bool Expression::Term::compare(const ExpressionValue& value) const {
  if (value.index() != bound.index()) return false;  // not known yet
  if (const auto* text = std::get_if<std::string>(&value))
    return (*text == std::get<std::string>(bound)) == (comparison == "==");
  const double left = std::get<double>(value);
  const double right = std::get<double>(bound);
  if (std::isnan(left)) return false;
  const char first = comparison.front();
  if (first == '=' || first == '!') return (left == right) == (first == '=');
  const bool or_equal = comparison.size() > 1 && left == right;
  return or_equal || (first == '<' ? left < right : left > right);
}

bool Expression::Term::evaluate(const Lookup& lookup) const {
  const auto holds = [&](const TermPointer& part) { return part->evaluate(lookup); };
  switch (kind) {
    case Kind::kCompare:
      return compare(lookup(variable));
    case Kind::kAnd:
      return std::all_of(parts.begin(), parts.end(), holds);
    case Kind::kOr:
      return std::any_of(parts.begin(), parts.end(), holds);
    case Kind::kNot:
      return !holds(parts[0]);
  }
  return false;
}

void Expression::Term::collect(std::vector<std::string>& names) const {
  if (kind == Kind::kCompare && std::find(names.begin(), names.end(), variable) == names.end())
    names.push_back(variable);
  for (const TermPointer& part : parts) part->collect(names);
}

void Expression::Term::collect_phases(std::vector<std::string>& phases) const {
  if (kind == Kind::kCompare && std::holds_alternative<std::string>(bound)) phases.push_back(bound_text);
  for (const TermPointer& part : parts) part->collect_phases(phases);
}

std::string Expression::Term::spell() const {
  if (kind == Kind::kCompare) {
    const bool text = std::holds_alternative<std::string>(bound);
    const char* quote = !text ? "" : bound_text.find('"') == std::string::npos ? "\"" : "'";
    return fmt::format("{} {} {}{}{}", variable, comparison, quote, bound_text, quote);
  }
  if (kind == Kind::kNot) return fmt::format("not ({})", parts[0]->spell());
  std::string spelled;
  for (const TermPointer& part : parts) {
    if (!spelled.empty()) spelled += kind == Kind::kAnd ? " and " : " or ";
    spelled += fmt::format("({})", part->spell());
  }
  return spelled;
}

Result<Expression> Expression::parse(std::string_view text) {
  BS_ASSIGN(std::vector<Token> tokens, tokenize(text));
  BS_ASSIGN(TermPointer root, Parser{std::move(tokens)}.parse());
  Expression expression;
  expression.text_ = std::string{trim(text)};
  expression.root_ = std::move(root);
  return expression;
}

bool Expression::evaluate(const Lookup& lookup) const { return root_ != nullptr && root_->evaluate(lookup); }

std::vector<std::string> Expression::variables() const {
  std::vector<std::string> names;
  if (root_ != nullptr) root_->collect(names);
  return names;
}

std::vector<std::string> Expression::phases() const {
  std::vector<std::string> phases;
  if (root_ != nullptr) root_->collect_phases(phases);
  return phases;
}

std::string Expression::spelled() const { return root_ == nullptr ? std::string{} : root_->spell(); }

}  // namespace blackstart
