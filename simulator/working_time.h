#pragma once
// Drill time seen by one who stands still now and then: working time stops in each standstill and goes on after it. In
// working time a station with breakdowns is one without. Arguments ascend, so that each step costs O(1) over a run.

#include "base/check.h"
#include "simulator/station_config.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace blackstart {

class WorkingTime {
 public:
  /// `standstills` in order, apart from each other or touching; empty ones do not count.
  explicit WorkingTime(std::vector<Standstill> standstills);

  [[nodiscard]] bool has_standstills() const { return !stops_.empty(); }

  /// Working time passed at `at`. Arguments of successive calls ascend.
  std::int64_t at(Instant at) {
    const std::int64_t ns = to_ns(at);
    while (arrivals_ < stops_.size() && stops_[arrivals_].until_ns <= ns) ++arrivals_;
    if (arrivals_ == stops_.size() || ns < stops_[arrivals_].from_ns) return ns - stopped_before(arrivals_);
    return stops_[arrivals_].working_ns;
  }

  /// When work begins that is due at `working_ns`: not in a standstill. Arguments of successive calls ascend.
  Instant begin_at(std::int64_t working_ns) {
    while (begins_ < stops_.size() && stops_[begins_].working_ns <= working_ns) ++begins_;
    return instant_from_ns(working_ns + stopped_before(begins_));
  }

  /// When work is finished that has `working_ns` as its end: at a standstill's first instant it is done.
  /// REQUIRES working_ns above that of the last begin_at().
  [[nodiscard]] Instant end_at(std::int64_t working_ns) const {
    std::size_t ends = begins_;
    while (ends < stops_.size() && stops_[ends].working_ns < working_ns) ++ends;
    return instant_from_ns(working_ns + stopped_before(ends));
  }

 private:
  struct Stop {
    std::int64_t from_ns;
    std::int64_t until_ns;
    std::int64_t working_ns;       // working time at which it comes
    std::int64_t stopped_with_ns;  // all standstills up to and with this one
  };
  [[nodiscard]] std::int64_t stopped_before(std::size_t index) const {
    return index == 0 ? 0 : stops_[index - 1].stopped_with_ns;
  }

  std::vector<Stop> stops_;
  std::size_t arrivals_ = 0;  // stops that are over for at()
  std::size_t begins_ = 0;    // stops that are over for begin_at()
};

}  // namespace blackstart
