// What happens to calls when their members end, hang, or come back.

#include "base/check.h"
#include "simulator/call_flow.h"
#include "simulator/stores.h"

#include <algorithm>
#include <tuple>

namespace blackstart {

void CallFlow::killed(MemberIndex member) {
  end_foresight();
  Station& at = station(member);
  at.waiting = at.parked = at.group = at.committing = {};
  at.confirming.clear();
  at.busy = 0;
  at.writing = at.write_parked = false;
  ++at.writes;
  members_changed();
  std::vector<std::uint32_t> there;
  for (std::uint32_t index = 0; index < frames_.size(); ++index) {
    const Frame& frame = frames_[index];
    const bool holds =
        frame.stage != Stage::kFree && frame.stage != Stage::kTravelling && frame.stage != Stage::kReturning;
    if (holds && frame.member == member) there.push_back(index);
  }
  std::ranges::sort(there, {}, [this](std::uint32_t index) {
    const Frame& frame = frames_[index];
    return std::pair(rank_of(frame.turn()), frame.key);
  });
  for (const std::uint32_t index : there) lose(index);
}

/// The call dies with its member: its caller sees the connection end.
void CallFlow::lose(std::uint32_t index) {
  Frame& frame = frames_[index];
  frame.holds_server = false;
  frame.stage = Stage::kReturning;
  count_out(frame);
  frame.generation = (frame.generation + 1) & BidEvents::kGenerations;  // what it waited for is no concern of it now
  frame.answer = Answer::kReset;
  ++counts_.lost;
  go_back(index);
}

void CallFlow::resumed(MemberIndex member) {
  if (model_.member(member).condition != Condition::kUp || model_.member(member).hung) return;
  List parked = station(member).parked;
  station(member).parked = {};
  while (parked.size > 0) served(take_first(parked));
  if (station(member).write_parked) {
    station(member).write_parked = false;
    group_done(member);
  }
  confirm(member);
  serve_waiting(member);
}

bool CallFlow::is_idle(MemberIndex member) {
  end_foresight();
  return std::ranges::none_of(frames_, [member](const Frame& frame) {
    return frame.member == member && frame.stage != Stage::kFree && frame.stage != Stage::kReturning;
  });
}

CallFlow::Conservation CallFlow::conservation() {
  end_foresight();
  BS_CHECK(stations_.size() == model_.members());
  for (MemberIndex index = 0; index < model_.members(); ++index) {
    BS_CHECK(!station(index).calm || is_calm(index));  // what is not may only cost time
    BS_CHECK(station(index).accepts == accepts_writes(model_, index));
  }
  Conservation counts = counts_;
  for (const auto& frame : frames_) counts.in_flight += frame.stage != Stage::kFree && frame.stage != Stage::kReturning;
  return counts;
}

}  // namespace blackstart
