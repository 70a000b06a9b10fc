#pragma once
// The station's exact recursions: Lindley's for one server, Kiefer and Wolfowitz's for c. Bids are given in order of
// arrival, each with its service time, and each answer is final at once: nothing is fed back. The instants are those of
// simulator/station.h, bit for bit, at a cost of O(1), or O(log c), a bid. Deterministic; one thread.

#include "base/check.h"
#include "simulator/station_config.h"
#include "simulator/working_time.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace blackstart {

/// The free instants of c servers, the earliest on top.
class ServerHeap {
 public:
  explicit ServerHeap(std::uint32_t servers)
      : servers_(servers), free_at_(2 * std::size_t{servers} + 2, std::numeric_limits<std::int64_t>::max()) {
    std::fill_n(free_at_.begin() + 1, servers, std::numeric_limits<std::int64_t>::min());
  }
  [[nodiscard]] std::int64_t earliest() const { return free_at_[1]; }
  /// The earliest is free again at `end`.
  void replace_earliest(std::int64_t end) {
    std::size_t place = 1;
    for (std::size_t child = 2; child <= servers_; child = 2 * place) {
      child += free_at_[child + 1] < free_at_[child] ? 1 : 0;  // behind the last server stands the end of time
      if (free_at_[child] >= end) break;
      free_at_[place] = free_at_[child];
      place = child;
    }
    free_at_[place] = end;
  }

 private:
  std::size_t servers_;
  std::vector<std::int64_t> free_at_;  // from 1; children of i: 2 i and 2 i + 1
};

class StationRecursion {
 public:
  /// When a bid's service began and ended; `start` kNever: it was dropped.
  struct Served {
    Instant start = kNever;
    Instant end = kNever;
    [[nodiscard]] bool dropped() const { return start == kNever; }
  };

  explicit StationRecursion(const StationConfig& config, std::vector<Standstill> standstills = {});

  /// The next bid. REQUIRES that arrivals do not go back. A service shorter than kServiceLeast counts as that.
  Served serve(Instant arrival, Duration service) {
    BS_CHECK(arrival >= last_arrival_);
    last_arrival_ = arrival;
    ++arrivals_;
    const std::int64_t now = working_.has_standstills() ? working_.at(arrival) : to_ns(arrival);
    const std::int64_t free = unlimited_ ? now : single_ ? free_at_ : servers_.earliest();
    if (limited_ && is_full(now, free)) {
      ++dropped_;
      return {};
    }
    const std::int64_t start = std::max(now, free);
    const std::int64_t end = start + std::max(service, kServiceLeast).count();
    if (single_) {
      free_at_ = end;
    } else if (!unlimited_) {
      servers_.replace_earliest(end);
    }
    if (limited_) note_start(start);
    const Served served = working_.has_standstills() ? Served{working_.begin_at(start), working_.end_at(end)}
                                                     : Served{instant_from_ns(start), instant_from_ns(end)};
    area_ += to_ns(served.end - arrival);
    return served;
  }

  /// As they are when the last bid has been served: nothing is in flight.
  [[nodiscard]] StationTotals totals() const { return {arrivals_, arrivals_ - dropped_, dropped_, 0, area_}; }

 private:
  /// Bids begin in the order of arrival: if the limit-th last one has not begun, then as many wait.
  [[nodiscard]] bool is_full(std::int64_t now, std::int64_t free) const {
    return starts_.empty() ? free > now : starts_[next_start_] > now;
  }
  void note_start(std::int64_t start) {
    if (starts_.empty()) return;
    starts_[next_start_] = start;
    next_start_ = next_start_ + 1 == starts_.size() ? 0 : next_start_ + 1;
  }

  bool single_;
  bool unlimited_;
  bool limited_;
  std::int64_t free_at_ = std::numeric_limits<std::int64_t>::min();
  ServerHeap servers_;
  WorkingTime working_;
  std::vector<std::int64_t> starts_;  // of the last `queue_limit` accepted bids, a ring
  std::size_t next_start_ = 0;
  Instant last_arrival_ = Instant::min();
  std::uint64_t arrivals_ = 0;
  std::uint64_t dropped_ = 0;
  WideNs area_ = 0;
};

}  // namespace blackstart
