#include "simulator/call_flow.h"

#include "base/check.h"
#include "simulator/call_flow_legs.h"
#include "simulator/stream_copies.h"

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

constexpr Duration kMissTimeout = std::chrono::seconds{1};  // of what a cache's miss asks

}  // namespace

CallFlow::CallFlow(Config config, Model& model, SimClock& clock, BidEvents& events, const Resolver& resolver,
                   AttemptListener& listener)
    : model_(model),
      clock_(clock),
      events_(events),
      resolver_(resolver),
      config_(config),
      listener_(listener),
      network_(config.seed, "network") {
  for (const auto& service : model_.services()) {
    commit_draws_.emplace_back(config_.seed, "commits of " + service.spec->name);
    commits_.emplace_back(service.sql() != nullptr ? sampler_of(service.sql()->commit) : DurationSampler());
    longest_.push_back(service.service_time.longest_by_layer());
    served_.emplace_back();
  }
  miss_lane_ = lane_of(to_ns(kMissTimeout));
  for (ServiceIndex index = 0; index < model_.services().size(); ++index)
    for (Need& need : model_.service(index).needs) need.timeout_lane = lane_of(to_ns(need.call.timeout));
  members_changed();
}

// ---- frames and lists ----

std::uint32_t CallFlow::make_frame(MemberIndex member, std::uint32_t bid, std::uint8_t attempt, CallKey key,
                                   std::uint32_t order) {
  std::uint32_t index = free_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(frames_.size());
    frames_.emplace_back();
    if (config_.foresees) courses_.emplace_back();
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
  frame.key = key;
  frame.order = order;
  frame.stage = Stage::kTravelling;
  ++counts_.begun;
  count_in(index);
  if (bid == kNone) return index;
  if (bid >= open_calls_.size()) open_calls_.resize(bid + 1024);
  ++open_calls_[bid];
  return index;
}

void CallFlow::free_frame(std::uint32_t index) {
  Frame& frame = frames_[index];
  frame.stage = Stage::kFree;
  frame.next = free_;
  free_ = index;
  count_out(frame);
  if (frame.bid == kNone) return;
  if (--open_calls_[frame.bid] == 0) listener_.on_gone(frame.bid);
}

/// Among the calls of its member that have not ended.
void CallFlow::count_in(std::uint32_t index) {
  Frame& frame = frames_[index];
  if (frame.member == kNoMember) return;
  frame.counted = true;
  ++station(frame.member).calls;
}

void CallFlow::count_out(Frame& frame) {
  if (!frame.counted) return;
  frame.counted = false;
  count_end(station(frame.member));
}

/// One of the calls to it has ended.
void CallFlow::count_end(Station& at) {
  --at.calls;
  if (at.crowded && at.calls * 4 <= at.servers * 3 && now_ns() >= at.crowded_until_ns) at.crowded = false;
}

void CallFlow::append(List& list, std::uint32_t index) {
  next_of(index) = kNone;
  if (list.last == kNone)
    list.first = index;
  else
    next_of(list.last) = index;
  list.last = index;
  ++list.size;
}

std::uint32_t CallFlow::take_first(List& list) {
  const std::uint32_t index = list.first;
  list.first = next_of(index);
  if (list.first == kNone) list.last = kNone;
  --list.size;
  return index;
}

// ---- the way of a call ----

MemberIndex CallFlow::front_for(std::uint64_t number, std::uint32_t attempt) {
  if (static_cast<std::int64_t>(number - newest_number_) > 0) newest_number_ = number;
  newest_ = static_cast<std::uint32_t>(newest_number_);
  return choose_front(number, attempt);
}

void CallFlow::send(std::uint32_t bid, std::uint32_t attempt, std::uint64_t number, MemberIndex front) {
  const std::uint32_t index =
      make_frame(front, bid, static_cast<std::uint8_t>(attempt), key_of_attempt(config_.seed, number, attempt),
                 static_cast<std::uint32_t>(number));
  frames_[index].root = true;
  if (!foresee_sent(index)) travel(index, kNoMember);
}

void CallFlow::travel(std::uint32_t index, MemberIndex from) {
  const MemberIndex to = frames_[index].member;
  if (to == kNoMember) return finish(index, Answer::kRefused);
  note_crowd(to, 0);
  const Way& taken = way(from, to);
  const Link& link = *taken.link;
  if (link.plain) return arrive(index);
  if (taken.harmless) return carry(taken, BidEvent::Kind::kArrived, index, DrawOf::kWayThere);
  KeyedStream draws = draws_of(frames_[index].key, DrawOf::kCutThere);
  const bool hit = link.cut != Cut::kNone && (link.toxicity >= 1 || draws.uniform() < link.toxicity);
  if ((hit && link.cut == Cut::kDrop) || (link.loss > 0 && draws.uniform() < link.loss)) {
    ++counts_.lost;
    return free_frame(index);  // its caller waits in vain
  }
  if (hit) frames_[index].cut = link.cut;
  if (hit && link.closes_after > Duration{})
    return carry_late(taken, BidEvent::Kind::kArrived, index, DrawOf::kWayThere);
  carry(taken, BidEvent::Kind::kArrived, index, DrawOf::kWayThere);
}

/// The call, or its answer, is on its way.
void CallFlow::carry(const Way& way, BidEvent::Kind kind, std::uint32_t index, DrawOf of) {
  const std::uint32_t generation = frames_[index].generation;
  if (way.lane != BidEvents::kNoLane) return events_.push_after(now_ns(), way.lane, kind, index, generation);
  events_.push(now_ns() + time_on(way, frames_[index].key, of), kind, index, generation);
}

/// What the link swallowed: its connection ends later.
void CallFlow::carry_late(const Way& way, BidEvent::Kind kind, std::uint32_t index, DrawOf of) {
  const std::int64_t late_ns = to_ns(way.link->closes_after);
  events_.push(now_ns() + time_on(way, frames_[index].key, of) + late_ns, kind, index, frames_[index].generation);
}

void CallFlow::handle(const BidEvent& event, std::int64_t quiet_until_ns) {
  switch (event.kind()) {
    case BidEvent::Kind::kGroup:
      if ((station(static_cast<MemberIndex>(event.index)).writes & BidEvents::kGenerations) == event.generation())
        group_done(static_cast<MemberIndex>(event.index));
      return;
    case BidEvent::Kind::kConfirmed:
      return confirm(static_cast<MemberIndex>(event.index));
    case BidEvent::Kind::kExpired:
      present_ = Present::kAll;
      expire(event.index);
      present_ = Present::kNothing;
      return;
    case BidEvent::Kind::kRetry:
      BS_CHECK_MESSAGE(false, "an event of the clients'");
      return;
    case BidEvent::Kind::kExpressArrived:
    case BidEvent::Kind::kExpressHeard: {
      const Ride& ride = rides_[event.index];
      if (ride.stage == Ride::Stage::kFree || ride.generation != event.generation()) return;
      present_ = Present::kBefore;
      present_turn_ = ride.turn();
      if (event.kind() == BidEvent::Kind::kExpressArrived)
        arrive_express(event.index, quiet_until_ns);
      else
        end_ride(event.index, now_ns());
      present_ = Present::kNothing;
      return;
    }
    default:
      break;
  }
  const Frame& frame = frames_[event.index];
  if (frame.stage == Stage::kFree || frame.generation != event.generation()) return;
  present_ = Present::kBefore;
  present_turn_ = frame.turn();
  switch (event.kind()) {
    case BidEvent::Kind::kArrived:
      begin_to_wait(event.index);
      arrive(event.index);
      break;
    case BidEvent::Kind::kServed:
      served(event.index);
      break;
    case BidEvent::Kind::kForeseen:
      go_on_after(event.index);
      break;
    default:
      answered(event.index);
      break;
  }
  present_ = Present::kNothing;
}

void CallFlow::arrive(std::uint32_t index) {
  Frame& frame = frames_[index];
  Station& at = station(frame.member);
  if (frame.cut != Cut::kNone) return finish(index, frame.cut == Cut::kReset ? Answer::kReset : Answer::kRefused);
  if (!at.calm && turns_away(frame)) return finish(index, Answer::kRefused);
  if (inside(at) >= at.inside_most) return finish(index, Answer::kRefused);
  const bool free = at.servers == 0 || at.busy < at.servers;
  if (free && (at.calm || !model_.member(frame.member).hung)) return serve(index);
  if (at.waiting.size >= at.queue_most) return finish(index, Answer::kRefused);
  frame.stage = Stage::kWaiting;
  append(at.waiting, index);
}

bool CallFlow::turns_away(const Frame& frame) {
  const Member& member = model_.member(frame.member);
  return member.condition != Condition::kUp || leaderless(frame) || limited(member.service);
}

/// Above the service's rate limit: a bucket that holds one second's worth.
bool CallFlow::limited(ServiceIndex index) {
  Service& service = model_.service(index);
  if (!service.sim.station.limit) return false;
  const double rate = service.sim.station.limit->per_second;
  service.tokens = std::min(rate, service.tokens + rate * to_seconds(clock_.now() - service.tokens_at));
  service.tokens_at = clock_.now();
  if (service.tokens < 1) return true;
  service.tokens -= 1;
  return false;
}

/// A stream's partition without a leader, or with fewer copies in sync than its acks ask for.
bool CallFlow::leaderless(const Frame& frame) {
  const Service& service = *station(frame.member).service;
  if (service.stream() == nullptr) return false;
  double share = share_without_copies(model_, service);
  if (clock_.now() < service.electing_until) share = std::max(share, share_lost(model_, service));
  if (share <= 0) return false;
  return share >= 1 || draws_of(frame.key, DrawOf::kLeader).uniform() < share;
}

void CallFlow::serve(std::uint32_t index) {
  Frame& frame = frames_[index];
  Station& at = station(frame.member);
  frame.stage = Stage::kServing;
  take_server(index);
  const Service& service = *at.service;
  KeyedStream draws = draws_of(frame.key, DrawOf::kService);
  Duration time = service.service_time.draw(draws);
  if (const CacheSim* cache = service.cache(); cache != nullptr)
    frame.misses = draws.uniform() >= hit_ratio(model_.member(frame.member), *cache, clock_.now());
  if (!at.calm) {
    const Member& member = model_.member(frame.member);
    const double slower = slowness(member, service);
    if (slower != 1) time = scaled(time, slower);
    time += member.burden.extra;
  }
  // Without time it goes on at once, but for a queue's next, which must not be reached from inside its own end.
  if (time == Duration{} && (at.servers == 0 || service.sql() != nullptr)) return served(index);
  events_.push(now_ns() + to_ns(time), BidEvent::Kind::kServed, index, frame.generation);
}

double CallFlow::slowness(const Member& member, const Service& service) const {
  double slower = member.burden.slower;
  if (member.warm_up == Duration{}) return slower;
  const Duration since = clock_.now() - member.up_since;
  if (since >= member.warm_up) return slower;
  return slower *
         (1 + (service.sim.station.warm_up->slower - 1) * (1 - to_seconds(since) / to_seconds(member.warm_up)));
}

void CallFlow::served(std::uint32_t index) {
  Frame& frame = frames_[index];
  Station& at = station(frame.member);
  if (!at.calm && model_.member(frame.member).hung) {
    frame.stage = Stage::kParked;
    return append(at.parked, index);
  }
  switch (std::exchange(frame.then, Then::kNeeds)) {
    case Then::kNeeds:
      if (!at.calm && fails(index)) return finish(index, Answer::kUnsettled);
      return go_on(index);
    case Then::kHeard:
      return after_call(index);
    case Then::kFallsBack:
      frame.degraded = true;
      ++frame.need;
      return go_on(index);
    case Then::kCallsAgain:
      return go_on(index);
  }
}

/// Whether the member answers this call with an error of its own.
bool CallFlow::fails(std::uint32_t index) {
  const Member& member = model_.member(frames_[index].member);
  const double share = std::max(
      {member.burden.errors, member.burden.gray, 1 - model_.service(member.service).sim.station.availability.value});
  return share > 0 && (share >= 1 || draws_of(frames_[index].key, DrawOf::kFailure).uniform() < share);
}

/// The call ends at its member; its answer goes back.
void CallFlow::finish(std::uint32_t index, Answer answer) {
  Frame& frame = frames_[index];
  frame.answer = answer;
  const bool well = answer == Answer::kDone || answer == Answer::kDegraded;
  ++(well ? counts_.done : counts_.refused);
  if (frame.member != kNoMember && frame.stage != Stage::kTravelling) {
    ServedCalls& served = served_[station(frame.member).service_index];
    ++(well ? served.well : served.errors);
  }
  const bool held = frame.holds_server;
  frame.holds_server = false;
  frame.stage = Stage::kReturning;
  count_out(frame);
  if (held) release_server(frame.member);  // for who arrives by way of its answer, too
  go_back(index);
}

void CallFlow::go_back(std::uint32_t index) {
  Frame& frame = frames_[index];
  if (frame.member == kNoMember) return answered(index);
  if (!frame.root && frame.parent == kNone) return free_frame(index);  // nobody waits for it
  const Way& taken = way(frame.member, frame.parent == kNone ? kNoMember : frames_[frame.parent].member);
  const Link& link = *taken.link;
  if (link.plain) return answered(index);
  if (foresee_hearing(index, taken)) return;
  if (taken.harmless) return carry(taken, BidEvent::Kind::kAnswered, index, DrawOf::kWayBack);
  KeyedStream draws = draws_of(frame.key, DrawOf::kCutBack);
  const bool hit = link.cut != Cut::kNone && (link.toxicity >= 1 || draws.uniform() < link.toxicity);
  if ((hit && link.cut == Cut::kDrop) || (link.loss > 0 && draws.uniform() < link.loss)) return free_frame(index);
  const bool late = hit && frame.cut == Cut::kNone && link.closes_after > Duration{};
  if (hit && frame.cut == Cut::kNone) frame.answer = Answer::kReset;
  if (late) return carry_late(taken, BidEvent::Kind::kAnswered, index, DrawOf::kWayBack);
  carry(taken, BidEvent::Kind::kAnswered, index, DrawOf::kWayBack);
}

void CallFlow::answered(std::uint32_t index) {
  if (frames_[index].stage == Stage::kForeseen) complete(index);
  const Frame& frame = frames_[index];
  if (frame.root) {
    listener_.on_answer(frame.bid, frame.attempt, frame.answer);  // may send, and move the frames
    return free_frame(index);
  }
  if (frame.parent == kNone) return free_frame(index);  // nobody was there to be called
  if (is_waited_for(frame)) hear(frame.parent, frame.answer, frame.stored);
  free_frame(index);
}

bool CallFlow::is_waited_for(const Frame& call) const {
  const Frame& caller = frames_[call.parent];
  return caller.stage == Stage::kCalling && caller.generation == call.parent_generation &&
         caller.calls == call.parent_call;
}

void CallFlow::take_server(std::uint32_t index) {
  Station& at = station(frames_[index].member);
  if (at.servers == 0) return;
  ++at.busy;
  frames_[index].holds_server = true;
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

}  // namespace blackstart
