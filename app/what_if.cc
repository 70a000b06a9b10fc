#include "app/what_if.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

struct WhatIf {
  std::string path;
  std::vector<std::string> values;
};

std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> values(1);
  int depth = 0;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0)
      quote = c == quote ? 0 : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '{' || c == '[')
      ++depth;
    else if (c == '}' || c == ']')
      --depth;
    if (c == ',' && depth == 0 && quote == 0)
      values.emplace_back();
    else
      values.back() += c;
  }
  for (auto& value : values) value = std::string(trim(value));
  return values;
}

Result<WhatIf> parse(const std::string& option) {
  const auto at = option.find('=');
  if (at == std::string::npos || at == 0)
    return fail(ErrorCode::kInvalid, fmt::format("--what-if {}: expected path=value,value", option));
  WhatIf what_if{std::string(trim(option.substr(0, at))), split_values(std::string_view(option).substr(at + 1))};
  for (const auto& value : what_if.values)
    if (value.empty())
      return fail(ErrorCode::kInvalid,
                  fmt::format("--what-if {}: a value is missing; expected path=value,value", option));
  return what_if;
}

}  // namespace

Result<std::vector<PathValues>> what_if_combinations(const std::vector<std::string>& options) {
  std::vector<PathValues> combinations;
  if (options.empty()) return combinations;
  combinations.emplace_back();
  std::vector<std::string> paths;
  for (const auto& option : options) {
    BS_ASSIGN(const WhatIf what_if, parse(option));
    if (std::find(paths.begin(), paths.end(), what_if.path) != paths.end())
      return fail(ErrorCode::kInvalid,
                  fmt::format("--what-if {}: given twice; list its values in one, by commas", what_if.path));
    paths.push_back(what_if.path);
    if (combinations.size() * what_if.values.size() > kWhatIfMax)
      return fail(ErrorCode::kInvalid,
                  fmt::format("--what-if: more than {} combinations of the values given; every one is simulated with "
                              "every seed. Try fewer at once",
                              kWhatIfMax));
    std::vector<PathValues> next;
    for (const auto& values : combinations)
      for (const auto& value : what_if.values) {
        next.push_back(values);
        next.back().emplace_back(what_if.path, value);
      }
    combinations = std::move(next);
  }
  return combinations;
}

}  // namespace blackstart
