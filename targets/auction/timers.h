#pragma once
// Timers: closes every auction's round when it ends, exactly once, also across its own restart, a store that was away
// and a failover that lost closings. One of these is one process. The store's unique key (auction, round) is what makes
// it once; the checkpoint only spares asking again.

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "targets/auction/bugs.h"
#include "targets/auction/http.h"

namespace blackstart::auction {

struct TimersConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  Url store;
  std::string folder;
  std::uint32_t auctions = 2000;
  std::chrono::nanoseconds length = std::chrono::seconds(60);
  Bug bug = Bug::kNone;
};

/// Serves until SIGTERM or SIGINT.
Status run_timers(const TimersConfig& config);

}  // namespace blackstart::auction
