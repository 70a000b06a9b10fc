#include "targets/auction/leaders.h"

namespace blackstart::auction {

bool Leaders::apply(const Entry& entry) {
  Leader leader = tentative(entry.auction);
  if (entry.is_closing()) {
    changes_[entry.auction] = Leader{.id = 0, .bidder = 0, .amount = 0, .round = entry.round};
    return false;
  }
  if (leader.id != 0 && entry.amount <= leader.amount) return false;
  changes_[entry.auction] =
      Leader{.id = entry.id, .bidder = entry.bidder, .amount = entry.amount, .round = leader.round};
  return true;
}

// Only the committing thread changes kept_, so that its own reads need no lock.
Leader Leaders::tentative(std::uint32_t auction) const {
  if (auto change = changes_.find(auction); change != changes_.end()) return change->second;
  if (auto kept = kept_.find(auction); kept != kept_.end()) return kept->second;
  return {};
}

void Leaders::keep() {
  const std::lock_guard lock(mutex_);
  for (const auto& [auction, leader] : changes_) kept_[auction] = leader;
  changes_.clear();
}

void Leaders::discard() { changes_.clear(); }

Leader Leaders::find(std::uint32_t auction) const {
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(auction);
  return kept == kept_.end() ? Leader{} : kept->second;
}

}  // namespace blackstart::auction
