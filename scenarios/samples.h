#pragma once
// Files of measured times, for {samples: file.csv}. Reads files; otherwise deterministic.

#include "base/result.h"
#include "base/time.h"

#include <string>
#include <vector>

namespace blackstart {

/// One time a line, in seconds (0.012) or with its unit (12ms); empty lines and lines that begin with # are passed
/// over. At least one. Errors: kNotFound where the file cannot be read, kInvalid with the line that is wrong.
Result<std::vector<Duration>> read_samples(const std::string& file);

}  // namespace blackstart
