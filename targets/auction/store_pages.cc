#include <fmt/format.h>

#include "base/units.h"
#include "targets/auction/json_text.h"
#include "targets/auction/store_node.h"

namespace blackstart::auction {

namespace {

constexpr std::uint64_t kPageLinesDefault = 10'000;
constexpr std::uint64_t kPageLinesMax = 50'000;
constexpr std::uint64_t kWaitMsMax = 10'000;

/// A query parameter that must be a number where it is given.
Result<std::uint64_t> number_of(const Request& request, std::string_view name, std::uint64_t otherwise) {
  const auto text = request.query(name);
  if (!text || text->empty()) return otherwise;
  const auto number = parse_number<std::uint64_t>(*text);
  if (!number) return fail(ErrorCode::kInvalid, fmt::format("{}={} is no number", name, *text));
  return *number;
}

std::int64_t age_ns(std::int64_t newest_ns) { return newest_ns == 0 ? 0 : wall_now_ns() - newest_ns; }

}  // namespace

void StoreNode::add_pages() {
  const auto get = [this](const char* pattern, auto answer) {
    router_.add("GET", pattern, [answer](const Request&, std::string_view parameter, Responder responder) {
      responder.send(answer(parameter));
    });
  };
  get("/health", [this](std::string_view) { return health(); });
  get("/metrics", [this](std::string_view) { return metrics(); });
  get("/replication", [this](std::string_view) { return Response{.status = 200, .body = replication_json()}; });
  get("/auctions/{}", [this](std::string_view number) { return auction(number); });
  router_.add("GET", "/bids", [this](const Request& request, std::string_view, Responder responder) {
    page(PageRequest::Kind::kBids, request, std::move(responder));
  });
  router_.add("GET", "/closings", [this](const Request& request, std::string_view, Responder responder) {
    page(PageRequest::Kind::kClosings, request, std::move(responder));
  });
  router_.add("GET", "/log", [this](const Request& request, std::string_view, Responder responder) {
    log(request, std::move(responder));
  });
}

// Pages show what is durable here: the reader sees only what SQLite has committed, after its fsync.
void StoreNode::page(PageRequest::Kind kind, const Request& request, Responder responder) {
  const auto after = number_of(request, "after", 0);
  const auto limit = number_of(request, "limit", kPageLinesDefault);
  if (!after) return responder.send(error_response(400, after.error().message));
  if (!limit || *limit == 0) return responder.send(error_response(400, "limit is a number from 1 to 50000"));
  PageRequest wanted{.kind = kind,
                     .drill = request.query("drill"),
                     .after = *after,
                     .until = history_.position,
                     .limit = std::min(*limit, kPageLinesMax)};
  auto held = std::make_shared<Responder>(std::move(responder));
  const bool taken = reader_->submit(std::move(wanted), [held](Result<Page> page) {
    if (!page) return held->send(error_response(500, page.error().to_string()));
    Response response{.status = 200, .body = std::move(page->text), .content_type = "application/x-ndjson"};
    if (page->more) response.headers = fmt::format("Next-Cursor: {}\r\n", page->last);
    held->send(response);
  });
  if (!taken) held->send(error_response(503, "too many pages are being read: try again"));
}

void StoreNode::log(const Request& request, Responder responder) {
  const auto after = number_of(request, "after", 0);
  const auto wait = number_of(request, "wait_ms", 0);
  if (!after || !wait || *wait > kWaitMsMax) {
    return responder.send(error_response(400, "after and wait_ms (at most 10000) are numbers"));
  }
  LogPoll poll{.after = *after, .wait = std::chrono::milliseconds(*wait), .standby = request.query("standby")};
  if (auto refusal = log_refusal(request, poll)) return responder.send(*refusal);
  source_->poll(std::move(poll), std::move(responder));
}

std::optional<Response> StoreNode::log_refusal(const Request& request, const LogPoll& poll) const {
  if (poll.after > history_.position) {
    return error_response(409, fmt::format("this log ends at {}, before {}", history_.position, poll.after),
                          log_headers());
  }
  if (!poll.standby) return std::nullopt;
  const auto cluster = request.query("cluster").value_or("");
  if (!cluster.empty() && cluster != history_.cluster) {
    return error_response(409, fmt::format("cluster {} is not this one, {}: start the standby with an empty --data",
                                           cluster, history_.cluster));
  }
  const auto epoch = number_of(request, "epoch", 0);
  const auto common = history_.timeline.common_until(epoch ? *epoch : 0, poll.after);
  if (!common) return error_response(409, fmt::format("epoch {} is newer than this store's", *epoch));
  if (*common == poll.after) return std::nullopt;
  return error_response(409, fmt::format("the standby left this history at {} and goes to {}: start it with an empty "
                                         "--data to rebuild it",
                                         *common, poll.after));
}

std::string StoreNode::log_headers() const {
  return fmt::format("Position: {}\r\nTimeline: {}\r\nCluster: {}\r\n", history_.position, history_.timeline.to_text(),
                     history_.cluster);
}

Response StoreNode::auction(std::string_view number) const {
  const auto auction = parse_number<std::uint32_t>(number);
  if (!auction || *auction == 0) return error_response(404, fmt::format("no auction {}", number));
  const Leader leader = committer_->leaders().find(*auction);
  const auto leading =
      leader.id == 0 ? std::string("null")
                     : fmt::format(R"({{"id":"{}","bidder":{},"amount":{}}})", leader.id, leader.bidder, leader.amount);
  return Response{.status = 200,
                  .body = fmt::format(R"({{"auction":{},"rounds_closed_last":{},"leading":{}}})", *auction,
                                      leader.round == 0 ? "null" : std::to_string(leader.round), leading)};
}

std::string StoreNode::not_accepting() const {
  if (!primary_) return "this store is a standby";
  if (fenced_by_ != 0) {
    return fmt::format("this store is a stale primary: epoch {} exists, it is of {}", fenced_by_,
                       history_.timeline.epoch());
  }
  if (!failure_) return "the log cannot be written";
  if (source_->mode().sync && !source_->standby_attached() && config_.bug != Bug::kSyncIsAsync) {
    return "replication is synchronous and no standby is attached";
  }
  return {};
}

std::string StoreNode::state_json() const {
  return fmt::format(R"({{"role":"{}","epoch":{},"position":{},"newest_ns":{},"age_ns":{}}})",
                     primary_ ? "primary" : "standby", history_.timeline.epoch(), history_.position,
                     history_.newest_ns == 0 ? "null" : std::to_string(history_.newest_ns),
                     history_.newest_ns == 0 ? "null" : std::to_string(age_ns(history_.newest_ns)));
}

std::string StoreNode::replication_json() const {
  auto json = nlohmann::json::parse(state_json());
  const auto why = not_accepting();
  json["accepting"] = why.empty();
  json["why"] = why;
  json["cluster"] = history_.cluster;
  json["mode"] = source_->mode().sync ? "sync" : "async";
  json["lag"] = spell_duration(source_->mode().lag);
  json["standbys"] = nlohmann::json::array();
  for (const auto& standby : source_->standbys()) {
    json["standbys"].push_back({{"name", standby.name},
                                {"position", standby.position},
                                {"lag_ns", standby.lag.count()},
                                {"attached", standby.attached},
                                {"in_step", standby.in_step}});
  }
  if (!primary_) {
    json["following"] = {{"primary", follower_->primary()},
                         {"connected", follower_->connected()},
                         {"primary_position", follower_->primary_position()},
                         {"lag_ns", follower_->lag().count()},
                         {"trouble", follower_->trouble()}};
  }
  return to_text(json);
}

Response StoreNode::health() const {
  const bool stale = fenced_by_ != 0 || (!primary_ && follower_->diverged());
  const bool up = failure_ && !stale;
  const bool replicates = primary_ ? !source_->mode().sync || source_->standby_attached() : follower_->connected();
  nlohmann::json json{{"status", up ? "UP" : "DOWN"}, {"role", primary_ ? "primary" : "standby"}};
  json["components"]["log"] = {{"status", failure_ ? "UP" : "DOWN"}, {"position", history_.position}};
  json["components"]["replication"] = {{"status", replicates && !stale ? "UP" : "DOWN"},
                                       {"detail", primary_ ? not_accepting() : follower_->trouble()}};
  return Response{.status = up ? 200 : 503, .body = to_text(json)};
}

Response StoreNode::metrics() const {
  MetricsPage page;
  page.http(http_);
  page.histogram("store_batch_size", "Entries committed together.", group_size_);
  page.counter("store_commits_total", "Transactions made durable.", static_cast<double>(committer_->commits()));
  page.gauge("store_position", "Last durable position of the log.", static_cast<double>(history_.position));
  page.gauge("store_queue_entries", "Entries that wait for a commit.", static_cast<double>(committer_->queued()));
  page.counter("store_appends_refused_total", "Appends refused.", static_cast<double>(appends_refused_));
  page.gauge("store_primary", "1 where this store is primary.", primary_ ? 1 : 0);
  std::chrono::nanoseconds lag = primary_ ? std::chrono::nanoseconds(0) : follower_->lag();
  for (const auto& standby : source_->standbys()) lag = std::max(lag, standby.lag);
  page.gauge("replication_lag", "Seconds by which the newest state is ahead of what is replicated.",
             static_cast<double>(lag.count()) * 1e-9);
  return Response{.status = 200, .body = page.text(), .content_type = std::string(kMetricsType)};
}

}  // namespace blackstart::auction
