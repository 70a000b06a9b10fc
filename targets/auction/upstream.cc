#include "targets/auction/upstream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "targets/auction/json_text.h"
#include "targets/auction/log.h"

namespace blackstart::auction {

namespace {

using std::chrono::milliseconds;
constexpr auto kAskTimeout = milliseconds(1000);
constexpr auto kAskEveryUp = milliseconds(500);
constexpr auto kAskEveryDown = milliseconds(50);
constexpr auto kReadTimeout = std::chrono::seconds(30);

HttpClient::Config pool(const Url& url, std::size_t connections) {
  return HttpClient::Config{.url = url, .connections_max = connections};
}

}  // namespace

Upstream::Upstream(EventLoop& loop, Config config, EpochSeen& epoch_seen)
    : loop_(loop),
      config_(std::move(config)),
      epoch_seen_(epoch_seen),
      appends_(loop, pool(config_.url, config_.in_flight_max)),
      reads_(loop, pool(config_.url, 16)),
      asks_(loop, pool(config_.url, 1)),
      flush_timer_(loop),
      ask_timer_(loop) {}

std::shared_ptr<Upstream> Upstream::open(EventLoop& loop, Config config, EpochSeen& epoch_seen) {
  std::shared_ptr<Upstream> upstream(new Upstream(loop, std::move(config), epoch_seen));
  upstream->ask();
  return upstream;
}

void Upstream::ask() {
  asks_.call(Call{.method = "GET", .target = "/replication"}, kAskTimeout,
             [self = weak_from_this()](const CallOutcome& outcome) {
               if (auto upstream = self.lock()) upstream->told(outcome);
             });
}

void Upstream::told(const CallOutcome& outcome) {
  if (retired_) return;
  if (!outcome.answered) return set_down(outcome.error);
  const auto json = parse_object(outcome.reply.body).value_or(nlohmann::json::object());
  const auto cluster = string_member(json, "cluster");
  const auto epoch = number_member(json, "epoch");
  const auto accepting = bool_member(json, "accepting");
  if (outcome.reply.status != 200 || !cluster || !epoch || !accepting) {
    return set_down(config_.url.to_string() + "/replication does not answer as a store does");
  }
  if (!*accepting) return set_down(excerpt(string_member(json, "why").value_or("the store takes no appends")));
  if (*cluster != epoch_seen_.cluster) epoch_seen_ = EpochSeen{*cluster, 0};
  if (*epoch < epoch_seen_.epoch) {
    return set_down(fmt::format("{} is a stale primary: of epoch {}, while {} was seen", config_.url.to_string(),
                                *epoch, epoch_seen_.epoch));
  }
  const bool news = state_ != State::kUp || *epoch != epoch_;
  epoch_seen_.epoch = epoch_ = *epoch;
  state_ = State::kUp;
  trouble_.clear();
  if (news) log_line("store {} is up, epoch {}", config_.url.to_string(), epoch_);
  ask_timer_.start(kAskEveryUp, [this] { ask(); });
  flush();
  if (news && up_act_) up_act_();
}

void Upstream::set_down(std::string why) {
  if (retired_) return;
  const bool news = state_ != State::kDown;
  if (news) log_line("store {} is down: {}", config_.url.to_string(), why);
  state_ = State::kDown;
  trouble_ = std::move(why);
  if (news || !ask_timer_.pending()) ask_timer_.start(kAskEveryDown, [this] { ask(); });
  give_up_waiting(Settled::kNotStored, trouble_);
}

void Upstream::give_up_waiting(Settled settled, const std::string& why) {
  for (auto& item : std::exchange(queue_, {})) {
    item.done(AppendResult{.settled = settled, .mark = '0', .why = why});
  }
}

void Upstream::append(const Entry& entry, std::string_view drill, Done done) {
  append_since(entry, drill, SteadyClock::now(), std::move(done));
}

void Upstream::append_since(const Entry& entry, std::string_view drill, SteadyTime since, Done done) {
  if (state_ == State::kDown || queue_.size() >= config_.queue_max) {
    const auto why = state_ == State::kDown ? trouble_ : "too many bids wait for the store";
    return done(AppendResult{.settled = Settled::kNotStored, .mark = '0', .why = why});
  }
  auto known = std::find(drills_.begin(), drills_.end(), drill);
  if (known == drills_.end()) known = drills_.emplace(drills_.end(), drill);
  queue_.push_back(Item{.entry = entry,
                        .drill = static_cast<std::uint32_t>(known - drills_.begin()),
                        .since = since,
                        .done = std::move(done)});
  flush();
}

// Whatever else is due in this turn of the loop shares the batch, and so does what comes within the interval.
void Upstream::flush() {
  if (queue_.empty() || state_ != State::kUp || in_flight_ >= config_.in_flight_max || flush_posted_ ||
      flush_timer_.pending()) {
    return;
  }
  const auto due_in = handed_over_ + config_.batch_interval - SteadyClock::now();
  if (due_in.count() > 0) return flush_timer_.start(due_in, [this] { hand_over(); });
  flush_posted_ = true;
  loop_.post([self = weak_from_this()] {
    auto upstream = self.lock();
    if (!upstream) return;
    upstream->flush_posted_ = false;
    upstream->hand_over();
  });
}

void Upstream::hand_over() {
  if (queue_.empty() || state_ != State::kUp || in_flight_ >= config_.in_flight_max) return;
  const auto now = handed_over_ = SteadyClock::now();
  auto items = std::make_shared<std::vector<Item>>(std::make_move_iterator(queue_.begin()),
                                                   std::make_move_iterator(queue_.end()));
  queue_.clear();
  Batch batch;
  batch.drills = drills_;
  batch.entries.reserve(items->size());
  auto oldest = now;
  for (const auto& item : *items) {
    batch.entries.push_back(item.entry);
    batch.entries.back().drill = item.drill;
    oldest = std::min(oldest, item.since);
  }
  if (drills_.size() > 100) drills_.clear();  // names of drills long gone
  batch_size_.observe(static_cast<double>(items->size()));
  ++in_flight_;
  const auto timeout = std::max<std::chrono::nanoseconds>(oldest + config_.settle_within - now, milliseconds(1));
  appends_.call(Call{.method = "POST",
                     .target = "/append",
                     .headers = fmt::format("Epoch: {}\r\n", epoch_),
                     .body = encode(batch, LineForm::kAppend)},
                timeout, [held = weak_from_this(), items](const CallOutcome& outcome) {
                  auto self = held.lock();
                  if (!self) return;
                  --self->in_flight_;
                  self->settle(std::move(*items), outcome);
                  self->flush();
                });
}

void Upstream::settle(std::vector<Item> items, const CallOutcome& outcome) {
  AppendResult result{.settled = Settled::kUnknown, .mark = '0', .why = {}};
  std::string marks;
  if (!outcome.answered) {
    result.settled = !outcome.sent ? Settled::kNotStored : outcome.timed_out ? Settled::kTimeout : Settled::kUnknown;
    result.why = outcome.error;
  } else if (outcome.reply.status == 200) {
    if (const auto json = parse_object(outcome.reply.body)) marks = string_member(*json, "marks").value_or("");
    if (marks.size() == items.size()) result.settled = Settled::kStored;
    result.why = "the store's answer does not fit the batch";
  } else {
    if (outcome.reply.fields.get("Blackstart-Stored") == "no") result.settled = Settled::kNotStored;
    result.why = fmt::format("the store answers {}: {}", outcome.reply.status, excerpt(outcome.reply.body));
  }
  if (result.settled != Settled::kStored) set_down(result.why);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (result.settled == Settled::kStored) result.mark = marks[i];
    items[i].done(result);
  }
}

void Upstream::retire(const std::function<void(const Entry&, std::string_view, SteadyTime, Done)>& redo) {
  retired_ = true;
  state_ = State::kDown;
  trouble_ = "replaced by another store";
  ask_timer_.cancel();
  flush_timer_.cancel();
  for (auto& item : std::exchange(queue_, {})) redo(item.entry, drills_[item.drill], item.since, std::move(item.done));
}

void Upstream::read(std::string target, HttpClient::Done done) {
  reads_.call(Call{.method = "GET", .target = std::move(target)}, kReadTimeout, std::move(done));
}

}  // namespace blackstart::auction
