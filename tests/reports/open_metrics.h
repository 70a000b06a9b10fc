#pragma once
// A check of the OpenMetrics text format, version 1.0.0, as far as our pages use it.

#include <string>

namespace blackstart::test {

/// What is wrong with `page`, or "".
std::string open_metrics_mistake(const std::string& page);

}  // namespace blackstart::test
