#include "targets/auction/peer_health.h"

namespace blackstart::auction {

void PeerHealth::watch(const Url& url) {
  up_ = false;
  client_ = std::make_unique<HttpClient>(loop_, HttpClient::Config{.url = url, .connections_max = 1});
  ask();
}

void PeerHealth::ask() {
  client_->call(Call{.method = "GET", .target = "/health"}, std::chrono::milliseconds(800),
                [this](const CallOutcome& outcome) { up_ = outcome.answered && outcome.reply.status == 200; });
  timer_.start(std::chrono::seconds(1), [this] { ask(); });
}

}  // namespace blackstart::auction
