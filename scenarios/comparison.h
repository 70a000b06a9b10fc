#pragma once
// The right-hand side of a metric probe: "< 5s", ">= 99%", "== 0". Pure.

#include "base/result.h"

#include <string>
#include <string_view>

namespace blackstart {

struct Comparison {
  enum class Op { kLess, kAtMost, kMore, kAtLeast, kEqual } op = Op::kLess;
  enum class Unit { kNumber, kSeconds, kShare, kBytes, kPerSecond } unit = Unit::kNumber;
  double bound = 0;  // in seconds, 0..1, bytes, events a second, or plain

  [[nodiscard]] bool holds(double value) const;
};

/// One of < <= > >= == and a number, a duration, a share, a size or a rate. Error (kInvalid): what it is not.
Result<Comparison> parse_comparison(std::string_view text);

}  // namespace blackstart
