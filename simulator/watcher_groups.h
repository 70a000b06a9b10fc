#pragma once
// Watchers, grouped by the auction that they watch: who watches the same auction hears of its bids in one event a
// second at most, so a group is one draw. How many groups have something to hear follows from the bids that were
// acknowledged. Deterministic.

#include "base/random.h"
#include "rehearsal/traffic.h"
#include "scenarios/spec.h"
#include "simulator/model.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace blackstart {

class WatcherGroups {
 public:
  /// Watchers spread over the auctions as bids do.
  WatcherGroups(const Load& load, std::uint64_t seed);

  /// What they hear of so many bids acknowledged in [start, start + 1 s), by members of `service`, which come to read
  /// of them `behind` later.
  NotificationInterval second(const Model& model, ServiceIndex service, Instant start, std::uint64_t acknowledged,
                              Duration behind);

  [[nodiscard]] const RandomStream& random() const { return stream_; }

 private:
  const std::vector<std::uint32_t>& auctions_with_bids(std::uint64_t bids);

  std::vector<double> shares_;           // of bids and of watchers, by auction
  ZipfTable popularity_;                 // the same, to draw from
  std::vector<std::uint64_t> had_bids_;  // a bit an auction; none is set between seconds
  double watchers_;
  RandomStream stream_;
  Histogram delay_;                    // of the second in hand; its memory stays, and so does
  std::vector<std::uint32_t> chosen_;  // that of the auctions that had bids in it
};

}  // namespace blackstart
