#include "simulator/watcher_groups.h"

#include "base/arithmetic.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace blackstart {
namespace {

/// Whether something that happens `expected` times on average (Poisson) happens at all, by a uniform draw. Most are
/// decided by what bounds 1 - e^-x: x from above, x - x^2/2 from below, and 1 once e^-x no longer shows in it.
bool happens(double uniform, double expected) {
  constexpr double kSlack = 1e-9;  // far above what rounding could turn around
  constexpr double kCertain = 40;
  if (uniform >= expected + kSlack) return false;
  if (expected > kCertain || uniform < expected - expected * expected / 2 - kSlack) return true;
  return uniform < 1 - stable_exp(-expected);
}

}  // namespace

WatcherGroups::WatcherGroups(const Load& load, std::uint64_t seed)
    : shares_(load.bids.auctions),
      popularity_(static_cast<std::uint32_t>(load.bids.auctions), load.bids.popularity_zipf),
      had_bids_(load.bids.auctions / 64 + 1),
      watchers_(load.watchers),
      stream_(seed, "watchers") {
  double total = 0;
  for (std::size_t rank = 0; rank < shares_.size(); ++rank)
    total += shares_[rank] = stable_pow(static_cast<double>(rank) + 1, -load.bids.popularity_zipf);
  for (double& share : shares_) share /= total;
}

/// Of a second with so many bids: each bid's auction is drawn where they are few, else each auction's whether it had
/// any.
const std::vector<std::uint32_t>& WatcherGroups::auctions_with_bids(std::uint64_t bids) {
  chosen_.clear();
  if (4 * bids < shares_.size()) {
    for (std::uint64_t bid = 0; bid < bids; ++bid) {
      const std::uint64_t bits = stream_.next();
      const std::uint32_t auction = popularity_.draw(bits);
      had_bids_[auction / 64] |= std::uint64_t{1} << auction % 64;
    }
    for (std::uint32_t word = 0; word < had_bids_.size(); ++word)
      for (auto bits = std::exchange(had_bids_[word], 0); bits != 0; bits &= bits - 1)
        chosen_.push_back(64 * word + static_cast<std::uint32_t>(std::countr_zero(bits)));
    return chosen_;
  }
  for (std::uint32_t auction = 0; auction < shares_.size(); ++auction)
    if (happens(stream_.uniform(), static_cast<double>(bids) * shares_[auction])) chosen_.push_back(auction);
  return chosen_;
}

NotificationInterval WatcherGroups::second(const Model& model, ServiceIndex service, Instant start,
                                           std::uint64_t acknowledged, Duration behind) {
  NotificationInterval heard;
  heard.start = start;
  heard.length = std::chrono::seconds{1};
  const Service& teller = model.service(service);
  const auto up = std::find_if(teller.members.begin(), teller.members.end(), [&](MemberIndex index) {
    return model.member(index).condition == Condition::kUp && !model.member(index).hung;
  });
  if (up == teller.members.end() || acknowledged == 0) return heard;
  const Link& link = model.link(*up, kNoMember);
  if (link.cut != Cut::kNone) return heard;
  double owed = 0;  // parts of watchers, carried on
  for (const std::uint32_t auction : auctions_with_bids(acknowledged)) {
    owed += watchers_ * shares_[auction];
    const auto count = static_cast<std::uint64_t>(owed);
    owed -= static_cast<double>(count);
    const Duration told = teller.service_time.draw(stream_);
    const Duration came = link.latency.draw(stream_);
    delay_.record(behind + told + came + link.extra, count);
    heard.events += count;
  }
  heard.delay = delay_.take_packed();
  return heard;
}

}  // namespace blackstart
