#pragma once
// The store: holds the log of bids and closings durably, as primary or as standby. One of these is one process.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "targets/auction/bugs.h"
#include "targets/auction/http.h"
#include "targets/auction/log_source.h"

namespace blackstart::auction {

struct StoreConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  bool primary = true;
  std::string folder;
  std::optional<Url> follow;  // of a standby: its primary; may come later by PUT /replication
  ReplicationMode mode;
  std::chrono::nanoseconds commit_interval = std::chrono::milliseconds(1);
  std::chrono::nanoseconds sync_timeout = std::chrono::seconds(1);  // mode sync: then an append is left unsettled
  Bug bug = Bug::kNone;
};

/// Serves until SIGTERM or SIGINT; what is being committed then is finished and answered first.
Status run_store(const StoreConfig& config);

}  // namespace blackstart::auction
