#pragma once
// Conditions of alert rules: PromQL's text. Live it is the target's Prometheus that evaluates it; here is looked only
// whether it can be one, so that a slip is found before the drill. Pure.

#include "base/result.h"

#include <string_view>

namespace blackstart {

/// Brackets and quotes are closed, ranges such as [5m] are durations, and a comparison stands outside of them. Error
/// (kInvalid): what is wrong.
Status parse_alert(std::string_view text);

}  // namespace blackstart
