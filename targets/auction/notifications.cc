#include "targets/auction/notifications.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "targets/auction/entry.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http_client.h"
#include "targets/auction/http_server.h"
#include "targets/auction/json_text.h"
#include "targets/auction/leaders.h"
#include "targets/auction/log.h"
#include "targets/auction/metrics.h"
#include "targets/auction/router.h"
#include "targets/auction/store_link.h"
#include "targets/auction/watch_hub.h"

namespace blackstart::auction {

namespace {

using std::chrono::milliseconds;
constexpr auto kPollWait = milliseconds(500);
constexpr auto kPollTimeout = milliseconds(2000);
constexpr auto kRetry = milliseconds(100);

class Notifications {
 public:
  Notifications(EventLoop& loop, const NotificationsConfig& config)
      : loop_(loop), config_(config), hub_(loop, config.watch_every, config.bug), retry_(loop) {
    follow(config.feed);
    add_routes();
  }

  Status listen() {
    const HttpServer::Config config{.host = config_.host, .port = config_.port};
    BS_ASSIGN(server_, HttpServer::listen(
                           loop_, config,
                           [this](const Request& request, Responder responder) {
                             router_.handle(request, std::move(responder));
                           },
                           [this](int status, std::chrono::nanoseconds taken) { http_.observe(status, taken); }));
    log_line("feed {}, listening on {}:{}", config_.feed.to_string(), config_.host, server_->port());
    return ok();
  }
  void drain(std::function<void()> done) { server_->drain(std::chrono::seconds(2), std::move(done)); }

 private:
  void add_routes();
  void follow(const Url& feed);
  void poll();
  void answered(const CallOutcome& outcome);
  void start_over(const CallOutcome& outcome);
  void take(const Batch& batch);
  void again(std::string trouble);
  [[nodiscard]] bool up() const { return trouble_.empty(); }
  [[nodiscard]] Response health() const;
  [[nodiscard]] Response metrics() const;

  EventLoop& loop_;
  NotificationsConfig config_;
  WatchHub hub_;
  Leaders leaders_;
  Router router_;
  HttpMetrics http_;
  std::unique_ptr<HttpClient> client_;
  std::uint64_t generation_ = 0;
  Timer retry_;
  std::optional<std::uint64_t> position_;  // told up to here; nothing: begin at the log's end
  std::string trouble_ = "the feed has not answered yet";
  std::uint64_t bids_ = 0;
  std::unique_ptr<HttpServer> server_;
};

void Notifications::add_routes() {
  router_.add("GET", "/auctions/{}/watch", [this](const Request&, std::string_view auction, Responder responder) {
    const auto number = parse_number<std::uint32_t>(auction);
    if (!number || *number == 0) return responder.send(error_response(404, fmt::format("no auction {}", auction)));
    hub_.watch(*number, responder.start_stream());
  });
  router_.add("GET", "/health",
              [this](const Request&, std::string_view, Responder responder) { responder.send(health()); });
  router_.add("GET", "/metrics",
              [this](const Request&, std::string_view, Responder responder) { responder.send(metrics()); });
  router_.add("PUT", "/upstreams/{}", [this](const Request& request, std::string_view name, Responder responder) {
    if (name != "stream" && name != "database") {
      return responder.send(error_response(404, fmt::format("no upstream {}: there is stream", name)));
    }
    const auto url = url_of_body(request.body);
    if (!url) return responder.send(error_response(400, url.error().message));
    follow(*url);
    responder.send(Response{.status = 200, .body = fmt::format(R"({{"stream":{{"url":"{}"}}}})", url->to_string())});
  });
}

void Notifications::follow(const Url& feed) {
  ++generation_;
  retry_.cancel();
  client_ = std::make_unique<HttpClient>(loop_, HttpClient::Config{.url = feed, .connections_max = 1});
  poll();
}

// Without a position yet, one beyond any log makes the feed say where it ends: only what comes from now on is news.
void Notifications::poll() {
  constexpr std::uint64_t kBeyond = 1ULL << 62;
  const auto target =
      fmt::format("/log?after={}&wait_ms={}", position_.value_or(kBeyond), up() ? kPollWait.count() : 0);
  client_->call(Call{.method = "GET", .target = target}, kPollTimeout,
                [this, generation = generation_](const CallOutcome& outcome) {
                  if (generation == generation_) answered(outcome);
                });
}

void Notifications::answered(const CallOutcome& outcome) {
  if (!outcome.answered) return again(outcome.error);
  if (outcome.reply.status == 409) return start_over(outcome);
  if (outcome.reply.status != 200) {
    return again(fmt::format("the feed answers {}: {}", outcome.reply.status, excerpt(outcome.reply.body)));
  }
  const auto batch = decode(outcome.reply.body, LineForm::kLog);
  if (!batch) return again("the feed is not readable: " + batch.error().message);
  if (!up()) log_line("the feed {} is up", client_->url().to_string());
  trouble_.clear();
  take(*batch);
  poll();
}

// At the start, and after a failover to a store that lacks what we have told already.
void Notifications::start_over(const CallOutcome& outcome) {
  const auto end = parse_number<std::uint64_t>(outcome.reply.fields.get("Position"));
  if (!end) return again("the feed answers 409 without a Position: is this an api or a store?");
  position_ = end;
  poll();
}

void Notifications::take(const Batch& batch) {
  for (const auto& entry : batch.entries) {
    position_ = entry.position;
    const bool leading = leaders_.apply(entry);
    if (entry.is_closing()) continue;
    ++bids_;
    hub_.bid(entry.auction, BidNews{.id = entry.id, .amount = entry.amount, .leading = leading, .count = 1});
  }
  leaders_.keep();
}

void Notifications::again(std::string trouble) {
  if (up() || trouble_ != trouble) log_line("no feed: {}", trouble);
  trouble_ = std::move(trouble);
  retry_.start(kRetry, [this] { poll(); });
}

Response Notifications::health() const {
  nlohmann::json json{{"status", up() ? "UP" : "DOWN"}};
  json["components"]["stream"] = {{"status", up() ? "UP" : "DOWN"}, {"url", client_->url().to_string()}};
  if (!up()) json["components"]["stream"]["detail"] = trouble_;
  return Response{.status = up() ? 200 : 503, .body = to_text(json)};
}

Response Notifications::metrics() const {
  MetricsPage page;
  page.http(http_);
  page.gauge("watchers", "Open watch streams.", static_cast<double>(hub_.watchers()));
  page.counter("watch_events_total", "Events sent to watchers.", static_cast<double>(hub_.events()));
  page.counter("feed_bids_total", "Bids taken from the feed.", static_cast<double>(bids_));
  page.gauge("feed_up", "1 while the feed answers.", up() ? 1 : 0);
  return Response{.status = 200, .body = page.text(), .content_type = std::string(kMetricsType)};
}

}  // namespace

Status run_notifications(const NotificationsConfig& config) {
  set_log_name("notifications");
  EventLoop loop;
  Notifications notifications(loop, config);
  BS_TRY(notifications.listen());
  loop.on_terminate([&loop, &notifications] { notifications.drain([&loop] { loop.stop(); }); });
  loop.run();
  return ok();
}

}  // namespace blackstart::auction
