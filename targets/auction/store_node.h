#pragma once
// What a store process is made of, and its handlers: store_node.cc has what changes it (append, promote, replication's
// settings), store_pages.cc what reads it. Loop's thread only.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "targets/auction/committer.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/follower.h"
#include "targets/auction/http_server.h"
#include "targets/auction/log_reader.h"
#include "targets/auction/log_source.h"
#include "targets/auction/metrics.h"
#include "targets/auction/router.h"
#include "targets/auction/store.h"

namespace blackstart::auction {

class StoreNode {
 public:
  /// Opens the data, takes its role, listens.
  static Result<std::unique_ptr<StoreNode>> start(EventLoop& loop, const StoreConfig& config);
  /// Accepts no more, settles what is open, then runs `done`.
  void drain(std::function<void()> done);
  /// Set when the log could not be written in a way that leaves its state unknown; the loop has been stopped.
  [[nodiscard]] const Status& failure() const { return failure_; }

 private:
  StoreNode(EventLoop& loop, const StoreConfig& config);
  Status open();
  Status take_role(LogWriter& writer);
  Status listen();

  // store_node.cc
  void append(const Request& request, Responder responder);
  [[nodiscard]] std::optional<Response> append_refusal(const Request& request);
  void appended(const Status& status, const WriteJob& job, Responder responder);
  void promote(Responder responder);
  void promoted(const Status& status, const History& taken);
  void put_replication(const Request& request, Responder responder);
  void committed(CommittedGroup group);

  // store_pages.cc
  void add_pages();
  void page(PageRequest::Kind kind, const Request& request, Responder responder);
  void log(const Request& request, Responder responder);
  [[nodiscard]] std::optional<Response> log_refusal(const Request& request, const LogPoll& poll) const;
  [[nodiscard]] Response auction(std::string_view number) const;
  [[nodiscard]] Response health() const;
  [[nodiscard]] Response metrics() const;
  [[nodiscard]] std::string replication_json() const;
  [[nodiscard]] std::string state_json() const;
  /// Why appends are refused now; empty when they are taken.
  [[nodiscard]] std::string not_accepting() const;
  [[nodiscard]] std::string log_headers() const;

  EventLoop& loop_;
  StoreConfig config_;
  bool primary_ = false;
  std::uint64_t fenced_by_ = 0;  // an epoch beyond ours that somebody has seen: we are a stale primary
  History history_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<LogReader> reader_;
  std::unique_ptr<LogSource> source_;
  std::unique_ptr<Follower> follower_;
  std::unique_ptr<HttpServer> server_;
  Router router_;
  std::vector<Responder> promoting_;
  HttpMetrics http_;
  BucketHistogram group_size_{kSizeBounds};
  std::uint64_t appends_refused_ = 0;
  Status failure_ = ok();
};

}  // namespace blackstart::auction
