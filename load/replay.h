#pragma once
// Arrivals recorded elsewhere: a CSV with one arrival a line, seconds from the start in the first column.

#include "base/result.h"
#include "base/time.h"

#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// Ascending offsets. A first line that begins with a letter is a heading; blank lines and lines that begin with # are
/// skipped; further columns are ignored. kInvalid names the line; times may not go back.
Result<std::vector<Duration>> parse_replay(std::string_view text, const std::string& name);
Result<std::vector<Duration>> read_replay_file(const std::string& path);

}  // namespace blackstart
