#pragma once
// --what-if path=value,value,…: which values are tried together. Pure.

#include "base/result.h"

#include <string>
#include <utility>
#include <vector>

namespace blackstart {

using PathValues = std::vector<std::pair<std::string, std::string>>;  // path -> value, as --set takes them

/// Every combination of the values that `options` list, the last option's values changing fastest; a comma inside
/// brackets, braces or quotes separates nothing. None for no option. kInvalid names an option without '=' or without a
/// value, a path given twice, or more combinations than kWhatIfMax.
Result<std::vector<PathValues>> what_if_combinations(const std::vector<std::string>& options);

inline constexpr std::size_t kWhatIfMax = 64;

}  // namespace blackstart
