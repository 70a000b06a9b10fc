// What happens to calls when their members end, hang, or come back.

#include "base/check.h"
#include "simulator/call_flow.h"

namespace blackstart {

void CallFlow::killed(MemberIndex member) {
  Station& at = station(member);
  at.waiting = at.parked = at.group = at.committing = {};
  at.busy = 0;
  at.writing = at.write_parked = false;
  ++at.writes;
  members_changed();
  for (std::uint32_t index = 0; index < frames_.size(); ++index) {
    const Frame& frame = frames_[index];
    const bool there =
        frame.stage != Stage::kFree && frame.stage != Stage::kTravelling && frame.stage != Stage::kReturning;
    if (there && frame.member == member) lose(index);
  }
}

/// The call dies with its member: its caller sees the connection end.
void CallFlow::lose(std::uint32_t index) {
  Frame& frame = frames_[index];
  frame.holds_server = false;
  frame.stage = Stage::kReturning;
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
  serve_waiting(member);
}

CallFlow::Conservation CallFlow::conservation() const {
  BS_CHECK(stations_.size() == model_.members());
  for (const Station& at : stations_)
    BS_CHECK(at.calm == is_calm(model_.member(static_cast<MemberIndex>(&at - stations_.data())), *at.service));
  Conservation counts = counts_;
  for (const auto& frame : frames_) counts.in_flight += frame.stage != Stage::kFree && frame.stage != Stage::kReturning;
  return counts;
}

}  // namespace blackstart
