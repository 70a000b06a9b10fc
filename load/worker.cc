#include "load/worker.h"

#include "base/check.h"
#include "base/hash.h"
#include "load/io_thread.h"

#include <fmt/format.h>

#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace blackstart {
namespace {

constexpr std::size_t kSettledRing = 1U << 15;
constexpr std::int64_t kLongestSleepNs = 5'000'000;  // how late a stop is noticed
constexpr unsigned long kTimerSlackNs = 20'000;

}  // namespace

Worker::Worker(WorkerShared& shared, int index, Pool pool)
    : shared_(shared),
      index_(index),
      pool_(pool),
      schedule_(shared.schedule),
      closed_loop_bid_(static_cast<std::uint64_t>(index)),
      retry_budget_(shared.retry.budget, peak_rate(shared.schedule) / shared.workers),
      waiting_(64),
      read_buffer_(kReadBuffer),
      events_(kEventsAtOnce),
      settled_(kSettledRing) {
  connections_.reserve(static_cast<std::size_t>(pool.max));
}

Worker::~Worker() {
  if (epoll_ >= 0) ::close(epoll_);
}

Status Worker::prepare() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return fail_errno(errno, "could not create the load generator's epoll descriptor");
  const timespec none{};
  fine_timeout_ = epoll_pwait2(epoll_, events_.data(), 1, &none, nullptr) >= 0;
  return ok();
}

void Worker::run() {
  prctl(PR_SET_NAME, fmt::format("load-{}", index_).c_str());
  prctl(PR_SET_TIMERSLACK, kTimerSlackNs);
  now_ns_ = tick_base_ns_ = shared_.now_ns();
  next_.intended = kNever;
  if (!shared_.as_fast_as_possible) advance_schedule();
  for (int i = 0; i < pool_.start; ++i) dial(now_ns_);
  while (!drained()) wait_and_handle();
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i].state != State::kClosed) close(i);
  }
}

void Worker::hold_or_end(std::int64_t now) {
  if (!holding()) {
    offer_due(now);
    held_ns_.store(std::max<std::int64_t>(now + 1, 0), std::memory_order_release);
  }
  if (ending_ || shared_.stop_at_ns.load(std::memory_order_acquire) == INT64_MAX) return;
  offer_due(INT64_MAX);  // what another worker had offered already when it was asked to hold
  ending_ = true;
  drop_retries(now);
}

bool Worker::drained() const { return ending_ && in_flight_.size == 0 && waiting_size_ == 0 && retries_.empty(); }

void Worker::wait_and_handle() {
  const std::int64_t wake = next_wake_ns();
  const std::int64_t sleep = std::clamp<std::int64_t>(wake - shared_.now_ns(), 0, kLongestSleepNs);
  int count = 0;
  if (fine_timeout_) {
    const timespec timeout{0, static_cast<long>(sleep)};
    count = epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  } else {
    const int milliseconds = static_cast<int>((sleep + 999'999) / 1'000'000);
    count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), milliseconds);
  }
  // Answers first: what has arrived before a time-out is expired did arrive.
  for (int i = 0; i < count; ++i) handle(events_[static_cast<std::size_t>(i)]);
  now_ns_ = shared_.now_ns();
  if (now_ns_ >= wake || shared_.hold.load(std::memory_order_acquire)) tick();
}

void Worker::handle(const epoll_event& event) {
  const auto index = static_cast<std::uint32_t>(event.data.u64);
  const auto generation = static_cast<std::uint32_t>(event.data.u64 >> 32);
  Connection& connection = connections_[index];
  if (connection.generation != generation) return;  // closed by an earlier event of the same batch
  switch (connection.state) {
    case State::kClosed:
      return;
    case State::kDialling:
      return on_dialled(index);
    case State::kHandshake:
      return on_handshake(index);
    case State::kSending:
      if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) return on_readable(index);
      return write_rest(index);
    case State::kIdle:
    case State::kAwaiting:
      return on_readable(index);
  }
}

std::int64_t Worker::next_wake_ns() const {
  std::int64_t wake = next_.intended == kNever || holding() ? INT64_MAX : to_ns(next_.intended);
  if (in_flight_.size > 0) wake = std::min(wake, expiry_of(connections_[in_flight_.first]));
  if (dialling_.size > 0) wake = std::min(wake, expiry_of(connections_[dialling_.first]));
  if (waiting_size_ > 0) {
    wake = std::min(wake, patience_of(waiting_[waiting_first_]));
    if (dialling_.size == 0 && open_connections() < pool_.max) wake = std::min(wake, dial_again_ns_);
  }
  if (!retries_.empty()) wake = std::min(wake, retries_.top().due_ns);
  if (wake == INT64_MAX) return wake;
  // Up to the next tick: what falls due meanwhile goes out with it.
  const std::int64_t tick = shared_.tick.count();
  return tick_base_ns_ + (std::max<std::int64_t>(wake - tick_base_ns_, 0) + tick - 1) / tick * tick;
}

void Worker::tick() {
  const std::int64_t now = now_ns_;
  if (shared_.hold.load(std::memory_order_acquire)) hold_or_end(now);
  expire(now);
  while (!retries_.empty() && retries_.top().due_ns <= now) {
    const Attempt attempt = retries_.top();
    retries_.pop();
    offer(attempt, now);
  }
  if (!holding()) offer_due(now);
  serve_waiting(now);
  dial_more(now);
}

void Worker::offer_due(std::int64_t now) {
  const std::int64_t stop_at = shared_.stop_at_ns.load(std::memory_order_acquire);
  while (next_.intended != kNever && to_ns(next_.intended) <= now && to_ns(next_.intended) < stop_at) {
    Attempt attempt;
    attempt.bid = next_.bid;
    attempt.intended_ns = attempt.due_ns = to_ns(next_.intended);
    retry_budget_.earn();
    offer(attempt, std::min(now, now_ns_));
    advance_schedule();
  }
}

void Worker::offer(Attempt attempt, std::int64_t now) {
  const bool can_go = idle_.size > 0 && waiting_size_ == 0;
  if (now > patience_of(attempt)) {
    // Never looked at in time: the generator's fault, unless the target held everything there is.
    const bool held = !can_go && open_connections() >= pool_.max;
    if (!held && attempt.number == 0) attempt.lateness_ns = now - attempt.intended_ns;
    return conclude(attempt, held ? AttemptOutcome::kUnsentNoConnection : AttemptOutcome::kUnsentGenerator, false, now,
                    -1);
  }
  if (can_go) return send_attempt(idle_.first, attempt, now);
  attempt.waited = true;
  push_waiting(attempt, false);
}

void Worker::expire(std::int64_t now) {
  const bool held = open_connections() >= pool_.max;  // until now: what is closed below was not there for who waited
  while (in_flight_.size > 0) {
    const std::uint32_t index = in_flight_.first;
    Connection& connection = connections_[index];
    if (expiry_of(connection) > now) break;
    Attempt attempt = connection.attempt;
    const std::int64_t service = now - connection.since_ns;
    close(index);  // its answer may still come: nobody else's bid may meet it
    conclude(attempt, AttemptOutcome::kTimedOut, true, now, service);
  }
  expire_waiting(now, held);
  while (dialling_.size > 0 && expiry_of(connections_[dialling_.first]) <= now) {
    close(dialling_.first);
  }
}

void Worker::expire_waiting(std::int64_t now, bool held) {
  while (waiting_size_ > 0 && patience_of(waiting_[waiting_first_]) <= now) {
    Attempt attempt = pop_waiting();
    if (dialling_.size > 0) {  // a connection was asked for, and never made
      close(dialling_.first);
      conclude(attempt, AttemptOutcome::kRefused, true, now, -1);
    } else {
      conclude(attempt, held ? AttemptOutcome::kUnsentNoConnection : AttemptOutcome::kUnsentGenerator, false, now, -1);
    }
  }
}

void Worker::advance_schedule() {
  const auto workers = static_cast<std::uint64_t>(shared_.workers);
  do {
    next_ = schedule_.next();
  } while (next_.intended != kNever && next_.bid % workers != static_cast<std::uint64_t>(index_));
}

std::uint64_t Worker::id_of(const Attempt& attempt) const {
  return 1 + attempt.bid * static_cast<std::uint64_t>(shared_.content->attempts_max()) + attempt.number;
}

void Worker::conclude(Attempt& attempt, AttemptOutcome outcome, bool worth_retrying, std::int64_t now,
                      std::int64_t service_ns) {
  const bool acknowledged = outcome == AttemptOutcome::kAcknowledged || outcome == AttemptOutcome::kDegraded;
  shared_.ledger->set(id_of(attempt), outcome, acknowledged ? instant_from_ns(now) : kNever);
  if (outcome != AttemptOutcome::kUnsentNoConnection && outcome != AttemptOutcome::kUnsentGenerator) ++attempt.sent;
  if (acknowledged) return settle(attempt, outcome, now - attempt.intended_ns, service_ns);
  attempt.refused = attempt.refused || outcome == AttemptOutcome::kRefused;
  attempt.indeterminate =
      attempt.indeterminate || outcome == AttemptOutcome::kIndeterminate || outcome == AttemptOutcome::kTimedOut;
  if (outcome == AttemptOutcome::kTimedOut) attempt.timed_out = true;
  if (worth_retrying && schedule_retry(attempt, now)) return;
  if (attempt.timed_out) return settle(attempt, AttemptOutcome::kTimedOut, now - attempt.intended_ns, service_ns);
  if (attempt.indeterminate) return settle(attempt, AttemptOutcome::kIndeterminate, -1, -1);
  settle(attempt, attempt.refused ? AttemptOutcome::kRefused : outcome, -1, -1);
}

bool Worker::schedule_retry(Attempt& attempt, std::int64_t now) {
  if (ending_ || attempt.number >= shared_.retry.attempts || !retry_budget_.spend()) return false;
  double wait_ns = static_cast<double>(shared_.retry.backoff.count()) *
                   static_cast<double>(1ULL << std::min<int>(attempt.number, 20));
  if (shared_.retry.jitter == Retry::Jitter::kFull) {
    const std::uint64_t draw = mix64(shared_.seed ^ mix64(id_of(attempt)));  // what a retry waits follows from its id
    wait_ns *= static_cast<double>(draw >> 11) * 0x1p-53;
  }
  ++attempt.number;
  attempt.due_ns = now + static_cast<std::int64_t>(wait_ns);
  retries_.push(attempt);
  return true;
}

void Worker::drop_retries(std::int64_t now) {
  while (!retries_.empty()) {
    Attempt attempt = retries_.top();
    retries_.pop();
    if (attempt.timed_out) {
      settle(attempt, AttemptOutcome::kTimedOut, now - attempt.intended_ns, -1);
    } else {
      settle(attempt, attempt.indeterminate ? AttemptOutcome::kIndeterminate : AttemptOutcome::kRefused, -1, -1);
    }
  }
}

void Worker::settle(const Attempt& attempt, AttemptOutcome outcome, std::int64_t latency_ns, std::int64_t service_ns) {
  SettledBid bid;
  bid.intended_ns = attempt.intended_ns;
  bid.latency_ns = latency_ns;
  bid.service_ns = service_ns;
  bid.lateness_ns = attempt.lateness_ns;
  bid.outcome = outcome;
  bid.attempts = attempt.sent;
  while (!settled_.push(bid)) sched_yield();  // bounded memory; the lateness that follows is measured like any other
}

void Worker::push_waiting(const Attempt& attempt, bool in_front) {
  if (waiting_size_ == waiting_.size()) {
    std::vector<Attempt> larger(waiting_.size() * 2);
    for (std::size_t i = 0; i < waiting_size_; ++i) larger[i] = waiting_[(waiting_first_ + i) % waiting_.size()];
    waiting_ = std::move(larger);
    waiting_first_ = 0;
  }
  if (in_front) {
    waiting_first_ = (waiting_first_ + waiting_.size() - 1) % waiting_.size();
    waiting_[waiting_first_] = attempt;
  } else {
    waiting_[(waiting_first_ + waiting_size_) % waiting_.size()] = attempt;
  }
  ++waiting_size_;
}

Worker::Attempt Worker::pop_waiting() {
  BS_CHECK(waiting_size_ > 0);
  const Attempt attempt = waiting_[waiting_first_];
  waiting_first_ = (waiting_first_ + 1) % waiting_.size();
  --waiting_size_;
  return attempt;
}

}  // namespace blackstart
