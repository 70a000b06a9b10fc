#pragma once
// Asks another service's /health once a second, for those that only want to show it. Loop's thread only.

#include <memory>
#include <optional>

#include "targets/auction/event_loop.h"
#include "targets/auction/http_client.h"

namespace blackstart::auction {

class PeerHealth {
 public:
  explicit PeerHealth(EventLoop& loop) : loop_(loop), timer_(loop) {}
  /// Asks `url` from now on, instead of another before.
  void watch(const Url& url);
  [[nodiscard]] std::optional<Url> url() const { return client_ ? std::optional(client_->url()) : std::nullopt; }
  [[nodiscard]] bool up() const { return up_; }

 private:
  void ask();

  EventLoop& loop_;
  std::unique_ptr<HttpClient> client_;
  Timer timer_;
  bool up_ = false;
};

}  // namespace blackstart::auction
