#include "targets/auction/api.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "targets/auction/bid_request.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http_server.h"
#include "targets/auction/json_text.h"
#include "targets/auction/log.h"
#include "targets/auction/metrics.h"
#include "targets/auction/peer_health.h"
#include "targets/auction/router.h"
#include "targets/auction/store_link.h"
#include "targets/auction/watch_hub.h"

namespace blackstart::auction {

namespace {

class Api {
 public:
  Api(EventLoop& loop, const ApiConfig& config)
      : config_(config),
        store_(loop, Upstream::Config{.url = config.store,
                                      .settle_within = config.settle_within,
                                      .batch_interval = config.batch_interval}),
        stream_(loop),
        hub_(loop, config.watch_every, config.bug) {
    if (config.stream) stream_.watch(*config.stream);
    add_routes();
  }

  Status listen(EventLoop& loop) {
    const HttpServer::Config config{.host = config_.host, .port = config_.port};
    BS_ASSIGN(server_, HttpServer::listen(
                           loop, config,
                           [this](const Request& request, Responder responder) {
                             router_.handle(request, std::move(responder));
                           },
                           [this](int status, std::chrono::nanoseconds taken) { http_.observe(status, taken); }));
    log_line("store {}, listening on {}:{}", config_.store.to_string(), config_.host, server_->port());
    return ok();
  }
  void drain(std::function<void()> done) { server_->drain(std::chrono::seconds(2), std::move(done)); }

 private:
  void add_routes();
  void bid(const Request& request, std::string_view auction, Responder responder);
  void settled(const Entry& entry, const AppendResult& result, Responder responder);
  void watch(std::string_view auction, Responder responder);
  void put_upstream(std::string_view name, const Request& request, Responder responder);
  [[nodiscard]] std::string upstreams_json() const;
  [[nodiscard]] Response health() const;
  [[nodiscard]] Response metrics() const;

  ApiConfig config_;
  StoreLink store_;
  PeerHealth stream_;
  WatchHub hub_;
  Router router_;
  HttpMetrics http_;
  std::uint64_t stored_ = 0;
  std::uint64_t not_stored_ = 0;
  std::uint64_t unknown_ = 0;
  std::uint64_t invalid_ = 0;
  std::unique_ptr<HttpServer> server_;
};

void Api::add_routes() {
  router_.add("POST", "/auctions/{}/bids",
              [this](const Request& request, std::string_view auction, Responder responder) {
                bid(request, auction, std::move(responder));
              });
  router_.add("GET", "/auctions/{}/watch", [this](const Request&, std::string_view auction, Responder responder) {
    watch(auction, std::move(responder));
  });
  for (const char* path : {"/bids", "/auctions/{}", "/closings", "/log"}) {
    router_.add("GET", path, [this](const Request& request, std::string_view, Responder responder) {
      store_.pass_through(request, std::move(responder));
    });
  }
  router_.add("GET", "/health",
              [this](const Request&, std::string_view, Responder responder) { responder.send(health()); });
  router_.add("GET", "/metrics",
              [this](const Request&, std::string_view, Responder responder) { responder.send(metrics()); });
  router_.add("GET", "/upstreams", [this](const Request&, std::string_view, Responder responder) {
    responder.send(Response{.status = 200, .body = upstreams_json()});
  });
  router_.add("PUT", "/upstreams/{}", [this](const Request& request, std::string_view name, Responder responder) {
    put_upstream(name, request, std::move(responder));
  });
}

void Api::bid(const Request& request, std::string_view auction, Responder responder) {
  const auto number = parse_number<std::uint32_t>(auction);
  if (!number || *number == 0) return responder.send(error_response(404, fmt::format("no auction {}", auction)));
  const auto drill = request.fields.get("Blackstart-Drill");
  if (!valid_drill_name(drill)) {
    ++invalid_;
    return responder.send(error_response(400, "Blackstart-Drill takes at most 128 of A-Z a-z 0-9 . _ : -"));
  }
  const auto entry = parse_bid(*number, request.body);
  if (!entry) {
    ++invalid_;
    return responder.send(error_response(400, entry.error().message));
  }
  auto held = std::make_shared<Responder>(std::move(responder));
  store_.append(*entry, drill,
                [this, entry = *entry, held](const AppendResult& result) { settled(entry, result, std::move(*held)); });
}

void Api::settled(const Entry& entry, const AppendResult& result, Responder responder) {
  switch (result.settled) {
    case Settled::kStored: {
      ++stored_;
      const bool leading = result.mark == '1';
      responder.send(Response{.status = 201,
                              .body = fmt::format(R"({{"id":"{}","stored":true,"leading":{}}})", entry.id, leading)});
      return hub_.bid(entry.auction, BidNews{.id = entry.id, .amount = entry.amount, .leading = leading, .count = 1});
    }
    case Settled::kNotStored:
      ++not_stored_;
      return responder.send(error_response(503, "not stored: " + result.why, "Blackstart-Stored: no\r\n"));
    case Settled::kUnknown:
    case Settled::kTimeout:
      ++unknown_;
      return responder.send(error_response(result.settled == Settled::kTimeout ? 504 : 500,
                                           "handed to the store, and not known to be stored: " + result.why));
  }
}

void Api::watch(std::string_view auction, Responder responder) {
  const auto number = parse_number<std::uint32_t>(auction);
  if (!number || *number == 0) return responder.send(error_response(404, fmt::format("no auction {}", auction)));
  hub_.watch(*number, responder.start_stream());
}

void Api::put_upstream(std::string_view name, const Request& request, Responder responder) {
  if (name != "database" && name != "stream") {
    return responder.send(error_response(404, fmt::format("no upstream {}: there are database and stream", name)));
  }
  const auto url = url_of_body(request.body);
  if (!url) return responder.send(error_response(400, url.error().message));
  if (name == "database") {
    store_.repoint(*url);
  } else {
    stream_.watch(*url);
  }
  responder.send(Response{.status = 200, .body = upstreams_json()});
}

std::string Api::upstreams_json() const {
  nlohmann::json json{{"database", {{"url", store_.url().to_string()}, {"up", store_.up()}}}, {"stream", nullptr}};
  if (stream_.url()) json["stream"] = {{"url", stream_.url()->to_string()}, {"up", stream_.up()}};
  return to_text(json);
}

// The stream is not needed to take a bid: it shows, and does not bring the api down.
Response Api::health() const {
  nlohmann::json json{{"status", store_.up() ? "UP" : "DOWN"}};
  json["components"]["db"] = store_.health_json();
  if (stream_.url()) {
    json["components"]["stream"] = {{"status", stream_.up() ? "UP" : "DOWN"}, {"url", stream_.url()->to_string()}};
  }
  return Response{.status = store_.up() ? 200 : 503, .body = to_text(json)};
}

Response Api::metrics() const {
  MetricsPage page;
  page.http(http_);
  const auto bids = [&page](const char* outcome, std::uint64_t count) {
    page.sample("bids_total", "counter", "Bids by what became of them.", fmt::format("outcome=\"{}\"", outcome),
                static_cast<double>(count));
  };
  bids("stored", stored_);
  bids("not_stored", not_stored_);
  bids("unknown", unknown_);
  bids("invalid", invalid_);
  page.histogram("store_batch_size", "Bids handed to the store together.", store_.batch_size());
  page.gauge("store_queue_bids", "Bids that wait to be handed over.", static_cast<double>(store_.queued()));
  page.gauge("store_up", "1 while the store takes appends.", store_.up() ? 1 : 0);
  page.gauge("http_connections", "Open connections.", static_cast<double>(server_->connections()));
  page.gauge("watchers", "Open watch streams.", static_cast<double>(hub_.watchers()));
  page.counter("watch_events_total", "Events sent to watchers.", static_cast<double>(hub_.events()));
  return Response{.status = 200, .body = page.text(), .content_type = std::string(kMetricsType)};
}

}  // namespace

Status run_api(const ApiConfig& config) {
  set_log_name("api");
  EventLoop loop;
  Api api(loop, config);
  BS_TRY(api.listen(loop));
  loop.on_terminate([&loop, &api] { api.drain([&loop] { loop.stop(); }); });
  loop.run();
  return ok();
}

}  // namespace blackstart::auction
