#pragma once
// A station of the textbooks: c servers, one queue, first come first served, no one leaves the queue. What its two
// forms share: simulator/station.h plays it event by event, simulator/station_recursion.h computes the same instants at
// once. Where two things happen in one instant, service ends come first: they make room for who arrives then.

#include "base/time.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace blackstart {

inline constexpr std::uint32_t kUnlimitedServers = std::numeric_limits<std::uint32_t>::max();

struct StationConfig {
  std::uint32_t servers = 1;                 // >= 1
  std::optional<std::uint32_t> queue_limit;  // who finds so many waiting is dropped; none: nobody is
};

/// A time in which a station stands still: from <= t < until. Service that has begun goes on afterwards where it was
/// (preemptive-resume); who arrives takes a server or a place in the queue as ever.
struct Standstill {
  Instant from;
  Instant until;
};

/// Times add up to more than an int64 holds: an hour's outage at 10,000 bids a second is 6e19 ns of waiting.
__extension__ using WideNs = __int128;

/// arrivals = done + dropped + in_flight, always.
struct StationTotals {
  std::uint64_t arrivals = 0;
  std::uint64_t done = 0;
  std::uint64_t dropped = 0;  // found the queue full, or were evicted
  std::uint64_t in_flight = 0;
  WideNs area = 0;  // number in the station, integrated over time. When it is empty: all sojourn times added up
};

/// Service takes at least the grain of time: a station's work never ends in the instant in which it begins.
inline constexpr Duration kServiceLeast{1};

}  // namespace blackstart
