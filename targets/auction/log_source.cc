#include "targets/auction/log_source.h"

#include <algorithm>
#include <utility>

namespace blackstart::auction {

namespace {

constexpr std::size_t kRecentBytesMax = 64U << 20;
constexpr std::size_t kAnswerBytesMax = 4U << 20;
constexpr std::uint64_t kDiskEntriesMax = 20'000;
// Readers that may be late are answered at this beat, not at every commit: a wake-up costs more than its entries.
constexpr auto kBeat = std::chrono::milliseconds(5);
constexpr auto kAttachedFor = std::chrono::milliseconds(1500);
constexpr auto kInStepWithin = std::chrono::milliseconds(500);
constexpr auto kListedFor = std::chrono::seconds(60);

}  // namespace

LogSource::LogSource(EventLoop& loop, LogReader& reader, ReplicationMode mode, std::function<std::string()> headers)
    : reader_(reader),
      mode_(mode),
      headers_(std::move(headers)),
      booted_(SteadyClock::now()),
      timer_(loop),
      waiting_timer_(loop) {}

void LogSource::start_at(std::uint64_t position) { last_ = boot_last_ = position; }

void LogSource::committed(const CommittedGroup& group) {
  if (group.last < group.first) return;
  recent_.push_back(Group{group.first, group.last, SteadyClock::now(), group.log_text});
  recent_bytes_ += group.log_text.size();
  last_ = group.last;
  while (recent_bytes_ > kRecentBytesMax && recent_.size() > 1) {
    recent_bytes_ -= recent_.front().text.size();
    recent_.pop_front();
  }
  if (mode_.sync) {
    serve_parked([](const Parked& parked) { return parked.poll.standby.has_value(); });
  }
  if (!parked_.empty() && !timer_short_) schedule();
}

void LogSource::poll(LogPoll poll, Responder responder) {
  if (poll.standby) note_standby(*poll.standby, poll.after);
  parked_.push_back(Parked{.poll = poll, .until = SteadyClock::now() + poll.wait, .responder = std::move(responder)});
  // A reader that is behind by much catches up at once; one that follows waits for the beat.
  if (poll.wait.count() == 0 || (mode_.sync && poll.standby) ||
      poll.after + 1 < (recent_.empty() ? last_ : recent_.front().first)) {
    if (serve(parked_.back())) {
      parked_.pop_back();
      return;
    }
  }
  if (!timer_short_) schedule();
}

void LogSource::note_standby(const std::string& name, std::uint64_t position) {
  standbys_[name] = Standby{position, SteadyClock::now()};
  while (!waiting_.empty() && waiting_.front().position <= position) {
    auto act = std::move(waiting_.front().act);
    waiting_.pop_front();
    act(true);
  }
}

std::uint64_t LogSource::offered_until(const LogPoll& poll) const {
  if (!poll.standby || mode_.sync || mode_.lag.count() == 0) return last_;
  const auto old_enough = SteadyClock::now() - mode_.lag;
  const auto young = std::partition_point(recent_.begin(), recent_.end(),
                                          [old_enough](const Group& group) { return group.at <= old_enough; });
  if (young != recent_.begin()) return std::prev(young)->last;
  // Nothing that was committed here is old enough; what the log held at the start is, once the process is.
  const auto before = recent_.empty() ? last_ : recent_.front().first - 1;
  return before > boot_last_ || booted_ <= old_enough ? before : 0;
}

bool LogSource::serve(Parked& parked) {
  const auto until = offered_until(parked.poll);
  const auto after = parked.poll.after;
  if (until > after) {
    if (recent_.empty() || after + 1 < recent_.front().first) {
      serve_from_disk(parked, recent_.empty() ? until : std::min(until, recent_.front().first - 1));
    } else {
      parked.responder.send(
          Response{.status = 200, .body = recent(after, until), .content_type = "text/plain", .headers = headers_()});
    }
    return true;
  }
  if (SteadyClock::now() < parked.until) return false;
  parked.responder.send(Response{.status = 200, .body = {}, .content_type = "text/plain", .headers = headers_()});
  return true;
}

void LogSource::serve_from_disk(Parked& parked, std::uint64_t until) {
  PageRequest request{.kind = PageRequest::Kind::kLog,
                      .drill = std::nullopt,
                      .after = parked.poll.after,
                      .until = until,
                      .limit = kDiskEntriesMax};
  auto responder = std::make_shared<Responder>(std::move(parked.responder));
  const bool taken = reader_.submit(std::move(request), [this, responder](Result<Page> page) {
    if (!page) return responder->send(error_response(500, page.error().message));
    responder->send(
        Response{.status = 200, .body = std::move(page->text), .content_type = "text/plain", .headers = headers_()});
  });
  if (!taken) responder->send(error_response(503, "too many readers of the log: try again"));
}

std::string LogSource::recent(std::uint64_t after, std::uint64_t until) const {
  std::string text;
  auto group = std::partition_point(recent_.begin(), recent_.end(),
                                    [after](const Group& earlier) { return earlier.last <= after; });
  for (; group != recent_.end() && group->last <= until && text.size() < kAnswerBytesMax; ++group) {
    if (group->first > after) {
      text += group->text;
      continue;
    }
    auto batch = decode(group->text, LineForm::kLog).value();  // our own text
    std::erase_if(batch.entries, [after](const Entry& entry) { return entry.position <= after; });
    text += encode(batch, LineForm::kLog);
  }
  return text;
}

// Answering may bring in the next poll, so that the list is taken apart first.
void LogSource::serve_parked(const std::function<bool(const Parked&)>& whom) {
  auto parked = std::exchange(parked_, {});
  parked.remove_if([&](Parked& one) { return whom(one) && serve(one); });
  parked_.splice(parked_.begin(), parked);
}

void LogSource::tick() {
  serve_parked([](const Parked&) { return true; });
  schedule();
}

void LogSource::schedule() {
  timer_short_ = false;
  if (parked_.empty()) return timer_.cancel();
  auto wake = parked_.front().until;
  for (const auto& parked : parked_) {
    wake = std::min(wake, parked.until);
    timer_short_ = timer_short_ || parked.poll.after < last_;
  }
  const auto until_wake = std::max<std::chrono::nanoseconds>(wake - SteadyClock::now(), std::chrono::nanoseconds(0));
  timer_.start(timer_short_ ? std::min<std::chrono::nanoseconds>(kBeat, until_wake) : until_wake, [this] { tick(); });
}

void LogSource::set_mode(ReplicationMode mode) {
  mode_ = mode;
  tick();
}

std::chrono::nanoseconds LogSource::lag_of(std::uint64_t position) const {
  if (position >= last_) return std::chrono::nanoseconds(0);
  const auto missing = std::partition_point(recent_.begin(), recent_.end(),
                                            [position](const Group& group) { return group.last <= position; });
  return SteadyClock::now() - (missing == recent_.end() || position < boot_last_ ? booted_ : missing->at);
}

std::vector<StandbyView> LogSource::standbys() const {
  const auto now = SteadyClock::now();
  std::vector<StandbyView> views;
  for (const auto& [name, standby] : standbys_) {
    if (now - standby.seen > kListedFor) continue;
    const auto lag = lag_of(standby.position);
    const bool attached = now - standby.seen <= kAttachedFor;
    views.push_back(StandbyView{.name = name,
                                .position = standby.position,
                                .lag = lag,
                                .attached = attached,
                                .in_step = attached && lag <= mode_.lag + kInStepWithin});
  }
  std::stable_partition(views.begin(), views.end(), [](const StandbyView& view) { return view.attached; });
  return views;
}

bool LogSource::standby_attached() const {
  const auto now = SteadyClock::now();
  return std::any_of(standbys_.begin(), standbys_.end(),
                     [now](const auto& entry) { return now - entry.second.seen <= kAttachedFor; });
}

void LogSource::when_replicated(std::uint64_t position, std::chrono::nanoseconds at_most,
                                std::function<void(bool)> act) {
  waiting_.push_back(Waiting{position, SteadyClock::now() + at_most, std::move(act)});
  if (!waiting_timer_.pending()) waiting_timer_.start(at_most, [this] { expire_waiting(); });
}

void LogSource::expire_waiting() {
  const auto now = SteadyClock::now();
  while (!waiting_.empty() && waiting_.front().until <= now) {
    auto act = std::move(waiting_.front().act);
    waiting_.pop_front();
    act(false);
  }
  if (!waiting_.empty()) waiting_timer_.start(waiting_.front().until - now, [this] { expire_waiting(); });
}

}  // namespace blackstart::auction
