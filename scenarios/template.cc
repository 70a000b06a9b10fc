#include "scenarios/template.h"

#include "base/text.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

constexpr std::string_view kEnvironment = "env.";

bool is_shell_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && c != '_' && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

/// Where a shell would stand after the text so far: which quotes are open.
class ShellQuotes {
 public:
  void advance(std::string_view text) {
    for (const char c : text) step(c);
  }
  /// A reference to `name` that expands to one word here, whatever its value holds.
  [[nodiscard]] std::string reference(std::string_view name) const {
    if (open_ == '"') return fmt::format("${{{}}}", name);
    if (open_ == '\'') return fmt::format("'\"${{{}}}\"'", name);
    return fmt::format("\"${{{}}}\"", name);
  }

 private:
  void step(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\' && open_ != '\'') {
      escaped_ = true;
    } else if (open_ == c) {
      open_ = 0;
    } else if (open_ == 0 && (c == '"' || c == '\'')) {
      open_ = c;
    }
  }
  char open_ = 0;
  bool escaped_ = false;
};

Error unknown(const std::vector<std::string>& names, std::string_view text) {
  return fail(ErrorCode::kNotFound, fmt::format("could not fill in {} in \"{}\": nothing gives {} a value here",
                                                join(names, ", "), printable(text), names.size() == 1 ? "it" : "them"));
}

/// `replace(name, text before it in the result)` answers, or leaves the placeholder unanswered.
template <class Replace>
Result<std::string> fill_with(std::string_view text, const Replace& replace) {
  std::string filled;
  std::vector<std::string> unanswered;
  std::size_t done = 0;
  for (const Placeholder& placeholder : find_placeholders(text)) {
    filled.append(text.substr(done, placeholder.begin - done));
    if (auto value = replace(placeholder.name, text.substr(done, placeholder.begin - done))) {
      filled.append(*value);
    } else {
      unanswered.push_back("{{" + placeholder.name + "}}");
    }
    done = placeholder.end;
  }
  if (!unanswered.empty()) return unknown(unanswered, text);
  filled.append(text.substr(done));
  return filled;
}

}  // namespace

std::vector<Placeholder> find_placeholders(std::string_view text) {
  std::vector<Placeholder> found;
  std::size_t from = 0;
  while (true) {
    const std::size_t begin = text.find("{{", from);
    if (begin == std::string_view::npos) return found;
    const std::size_t close = text.find("}}", begin + 2);
    if (close == std::string_view::npos) return found;
    // '{"a":{{{x}}}': the innermost braces are the placeholder's.
    const std::size_t open = text.substr(0, close).rfind("{{");
    const std::string_view inner = trim(text.substr(open + 2, close - open - 2));
    if (!inner.empty() && inner.front() != '.') found.push_back(Placeholder{open, close + 2, std::string{inner}});
    from = close + 2;
  }
}

Result<std::string> fill(std::string_view text, const TemplateLookup& lookup) {
  return fill_with(text, [&](std::string_view name, std::string_view /*before*/) { return lookup(name); });
}

Result<std::string> fill_command(std::string_view text, const TemplateLookup& lookup) {
  ShellQuotes quotes;
  return fill_with(text, [&](std::string_view name, std::string_view before) -> std::optional<std::string> {
    quotes.advance(before);
    if (name.starts_with(kEnvironment) && is_shell_name(name.substr(kEnvironment.size()))) {
      return quotes.reference(name.substr(kEnvironment.size()));
    }
    std::optional<std::string> value = lookup(name);
    if (value) quotes.advance(*value);
    return value;
  });
}

}  // namespace blackstart
