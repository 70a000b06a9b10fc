#pragma once
// What is known of the traffic, in intervals: what the load side hands to the Conductor, what a traffic.interval event
// holds, and what measurement reads. Plain values.

#include "base/histogram.h"
#include "base/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace blackstart {

/// One bin of the service level (definitions: "A bin"). Keyed by intended start.
struct Bin {
  Instant start;
  Duration length{};
  std::uint64_t offered = 0;  // bids
  std::uint64_t good = 0;     // acknowledged within the service level's rules (degraded ones only as far as allowed)
  Duration percentile{};      // the service level's percentile, nearest rank, over acknowledged bids and time-outs
  bool ok = true;             // goodput and percentile held
  Instant first_acknowledged = kNever;  // intended start of the first acknowledged bid; kNever: none
  [[nodiscard]] Instant end() const { return start + length; }
};

/// One second of traffic (shorter where a fault cut it), all bids of it settled. Keyed by intended start. Bids, not
/// attempts, except where said.
struct TrafficInterval {
  Instant start;
  Duration length{};
  std::uint64_t offered = 0;
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t degraded = 0;  // of these
  std::uint64_t refused = 0;
  std::uint64_t indeterminate = 0;
  std::uint64_t timed_out = 0;  // of these: no answer in time
  std::uint64_t unsent_no_connection = 0;
  std::uint64_t unsent_generator = 0;
  std::uint64_t attempts = 0;  // attempts sent
  std::vector<Bin> bins;
  Histogram latency;       // intended start to first acknowledgement, time-outs with at least the time-out
  Histogram service_time;  // actual start to answer
  Histogram lateness;      // actual - intended start, over bids that found a free connection
  [[nodiscard]] Instant end() const { return start + length; }
};

/// Watchers' view of one interval: acknowledgement to event.
struct NotificationInterval {
  Instant start;
  Duration length{};
  std::uint64_t events = 0;
  Histogram delay;
};

/// The generator's own cost, over the whole traffic.
struct GeneratorFigures {
  Histogram lateness;
  double cpu_s = 0;         // of the generator's threads
  double offered_rate = 0;  // bids per second, achieved
  std::uint64_t memory_peak_bytes = 0;
  int connections_max = 0;  // the limit in force (descriptors may have lowered it)
  int connections_peak = 0;
};

/// Ends a traffic: totals of attempts, after every attempt has settled.
struct TrafficEnd {
  Instant first_intended;
  Instant last_intended;
  std::uint64_t bids = 0;
  std::uint64_t attempts = 0;
  GeneratorFigures generator;
};

/// Loss within one stretch between two faults' acts (the first: from the traffic's start; the last: to its end), by
/// acknowledgement. Several incidents answer for their own stretches (definitions: "RPO achieved").
struct LossStretch {
  Instant begin;  // acknowledgements from here ...
  Instant end;    // ... up to, not including, here
  std::uint64_t acknowledged = 0;
  std::uint64_t lost = 0;
  std::uint64_t rolled_back = 0;    // of these: a restore explains them
  Instant first_lost_ack = kNever;  // kNever: none
  Instant last_lost_ack = kNever;
  Instant last_rolled_back_ack = kNever;
};

struct BidExample {
  std::uint64_t id = 0;  // attempt id
  std::string kind;      // lost, lost_after_fault, rolled_back, corrupted, phantom, duplicated, resurrected, recovered
  Instant intended;
  Instant acknowledged = kNever;
};

/// The result of reading everything back twice and reconciling it with the ledger.
struct ReadBackResult {
  bool complete = false;       // both passes reached the end and agree
  std::string why_incomplete;  // empty when complete
  int passes = 0;
  std::uint64_t read = 0;  // stored copies of this drill seen in the last pass
  std::uint64_t kept = 0, lost = 0, lost_after_fault = 0, rolled_back = 0, corrupted = 0, recovered = 0, not_lost = 0,
                resurrected = 0, phantom = 0, duplicated = 0;
  std::uint64_t first_lost_id = 0, last_lost_id = 0;  // 0: none
  Instant first_lost_ack = kNever;                    // earliest acknowledgement among all lost
  bool first_bin_lost = false;                        // the loss reaches back into the traffic's first bin
  Duration rolled_back_span{};                        // last - first rolled-back acknowledgement
  std::vector<LossStretch> stretches;
  std::vector<BidExample> examples;  // up to 100 of each kind
};

}  // namespace blackstart
