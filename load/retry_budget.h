#pragma once
// How many retries a caller may make: a share of its first attempts, as a token bucket. Keeps a failure from being
// answered by several times the load. Pure, deterministic.

#include "scenarios/values.h"

#include <algorithm>

namespace blackstart {

class RetryBudget {
 public:
  /// `retries` for each first attempt; `rate`: first attempts a second, at most. Ten seconds' worth of them may be
  /// saved up, ten retries at least.
  RetryBudget(Share retries, double rate)
      : earned_(retries.value), saved_most_(std::max(kSavedLeast, retries.value * rate * kSavesForS)) {}

  /// A first attempt is made.
  void earn() { saved_ = std::min(saved_ + earned_, saved_most_); }
  /// Whether a retry may be made; it is, then.
  [[nodiscard]] bool spend() {
    if (saved_ < 1) return false;
    saved_ -= 1;
    return true;
  }
  /// As of a caller that has just started.
  void reset() { saved_ = 0; }

 private:
  static constexpr double kSavesForS = 10;
  static constexpr double kSavedLeast = 10;

  double earned_;
  double saved_most_;
  double saved_ = 0;
};

}  // namespace blackstart
