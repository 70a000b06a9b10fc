#pragma once
// From settled bids to traffic intervals and bins, by intended start (definitions: "A bin"). Pure: time comes in as a
// parameter, the bids offered come from the schedule itself, so that a bid that was lost on the way could not go
// missing from the counts unnoticed: its interval is never sealed. Not thread-safe.

#include "base/check.h"
#include "base/time.h"
#include "load/ledger.h"
#include "rehearsal/traffic.h"
#include "scenarios/spec.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace blackstart {

/// What became of one bid, over all its attempts.
struct SettledBid {
  std::int64_t intended_ns = 0;
  std::int64_t latency_ns =
      -1;  // intended start to first acknowledgement, or to giving up at the time-out; -1: neither
  std::int64_t service_ns = -1;   // first byte of the attempt that settled it to its answer or time-out; -1: neither
  std::int64_t lateness_ns = -1;  // actual - intended start; -1: found no free connection
  AttemptOutcome outcome = AttemptOutcome::kNone;
  std::uint16_t attempts = 0;  // sent
};

class IntervalBuilder {
 public:
  struct Config {
    Instant start;
    Duration bin_length = std::chrono::milliseconds{100};
    Duration interval_length = std::chrono::seconds{1};
    Duration margin = std::chrono::milliseconds{250};  // an interval is sealed no sooner after its end
    ServiceLevel service_level;
  };
  /// `next_offered` gives the intended starts of all bids in order, then kNever; null: what settles is what was
  /// offered. Where bids are offered as time goes on, kNever may stand for "none up to now": it is asked again for
  /// each interval.
  IntervalBuilder(Config config, std::function<Instant()> next_offered);
  IntervalBuilder(const IntervalBuilder&) = delete;
  IntervalBuilder& operator=(const IntervalBuilder&) = delete;

  void add(const SettledBid& bid) {
    BS_CHECK(bid.intended_ns >= to_ns(current_.start));
    if (fixed_ && bid.intended_ns < to_ns(current_.end())) ++settled_in_current_;
    waiting_.push_back(bid);
  }
  /// Bin and interval in progress at `at` end there, and both grids start anew. An instant in what was sealed already
  /// (it came later than `margin`) counts as the end of that.
  void cut(Instant at);
  /// No bid at or after `at` is offered.
  void end(Instant at);
  /// The next interval, once it ended at least `margin` before `now` (or traffic has ended) and all its bids are
  /// settled.
  std::optional<TrafficInterval> seal(Instant now);
  /// Everything up to the end() was sealed.
  [[nodiscard]] bool finished() const;

 private:
  struct OpenBin {
    Bin bin;
    std::uint64_t acknowledged = 0, degraded = 0;
    std::vector<std::int64_t> waits_ns;  // of acknowledged bids and time-outs
  };
  void open_interval();
  void count_offered();
  void open_bins_until(Instant at);
  OpenBin& bin_of(Instant intended) {
    const bool same = last_bin_ != nullptr && last_bin_->bin.start <= intended && intended < last_bin_->bin.end();
    return same ? *last_bin_ : find_bin(intended);
  }
  OpenBin& find_bin(Instant intended);
  static void count_outcome(const SettledBid& bid, TrafficInterval& interval, OpenBin& open);
  void tally(std::span<const SettledBid> bids, TrafficInterval& interval);
  void judge(OpenBin& open) const;
  void take_histograms(TrafficInterval& interval, bool waited);
  TrafficInterval close_interval();

  Config config_;
  std::function<Instant()> next_offered_;
  Instant offered_ahead_ = kNever;  // the next bid of the schedule, not yet counted
  Instant anchor_;                  // of both grids
  std::deque<Instant> cuts_;        // ascending, later than what is sealed
  Instant ended_ = kNever;
  TrafficInterval current_;
  bool fixed_ = false;  // current_'s end and offered bids are final
  std::uint64_t settled_in_current_ = 0;
  Histogram latency_, service_time_, lateness_;  // of the interval that is being closed; their memory stays
  std::vector<SettledBid> waiting_;              // settled, not sealed
  std::deque<OpenBin> bins_;                     // ascending, without gaps
  OpenBin* last_bin_ = nullptr;                  // of bins_, that was asked for: the next is likely to be the same
  std::vector<std::vector<std::int64_t>> spare_waits_;  // the memory of bins that were judged
};

/// Nearest rank: the smallest value with at least `percent` of all values at or below it; 0 when empty. Reorders.
std::int64_t nearest_rank(std::vector<std::int64_t>& values, double percent);

}  // namespace blackstart
