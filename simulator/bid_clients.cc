#include "simulator/bid_clients.h"

#include "base/check.h"
#include "base/draws.h"
#include "base/hash.h"

#include <algorithm>

namespace blackstart {
namespace {

constexpr std::uint32_t kNone = 0xffffffff;

ScheduleConfig schedule_of(const BidClients::Config& config) {
  ScheduleConfig schedule;
  schedule.seed = config.seed;
  schedule.arrivals = config.load.arrivals;
  schedule.profile = config.load.profile;
  schedule.replayed = config.replayed;
  schedule.start = config.start;
  return schedule;
}

IntervalBuilder::Config intervals_of(const BidClients::Config& config) {
  IntervalBuilder::Config intervals;
  intervals.start = config.start;
  intervals.bin_length = config.bin_length;
  intervals.margin = Duration{};  // nothing of this world is late
  intervals.service_level = config.service_level;
  return intervals;
}

}  // namespace

BidClients::BidClients(Config config, SimClock& clock, BidEvents& events, BidHistory& history, TrafficListener& sink)
    : config_(std::move(config)),
      clock_(clock),
      events_(events),
      history_(history),
      sink_(sink),
      attempts_most_(static_cast<std::uint64_t>(config_.load.retry.attempts) + 1),
      schedule_(schedule_of(config_)),
      extra_gaps_(config_.seed, "surge"),
      door_(config_.seed, "admission"),
      retry_budget_(config_.load.retry.budget, rate_most()),
      lane_(to_ns(config_.load.timeout)),
      intervals_(intervals_of(config_),
                 [this] {
                   if (offered_.empty()) return kNever;
                   const Instant first = offered_.front();
                   offered_.pop_front();
                   return first;
                 }),
      last_intended_(config_.start) {
  advance_schedule();
}

double BidClients::rate_most() const { return peak_rate(schedule_of(config_)); }

void BidClients::advance_schedule() {
  const Arrival next = schedule_.next();
  next_ns_ = next.intended == kNever ? BidEvents::kNeverNs : to_ns(next.intended);
}

/// The schedule's own rate.
double BidClients::rate_now() const {
  Duration at = clock_.now() - config_.start;
  for (const auto& stage : config_.load.profile) {
    if (at >= stage.length && &stage != &config_.load.profile.back()) {
      at -= stage.length;
      continue;
    }
    const double share = stage.length > Duration{} ? std::min(1.0, to_seconds(at) / to_seconds(stage.length)) : 1;
    return stage.from.per_second + share * (stage.to.per_second - stage.from.per_second);
  }
  return 0;
}

/// What a surge adds is Poisson at the rate that the schedule has now.
void BidClients::advance_extra() {
  const double rate = (surge_ - 1) * rate_now();
  next_extra_ns_ = BidEvents::kNeverNs;
  if (rate > 0 && !ended_) next_extra_ns_ = now_ns() + to_ns(from_seconds(draw_exponential(extra_gaps_) / rate));
}

void BidClients::surge(double factor) {
  surge_ = factor;
  advance_extra();
}

void BidClients::admit(double from, double to, Duration over) { admission_ = Admission{from, to, clock_.now(), over}; }

bool BidClients::turned_away() {
  if (!admission_) return false;
  const Duration since = clock_.now() - admission_->begin;
  const bool over = since >= admission_->over;
  const double share =
      over ? admission_->to
           : admission_->from + (admission_->to - admission_->from) * to_seconds(since) / to_seconds(admission_->over);
  if (over && admission_->to >= 1) admission_.reset();
  return share < 1 && door_.uniform() >= share;
}

void BidClients::arrive() {
  const std::uint64_t number = number_++;
  last_intended_ = clock_.now();
  offered_.push_back(last_intended_);
  open_.enter(to_ns(last_intended_));
  retry_budget_.earn();
  if (next_extra_ns_ < next_ns_)
    advance_extra();
  else
    advance_schedule();
  const bool admitted = !turned_away();
  if (admitted && has_connection()) return send_first(number);
  const std::uint32_t index = make_bid(number, now_ns());
  if (admitted) return offer(index);
  bids_[index].sent_ns = now_ns();
  ++attempts_;
  conclude(index, AttemptOutcome::kRefused, false, 0);
}

std::uint32_t BidClients::make_bid(std::uint64_t number, std::int64_t intended_ns) {
  std::uint32_t index = free_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(bids_.size());
    bids_.emplace_back();
  } else {
    free_ = bids_[index].next;
  }
  Bid& bid = bids_[index];
  const std::uint32_t generation = bid.generation + 1;
  bid = Bid{};
  bid.generation = generation;
  bid.number = number;
  bid.intended_ns = intended_ns;
  return index;
}

/// For who comes now.
bool BidClients::has_connection() {
  if (connections_ >= config_.load.connections_max) flow_->catch_up(now_ns());
  return connections_ < config_.load.connections_max && waiting_.empty();
}

void BidClients::take_connection() {
  if (connections_ >= connections_peak_) flow_->catch_up(now_ns());
  connections_peak_ = std::max(connections_peak_, ++connections_);
}

/// A bid that has just arrived.
void BidClients::send_first(std::uint64_t number) {
  const MemberIndex front = flow_->front_for(number, 0);
  if (!flow_->send_express(number, front)) return send(make_bid(number, now_ns()), front);
  take_connection();
  ++attempts_;
}

void BidClients::offer(std::uint32_t index) {
  if (has_connection()) return send(index, flow_->front_for(bids_[index].number, bids_[index].attempt));
  flow_->tell_at_once(true);  // who waits takes the next connection that is free
  bids_[index].stage = Stage::kWaiting;
  waiting_.push_back(index);
  watch(index, now_ns());
}

/// It gives up one time-out after `from_ns`.
void BidClients::watch(std::uint32_t index, std::int64_t from_ns) {
  Bid& bid = bids_[index];
  bid.due_ns = from_ns + lane_.length_ns();
  lane_.push(bid.due_ns, index, bid.generation);
  if (lane_.arm()) events_.push(lane_.front().due_ns, BidEvent::Kind::kExpired, kNone, 0);
}

void BidClients::send(std::uint32_t index, MemberIndex front) {
  Bid& bid = bids_[index];
  bid.stage = Stage::kSent;
  bid.sent_ns = now_ns();
  take_connection();
  ++attempts_;
  watch(index, now_ns());
  flow_->send(index, bid.attempt, bid.number, front);
}

void BidClients::handle(const BidEvent& event) {
  if (event.kind() == BidEvent::Kind::kExpired) return expire();
  const Bid& bid = bids_[event.index];
  if ((bid.generation & BidEvents::kGenerations) != event.generation() || bid.stage != Stage::kBackingOff) return;
  offer(event.index);
}

void BidClients::expire() {
  const std::int64_t now = now_ns();
  if (!lane_.disarm(now)) return;
  const auto waits = [this](const TimeoutLane::Entry& entry) {
    const Bid& bid = bids_[entry.index];
    return bid.generation == entry.generation && bid.due_ns == entry.due_ns &&
           (bid.stage == Stage::kSent || bid.stage == Stage::kWaiting);
  };
  lane_.take_due(now, waits, expired_);
  const auto number_of = [this](const TimeoutLane::Entry& entry) { return bids_[entry.index].number; };
  if (expired_.size() > 1) std::ranges::sort(expired_, {}, number_of);
  for (const TimeoutLane::Entry& entry : expired_)
    if (waits(entry)) give_up(entry.index);
  if (lane_.arm()) events_.push(lane_.front().due_ns, BidEvent::Kind::kExpired, kNone, 0);
  serve_waiting();
}

void BidClients::give_up(std::uint32_t index) {
  const Bid& bid = bids_[index];
  if (bid.stage == Stage::kSent) {
    --connections_;  // closed: its answer may still come, nobody else's bid may meet it
    return conclude(index, AttemptOutcome::kTimedOut, true, now_ns() - bid.sent_ns);
  }
  if (waiting_.front() == index)
    waiting_.pop_front();
  else
    std::erase(waiting_, index);
  conclude(index, AttemptOutcome::kUnsentNoConnection, false, -1);
}

/// Answers may come from inside send(): only the outermost call goes through the queue.
void BidClients::serve_waiting() {
  if (serving_) return;
  serving_ = true;
  while (!waiting_.empty() && connections_ < config_.load.connections_max) {
    const std::uint32_t index = waiting_.front();
    waiting_.pop_front();
    send(index, flow_->front_for(bids_[index].number, bids_[index].attempt));
  }
  serving_ = false;
  if (waiting_.empty()) flow_->tell_at_once(false);
}

void BidClients::on_answer(std::uint32_t index, std::uint32_t attempt, Answer answer) {
  Bid& bid = bids_[index];
  if (bid.stage != Stage::kSent || bid.attempt != attempt) return;  // too late
  --connections_;
  const std::int64_t service_ns = now_ns() - bid.sent_ns;
  switch (answer) {
    case Answer::kDone:
    case Answer::kDegraded:
      bid.acknowledged_ns = now_ns();
      ++acknowledged_;
      if (bid.copies > 0) history_.acknowledge(bid.copy, clock_.now());
      conclude(index, answer == Answer::kDone ? AttemptOutcome::kAcknowledged : AttemptOutcome::kDegraded, false,
               service_ns);
      break;
    case Answer::kRefused:
      conclude(index, AttemptOutcome::kRefused, true, service_ns);
      break;
    case Answer::kUnsettled:
    case Answer::kReset:
      conclude(index, AttemptOutcome::kIndeterminate, true, service_ns);
      break;
  }
  if (!waiting_.empty()) serve_waiting();
}

void BidClients::conclude(std::uint32_t index, AttemptOutcome outcome, bool worth_retrying, std::int64_t service_ns) {
  Bid& bid = bids_[index];
  const std::int64_t waited = now_ns() - bid.intended_ns;
  if (outcome != AttemptOutcome::kUnsentNoConnection) ++bid.sent;
  if (bid.acknowledged_ns >= 0) return settle(index, outcome, waited, service_ns);
  bid.refused = bid.refused || outcome == AttemptOutcome::kRefused;
  bid.timed_out = bid.timed_out || outcome == AttemptOutcome::kTimedOut;
  bid.indeterminate =
      bid.indeterminate || outcome == AttemptOutcome::kIndeterminate || outcome == AttemptOutcome::kTimedOut;
  if (worth_retrying && schedule_retry(index)) return;
  if (bid.timed_out) return settle(index, AttemptOutcome::kTimedOut, waited, service_ns);
  if (bid.indeterminate) return settle(index, AttemptOutcome::kIndeterminate, -1, -1);
  settle(index, bid.refused ? AttemptOutcome::kRefused : outcome, -1, -1);
}

bool BidClients::schedule_retry(std::uint32_t index) {
  Bid& bid = bids_[index];
  if (ended_ || bid.attempt >= config_.load.retry.attempts || !retry_budget_.spend()) return false;
  double wait_ns = static_cast<double>(config_.load.retry.backoff.count()) *
                   static_cast<double>(1ULL << std::min<int>(bid.attempt, 20));
  if (config_.load.retry.jitter == Retry::Jitter::kFull) {
    const std::uint64_t draw = mix64(config_.seed ^ mix64(id_of(bid.number, bid.attempt)));  // follows from its id
    wait_ns *= static_cast<double>(draw >> 11) * 0x1p-53;
  }
  ++bid.attempt;
  bid.stage = Stage::kBackingOff;
  events_.push(now_ns() + static_cast<std::int64_t>(wait_ns), BidEvent::Kind::kRetry, index, bid.generation);
  return true;
}

void BidClients::settle(std::uint32_t index, AttemptOutcome outcome, std::int64_t latency_ns, std::int64_t service_ns) {
  Bid& bid = bids_[index];
  SettledBid settled;
  settled.intended_ns = bid.intended_ns;
  settled.latency_ns = latency_ns;
  settled.service_ns = service_ns;
  settled.lateness_ns = outcome == AttemptOutcome::kUnsentNoConnection ? -1 : 0;
  settled.outcome = outcome;
  settled.attempts = bid.sent;
  intervals_.add(settled);
  if (settled.lateness_ns == 0) ++in_time_;
  if (bid.acknowledged_ns < 0 && bid.indeterminate) ++indeterminate_;
  bid.stage = Stage::kSettled;
  open_.leave(now_ns(), bid.intended_ns);
  if (!flow_->has_calls(index)) close(index);
}

void BidClients::on_stored(std::uint32_t index, std::uint32_t attempt, std::uint16_t timeline) {
  Bid& bid = bids_[index];
  const auto copy =
      history_.append(clock_.now(), id_of(bid.number, attempt), instant_from_ns(bid.intended_ns), timeline);
  if (bid.copies++ > 0) {
    more_copies_.emplace_back(index, copy);
    return;
  }
  bid.copy = copy;
  if (bid.acknowledged_ns >= 0) history_.acknowledge(copy, instant_from_ns(bid.acknowledged_ns));
}

void BidClients::on_gone(std::uint32_t index) {
  if (bids_[index].stage == Stage::kSettled) close(index);
}

BidHistory::CopyIndex BidClients::on_express_stored(const Passenger& passenger, std::uint16_t timeline) {
  return history_.append(clock_.now(), id_of(passenger.number, 0), instant_from_ns(passenger.sent_ns), timeline);
}

void BidClients::on_express_answer(const Passenger& passenger, std::int64_t at_ns) {
  history_.close_acknowledged(passenger.copy, instant_from_ns(at_ns));
  SettledBid settled;
  settled.intended_ns = passenger.sent_ns;
  settled.latency_ns = settled.service_ns = at_ns - passenger.sent_ns;
  settled.lateness_ns = 0;
  settled.outcome = AttemptOutcome::kAcknowledged;
  settled.attempts = 1;
  intervals_.add(settled);
  ++in_time_;
  --connections_;
  ++acknowledged_;
  open_.leave(at_ns, passenger.sent_ns);
  if (!waiting_.empty()) serve_waiting();
}

std::uint32_t BidClients::on_express_left(const Passenger& passenger) {
  const std::uint32_t index = make_bid(passenger.number, passenger.sent_ns);
  Bid& bid = bids_[index];
  bid.stage = Stage::kSent;
  bid.sent_ns = passenger.sent_ns;
  if (passenger.copy != BidHistory::kNoCopy) {
    bid.copies = 1;
    bid.copy = passenger.copy;
  }
  watch(index, passenger.sent_ns);
  return index;
}

/// Whether its one copy does not tell what it came to.
bool BidClients::needs_fate(const Bid& bid) {
  return bid.copies != 1 || (bid.refused && !bid.indeterminate && bid.acknowledged_ns < 0);
}

BidHistory::Fate BidClients::fate_of(const Bid& bid) const {
  BidHistory::Fate fate;
  fate.id = id_of(bid.number, bid.attempt);
  fate.intended = instant_from_ns(bid.intended_ns);
  if (bid.acknowledged_ns >= 0) fate.acknowledged = instant_from_ns(bid.acknowledged_ns);
  fate.indeterminate = bid.indeterminate;
  fate.refused = bid.refused;
  return fate;
}

/// Nothing more can happen to the bid.
void BidClients::close(std::uint32_t index) {
  Bid& bid = bids_[index];
  if (needs_fate(bid)) {
    std::vector<BidHistory::CopyIndex> copies;
    if (bid.copies > 0) copies.push_back(bid.copy);
    for (const auto& [of, copy] : more_copies_)
      if (of == index) copies.push_back(copy);
    if (bid.copies > 1) std::erase_if(more_copies_, [index](const auto& one) { return one.first == index; });
    history_.close(fate_of(bid), copies);
  } else {
    history_.close(bid.copy);
  }
  bid.stage = Stage::kFree;
  bid.next = free_;
  free_ = index;
}

std::vector<BidHistory::OpenBid> BidClients::open_bids() const {
  auto more = more_copies_;
  std::ranges::sort(more);
  std::vector<BidHistory::OpenBid> open;
  for (std::uint32_t index = 0; index < bids_.size(); ++index) {
    const Bid& bid = bids_[index];
    if (bid.stage == Stage::kFree || !needs_fate(bid)) continue;
    if (bid.stage != Stage::kSettled && bid.copies == 0) continue;
    BidHistory::OpenBid& one = open.emplace_back();
    one.fate = fate_of(bid);
    if (bid.stage != Stage::kSettled && bid.acknowledged_ns < 0) one.fate.indeterminate = true;
    if (bid.copies > 0) one.copies.push_back(bid.copy);
    const auto of = [](const auto& each) { return each.first; };
    for (const auto& [_, copy] : std::ranges::equal_range(more, index, {}, of)) one.copies.push_back(copy);
  }
  std::ranges::sort(open, {}, [](const BidHistory::OpenBid& one) { return one.fate.id; });
  return open;
}

void BidClients::check_accounts(const ReadBackResult& read) const {
  if (open_.inside() > 0) return;  // some have come to no end yet
  const std::uint64_t acknowledged = read.kept + read.lost, others = read.recovered + read.not_lost;
  const std::uint64_t told = acknowledged + others + read.corrupted;  // these may be of either kind
  BS_CHECK_MESSAGE(told == acknowledged_ + indeterminate_ && acknowledged <= acknowledged_ && others <= indeterminate_,
                   "a bid is missing in the read-back, or is in it twice, or as what it is not");
}

void BidClients::seal() {
  while (auto interval = intervals_.seal(clock_.now())) {
    recent_service_time_ = interval->service_time;
    sink_.on_interval(*interval);
  }
}

void BidClients::end() {
  if (ended_) return;
  ended_ = true;
  next_ns_ = next_extra_ns_ = BidEvents::kNeverNs;
  intervals_.end(clock_.now());
  for (std::uint32_t index = 0; index < bids_.size(); ++index) {
    Bid& bid = bids_[index];
    if (bid.stage != Stage::kBackingOff) continue;
    const std::int64_t waited = now_ns() - bid.intended_ns;
    if (bid.timed_out)
      settle(index, AttemptOutcome::kTimedOut, waited, -1);
    else
      settle(index, bid.indeterminate ? AttemptOutcome::kIndeterminate : AttemptOutcome::kRefused, -1, -1);
  }
}

TrafficEnd BidClients::totals() const {
  TrafficEnd end;
  end.first_intended = config_.start;
  end.last_intended = last_intended_;
  end.bids = number_;
  end.attempts = attempts_;
  end.generator.lateness.record(Duration{}, in_time_);
  const double seconds = to_seconds(last_intended_ - config_.start);
  end.generator.offered_rate = seconds > 0 ? static_cast<double>(end.bids) / seconds : 0;
  end.generator.connections_max = config_.load.connections_max;
  end.generator.connections_peak = connections_peak_;
  return end;
}

}  // namespace blackstart
