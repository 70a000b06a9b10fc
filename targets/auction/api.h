#pragma once
// The api: takes bids by the bid protocol, has the store make them durable, answers, and tells watchers. One of these
// is one process; it holds no state that a restart would lose.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "targets/auction/bugs.h"
#include "targets/auction/http.h"

namespace blackstart::auction {

struct ApiConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  Url store;
  std::optional<Url> stream;  // the service that fans bids out: shown in /health
  std::chrono::nanoseconds settle_within = std::chrono::milliseconds(1500);
  std::chrono::nanoseconds batch_interval = std::chrono::milliseconds(1);
  std::chrono::nanoseconds watch_every = std::chrono::seconds(1);
  Bug bug = Bug::kNone;
};

/// Serves until SIGTERM or SIGINT; open requests are answered first.
Status run_api(const ApiConfig& config);

}  // namespace blackstart::auction
