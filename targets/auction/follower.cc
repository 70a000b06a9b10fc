#include "targets/auction/follower.h"

#include <fmt/format.h>

#include "targets/auction/json_text.h"
#include "targets/auction/log.h"

namespace blackstart::auction {

namespace {

using std::chrono::milliseconds;
constexpr auto kPollWait = milliseconds(500);
constexpr auto kPollTimeout = milliseconds(2000);
constexpr auto kHeardFor = milliseconds(2000);

}  // namespace

Follower::Follower(EventLoop& loop, Committer& committer, History& history, std::string name)
    : loop_(loop), committer_(committer), history_(history), name_(std::move(name)), retry_(loop) {}

void Follower::follow(const Url& primary) {
  stop();
  client_ = std::make_unique<HttpClient>(loop_, HttpClient::Config{.url = primary, .connections_max = 1});
  trouble_ = "not yet heard from " + primary.to_string();
  diverged_ = false;
  poll();
}

void Follower::stop() {
  ++generation_;
  retry_.cancel();
  client_.reset();
}

bool Follower::connected() const { return client_ && trouble_.empty() && SteadyClock::now() - heard_ <= kHeardFor; }

std::chrono::nanoseconds Follower::lag() const {
  if (connected() && history_.position >= primary_position_) return std::chrono::nanoseconds(0);
  if (history_.newest_ns == 0) return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, wall_now_ns() - history_.newest_ns));
}

void Follower::poll() {
  // Whom we have not heard yet shall answer at once: that is how its history becomes known.
  const auto wait = trouble_.empty() ? kPollWait : milliseconds(0);
  const auto target = fmt::format("/log?after={}&epoch={}&cluster={}&standby={}&wait_ms={}", history_.position,
                                  history_.timeline.epoch(), history_.cluster, name_, wait.count());
  client_->call(Call{.method = "GET", .target = target, .headers = {}, .body = {}}, kPollTimeout,
                [this, generation = generation_](CallOutcome outcome) {
                  if (generation == generation_) answered(std::move(outcome));
                });
}

void Follower::answered(CallOutcome outcome) {
  if (!outcome.answered) return again(milliseconds(100), outcome.error);
  heard_ = SteadyClock::now();
  diverged_ = outcome.reply.status == 409;
  if (outcome.reply.status != 200) {
    return again(milliseconds(500),
                 fmt::format("the primary answers {}: {}", outcome.reply.status, excerpt(outcome.reply.body)));
  }
  take(std::move(outcome.reply));
}

void Follower::take(Reply reply) {
  const auto timeline = Timeline::from_text(reply.fields.get("Timeline"));
  const auto position = parse_number<std::uint64_t>(reply.fields.get("Position"));
  const std::string cluster(reply.fields.get("Cluster"));
  if (!timeline || !position || cluster.empty()) {
    return again(milliseconds(500), "the answer lacks Timeline, Position or Cluster: is this a store?");
  }
  trouble_.clear();
  primary_position_ = *position;
  if (cluster != history_.cluster || !(*timeline == history_.timeline)) {
    return adopt(cluster, *timeline, std::move(reply.body));
  }
  commit(reply.body);
}

void Follower::adopt(const std::string& cluster, const Timeline& timeline, std::string log_text) {
  committer_.run([cluster, timeline](LogWriter& writer) { return writer.adopt(cluster, timeline); },
                 [this, cluster, timeline, log_text = std::move(log_text), generation = generation_](Status status) {
                   if (generation != generation_) return;
                   if (!status) return again(milliseconds(500), status.error().to_string());
                   history_.cluster = cluster;
                   history_.timeline = timeline;
                   commit(log_text);
                 });
}

void Follower::commit(const std::string& log_text) {
  if (log_text.empty()) return poll();
  auto batch = decode(log_text, LineForm::kLog);
  if (!batch) return again(milliseconds(500), "the primary's log is not readable: " + batch.error().message);
  const bool taken = committer_.submit(WriteJob{.batch = std::move(*batch), .placed = true, .marks = {}},
                                       [this, generation = generation_](Status status, WriteJob&) {
                                         if (generation != generation_) return;
                                         if (!status) return again(milliseconds(500), status.error().to_string());
                                         poll();
                                       });
  if (!taken) again(milliseconds(100), "the commit queue is full");
}

void Follower::again(milliseconds after, std::string trouble) {
  if (trouble != trouble_) log_line("not following: {}", trouble);
  trouble_ = std::move(trouble);
  retry_.start(after, [this] { poll(); });
}

}  // namespace blackstart::auction
