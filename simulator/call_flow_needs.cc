// What a call needs of other services: the calls that it makes, waits for, makes again or does without.

#include "simulator/call_flow_legs.h"

#include <algorithm>
#include <utility>

namespace blackstart {

/// Calls what is still needed, or ends.
void CallFlow::go_on(std::uint32_t index) {
  const Station& at = station(frames_[index].member);
  Service& service = *at.service;
  while (frames_[index].need < service.needs.size()) {
    Need& need = service.needs[frames_[index].need];
    const bool made = is_made(frames_[index], need);
    if (made && need.call.wait) return call(index, need);
    if (made) send_off(index);
    ++frames_[index].need;
    frames_[index].tries = 0;
  }
  if (service.sql() != nullptr) return commit(index);
  if (frames_[index].misses) {  // what a cache does not hold it asks another service for, once
    frames_[index].misses = false;
    if (model_.find(service.cache()->miss)) return ask(index);
  }
  if (at.service_index == model_.keeper()) {
    frames_[index].stored = true;
    listener_.on_stored(frames_[index].bid, frames_[index].attempt, model_.member(frames_[index].member).timeline);
  }
  finish(index, frames_[index].degraded ? Answer::kDegraded : Answer::kDone);
}

void CallFlow::call(std::uint32_t index, Need& need) {
  if (!need.breakers.empty() && !may_call(need, frames_[index].member)) {
    frames_[index].answer = Answer::kRefused;
    return fail_call(index);
  }
  if (frames_[index].tries == 0) note_first_try(need, frames_[index].member);
  if (foresee_call(index)) return;
  const Frame& caller = frames_[index];
  const std::uint32_t made = make_call(index, whom(caller), key_of_need(caller.key, caller.need, caller.tries));
  adopt(index, made);
  await(index, need.timeout_lane, now_ns());
  travel(made, frames_[index].member);
}

/// A call that is not waited for.
void CallFlow::send_off(std::uint32_t index) {
  const Frame& caller = frames_[index];
  if (foresee_send_off(caller, now_ns(), caller.stage != Stage::kForeseen)) return;
  const std::uint32_t made = make_call(index, whom(caller), key_of_need(caller.key, caller.need, 0));
  travel(made, frames_[index].member);
}

/// A cache's miss: a read of the service behind it.
void CallFlow::ask(std::uint32_t index) {
  const Frame& caller = frames_[index];
  const Hop* const hop = asks_whom(caller);
  const MemberIndex to = hop == nullptr ? kNoMember : hop->to;
  const std::uint32_t made = make_call(index, to, key_of_need(caller.key, kMissNeed, 0));
  frames_[made].reads = true;
  frames_[index].missed = true;
  adopt(index, made);
  await(index, miss_lane_, now_ns());
  travel(made, frames_[index].member);
}

/// The frame of a call that `index` makes to `to`.
std::uint32_t CallFlow::make_call(std::uint32_t index, MemberIndex to, CallKey key) {
  const Frame caller = frames_[index];
  const std::uint32_t made = make_frame(to, caller.bid, caller.attempt, key, caller.order);
  frames_[made].again = caller.again_of_call(caller.tries);
  return made;
}

/// `made` is the call that `index` makes now.
void CallFlow::adopt(std::uint32_t index, std::uint32_t made) {
  Frame& caller = frames_[index];
  Frame& child = frames_[made];
  child.parent = index;
  child.parent_generation = caller.generation;
  child.parent_call = ++caller.calls;
}

/// The caller waits for the call that it made at `from_ns`, at most as long as the time-outs of `number` are.
void CallFlow::await(std::uint32_t index, std::uint32_t number, std::int64_t from_ns) {
  Frame& caller = frames_[index];
  TimeoutLane& lane = lanes_[number];
  caller.stage = Stage::kCalling;
  caller.called_ns = from_ns;
  caller.due_ns = from_ns + lane.length_ns();
  lane.push(caller.due_ns, index, caller.generation);
  if (lane.arm()) events_.push(lane.front().due_ns, BidEvent::Kind::kExpired, number, 0);
}

std::uint32_t CallFlow::lane_of(std::int64_t length_ns) {
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    if (lanes_[i].length_ns() == length_ns) return static_cast<std::uint32_t>(i);
  lanes_.emplace_back(length_ns);
  return static_cast<std::uint32_t>(lanes_.size() - 1);
}

bool CallFlow::awaits(const Frame& caller, const TimeoutLane::Entry& entry) const {
  return caller.generation == entry.generation && caller.stage == Stage::kCalling && caller.due_ns == entry.due_ns;
}

void CallFlow::expire(std::uint32_t number) {
  if (!lanes_[number].disarm(now_ns())) return;
  const auto waits = [this](const TimeoutLane::Entry& entry) { return awaits(frames_[entry.index], entry); };
  lanes_[number].take_due(now_ns(), waits, expired_);
  const auto rank = [this](const TimeoutLane::Entry& entry) { return rank_of(frames_[entry.index].turn()); };
  if (expired_.size() > 1) std::ranges::stable_sort(expired_, {}, rank);
  for (const TimeoutLane::Entry& entry : expired_)
    if (waits(entry)) hear(entry.index, Answer::kUnsettled, false);
  TimeoutLane& lane = lanes_[number];
  if (lane.arm()) events_.push(lane.front().due_ns, BidEvent::Kind::kExpired, number, 0);
}

/// The caller hears how its call ended; at once, or when it no longer hangs.
void CallFlow::hear(std::uint32_t index, Answer answer, bool stored) {
  Frame& caller = frames_[index];
  ++caller.calls;  // what else comes of it is late
  caller.stored = caller.stored || stored;
  caller.answer = answer;
  caller.stage = Stage::kServing;
  const Station& at = station(caller.member);
  if (at.calm || !model_.member(caller.member).hung) return after_call(index);
  caller.then = Then::kHeard;
  caller.stage = Stage::kParked;
  append(station(caller.member).parked, index);
}

void CallFlow::after_call(std::uint32_t index) {
  Frame& caller = frames_[index];
  Service& service = *station(caller.member).service;
  const bool done = caller.answer == Answer::kDone || caller.answer == Answer::kDegraded;
  if (caller.missed) return finish(index, done ? Answer::kDone : caller.answer);  // of a cache
  Need& need = service.needs[caller.need];
  if (!need.breakers.empty()) tell_breaker(need, caller.member, !done, Duration{now_ns() - caller.called_ns});
  if (!done) return fail_call(index);
  caller.degraded = caller.degraded || caller.answer == Answer::kDegraded;
  ++caller.need;
  caller.tries = 0;
  go_on(index);
}

void CallFlow::fail_call(std::uint32_t index) {
  Frame& caller = frames_[index];
  Station& at = station(caller.member);
  Need& need = at.service->needs[caller.need];
  if (caller.tries < need.call.retry.attempts && !caller.stored && may_call_again(need, caller.member)) {
    double wait = to_seconds(need.call.retry.backoff) * static_cast<double>(1U << std::min<int>(caller.tries, 20));
    if (need.call.retry.jitter == Retry::Jitter::kFull) {
      const std::uint32_t which = std::uint32_t{caller.need} << 8 | caller.tries;
      wait *= draws_of(caller.key, DrawOf::kPause, which).uniform();
    }
    ++caller.tries;
    caller.then = Then::kCallsAgain;
    return events_.push(now_ns() + to_ns(from_seconds(wait)), BidEvent::Kind::kServed, index, caller.generation);
  }
  if (need.call.fallback) {
    caller.then = Then::kFallsBack;
    KeyedStream draws = draws_of(caller.key, DrawOf::kFallback, caller.need);
    const Duration time = need.fallback.draw(draws);
    return events_.push(now_ns() + to_ns(time), BidEvent::Kind::kServed, index, caller.generation);
  }
  if (!need.call.required) {
    ++caller.need;
    caller.tries = 0;
    return go_on(index);
  }
  if (caller.stored) return finish(index, Answer::kUnsettled);
  if (caller.answer == Answer::kRefused || !need.stores) return finish(index, Answer::kRefused);
  finish(index, Answer::kUnsettled);
}

}  // namespace blackstart
