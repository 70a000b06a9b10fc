#include "scenarios/alert.h"

#include "base/units.h"

#include <fmt/format.h>

#include <string>

namespace blackstart {
namespace {

Status wrong(std::string what) { return fail(ErrorCode::kInvalid, std::move(what)); }

char closing(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }

/// The end of the text in quotes that begins at `at`, or npos.
std::size_t end_of_quotes(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t next = at + 1; next < text.size(); ++next) {
    if (text[next] == '\\' && quote != '`') {
      ++next;
    } else if (text[next] == quote) {
      return next;
    }
  }
  return std::string_view::npos;
}

bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

/// [5m], or a subquery's [1h:5m] and [1h:].
bool is_range(std::string_view inside) {
  const std::size_t colon = inside.find(':');
  if (!parse_duration(inside.substr(0, colon))) return false;
  return colon == std::string_view::npos || colon + 1 == inside.size() || parse_duration(inside.substr(colon + 1));
}

}  // namespace

Status parse_alert(std::string_view text) {
  std::string open;
  std::size_t range_begin = 0;
  bool compares = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_quote(c)) {
      at = end_of_quotes(text, at);
      if (at == std::string_view::npos) return wrong("quotes that are not closed");
    } else if (c == '(' || c == '[' || c == '{') {
      open += c;
      if (c == '[') range_begin = at + 1;
    } else if (c == ')' || c == ']' || c == '}') {
      if (open.empty() || closing(open.back()) != c) return wrong(fmt::format("a {} that nothing opens", c));
      open.pop_back();
      const std::string_view range = text.substr(range_begin, at - range_begin);
      if (c == ']' && !is_range(range)) return wrong(fmt::format("[{}], which is no range such as [5m]", range));
    } else if (open.find_first_of("{[") == std::string::npos && (c == '<' || c == '>')) {
      compares = true;
    } else if (open.find_first_of("{[") == std::string::npos && c == '=') {
      compares = compares || (at > 0 && (text[at - 1] == '=' || text[at - 1] == '!'));
    }
  }
  if (!open.empty()) return wrong(fmt::format("a {} that is not closed", open.back()));
  if (!compares) return wrong("no comparison");
  return ok();
}

}  // namespace blackstart
