#pragma once
// When a probe rule changes its mind: so many failures in a row, lasting `hold`, make it fail; so many successes in a
// row make it recover. Pure: time comes in with the observations.

#include "base/time.h"
#include "scenarios/spec.h"

#include <optional>

namespace blackstart {

class RuleWatch {
 public:
  enum class Change { kNone, kFailed, kRecovered };

  RuleWatch(int failures, int successes, Duration hold);

  /// One observation made at `at`; observations come in order of time.
  Change observe(Instant at, bool ok);

  [[nodiscard]] bool failed() const { return failed_; }
  /// Whether the last observation was good, and the rule did not count as failed at any time since `from`.
  [[nodiscard]] bool passes_since(Instant from) const;

 private:
  int failures_, successes_;
  Duration hold_;
  int in_row_ = 0;  // observations like the last one
  bool last_ok_ = false;
  bool seen_ = false;
  bool failed_ = false;
  Instant row_began_;  // when the last row began
  std::optional<Instant> recovered_at_;
};

}  // namespace blackstart
