#pragma once
// The open-loop load generator. Worker threads send what the schedule says is due at each tick, whatever comes back; a
// collector thread turns settled bids into intervals. Live only (steady_clock, threads, sockets); its pure parts are
// load/schedule.h, load/content.h, load/ledger.h and load/reconcile.h.

#include "base/result.h"
#include "base/time.h"
#include "load/ledger.h"
#include "load/mapping.h"
#include "load/schedule.h"
#include "rehearsal/traffic.h"
#include "scenarios/spec.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace blackstart {

struct GeneratorConfig {
  std::uint64_t seed = 1;
  std::string drill_id;
  BidLoad load;
  ServiceLevel service_level;
  Duration bin_length = std::chrono::milliseconds{100};
  BidMapping mapping;                            // where bids go, all templates filled
  std::chrono::steady_clock::time_point origin;  // of drill time 0
  Instant start;                                 // first intended start at or after this
  int workers = 0;                               // 0: chosen from rate and cores
  Duration tick = std::chrono::microseconds{650};
  std::string folder;                // where the ledger may spill; "" is memory
  bool as_fast_as_possible = false;  // benchmark: closed loop over every connection, no schedule
};

class Generator {
 public:
  /// Called on the collector's thread, in order of time.
  using IntervalSink = std::function<void(TrafficInterval)>;

  /// Checks the mapping, raises the descriptor limit (or lowers the pool and says so in figures()).
  static Result<std::unique_ptr<Generator>> create(GeneratorConfig config);
  virtual ~Generator() = default;  // stops

  virtual Status start(IntervalSink sink) = 0;
  /// The bin and the interval in progress are cut at `at`; the grids start anew there. Call it as the act begins.
  /// Thread-safe.
  virtual void cut_bins(Instant at) = 0;
  /// Offers no more, settles every attempt (at most twice the time-out later), hands over the last intervals.
  /// Idempotent.
  virtual Result<TrafficEnd> stop() = 0;
  virtual const Ledger& ledger() const = 0;
  virtual Ledger& ledger() = 0;
  virtual const ScheduleConfig& schedule() const = 0;
  /// What a reader of the figures should know, in words: a pool that descriptors limited, a ledger that could not
  /// spill. Thread-safe.
  virtual std::vector<std::string> notes() const = 0;
};

}  // namespace blackstart
