#pragma once
// The taking side of replication: polls a primary's log and commits what comes, batch by batch; the next poll's
// `after` tells the primary what is durable here. An empty store takes the whole log in pages first: a snapshot and
// following are the same thing. Loop's thread only.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "targets/auction/committer.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http_client.h"
#include "targets/auction/timeline.h"

namespace blackstart::auction {

/// The history a store holds and up to where. The follower reads it, and changes it through the committer.
struct History {
  std::string cluster;
  Timeline timeline;
  std::uint64_t position = 0;
  std::int64_t newest_ns = 0;  // wall clock of the last entry, by the primary that took it; 0 without entries
};

class Follower {
 public:
  /// `history` must outlive this and be kept up to date by the owner as groups commit.
  Follower(EventLoop& loop, Committer& committer, History& history, std::string name);

  /// Follows `primary` from now on, instead of whom it followed before.
  void follow(const Url& primary);
  /// Polls no more; what is already being committed still is.
  void stop();

  [[nodiscard]] bool following() const { return client_ != nullptr; }
  /// Heard from the primary within the last two seconds, and it serves us.
  [[nodiscard]] bool connected() const;
  /// This store's history left the primary's: it must be rebuilt.
  [[nodiscard]] bool diverged() const { return diverged_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] std::string primary() const { return client_ ? client_->url().to_string() : std::string(); }
  [[nodiscard]] std::uint64_t primary_position() const { return primary_position_; }
  /// How old the newest state here is, where it lacks something of the primary's; 0 in step with it.
  [[nodiscard]] std::chrono::nanoseconds lag() const;

 private:
  void poll();
  void answered(CallOutcome outcome);
  void take(Reply reply);
  void adopt(const std::string& cluster, const Timeline& timeline, std::string log_text);
  void commit(const std::string& log_text);
  void again(std::chrono::milliseconds after, std::string trouble);

  EventLoop& loop_;
  Committer& committer_;
  History& history_;
  std::string name_;
  std::unique_ptr<HttpClient> client_;
  std::uint64_t generation_ = 0;  // answers of an earlier follow() are dropped
  Timer retry_;
  std::uint64_t primary_position_ = 0;
  SteadyTime heard_{};
  bool diverged_ = false;
  std::string trouble_;
};

}  // namespace blackstart::auction
