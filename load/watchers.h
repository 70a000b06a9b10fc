#pragma once
// Watchers: server-sent event streams of auctions, and the delay from a bid's acknowledgement to its event. One thread.

#include "base/result.h"
#include "load/ledger.h"
#include "rehearsal/traffic.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace blackstart {

struct WatchersConfig {
  std::string url;  // base url of the service that serves /auctions/{id}/watch
  int count = 0;
  std::uint64_t seed = 1;
  std::uint32_t auctions = 2000;
  double popularity_zipf = 1.1;
  std::chrono::steady_clock::time_point origin;
};

class Watchers {
 public:
  using Sink = std::function<void(NotificationInterval)>;  // on the watchers' thread, one a second
  static Result<std::unique_ptr<Watchers>> start(WatchersConfig config, const Ledger& ledger, Sink sink);
  virtual ~Watchers() = default;  // stops
  virtual void stop() = 0;        // idempotent; the last interval is handed over before it returns
};

}  // namespace blackstart
