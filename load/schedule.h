#pragma once
// The arrival schedule: when bid n is meant to leave, as a pure function of (seed, load). Walked in order; every
// worker and every agent walks the same one and takes its own share. Send n is computed from the start, never
// accumulated from what really happened.

#include "base/random.h"
#include "base/time.h"
#include "scenarios/spec.h"

#include <cstdint>
#include <vector>

namespace blackstart {

struct ScheduleConfig {
  std::uint64_t seed = 1;
  Arrivals arrivals = Arrivals::kPoisson;
  std::vector<RateStage> profile;          // the last stage's final rate goes on for ever
  std::vector<Duration> replayed;          // kReplay: offsets from start, ascending; after the last: no more bids
  Instant start;
};

struct Arrival {
  std::uint64_t bid = 0;    // from 0
  Instant intended;         // kNever: the schedule is over
};

class Schedule {
 public:
  explicit Schedule(ScheduleConfig config);
  /// The next arrival, in order. Deterministic.
  Arrival next();

 private:
  ScheduleConfig config_;
  RandomStream gaps_;
  std::uint64_t bid_ = 0;
  double due_ = 0;             // cumulated expected arrivals up to the last one
  std::size_t stage_ = 0;
  double stage_begin_s_ = 0;   // of the current stage, seconds from start
  double stage_due_ = 0;       // expected arrivals before it
};

}  // namespace blackstart
