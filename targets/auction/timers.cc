#include "targets/auction/timers.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "targets/auction/checkpoint.h"
#include "targets/auction/closing_schedule.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http_server.h"
#include "targets/auction/json_text.h"
#include "targets/auction/log.h"
#include "targets/auction/metrics.h"
#include "targets/auction/router.h"
#include "targets/auction/store_link.h"

namespace blackstart::auction {

namespace {

using std::chrono::milliseconds;
constexpr auto kTick = milliseconds(100);
constexpr std::size_t kClosingsATick = 1000;
constexpr std::int64_t kSaveEveryNs = 1'000'000'000;
// After a failover the store may lack what an asynchronous standby lacked: at most the largest lag, and some.
constexpr std::int64_t kAskAgainNs = 35'000'000'000;
constexpr std::int64_t kBehindMaxNs = 5'000'000'000;

class Timers {
 public:
  Timers(EventLoop& loop, const TimersConfig& config, const Checkpoint& checkpoint)
      : config_(config),
        schedule_(config.auctions, config.length),
        checkpoint_(checkpoint),
        store_(loop, Upstream::Config{.url = config.store}),
        tick_(loop) {
    add_routes();
    store_.on_up([this] { ask_again(); });
    tick_.start(kTick, [this] { tick(); });
  }

  Status listen(EventLoop& loop) {
    const HttpServer::Config config{.host = config_.host, .port = config_.port};
    BS_ASSIGN(server_, HttpServer::listen(
                           loop, config,
                           [this](const Request& request, Responder responder) {
                             router_.handle(request, std::move(responder));
                           },
                           [this](int status, std::chrono::nanoseconds taken) { http_.observe(status, taken); }));
    log_line("store {}, {} auctions, listening on {}:{}", config_.store.to_string(), config_.auctions, config_.host,
             server_->port());
    return ok();
  }
  void drain(std::function<void()> done) {
    tick_.cancel();
    save();
    server_->drain(std::chrono::seconds(2), std::move(done));
  }

 private:
  /// The closings of one tick: the checkpoint moves when all of them are settled.
  struct Round {
    std::size_t open = 0;
    bool failed = false;
    std::int64_t through_ns = 0;
  };

  void add_routes();
  void tick();
  void close(const Entry& closing, const std::shared_ptr<Round>& round);
  void settled(const AppendResult& result, Round& round);
  void ask_again();
  void save();
  [[nodiscard]] std::int64_t behind_ns() const;
  [[nodiscard]] Response health() const;
  [[nodiscard]] Response metrics() const;

  TimersConfig config_;
  ClosingSchedule schedule_;
  Checkpoint checkpoint_;
  StoreLink store_;
  Timer tick_;
  Router router_;
  HttpMetrics http_;
  std::int64_t saved_ns_ = 0;
  std::uint64_t asked_again_ = 0;  // counts ask_again(): a tick that spans one does not move the checkpoint
  std::uint64_t closed_ = 0;
  std::uint64_t already_ = 0;
  std::uint64_t failed_ = 0;
  std::unique_ptr<HttpServer> server_;
};

void Timers::add_routes() {
  router_.add("GET", "/closings", [this](const Request& request, std::string_view, Responder responder) {
    store_.pass_through(request, std::move(responder));
  });
  router_.add("GET", "/health",
              [this](const Request&, std::string_view, Responder responder) { responder.send(health()); });
  router_.add("GET", "/metrics",
              [this](const Request&, std::string_view, Responder responder) { responder.send(metrics()); });
  router_.add("PUT", "/upstreams/{}", [this](const Request& request, std::string_view name, Responder responder) {
    if (name != "database") {
      return responder.send(error_response(404, fmt::format("no upstream {}: there is database", name)));
    }
    const auto url = url_of_body(request.body);
    if (!url) return responder.send(error_response(400, url.error().message));
    store_.repoint(*url);
    responder.send(Response{.status = 200, .body = fmt::format(R"({{"database":{{"url":"{}"}}}})", url->to_string())});
  });
}

// One tick's closings at a time. What fails is due again at the next tick: asking twice closes once.
void Timers::tick() {
  const auto now = wall_now_ns();
  const auto due = schedule_.due(checkpoint_.through_ns, now, kClosingsATick);
  auto round = std::make_shared<Round>();
  round->open = due.size();
  round->through_ns =
      due.size() < kClosingsATick ? std::max(now, checkpoint_.through_ns) : schedule_.end_ns(due.back());
  if (due.empty()) {
    checkpoint_.through_ns = round->through_ns;
    return tick_.start(kTick, [this] { tick(); });
  }
  for (const auto& closing : due) close(closing, round);
}

void Timers::close(const Entry& closing, const std::shared_ptr<Round>& round) {
  store_.append(closing, "", [this, round, asked = asked_again_](const AppendResult& result) {
    round->failed = round->failed || asked != asked_again_;
    settled(result, *round);
  });
}

void Timers::settled(const AppendResult& result, Round& round) {
  if (result.settled != Settled::kStored) {
    ++failed_;
    round.failed = true;
  } else {
    ++(result.mark == 'a' ? already_ : closed_);
  }
  if (--round.open > 0) return;
  if (!round.failed) checkpoint_.through_ns = round.through_ns;
  if (checkpoint_.through_ns - saved_ns_ >= kSaveEveryNs) save();
  tick_.start(kTick, [this] { tick(); });
}

void Timers::ask_again() {
  ++asked_again_;
  checkpoint_.through_ns = std::max(checkpoint_.origin_ns, checkpoint_.through_ns - kAskAgainNs);
}

// Losing the checkpoint costs asking again, never a second closing: a failure is told and lived with.
void Timers::save() {
  saved_ns_ = checkpoint_.through_ns;
  if (const auto saved = save_checkpoint(config_.folder, checkpoint_); !saved)
    log_line("{}", saved.error().to_string());
}

std::int64_t Timers::behind_ns() const { return std::max<std::int64_t>(0, wall_now_ns() - checkpoint_.through_ns); }

Response Timers::health() const {
  const bool in_time = behind_ns() <= kBehindMaxNs;
  const bool up = store_.up() && in_time;
  nlohmann::json json{{"status", up ? "UP" : "DOWN"}};
  json["components"]["db"] = store_.health_json();
  json["components"]["schedule"] = {{"status", in_time ? "UP" : "DOWN"}, {"behind_ms", behind_ns() / 1'000'000}};
  return Response{.status = up ? 200 : 503, .body = to_text(json)};
}

Response Timers::metrics() const {
  MetricsPage page;
  page.http(http_);
  page.counter("closings_total", "Rounds closed by this process.", static_cast<double>(closed_));
  page.counter("closings_already_total", "Rounds that turned out closed already.", static_cast<double>(already_));
  page.counter("closings_failed_total", "Closings to be tried again.", static_cast<double>(failed_));
  page.gauge("closings_behind_seconds", "Age of the oldest round that may be unclosed.",
             static_cast<double>(behind_ns()) * 1e-9);
  page.gauge("store_up", "1 while the store takes appends.", store_.up() ? 1 : 0);
  return Response{.status = 200, .body = page.text(), .content_type = std::string(kMetricsType)};
}

}  // namespace

Status run_timers(const TimersConfig& config) {
  set_log_name("timers");
  if (config.length < milliseconds(1)) return fail(ErrorCode::kInvalid, "--length is at least 1ms");
  BS_ASSIGN(auto checkpoint, load_checkpoint(config.folder));
  if (!checkpoint) {
    const auto now = wall_now_ns();
    checkpoint = Checkpoint{.origin_ns = now, .through_ns = now};
    BS_TRY(save_checkpoint(config.folder, *checkpoint));
  }
  EventLoop loop;
  Timers timers(loop, config, *checkpoint);
  BS_TRY(timers.listen(loop));
  loop.on_terminate([&loop, &timers] { timers.drain([&loop] { loop.stop(); }); });
  loop.run();
  return ok();
}

}  // namespace blackstart::auction
