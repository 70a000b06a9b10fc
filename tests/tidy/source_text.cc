#include "source_text.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace blackstart::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

/// Blanks pieces of a text, but for their line ends.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : code_(text) {}
  void blank(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < std::min(to, code_.size()); ++i) {
      if (code_[i] != '\n') code_[i] = ' ';
    }
  }
  std::string take() { return std::move(code_); }

 private:
  std::string code_;
};

/// Past the end of the string that begins with the quote at `at`.
std::size_t end_of_literal(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

std::size_t end_of_raw_string(std::string_view text, std::size_t quote) {
  const auto open = text.find('(', quote);
  if (open == std::string_view::npos) return text.size();
  const auto close = ")" + std::string{text.substr(quote + 1, open - quote - 1)} + "\"";
  const auto end = text.find(close, open);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

bool starts_raw_string(std::string_view text, std::size_t quote) {
  return quote > 0 && text[quote - 1] == 'R' && (quote == 1 || !is_word(text[quote - 2]));
}

bool is_digit_separator(std::string_view text, std::size_t at) {
  return at > 0 && std::isxdigit(static_cast<unsigned char>(text[at - 1])) != 0 && at + 1 < text.size() &&
         std::isxdigit(static_cast<unsigned char>(text[at + 1])) != 0;
}

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_word(text[at + word.size()]);
    if (begins && ends) return true;
  }
  return false;
}

enum class Scope { kContainer, kFunction, kInitializer };

/// What the brace after `head` (all since the last ';', '{' or '}') opens, outside of any function.
Scope scope_of(std::string_view head) {
  if (has_word(head, "namespace") || has_word(head, "extern")) return Scope::kContainer;
  const bool type = has_word(head, "class") || has_word(head, "struct") || has_word(head, "union");
  const auto parenthesis = head.find('(');
  if (has_word(head, "enum") || (type && parenthesis == std::string_view::npos)) return Scope::kContainer;
  if (parenthesis == std::string_view::npos) return Scope::kInitializer;
  return Scope::kFunction;
}

/// Code with its preprocessor lines blanked: a macro's braces need not balance.
std::string without_preprocessor(std::string code) {
  bool goes_on = false;
  std::size_t begin = 0;
  while (begin < code.size()) {
    const auto end = std::min(code.find('\n', begin), code.size());
    const auto line = std::string_view{code}.substr(begin, end - begin);
    const auto first = line.find_first_not_of(" \t");
    const bool directive = goes_on || (first != std::string_view::npos && line[first] == '#');
    goes_on = directive && !line.empty() && line.back() == '\\';
    if (directive) std::fill_n(code.begin() + static_cast<std::ptrdiff_t>(begin), end - begin, ' ');
    begin = end + 1;
  }
  return code;
}

std::size_t skip_space(std::string_view code, std::size_t at) {
  while (at < code.size() && is_space(code[at])) ++at;
  return at;
}

/// Past "public:" and its siblings, which stand before a member.
std::size_t skip_access(std::string_view code, std::size_t at) {
  for (;;) {
    at = skip_space(code, at);
    const auto end = std::find_if_not(code.begin() + static_cast<std::ptrdiff_t>(at), code.end(), is_word);
    const auto word = code.substr(at, static_cast<std::size_t>(end - code.begin()) - at);
    if (word != "public" && word != "protected" && word != "private") return at;
    const auto colon = skip_space(code, at + word.size());
    if (colon >= code.size() || code[colon] != ':') return at;
    at = colon + 1;
  }
}

std::size_t matching_brace(std::string_view code, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < code.size(); ++i) {
    if (code[i] == '{') ++depth;
    if (code[i] == '}' && --depth == 0) return i;
  }
  return code.size();
}

/// The last brace of a function whose first brace is at `open`: members may be initialised with braces before the body.
std::size_t end_of_function(std::string_view code, std::size_t open) {
  auto end = matching_brace(code, open);
  for (auto next = skip_space(code, end + 1); next < code.size(); next = skip_space(code, end + 1)) {
    if (code[next] != ',' && code[next] != '{') break;
    const auto brace = code.find('{', next);
    if (brace == std::string_view::npos) break;
    end = matching_brace(code, brace);
  }
  return end;
}

std::size_t line_at(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (!is_space(c)) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}
bool is_header(const SourceFile& file) { return ends_with(file.path, ".h"); }
bool is_cpp(const SourceFile& file) { return is_header(file) || ends_with(file.path, ".cc"); }

std::string_view folder_of(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string code_of(std::string_view text, bool keep_strings) {
  Blanker blanker{text};
  std::size_t i = 0;
  while (i < text.size()) {
    const auto two = text.substr(i, 2);
    std::size_t end = i + 1;
    if (two == "//") {
      end = std::min(text.find('\n', i), text.size());
      blanker.blank(i, end);
    } else if (two == "/*") {
      const auto close = text.find("*/", i + 2);
      end = close == std::string_view::npos ? text.size() : close + 2;
      blanker.blank(i, end);
    } else if (text[i] == '"') {
      end = starts_raw_string(text, i) ? end_of_raw_string(text, i) : end_of_literal(text, i);
      if (!keep_strings) blanker.blank(i, end);
    } else if (text[i] == '\'' && !is_digit_separator(text, i)) {
      end = end_of_literal(text, i);
      blanker.blank(i, end);
    }
    i = end;
  }
  return blanker.take();
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::vector<Include> includes_of(std::string_view text) {
  const auto code = code_of(text, true);
  std::vector<Include> includes;
  std::size_t number = 0;
  for (const auto line : lines_of(code)) {
    ++number;
    const auto word = line.find("include");
    if (word == std::string_view::npos || line.find_first_not_of(" \t") != line.find('#')) continue;
    const auto open = line.find_first_of("<\"", word);
    if (open == std::string_view::npos) continue;
    const bool quoted = line[open] == '"';
    const auto close = line.find(quoted ? '"' : '>', open + 1);
    if (close == std::string_view::npos) continue;
    includes.push_back({number, std::string{line.substr(open + 1, close - open - 1)}, quoted});
  }
  return includes;
}

std::vector<Function> functions_of(std::string_view text) {
  const auto code = without_preprocessor(code_of(text));
  std::vector<Function> functions;
  std::size_t head = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] == ';' || code[i] == '}') head = i + 1;
    if (code[i] != '{') continue;
    const auto begin = skip_access(code, head);
    const auto head_text = std::string_view{code}.substr(begin, i - begin);
    const auto scope = scope_of(head_text);
    if (scope != Scope::kContainer) {
      const auto end = scope == Scope::kFunction ? end_of_function(code, i) : matching_brace(code, i);
      if (scope == Scope::kFunction) {
        functions.push_back({one_line(head_text), line_at(code, begin), line_at(code, std::min(end, code.size()))});
      }
      i = std::min(end, code.size() - 1);
    }
    head = i + 1;
  }
  return functions;
}

}  // namespace blackstart::tidy
