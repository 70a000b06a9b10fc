#pragma once
// In which order services start: what a service needs comes first, otherwise the file's order. Pure.

#include "base/result.h"
#include "scenarios/spec.h"

#include <string>
#include <vector>

namespace blackstart {

/// Names of all services of `target`. kInvalid: services need each other in a circle, which is spelled out.
Result<std::vector<std::string>> start_order(const Target& target);

}  // namespace blackstart
