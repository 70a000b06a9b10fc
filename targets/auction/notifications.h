#pragma once
// Notifications: follows the log of an api or a store and fans bids out to watchers by the watch protocol. One of
// these is one process; it holds no state.

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "targets/auction/bugs.h"
#include "targets/auction/http.h"

namespace blackstart::auction {

struct NotificationsConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  Url feed;  // serves GET /log
  std::chrono::nanoseconds watch_every = std::chrono::seconds(1);
  Bug bug = Bug::kNone;
};

/// Serves until SIGTERM or SIGINT.
Status run_notifications(const NotificationsConfig& config);

}  // namespace blackstart::auction
