#include "simulator/call_flow.h"

#include "base/check.h"

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

constexpr Duration kMissTimeout = std::chrono::seconds{1};  // of what a cache's miss asks

Duration scaled(Duration length, double factor) {
  return Duration{static_cast<std::int64_t>(static_cast<double>(to_ns(length)) * factor)};
}

}  // namespace

CallFlow::CallFlow(Model& model, SimClock& clock, BidEvents& events, const Resolver& resolver, std::uint64_t seed,
                   AttemptListener& listener, bool foresees)
    : model_(model),
      clock_(clock),
      events_(events),
      resolver_(resolver),
      seed_(seed),
      listener_(listener),
      network_(seed, "network"),
      foresees_(foresees) {
  for (const auto& service : model_.services()) {
    streams_.emplace_back(seed_, "service " + service.spec->name);
    commits_.emplace_back(service.sql() != nullptr ? sampler_of(service.sql()->commit) : DurationSampler());
    turns_.push_back(0);
    served_.emplace_back();
  }
  foresights_.resize(model_.services().size());
  miss_lane_ = lane_of(to_ns(kMissTimeout));
  for (ServiceIndex index = 0; index < model_.services().size(); ++index)
    for (Need& need : model_.service(index).needs) need.timeout_lane = lane_of(to_ns(need.call.timeout));
  members_changed();
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
  frame.birth = static_cast<std::uint32_t>(counts_.begun++);
  if (member != kNoMember) ++station(member).frames;
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
  if (frame.member != kNoMember) --station(frame.member).frames;
  if (frame.bid == kNone) return;
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
  const std::uint32_t index = make_frame(choose_front(), bid, static_cast<std::uint16_t>(attempt));
  frames_[index].root = true;
  travel(index, kNoMember);
}

void CallFlow::travel(std::uint32_t index, MemberIndex from) {
  const MemberIndex to = frames_[index].member;
  if (to == kNoMember) return finish(index, Answer::kRefused);
  const Way& taken = way(from, to);
  const Link& link = *taken.link;
  if (link.plain) return arrive(index);
  if (taken.harmless) return carry(taken, BidEvent::Kind::kArrived, index);
  const bool hit = link.cut != Cut::kNone && (link.toxicity >= 1 || network_.uniform() < link.toxicity);
  if ((hit && link.cut == Cut::kDrop) || (link.loss > 0 && network_.uniform() < link.loss)) {
    ++counts_.lost;
    return free_frame(index);  // its caller waits in vain
  }
  if (hit) frames_[index].cut = link.cut;
  carry(taken, BidEvent::Kind::kArrived, index);
}

/// The call, or its answer, is on its way.
void CallFlow::carry(const Way& way, BidEvent::Kind kind, std::uint32_t index) {
  const std::uint32_t generation = frames_[index].generation;
  if (way.lane != BidEvents::kNoLane) return events_.push_after(now_ns(), way.lane, kind, index, generation);
  const Link& link = *way.link;
  Duration time = link.latency.draw(network_) + link.extra;
  if (link.jitter > Duration{}) time += scaled(link.jitter, network_.uniform());
  events_.push(now_ns() + to_ns(time), kind, index, generation);
}

void CallFlow::handle(const BidEvent& event) {
  switch (event.kind()) {
    case BidEvent::Kind::kGroup:
      if ((station(static_cast<MemberIndex>(event.index)).writes & BidEvents::kGenerations) == event.generation())
        group_done(static_cast<MemberIndex>(event.index));
      return;
    case BidEvent::Kind::kExpired:
      return expire(event.index);
    case BidEvent::Kind::kForeseen:
      return hear_foreseen(event);
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
  Station& at = station(frame.member);
  if (frame.cut != Cut::kNone) return finish(index, frame.cut == Cut::kReset ? Answer::kReset : Answer::kRefused);
  if (!at.calm && turns_away(frame)) return finish(index, Answer::kRefused);
  const bool free = at.servers == 0 || at.busy < at.servers;
  if (free && (at.calm || !model_.member(frame.member).hung)) return serve(index);
  if (at.waiting.size >= at.queue_most) return finish(index, Answer::kRefused);
  frame.stage = Stage::kWaiting;
  append(at.waiting, index);
}

bool CallFlow::turns_away(const Frame& frame) {
  const Member& member = model_.member(frame.member);
  return member.condition != Condition::kUp || leaderless(member.service) || limited(member.service);
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

/// Of a stream: fewer copies are in sync than its acks ask for.
bool CallFlow::lacks_copies(const Service& service) const {
  const StreamSim& stream = *service.stream();
  if (stream.acks != StreamSim::Acks::kAll) return false;
  const auto up = std::ranges::count_if(
      service.members, [this](MemberIndex member) { return model_.member(member).condition == Condition::kUp; });
  return std::min<std::int64_t>(std::max(1, stream.replication_factor), up) < stream.min_in_sync;
}

/// A stream's partition without a leader, or with fewer copies in sync than its acks ask for.
bool CallFlow::leaderless(ServiceIndex index) {
  const Service& service = model_.service(index);
  if (service.stream() == nullptr) return false;
  if (lacks_copies(service)) return true;
  if (clock_.now() >= service.electing_until || service.members.empty()) return false;  // whoever is up
  const auto lost = std::ranges::count_if(
      service.members, [this](MemberIndex member) { return model_.member(member).condition != Condition::kUp; });
  return streams_[index].uniform() < static_cast<double>(lost) / static_cast<double>(service.members.size());
}

void CallFlow::serve(std::uint32_t index) {
  Frame& frame = frames_[index];
  Station& at = station(frame.member);
  frame.stage = Stage::kServing;
  if (at.servers > 0) {
    ++at.busy;
    frame.holds_server = true;
  }
  const Service& service = *at.service;
  Duration time{frame.due_ns};
  if (frame.drawn) {
    frame.drawn = false;
    --at.drawn;
  } else {
    time = service.service_time.draw(*at.stream);
    if (const CacheSim* cache = service.cache(); cache != nullptr)
      frame.misses = at.stream->uniform() >= hit_ratio(model_.member(frame.member), *cache, clock_.now());
  }
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
  return share > 0 && (share >= 1 || streams_[member.service].uniform() < share);
}

/// Calls what is still needed, or ends.
void CallFlow::go_on(std::uint32_t index) {
  const Station& at = station(frames_[index].member);
  Service& service = *at.service;
  while (frames_[index].need < service.needs.size()) {
    Need& need = service.needs[frames_[index].need];
    const bool made = need.call.share.value >= 1 || at.stream->uniform() < need.call.share.value;
    if (made && need.call.wait) return call(index, need);
    if (made) send_off(index, need);
    ++frames_[index].need;
    frames_[index].tries = 0;
  }
  if (service.sql() != nullptr) return commit(index);
  if (frames_[index].misses) {  // what a cache does not hold it asks another service for, once
    frames_[index].misses = false;
    const auto other = model_.find(service.cache()->miss);
    if (other) return ask(index, *other);
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
  const MemberIndex to = whom(index, need.service);
  if (foresee(index, to, need.timeout_lane)) return;
  const std::uint32_t made = make_frame(to, frames_[index].bid, frames_[index].attempt);
  adopt(index, made);
  await(index, need.timeout_lane);
  travel(made, frames_[index].member);
}

/// A call that is not waited for.
void CallFlow::send_off(std::uint32_t index, const Need& need) {
  const MemberIndex to = whom(index, need.service);
  if (foresee(index, to, std::nullopt)) return;
  const std::uint32_t made = make_frame(to, frames_[index].bid, frames_[index].attempt);
  travel(made, frames_[index].member);
}

/// A cache's miss: a read of the service behind it.
void CallFlow::ask(std::uint32_t index, ServiceIndex service) {
  const std::uint32_t made = make_frame(whom(index, service), frames_[index].bid, frames_[index].attempt);
  frames_[made].reads = true;
  frames_[index].missed = true;
  adopt(index, made);
  await(index, miss_lane_);
  travel(made, frames_[index].member);
}

/// `made` is the call that `index` makes now.
void CallFlow::adopt(std::uint32_t index, std::uint32_t made) {
  Frame& caller = frames_[index];
  Frame& child = frames_[made];
  child.parent = index;
  child.parent_generation = caller.generation;
  child.parent_call = ++caller.calls;
}

/// The caller waits for the call that it has made, at most as long as the time-outs of `number` are.
void CallFlow::await(std::uint32_t index, std::uint32_t number) {
  Frame& caller = frames_[index];
  TimeoutLane& lane = lanes_[number];
  caller.stage = Stage::kCalling;
  caller.called_ns = now_ns();
  caller.due_ns = caller.called_ns + lane.length_ns();
  lane.push(caller.due_ns, index, caller.generation);
  if (lane.armed) return;
  lane.armed = true;
  events_.push(caller.due_ns, BidEvent::Kind::kExpired, number, 0);
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
  const bool well = answer == Answer::kDone || answer == Answer::kDegraded;
  ++(well ? counts_.done : counts_.refused);
  if (frame.member != kNoMember && frame.stage != Stage::kTravelling) {
    ServedCalls& served = served_[station(frame.member).service_index];
    ++(well ? served.well : served.errors);
  }
  const bool held = frame.holds_server;
  frame.holds_server = false;
  frame.stage = Stage::kReturning;
  const MemberIndex member = frame.member;
  go_back(index);
  if (held) release_server(member);
}

void CallFlow::go_back(std::uint32_t index) {
  Frame& frame = frames_[index];
  if (frame.member == kNoMember) return answered(index);
  if (!frame.root && frame.parent == kNone) return free_frame(index);  // nobody waits for it
  const Way& taken = way(frame.member, frame.parent == kNone ? kNoMember : frames_[frame.parent].member);
  const Link& link = *taken.link;
  if (link.plain) return answered(index);
  if (taken.harmless) return carry(taken, BidEvent::Kind::kAnswered, index);
  const bool hit = link.cut != Cut::kNone && (link.toxicity >= 1 || network_.uniform() < link.toxicity);
  if ((hit && link.cut == Cut::kDrop) || (link.loss > 0 && network_.uniform() < link.loss)) return free_frame(index);
  if (hit && frame.cut == Cut::kNone) frame.answer = Answer::kReset;
  carry(taken, BidEvent::Kind::kAnswered, index);
}

void CallFlow::answered(std::uint32_t index) {
  const Frame& frame = frames_[index];
  if (frame.root) {
    listener_.on_answer(frame.bid, frame.attempt, frame.answer);  // may send, and move the frames
    return free_frame(index);
  }
  if (frame.parent == kNone) return free_frame(index);  // nobody was there to be called
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
  const Need& need = at.service->needs[caller.need];
  if (caller.tries < need.call.retry.attempts && !caller.stored) {
    double wait = to_seconds(need.call.retry.backoff) * static_cast<double>(1U << std::min<int>(caller.tries, 20));
    if (need.call.retry.jitter == Retry::Jitter::kFull) wait *= at.stream->uniform();
    ++caller.tries;
    caller.then = Then::kCallsAgain;
    return events_.push(now_ns() + to_ns(from_seconds(wait)), BidEvent::Kind::kServed, index, caller.generation);
  }
  if (need.call.fallback) {
    caller.then = Then::kFallsBack;
    const Duration time = need.fallback.draw(*at.stream);
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
