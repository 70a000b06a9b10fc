// Group commit: while one group is being written, the next one gathers.

#include "base/check.h"
#include "simulator/call_flow.h"
#include "simulator/stores.h"

#include <utility>

namespace blackstart {

void CallFlow::commit(std::uint32_t index) {
  Frame& frame = frames_[index];
  const Member& member = model_.member(frame.member);
  if (frame.reads) return finish(index, Answer::kDone);
  if (!member.writes || member.fenced || member.burden.rejects_writes) return finish(index, Answer::kRefused);
  frame.stage = Stage::kCommitting;
  Station& at = station(frame.member);
  append(at.group, index);
  if (!at.writing) begin_group(frame.member);
}

void CallFlow::begin_group(MemberIndex index) {
  Station& at = station(index);
  const Member& member = model_.member(index);
  const Service& service = model_.service(member.service);
  const std::uint64_t most = service.sql()->group.value_or(at.group.size);
  at.committing = {};
  if (most >= at.group.size) {
    std::swap(at.committing, at.group);
  } else {
    while (at.committing.size < most) append(at.committing, take_first(at.group));
  }
  at.writing = true;
  ++at.writes;
  auto& stream = commit_draws_[member.service];
  Duration time = commits_[member.service].draw(stream);
  if (service.synchronous) time += commits_[member.service].draw(stream) + round_trip(index);
  const double slower = slowness(member, service);
  if (slower != 1) time = Duration{static_cast<std::int64_t>(static_cast<double>(to_ns(time)) * slower)};
  time += member.burden.commit_extra + service.sql()->commit_delay;
  events_.push(now_ns() + to_ns(time), BidEvent::Kind::kGroup, index, at.writes);
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

void CallFlow::group_done(MemberIndex index) {
  const Member& member = model_.member(index);
  const Service& service = model_.service(member.service);
  const bool waits_for_standby = service.synchronous && !has_standby_in_step(model_, index);
  if (member.hung || waits_for_standby) {
    station(index).write_parked = true;
    return;
  }
  List group = station(index).committing;
  station(index).committing = {};
  const bool keeps = member.service == model_.keeper();
  while (group.size > 0) {
    const std::uint32_t call = take_first(group);
    Frame& frame = frames_[call];
    if (keeps) {
      frame.stored = true;
      listener_.on_stored(frame.bid, frame.attempt, member.timeline);
    }
    finish(call, frame.degraded ? Answer::kDegraded : Answer::kDone);
  }
  station(index).writing = false;
  if (station(index).group.size > 0) begin_group(index);
}

}  // namespace blackstart
