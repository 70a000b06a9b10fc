#include "targets/auction/store_node.h"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "base/units.h"
#include "targets/auction/json_text.h"
#include "targets/auction/log.h"

namespace blackstart::auction {

namespace {

constexpr const char* kNotStored = "Blackstart-Stored: no\r\n";
constexpr std::uint64_t kAppendBytesMax = 16U << 20;

Response refused(int status, std::string_view why) { return error_response(status, why, kNotStored); }

std::string new_cluster_name() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

}  // namespace

StoreNode::StoreNode(EventLoop& loop, const StoreConfig& config) : loop_(loop), config_(config) {}

Result<std::unique_ptr<StoreNode>> StoreNode::start(EventLoop& loop, const StoreConfig& config) {
  std::unique_ptr<StoreNode> node(new StoreNode(loop, config));
  BS_TRY(node->open());
  BS_TRY(node->listen());
  return node;
}

Status StoreNode::open() {
  BS_ASSIGN(auto writer, LogWriter::open(config_.folder));
  writer->plant(config_.bug);
  BS_TRY(take_role(*writer));
  BS_ASSIGN(history_.cluster, writer->note("cluster"));
  history_.timeline = writer->timeline();
  history_.position = writer->position();
  history_.newest_ns = writer->newest_ns();
  BS_ASSIGN(reader_, LogReader::start(loop_, writer->path()));
  committer_ = std::make_unique<Committer>(loop_, std::move(writer),
                                           Committer::Config{.interval = config_.commit_interval, .bug = config_.bug},
                                           [this](CommittedGroup group) { committed(std::move(group)); });
  source_ = std::make_unique<LogSource>(loop_, *reader_, config_.mode, [this] { return log_headers(); });
  source_->start_at(history_.position);
  return ok();
}

// What was decided at run time (a promotion) outlives the command line: a supervisor that restarts a promoted standby
// with its old flags must not demote it. A primary's data under --role standby is a decision of the operator.
Status StoreNode::take_role(LogWriter& writer) {
  BS_ASSIGN(const auto role, writer.note("role"));
  BS_ASSIGN(const auto origin, writer.note("origin"));
  primary_ = config_.primary || (role == "primary" && origin == "promoted");
  if (primary_ && !config_.primary) {
    log_line("was promoted before: stays primary; for a standby, give it an empty --data");
  }
  if (!primary_) return writer.set_note("role", "standby");
  if (role == "primary") return ok();
  BS_ASSIGN(const auto cluster, writer.note("cluster"));
  if (cluster.empty()) BS_TRY(writer.set_note("cluster", new_cluster_name()));
  if (role == "standby") log_line("was a standby: becomes primary in a new epoch, as --role says");
  return writer.begin_epoch(role.empty() ? "first" : "promoted");
}

Status StoreNode::listen() {
  router_.add("POST", "/append", [this](const Request& request, std::string_view, Responder responder) {
    append(request, std::move(responder));
  });
  router_.add("POST", "/promote",
              [this](const Request&, std::string_view, Responder responder) { promote(std::move(responder)); });
  router_.add("PUT", "/replication", [this](const Request& request, std::string_view, Responder responder) {
    put_replication(request, std::move(responder));
  });
  add_pages();
  HttpServer::Config config{.host = config_.host, .port = config_.port, .body_bytes_max = kAppendBytesMax};
  BS_ASSIGN(server_,
            HttpServer::listen(
                loop_, config,
                [this](const Request& request, Responder responder) { router_.handle(request, std::move(responder)); },
                [this](int status, std::chrono::nanoseconds taken) { http_.observe(status, taken); }));
  follower_ =
      std::make_unique<Follower>(loop_, *committer_, history_, fmt::format("{}:{}", config_.host, server_->port()));
  if (!primary_ && config_.follow) follower_->follow(*config_.follow);
  log_line("{} at epoch {}, position {}, listening on {}:{}", primary_ ? "primary" : "standby",
           history_.timeline.epoch(), history_.position, config_.host, server_->port());
  return ok();
}

void StoreNode::drain(std::function<void()> done) {
  follower_->stop();
  server_->drain(std::chrono::seconds(2), std::move(done));
}

void StoreNode::committed(CommittedGroup group) {
  if (group.last < group.first) return;
  history_.position = group.last;
  history_.newest_ns = group.newest_ns;
  group_size_.observe(static_cast<double>(group.last - group.first + 1));
  source_->committed(group);
}

std::optional<Response> StoreNode::append_refusal(const Request& request) {
  const auto epoch = parse_number<std::uint64_t>(request.fields.get("Epoch"));
  if (!epoch) return refused(400, "an append carries the header Epoch: the one that GET /replication tells");
  const auto own = history_.timeline.epoch();
  if (primary_ && *epoch > own && config_.bug != Bug::kSkipFencing) fenced_by_ = std::max(fenced_by_, *epoch);
  if (auto why = not_accepting(); !why.empty()) return refused(primary_ && fenced_by_ == 0 ? 503 : 409, why);
  if (*epoch < own && config_.bug != Bug::kSkipFencing) {
    return refused(409, fmt::format("epoch {} is over: it is {} now; ask GET /replication", *epoch, own));
  }
  return std::nullopt;
}

void StoreNode::append(const Request& request, Responder responder) {
  if (auto refusal = append_refusal(request)) {
    ++appends_refused_;
    return responder.send(*refusal);
  }
  auto batch = decode(request.body, LineForm::kAppend);
  if (!batch) return responder.send(refused(400, batch.error().message));
  if (batch->entries.empty()) return responder.send(refused(400, "an append without entries"));
  auto held = std::make_shared<Responder>(std::move(responder));
  const bool taken = committer_->submit(
      WriteJob{.batch = std::move(*batch), .placed = false, .marks = {}},
      [this, held](const Status& status, const WriteJob& job) { appended(status, job, std::move(*held)); });
  if (taken) return;
  ++appends_refused_;
  held->send(refused(503, "the commit queue is full"));
}

void StoreNode::appended(const Status& status, const WriteJob& job, Responder responder) {
  if (!status && certainly_not_stored(status.error().code)) {
    return responder.send(refused(503, status.error().to_string()));
  }
  if (!status) {
    // After a failed fsync nobody knows what the disk holds: going on would acknowledge on sand.
    responder.send(error_response(500, status.error().to_string()));
    if (!failure_) return;
    failure_ = status;
    log_line("the log cannot be written: {}; ending", status.error().to_string());
    return drain([this] { loop_.stop(); });
  }
  Response response{.status = 200,
                    .body = fmt::format(R"({{"epoch":{},"position":{},"marks":"{}"}})", history_.timeline.epoch(),
                                        history_.position, job.marks)};
  if (!source_->mode().sync || config_.bug == Bug::kSyncIsAsync) return responder.send(response);
  auto held = std::make_shared<Responder>(std::move(responder));
  source_->when_replicated(history_.position, config_.sync_timeout, [held, response](bool confirmed) {
    held->send(confirmed ? response : error_response(500, "stored here, but no standby has confirmed it in time"));
  });
}

void StoreNode::promote(Responder responder) {
  if (primary_) return responder.send(Response{.status = 200, .body = state_json()});
  promoting_.push_back(std::move(responder));
  if (promoting_.size() > 1) return;
  follower_->stop();
  auto taken = std::make_shared<History>();
  committer_->run(
      [taken](LogWriter& writer) -> Status {
        BS_ASSIGN(taken->cluster, writer.note("cluster"));
        if (taken->cluster.empty()) {  // never heard of a primary: a cluster of its own
          taken->cluster = new_cluster_name();
          BS_TRY(writer.set_note("cluster", taken->cluster));
        }
        BS_TRY(writer.begin_epoch("promoted"));
        taken->timeline = writer.timeline();
        return ok();
      },
      [this, taken](const Status& status) { promoted(status, *taken); });
}

void StoreNode::promoted(const Status& status, const History& taken) {
  auto waiting = std::exchange(promoting_, {});
  if (!status) {
    for (auto& responder : waiting) responder.send(error_response(500, status.error().to_string()));
    if (config_.follow) follower_->follow(*config_.follow);
    return;
  }
  primary_ = true;
  history_.cluster = taken.cluster;
  history_.timeline = taken.timeline;
  log_line("promoted: primary of epoch {} from position {}", taken.timeline.epoch(), history_.position);
  for (auto& responder : waiting) responder.send(Response{.status = 200, .body = state_json()});
}

void StoreNode::put_replication(const Request& request, Responder responder) {
  const auto body = parse_object(request.body);
  if (!body) return responder.send(error_response(400, R"(the body is no JSON object, as {"lag":"200ms"})"));
  auto mode = source_->mode();
  std::optional<Url> follow;
  for (const auto& [key, value] : body->items()) {
    const auto text = value.is_string() ? value.get<std::string>() : std::string();
    if (key == "mode" && (text == "sync" || text == "async")) {
      mode.sync = text == "sync";
    } else if (const auto lag = parse_duration(text); key == "lag" && lag && *lag <= ReplicationMode::kLagMax) {
      mode.lag = *lag;
    } else if (const auto url = parse_url(text); key == "primary" && url && !primary_) {
      follow = url;
    } else {
      return responder.send(error_response(
          400, fmt::format("{}: {} is not taken; allowed are mode (sync, async), lag (0s to 30s) and, on a standby, "
                           "primary (http://host:port)",
                           key, excerpt(to_text(value)))));
    }
  }
  source_->set_mode(mode);
  if (follow) {
    config_.follow = follow;
    follower_->follow(*follow);
  }
  responder.send(Response{.status = 200, .body = replication_json()});
}

Status run_store(const StoreConfig& config) {
  set_log_name("store");
  EventLoop loop;
  BS_ASSIGN(auto node, StoreNode::start(loop, config));
  loop.on_terminate([&loop, &node] { node->drain([&loop] { loop.stop(); }); });
  loop.run();
  return node->failure();
}

}  // namespace blackstart::auction
