#include "base/json_path.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace blackstart {
namespace {

Error misread(std::string_view path, std::size_t offset, std::string_view wanted) {
  return fail(ErrorCode::kInvalid,
              fmt::format("JSON path \"{}\" is not understood at character {}: {}; write it as $.name, $.list[0].name "
                          "or $['odd name']",
                          path, offset + 1, wanted));
}

/// The text of ['...'] or ["..."] that begins at `at` (after the bracket); moves `at` behind the closing bracket.
std::optional<std::string> quoted_name(std::string_view path, std::size_t& at) {
  const char quote = path[at];
  const std::size_t end = path.find(quote, at + 1);
  if (end == std::string_view::npos || end + 1 >= path.size() || path[end + 1] != ']') return std::nullopt;
  std::string name(path.substr(at + 1, end - at - 1));
  at = end + 2;
  return name;
}

/// The number of [n]; moves `at` behind the closing bracket.
std::optional<std::int64_t> bracketed_index(std::string_view path, std::size_t& at) {
  const std::size_t end = path.find(']', at);
  if (end == std::string_view::npos) return std::nullopt;
  std::int64_t index = 0;
  const auto [stop, error] = std::from_chars(path.data() + at, path.data() + end, index);
  if (error != std::errc{} || stop != path.data() + end || end == at) return std::nullopt;
  at = end + 1;
  return index;
}

}  // namespace

Result<JsonPath> JsonPath::parse(std::string_view text) {
  JsonPath path;
  path.text_ = text;
  if (text.empty() || text[0] != '$') return misread(text, 0, "it has to begin with $");
  std::size_t at = 1;
  while (at < text.size()) {
    if (text[at] == '.') {
      const std::size_t begin = at + 1;
      const std::size_t end = std::min(text.find_first_of(".[", begin), text.size());
      if (end == begin) return misread(text, begin, "a name is missing after the dot");
      path.parts_.emplace_back(std::string(text.substr(begin, end - begin)));
      at = end;
    } else if (text[at] == '[' && at + 1 < text.size() && (text[at + 1] == '\'' || text[at + 1] == '"')) {
      const std::size_t begin = ++at;
      auto name = quoted_name(text, at);
      if (!name) return misread(text, begin, "the quoted name is not closed by its quote and ]");
      path.parts_.emplace_back(std::move(*name));
    } else if (text[at] == '[') {
      const std::size_t begin = ++at;
      const auto index = bracketed_index(text, at);
      if (!index) return misread(text, begin, "a whole number and ] belong here");
      path.parts_.emplace_back(*index);
    } else {
      return misread(text, at, "a dot or a bracket belongs here");
    }
  }
  return path;
}

}  // namespace blackstart
