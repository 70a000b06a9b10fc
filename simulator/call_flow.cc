#include "simulator/call_flow.h"

#include "base/check.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace blackstart {

CallFlow::CallFlow(Model& model, SimClock& clock, BidEvents& events, std::uint64_t seed, AttemptListener& listener)
    : model_(model), clock_(clock), events_(events), seed_(seed), listener_(listener), network_(seed, "network") {
  for (const auto& service : model_.services()) {
    streams_.emplace_back(seed_, "service " + service.spec->name);
    commits_.emplace_back(service.sql() != nullptr ? TimeLaw(service.sql()->commit) : TimeLaw());
    turns_.push_back(0);
  }
  members_changed();
}

void CallFlow::members_changed() {
  stations_.resize(model_.members());
  rotation_.assign(model_.services().size(), {});
  for (MemberIndex index = 0; index < model_.members(); ++index) {
    const Member& member = model_.member(index);
    const StationSim& sim = model_.service(member.service).sim.station;
    stations_[index].servers = sim.service_time ? sim.servers : 0;
    stations_[index].queue_most = sim.queue.value_or(std::numeric_limits<std::uint64_t>::max());
    if (member.condition == Condition::kUp) rotation_[member.service].push_back(index);
  }
}

// ---- frames and lists ----

std::uint32_t CallFlow::make_frame(MemberIndex member, std::uint32_t bid, std::uint16_t attempt) {
  std::uint32_t index = free_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(frames_.size());
    frames_.emplace_back();
  } else {
    free_ = frames_[index].next;
  }
  const std::uint32_t generation = (frames_[index].generation + 1) & BidEvents::kGenerations;
  Frame& frame = frames_[index];
  frame = Frame{};
  frame.generation = generation;
  frame.member = member;
  frame.bid = bid;
  frame.attempt = attempt;
  frame.stage = Stage::kTravelling;
  if (bid >= open_calls_.size()) open_calls_.resize(bid + 1024);
  ++open_calls_[bid];
  ++counts_.begun;
  return index;
}

void CallFlow::free_frame(std::uint32_t index) {
  Frame& frame = frames_[index];
  frame.stage = Stage::kFree;
  frame.next = free_;
  free_ = index;
  if (--open_calls_[frame.bid] == 0) listener_.on_gone(frame.bid);
}

void CallFlow::append(List& list, std::uint32_t index) {
  frames_[index].next = kNone;
  if (list.last == kNone)
    list.first = index;
  else
    frames_[list.last].next = index;
  list.last = index;
  ++list.size;
}

std::uint32_t CallFlow::take_first(List& list) {
  const std::uint32_t index = list.first;
  list.first = frames_[index].next;
  if (list.first == kNone) list.last = kNone;
  --list.size;
  return index;
}

// ---- the way of a call ----

void CallFlow::send(std::uint32_t bid, std::uint32_t attempt) {
  const std::uint32_t index = make_frame(choose(model_.front()), bid, static_cast<std::uint16_t>(attempt));
  frames_[index].root = true;
  travel(index, kNoMember);
}

/// Whom a call to any member goes to.
MemberIndex CallFlow::choose(ServiceIndex service) {
  const auto& rotation = rotation_[service];
  if (rotation.empty()) {
    const auto& members = model_.service(service).members;
    return members.empty() ? kNoMember : members.front();
  }
  std::uint32_t& turn = turns_[service];
  if (++turn >= rotation.size()) turn = 0;
  return rotation[turn];
}

void CallFlow::travel(std::uint32_t index, MemberIndex from) {
  const MemberIndex to = frames_[index].member;
  if (to == kNoMember) return finish(index, Answer::kRefused);
  const Link& link = model_.link(from, to);
  if (link.plain) return arrive(index);
  if (link.cut == Cut::kDrop || (link.loss > 0 && network_.uniform() < link.loss)) {
    ++counts_.lost;
    return free_frame(index);  // its caller waits in vain
  }
  Duration time = link.latency.draw(network_) + link.extra;
  if (link.jitter > Duration{})
    time += Duration{static_cast<std::int64_t>(network_.uniform() * static_cast<double>(to_ns(link.jitter)))};
  events_.push(now_ns() + to_ns(time), BidEvent::Kind::kArrived, index, frames_[index].generation);
}

void CallFlow::handle(const BidEvent& event) {
  switch (event.kind()) {
    case BidEvent::Kind::kGroup:
      if ((station(static_cast<MemberIndex>(event.index)).writes & BidEvents::kGenerations) == event.generation())
        group_done(static_cast<MemberIndex>(event.index));
      return;
    case BidEvent::Kind::kExpired:
      return expire(event.index);
    case BidEvent::Kind::kRetry:
      BS_CHECK_MESSAGE(false, "an event of the clients'");
      return;
    default:
      break;
  }
  const Frame& frame = frames_[event.index];
  if (frame.stage == Stage::kFree || frame.generation != event.generation()) return;
  if (event.kind() == BidEvent::Kind::kArrived) return arrive(event.index);
  if (event.kind() == BidEvent::Kind::kServed) return served(event.index);
  answered(event.index);
}

void CallFlow::arrive(std::uint32_t index) {
  Frame& frame = frames_[index];
  const Member& member = model_.member(frame.member);
  const Link& link = model_.link(frame.parent == kNone ? kNoMember : frames_[frame.parent].member, frame.member);
  if (link.cut == Cut::kReset) return finish(index, Answer::kReset);
  if (link.cut == Cut::kReject || member.condition != Condition::kUp) return finish(index, Answer::kRefused);
  Station& at = station(frame.member);
  const bool free = !member.hung && (at.servers == 0 || at.busy < at.servers);
  if (free) return serve(index);
  if (at.waiting.size >= at.queue_most) return finish(index, Answer::kRefused);
  frame.stage = Stage::kWaiting;
  append(at.waiting, index);
}

void CallFlow::serve(std::uint32_t index) {
  Frame& frame = frames_[index];
  const Member& member = model_.member(frame.member);
  Station& at = station(frame.member);
  frame.stage = Stage::kServing;
  if (at.servers > 0) {
    ++at.busy;
    frame.holds_server = true;
  }
  const Service& service = model_.service(member.service);
  Duration time = service.service_time.draw(streams_[member.service]);
  if (member.slower != 1) time = Duration{static_cast<std::int64_t>(static_cast<double>(to_ns(time)) * member.slower)};
  if (time == Duration{} && at.servers == 0) return served(index);
  events_.push(now_ns() + to_ns(time), BidEvent::Kind::kServed, index, frame.generation);
}

void CallFlow::served(std::uint32_t index) {
  Frame& frame = frames_[index];
  if (model_.member(frame.member).hung) {
    frame.stage = Stage::kParked;
    return append(station(frame.member).parked, index);
  }
  if (std::exchange(frame.heard, false)) return after_call(index);
  if (std::exchange(frame.falling_back, false)) {
    frame.degraded = true;
    ++frame.need;
  }
  go_on(index);
}

/// Calls what is still needed, or ends.
void CallFlow::go_on(std::uint32_t index) {
  const ServiceIndex own = model_.member(frames_[index].member).service;
  const Service& service = model_.service(own);
  while (frames_[index].need < service.needs.size()) {
    const Need& need = service.needs[frames_[index].need];
    const bool made = need.call.share.value >= 1 || streams_[own].uniform() < need.call.share.value;
    if (made && need.call.wait) return call(index, need);
    if (made) call(index, need);  // not waited for
    ++frames_[index].need;
  }
  if (service.sql() != nullptr) return commit(index);
  if (own == model_.keeper()) {
    frames_[index].stored = true;
    listener_.on_stored(frames_[index].bid, frames_[index].attempt, model_.member(frames_[index].member).timeline);
  }
  finish(index, frames_[index].degraded ? Answer::kDegraded : Answer::kDone);
}

void CallFlow::call(std::uint32_t index, const Need& need) {
  const ServiceIndex own = model_.member(frames_[index].member).service;
  const bool by_role = model_.service(need.service).by_role;
  const MemberIndex to = by_role ? model_.address(own, need.service) : choose(need.service);
  const std::uint32_t made = make_frame(to, frames_[index].bid, frames_[index].attempt);
  Frame& caller = frames_[index];
  Frame& child = frames_[made];
  if (need.call.wait) {
    child.parent = index;
    child.parent_generation = caller.generation;
    child.parent_call = ++caller.calls;
    caller.stage = Stage::kCalling;
    caller.due_ns = now_ns() + to_ns(need.call.timeout);
    const std::uint32_t number = lane_of(to_ns(need.call.timeout));
    TimeoutLane& lane = lanes_[number];
    lane.push(caller.due_ns, index, caller.generation);
    if (!lane.armed) {
      lane.armed = true;
      events_.push(caller.due_ns, BidEvent::Kind::kExpired, number, 0);
    }
  }
  travel(made, caller.member);
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
  const std::int64_t now = now_ns();
  while (!lanes_[number].empty()) {
    const TimeoutLane::Entry entry = lanes_[number].front();
    const bool waits = awaits(frames_[entry.index], entry);
    if (waits && entry.due_ns > now) break;
    lanes_[number].pop();
    if (waits) hear(entry.index, Answer::kUnsettled, false);
  }
  TimeoutLane& lane = lanes_[number];
  lane.armed = !lane.empty();
  if (lane.armed) events_.push(lane.front().due_ns, BidEvent::Kind::kExpired, number, 0);
}

/// The call ends at its member; its answer goes back.
void CallFlow::finish(std::uint32_t index, Answer answer) {
  Frame& frame = frames_[index];
  frame.answer = answer;
  ++(answer == Answer::kDone || answer == Answer::kDegraded ? counts_.done : counts_.refused);
  const bool held = frame.holds_server;
  frame.holds_server = false;
  frame.stage = Stage::kReturning;
  const MemberIndex member = frame.member;
  go_back(index);
  if (held) release_server(member);
}

void CallFlow::go_back(std::uint32_t index) {
  const Frame& frame = frames_[index];
  if (frame.member == kNoMember) return answered(index);
  const MemberIndex to = frame.parent == kNone ? kNoMember : frames_[frame.parent].member;
  const Link& link = to == kNoMember ? model_.link(kNoMember, frame.member) : model_.link(frame.member, to);
  if (link.plain) return answered(index);
  if (link.cut == Cut::kDrop || (link.loss > 0 && network_.uniform() < link.loss)) return free_frame(index);
  const Duration time = link.latency.draw(network_) + link.extra;
  events_.push(now_ns() + to_ns(time), BidEvent::Kind::kAnswered, index, frame.generation);
}

void CallFlow::answered(std::uint32_t index) {
  const Frame frame = frames_[index];
  if (frame.root) {
    listener_.on_answer(frame.bid, frame.attempt, frame.answer);
    return free_frame(index);
  }
  if (frame.parent == kNone) return free_frame(index);
  const Frame& caller = frames_[frame.parent];
  const bool waited_for = caller.stage == Stage::kCalling && caller.generation == frame.parent_generation &&
                          caller.calls == frame.parent_call;
  if (waited_for) hear(frame.parent, frame.answer, frame.stored);
  free_frame(index);
}

/// The caller hears how its call ended; at once, or when it no longer hangs.
void CallFlow::hear(std::uint32_t index, Answer answer, bool stored) {
  Frame& caller = frames_[index];
  ++caller.calls;  // what else comes of it is late
  caller.stored = caller.stored || stored;
  caller.answer = answer;
  caller.stage = Stage::kServing;
  if (!model_.member(caller.member).hung) return after_call(index);
  caller.heard = true;
  caller.stage = Stage::kParked;
  append(station(caller.member).parked, index);
}

void CallFlow::after_call(std::uint32_t index) {
  Frame& caller = frames_[index];
  if (caller.answer != Answer::kDone && caller.answer != Answer::kDegraded) return fail_call(index, caller.answer);
  caller.degraded = caller.degraded || caller.answer == Answer::kDegraded;
  ++caller.need;
  go_on(index);
}

void CallFlow::fail_call(std::uint32_t index, Answer answer) {
  Frame& caller = frames_[index];
  const ServiceIndex own = model_.member(caller.member).service;
  const Need& need = model_.service(own).needs[caller.need];
  if (need.call.fallback) {
    caller.falling_back = true;
    const Duration time = TimeLaw(*need.call.fallback).draw(streams_[own]);
    return events_.push(now_ns() + to_ns(time), BidEvent::Kind::kServed, index, caller.generation);
  }
  if (!need.call.required) {
    ++caller.need;
    return go_on(index);
  }
  if (caller.stored) return finish(index, Answer::kUnsettled);
  if (answer == Answer::kRefused || !need.stores) return finish(index, Answer::kRefused);
  finish(index, Answer::kUnsettled);
}

void CallFlow::release_server(MemberIndex member) {
  --station(member).busy;
  serve_waiting(member);
}

void CallFlow::serve_waiting(MemberIndex member) {
  Station& at = station(member);
  if (model_.member(member).hung) return;
  while (at.waiting.size > 0 && (at.servers == 0 || at.busy < at.servers)) serve(take_first(at.waiting));
}

// ---- state changes ----

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
  frame.answer = Answer::kReset;
  ++counts_.lost;
  go_back(index);
}

void CallFlow::resumed(MemberIndex member) {
  members_changed();
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
  Conservation counts = counts_;
  for (const auto& frame : frames_) counts.in_flight += frame.stage != Stage::kFree && frame.stage != Stage::kReturning;
  return counts;
}

}  // namespace blackstart
