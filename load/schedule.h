#pragma once
// The arrival schedule: when bid n is meant to leave, as a pure function of (seed, load). Walked in order; every
// worker and every agent walks the same one and takes its own share. Send n is computed from the start, never
// accumulated from what really happened. Deterministic; not thread-safe, one walker each.

#include "base/random.h"
#include "base/time.h"
#include "scenarios/spec.h"

#include <cstdint>
#include <vector>

namespace blackstart {

struct ScheduleConfig {
  std::uint64_t seed = 1;
  Arrivals arrivals = Arrivals::kPoisson;
  std::vector<RateStage> profile;  // the last stage's final rate goes on for ever
  std::vector<Duration> replayed;  // kReplay: offsets from start, ascending; after the last: no more bids
  Instant start;
};

struct Arrival {
  std::uint64_t bid = 0;  // from 0
  Instant intended;       // kNever: the schedule is over
};

/// A bid's arrival is where the rate, summed up since the start, reaches the bid's number (constant), or the sum of as
/// many exponential gaps of mean 1 (Poisson): a unit-rate process seen through the inverse of the cumulated rate, so
/// that ramps are exact and changing a rate never shifts a draw.
class Schedule {
 public:
  /// REQUIRES: a profile, unless arrivals are replayed; rates finite and >= 0.
  explicit Schedule(ScheduleConfig config);
  /// The next arrival, in order of `intended`. After the end it goes on returning kNever.
  Arrival next();
  /// The random stream of the gaps, as far as it has been walked.
  [[nodiscard]] const RandomStream& gaps() const { return gaps_; }

 private:
  [[nodiscard]] Instant replayed_arrival() const;
  /// Seconds from the start at which `due` arrivals are expected, infinity when they never are. `due` ascends.
  double seconds_when(double due);

  ScheduleConfig config_;
  RandomStream gaps_;
  std::uint64_t bid_ = 0;
  double due_ = 0;  // cumulated expected arrivals up to the last one
  std::size_t stage_ = 0;
  double stage_begin_s_ = 0;  // of the current stage, seconds from start
  double stage_due_ = 0;      // expected arrivals before it
};

/// The highest rate a profile reaches, per second; 0 for replayed arrivals.
double peak_rate(const ScheduleConfig& config);

}  // namespace blackstart
