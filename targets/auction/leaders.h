#pragma once
// The leading bid of every auction's current round. Changed by the one thread that commits, tentatively until keep();
// read from any thread.

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "targets/auction/entry.h"

namespace blackstart::auction {

struct Leader {
  std::uint64_t id = 0;  // 0: nobody has bid in this round
  std::uint32_t bidder = 0;
  std::int64_t amount = 0;
  std::uint64_t round = 0;  // the last one closed
};

class Leaders {
 public:
  /// Applies the next entry of the log. True: a bid that leads now. A tie does not take the lead.
  bool apply(const Entry& entry);
  /// The auction as the committing thread sees it, tentative entries included. Committing thread only.
  [[nodiscard]] Leader tentative(std::uint32_t auction) const;
  /// What was applied since the last keep() or discard() is durable: everyone may see it.
  void keep();
  void discard();
  [[nodiscard]] Leader find(std::uint32_t auction) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint32_t, Leader> kept_;
  std::unordered_map<std::uint32_t, Leader> changes_;
};

}  // namespace blackstart::auction
