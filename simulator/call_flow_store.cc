// Group commit: while one group is being written, the next one gathers.

#include "base/check.h"
#include "simulator/call_flow.h"

namespace blackstart {

void CallFlow::commit(std::uint32_t index) {
  Frame& frame = frames_[index];
  const Member& member = model_.member(frame.member);
  if (!member.writes || member.fenced) return finish(index, Answer::kRefused);
  frame.stage = Stage::kCommitting;
  Station& at = station(frame.member);
  append(at.group, index);
  if (!at.writing) begin_group(frame.member);
}

void CallFlow::begin_group(MemberIndex index) {
  Station& at = station(index);
  const Member& member = model_.member(index);
  at.committing = at.group;
  at.group = {};
  at.writing = true;
  ++at.writes;
  Duration time = commits_[member.service].draw(streams_[member.service]);
  if (member.slower != 1) time = Duration{static_cast<std::int64_t>(static_cast<double>(to_ns(time)) * member.slower)};
  events_.push(now_ns() + to_ns(time), BidEvent::Kind::kGroup, index, at.writes);
}

void CallFlow::group_done(MemberIndex index) {
  const Member& member = model_.member(index);
  if (member.hung) {
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
