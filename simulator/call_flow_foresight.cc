// Calls whose course is known when they are made. A service that needs nobody serves its calls in order of arrival,
// each for a time that depends on nothing else (the exact recursion of simulator/station_recursion.h, without a wait):
// where the way there always takes the same time, a call's whole course follows from the moment in which it is made,
// and one event, or none, stands for three. What is foreseen is what would happen, to the nanosecond and the draw, as
// long as nothing changes; before anything does, the calls on their way are put where they are by then, and played on
// event by event, from the draws that they would have found (end_foresight). Foresight begins again where a service is
// idle.

#include "base/check.h"
#include "simulator/call_flow.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace blackstart {
namespace {

constexpr std::size_t kSweepLeast = 1024;
constexpr std::uint64_t kEventsOfOwn = 2;  // a call arrives, and is served

}  // namespace

/// Whether its members do their part alone, and are called by other services only.
bool CallFlow::may_foresee(ServiceIndex index) const {
  const Service& service = model_.service(index);
  if (!foresees_ || index == model_.front() || index == model_.keeper()) return false;
  if (!service.needs.empty() || service.sql() != nullptr || service.sim.service.empty()) return false;
  return std::ranges::none_of(model_.services(), [&](const Service& other) {
    return other.cache() != nullptr && other.cache()->miss == service.spec->name;
  });
}

bool CallFlow::is_idle(ServiceIndex service) const {
  return std::ranges::all_of(model_.service(service).members,
                             [this](MemberIndex member) { return stations_[member].frames == 0; });
}

/// Whether one is free at `arrival_ns` for certain: what is drawn counts as long as it is there.
bool CallFlow::find_server(Station& at, std::int64_t arrival_ns) {
  while (!at.ends.empty() && at.ends.front() < arrival_ns) {
    std::ranges::pop_heap(at.ends, std::greater<>());
    at.ends.pop_back();
  }
  return static_cast<std::int64_t>(at.ends.size()) + at.drawn + at.busy < at.servers;
}

/// Makes the call of `index` to `to`, waiting for its answer as long as the time-outs of `lane` are (empty: not at
/// all), if its course is known, or its beginning at least. False: it is to be played event by event.
bool CallFlow::foresee(std::uint32_t index, MemberIndex to, std::optional<std::uint32_t> lane) {
  if (to == kNoMember || !foresights_[station(to).service_index].possible) return false;
  if (!is_next(frames_[index].member, to, lane.has_value())) {
    end_foresight(station(to).service_index);
    return false;
  }
  Foreseen call = draw_course(index, to, lane.has_value());
  const bool in_time = !lane || call.heard_ns < now_ns() + lanes_[*lane].length_ns();
  if (call.misses || !in_time)
    play_from_arrival(call, lane);
  else
    await_foreseen(call, lane);
  return true;
}

/// Whether a call that is made now is the one that the service serves next, and meets nothing but a free server.
bool CallFlow::is_next(MemberIndex from, MemberIndex to, bool waited_for) {
  Station& at = station(to);
  const Foresight& foresight = foresights_[at.service_index];
  const std::int64_t there_ns = way(from, to).time_ns;
  if (!at.calm || there_ns < 0 || (waited_for && way(to, from).time_ns < 0)) return false;
  const std::int64_t arrival = now_ns() + there_ns;
  const bool in_order = foresight.on ? arrival >= foresight.last_arrival_ns : is_idle(at.service_index);
  return in_order && find_server(at, arrival);
}

CallFlow::Foreseen CallFlow::draw_course(std::uint32_t index, MemberIndex to, bool waited_for) {
  const Station& at = station(to);
  const Frame& caller = frames_[index];
  const std::int64_t there_ns = way(caller.member, to).time_ns;
  Foreseen call(*at.stream);
  call.arrival_ns = now_ns() + there_ns;
  call.at_once = there_ns == 0;
  call.end_ns = call.arrival_ns + to_ns(at.service->service_time.draw(*at.stream));
  call.heard_ns = call.end_ns + (waited_for ? way(to, caller.member).time_ns : 0);
  if (const CacheSim* const cache = at.service->cache(); cache != nullptr) {
    const double hits = hit_ratio(model_.member(to), *cache, instant_from_ns(call.arrival_ns));
    call.misses = at.stream->uniform() >= hits;
  }
  call.caller = index;
  call.bid = caller.bid;
  call.attempt = caller.attempt;
  call.member = to;
  call.waited_for = waited_for;
  return call;
}

/// Its service is drawn; what follows is not known, or comes too late for its caller.
void CallFlow::play_from_arrival(Foreseen& call, std::optional<std::uint32_t> lane) {
  const std::uint32_t made = make_frame(call.member, call.bid, call.attempt);
  Frame& frame = frames_[made];
  frame.drawn = true;
  frame.misses = call.misses;
  frame.due_ns = call.end_ns - call.arrival_ns;
  ++station(call.member).drawn;
  call.birth = frame.birth;
  call.frame = made;
  call.generation = frame.generation;
  note_foreseen(call);
  if (lane) {
    adopt(call.caller, made);
    await(call.caller, *lane);
  }
  travel(made, frames_[call.caller].member);
}

void CallFlow::await_foreseen(Foreseen& call, std::optional<std::uint32_t> lane) {
  Station& at = station(call.member);
  Frame& caller = frames_[call.caller];
  call.birth = static_cast<std::uint32_t>(counts_.begun++);
  call.generation = caller.generation;
  at.ends.push_back(call.end_ns);
  std::ranges::push_heap(at.ends, std::greater<>());
  note_foreseen(call);
  events_foreseen_ += kEventsOfOwn;
  if (!lane) return;
  ++caller.calls;
  await(call.caller, *lane);
  caller.foresees = true;
  caller.next = call.birth;
  caller.hears = static_cast<std::uint32_t>(call.heard_ns);
  events_.push(call.heard_ns, BidEvent::Kind::kForeseen, call.caller, caller.generation);
}

void CallFlow::note_foreseen(const Foreseen& call) {
  const ServiceIndex service = station(call.member).service_index;
  Foresight& foresight = foresights_[service];
  if (foresight.calls.size() >= std::max(foresight.sweep_at, kSweepLeast)) {
    sweep(service);
    foresight.sweep_at = 2 * foresight.calls.size();
  }
  foresight.on = true;
  foresight.last_arrival_ns = call.arrival_ns;
  foresight.calls.push_back(call);
}

/// Whether the call that it waits for is a foreseen one that it hears of then.
bool CallFlow::hears_at(std::uint32_t index, std::uint32_t generation, std::int64_t heard_ns) const {
  const Frame& caller = frames_[index];
  return caller.generation == generation && caller.stage == Stage::kCalling && caller.foresees &&
         caller.hears == static_cast<std::uint32_t>(heard_ns);
}

void CallFlow::hear_foreseen(const BidEvent& event) {
  if (!hears_at(event.index, event.generation(), now_ns())) return;  // of a call that was played on
  frames_[event.index].foresees = false;
  hear(event.index, Answer::kDone, false);
}

/// Counts what has ended before now, and forgets what is over.
void CallFlow::sweep(ServiceIndex service) {
  const std::int64_t now = now_ns();
  std::erase_if(foresights_[service].calls, [&](Foreseen& call) {
    if (call.frame != kNone) return call.began(now);
    if (!call.ended && call.end_ns < now) {
      call.ended = true;
      ++counts_.done;
      ++served_[service].well;
    }
    return call.heard_ns < now;
  });
}

void CallFlow::end_foresight() {
  for (ServiceIndex service = 0; service < foresights_.size(); ++service) end_foresight(service);
}

/// From now on its calls are played event by event; what happens before now has been foreseen.
void CallFlow::end_foresight(ServiceIndex service) {
  Foresight& foresight = foresights_[service];
  if (!foresight.on) return;
  foresight.on = false;
  sweep(service);
  const std::int64_t now = now_ns();
  const auto coming = std::ranges::find_if(foresight.calls, [now](const Foreseen& call) { return !call.began(now); });
  if (coming != foresight.calls.end()) streams_[service] = coming->before;  // they draw when they arrive
  for (const Foreseen& call : foresight.calls) play_on(call);
  foresight.calls.clear();
  for (Station& at : stations_)  // the service may have more members by now
    if (at.service_index == service) at.ends.clear();
}

/// Puts the call where it is by now.
void CallFlow::play_on(const Foreseen& call) {
  const std::int64_t now = now_ns();
  if (call.frame != kNone) {
    Frame& frame = frames_[call.frame];
    if (frame.generation != call.generation || !frame.drawn) return;
    frame.drawn = frame.misses = false;
    frame.due_ns = 0;
    --station(call.member).drawn;
    return;
  }
  if (call.waited_for && !hears_at(call.caller, call.generation, call.heard_ns)) {  // it has heard, in this instant
    counts_.done += call.ended ? 0 : 1;
    served_[station(call.member).service_index].well += call.ended ? 0 : 1;
    return;
  }
  // Whoever sent it off may be gone by now, and its bid with it.
  const std::uint32_t made = make_frame(call.member, call.waited_for ? call.bid : kNone, call.attempt);
  --counts_.begun;  // it had begun already
  Frame& frame = frames_[made];
  frame.birth = call.birth;
  if (call.waited_for) {
    Frame& caller = frames_[call.caller];
    caller.foresees = false;
    --caller.calls;
    adopt(call.caller, made);
  }
  if (!call.began(now)) return events_.push(call.arrival_ns, BidEvent::Kind::kArrived, made, frame.generation);
  if (call.end_ns >= now) {
    frame.stage = Stage::kServing;
    frame.holds_server = true;
    ++station(call.member).busy;
    return events_.push(call.end_ns, BidEvent::Kind::kServed, made, frame.generation);
  }
  frame.stage = Stage::kReturning;
  frame.answer = Answer::kDone;
  events_.push(call.heard_ns, BidEvent::Kind::kAnswered, made, frame.generation);
}

/// The same for what is foreseen and what is played: by when the call was born.
std::uint32_t CallFlow::rank(const BidEvent& event) const {
  const auto age = [this](std::uint32_t birth) { return ~(static_cast<std::uint32_t>(counts_.begun) - birth); };
  switch (event.kind()) {
    case BidEvent::Kind::kGroup:
      return 0;
    case BidEvent::Kind::kForeseen:
      return age(frames_[event.index].next);
    case BidEvent::Kind::kArrived:
    case BidEvent::Kind::kServed:
    case BidEvent::Kind::kAnswered:
      return age(frames_[event.index].birth);
    case BidEvent::Kind::kExpired:
    case BidEvent::Kind::kRetry:
      break;
  }
  return ~std::uint32_t{0};
}

double CallFlow::busy_share(MemberIndex member) const {
  const Station& at = stations_[member];
  if (at.servers == 0) return 0;
  const std::int64_t now = now_ns();
  const auto foreseen = std::ranges::count_if(foresights_[at.service_index].calls, [&](const Foreseen& call) {
    return call.member == member && call.frame == kNone && call.began(now) && call.end_ns >= now;
  });
  return static_cast<double>(at.busy + foreseen) / static_cast<double>(at.servers);
}

const std::vector<ServedCalls>& CallFlow::served() {
  for (ServiceIndex service = 0; service < foresights_.size(); ++service) sweep(service);
  return served_;
}

}  // namespace blackstart
