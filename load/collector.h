#pragma once
// The collector: a thread that takes settled bids from the workers and hands over sealed intervals. It also makes room
// in the ledger ahead of the workers, so that no bid waits for the disk.

#include "base/time.h"
#include "load/intervals.h"
#include "load/ledger.h"
#include "load/spsc_ring.h"
#include "rehearsal/traffic.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace blackstart {

class Collector {
 public:
  using Sink = std::function<void(TrafficInterval)>;
  struct Totals {
    std::uint64_t bids = 0, attempts = 0;
    std::optional<Instant> first_intended, last_intended;
    Histogram lateness;
    double cpu_s = 0;
  };

  /// `now` is drill time. The rings, the ledger and what `sink` touches outlive this.
  Collector(IntervalBuilder::Config config, std::function<Instant()> next_offered, Ledger& ledger,
            std::vector<SpscRing<SettledBid>*> rings, std::function<Instant()> now, Sink sink);
  ~Collector();

  /// Thread-safe.
  void cut(Instant at);
  /// No bid at or after `at` is offered. Call it before what is offered has settled: an interval that reaches beyond
  /// `at` must not be opened meanwhile. Thread-safe.
  void end(Instant at);
  /// Every worker has pushed its last bid. Waits for the last interval. REQUIRES: end() was called.
  void finish();
  /// After finish().
  [[nodiscard]] const Totals& totals() const { return totals_; }
  /// Thread-safe.
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  void run();
  void drain();
  void seal();
  void reserve_ahead();

  IntervalBuilder builder_;
  Ledger& ledger_;
  std::vector<SpscRing<SettledBid>*> rings_;
  std::function<Instant()> now_;
  Sink sink_;
  Totals totals_;
  std::uint64_t reserved_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<Instant> cuts_;
  std::optional<Instant> end_;
  bool all_settled_ = false;
  std::vector<std::string> notes_;
  std::thread thread_;
};

}  // namespace blackstart
