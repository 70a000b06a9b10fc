#pragma once
// The store a role works on, which may be replaced while it runs: appends go to the current one, those in flight
// settle with the one they were handed to. Loop's thread only.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "targets/auction/http_server.h"
#include "targets/auction/upstream.h"

namespace blackstart::auction {

class StoreLink {
 public:
  StoreLink(EventLoop& loop, Upstream::Config config);

  void append(const Entry& entry, std::string_view drill, Upstream::Done done);
  /// Goes over to `url`. The same url again begins anew: connections and state are fresh.
  void repoint(const Url& url);
  /// Sends the request's path and query to the store and its answer back.
  void pass_through(const Request& request, Responder responder);
  void read(std::string target, HttpClient::Done done) { current_->read(std::move(target), std::move(done)); }
  /// Runs whenever a store (also a new one) has become reachable, or changed its epoch.
  void on_up(std::function<void()> act);

  [[nodiscard]] bool up() const { return current_->up(); }
  [[nodiscard]] const Url& url() const { return current_->url(); }
  [[nodiscard]] std::size_t queued() const { return current_->queued(); }
  [[nodiscard]] const BucketHistogram& batch_size() const { return current_->batch_size(); }
  [[nodiscard]] nlohmann::json health_json() const;

 private:
  EventLoop& loop_;
  Upstream::Config config_;
  EpochSeen epoch_seen_;
  std::shared_ptr<Upstream> current_;
  std::vector<std::shared_ptr<Upstream>> retired_;
  std::function<void()> up_act_;
};

/// The url of a body {"url":"http://host:port"}.
Result<Url> url_of_body(std::string_view body);

}  // namespace blackstart::auction
