// Group commit: while one group is being written, the next one gathers. Of a synchronous store it is acknowledged when
// a standby has it as well, however many have been written since; while none is in step it takes nothing more.

#include "base/check.h"
#include "simulator/call_flow.h"
#include "simulator/stores.h"

#include <algorithm>
#include <utility>

namespace blackstart {

void CallFlow::commit(std::uint32_t index) {
  Frame& frame = frames_[index];
  if (frame.reads) return finish(index, Answer::kDone);
  if (!station(frame.member).accepts) return finish(index, Answer::kRefused);
  frame.stage = Stage::kCommitting;
  Station& at = station(frame.member);
  append(at.group, index);
  if (!at.writing) begin_group(frame.member, writing_time(frame.member));
}

/// The next group is being written from now on.
void CallFlow::begin_group(MemberIndex index, Duration time) {
  Station& at = station(index);
  const std::uint64_t most = at.service->sql()->group.value_or(at.group.size);
  at.committing = {};
  if (most >= at.group.size) {
    std::swap(at.committing, at.group);
  } else {
    while (at.committing.size < most) append(at.committing, take_first(at.group));
  }
  at.writing = true;
  ++at.writes;
  const ServiceIndex service = at.service_index;
  if (at.service->synchronous)
    at.confirms_in_ns = to_ns(commits_[service].draw(commit_draws_[service]) + round_trip(index));
  at.write_ends_ns = now_ns() + to_ns(time);
  events_.push(at.write_ends_ns, BidEvent::Kind::kGroup, index, at.writes);
  if (confirmed_ns(at, at.write_ends_ns) >= at.group_due_ns) end_foresight();  // one of them may give up before
  if (at.group.size == 0 || express_ == 0) at.group_due_ns = BidEvents::kNeverNs;
}

/// Of a group that begins now.
Duration CallFlow::writing_time(MemberIndex index) {
  const Member& member = model_.member(index);
  const Service& service = *station(index).service;
  Duration time = commits_[member.service].draw(commit_draws_[member.service]);
  const double slower = slowness(member, service);
  if (slower != 1) time = scaled(time, slower);
  return time + member.burden.commit_extra + service.sql()->commit_delay;
}

/// When a group that is on disk at `written_ns` is acknowledged: a standby answers in the order of the log.
std::int64_t CallFlow::confirmed_ns(const Station& at, std::int64_t written_ns) const {
  if (!at.service->synchronous) return written_ns;
  const std::int64_t before_ns = at.confirming.empty() ? 0 : at.confirming.back().at_ns;
  return std::max(before_ns, written_ns + at.confirms_in_ns);
}

/// To the first standby and back.
Duration CallFlow::round_trip(MemberIndex primary) {
  for (const MemberIndex index : model_.service(model_.member(primary).service).members) {
    if (index == primary) continue;
    const Duration there = model_.link(primary, index).latency.draw(network_);
    return there + model_.link(index, primary).latency.draw(network_);
  }
  return {};
}

/// Whose groups end at one instant go on in the order of all that falls on one instant.
void CallFlow::order_by_age(List& list) {
  if (list.size < 2) return;
  by_age_.clear();
  while (list.size > 0) {
    const std::uint32_t index = take_first(list);
    const Caller& call = (index & kRide) != 0 ? static_cast<const Caller&>(rides_[index ^ kRide]) : frames_[index];
    by_age_.emplace_back(rank_of(call.turn()), index);
  }
  std::ranges::sort(by_age_);  // no two are alike
  for (const auto& [age, index] : by_age_) append(list, index);
}

void CallFlow::group_done(MemberIndex index) {
  Station& at = station(index);
  if (model_.member(index).hung) {
    end_foresight();
    at.write_parked = true;
    at.write_ends_ns = BidEvents::kNeverNs;
    return;
  }
  if (at.service->synchronous) {
    at.confirming.push_back({std::exchange(at.committing, {}), confirmed_ns(at, now_ns())});
    events_.push(at.confirming.back().at_ns, BidEvent::Kind::kConfirmed, index, 0);
  } else {
    acknowledge_all(index, at.committing);
  }
  at.writing = false;
  if (at.group.size > 0) begin_group(index, writing_time(index));
}

/// Groups that a standby has by now are acknowledged. Without one in step they wait on.
void CallFlow::confirm(MemberIndex index) {
  std::vector<Confirming>& confirming = station(index).confirming;
  while (!confirming.empty() && confirming.front().at_ns <= now_ns()) {
    if (model_.member(index).hung || is_alone(model_, index)) return end_foresight();
    acknowledge_all(index, confirming.front().calls);
    confirming.erase(confirming.begin());
  }
}

void CallFlow::acknowledge_all(MemberIndex index, List& calls) {
  const Member& member = model_.member(index);
  order_by_age(calls);
  while (calls.size > 0) acknowledge(member, take_first(calls));
}

/// A write to `store` is done.
void CallFlow::acknowledge(const Member& store, std::uint32_t call) {
  const bool keeps = store.service == model_.keeper();
  if ((call & kRide) != 0) {
    Ride& ride = rides_[call ^ kRide];
    ride.copy = listener_.on_express_stored(passenger(ride), store.timeline);
    if (return_express(call ^ kRide)) return;
    call = commit_on(call ^ kRide);
  } else if (keeps) {
    listener_.on_stored(frames_[call].bid, frames_[call].attempt, store.timeline);
  }
  Frame& frame = frames_[call];
  frame.stored = frame.stored || keeps;
  finish(call, frame.degraded ? Answer::kDegraded : Answer::kDone);
}

}  // namespace blackstart
