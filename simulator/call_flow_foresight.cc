// Calls whose course is known before it happens. Where every member that a call meets is calm, has room for it for
// certain, and answers by itself (a leaf), when it arrives, is served, calls, hears and finishes follows from when it
// was sent: draws depend on nothing else (call_draws.h), and nobody waits for a server (the exact recursion of
// simulator/station_recursion.h, without its waits). So a bid is foreseen from its client to the store whose groups
// others share, and from the store's answer to its client: a Course each, one event at its end instead of one a step.
// What is foreseen is what would happen, to the nanosecond, as long as nothing changes; before anything does, or a
// member may come to be too small, what is under way is put where it is by then and played on (end_foresight).
//
// A member has room for certain while fewer calls to it have been made, and have not ended, than it has servers,
// whenever they arrive. Where there would be more it is crowded, and its calls are played one by one, until there are
// distinctly fewer again.

#include "base/check.h"
#include "simulator/call_flow_legs.h"

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

constexpr std::int64_t kCrowdedLeastNs = 1'000'000'000;
constexpr std::uint64_t kBehindAllBids = std::uint64_t{1} << Turn::kBits;

}  // namespace

// ---- who may be foreseen ----

/// Whether its members do their part alone.
bool CallFlow::may_be_leaf(ServiceIndex index) const {
  const Service& service = model_.service(index);
  if (!config_.foresees || index == model_.front() || index == model_.keeper()) return false;
  return service.needs.empty() && service.sql() == nullptr && !service.sim.service.empty();
}

/// Whether who reads of it what a cache does not hold waits for nobody.
bool CallFlow::answers_asked(MemberIndex member) const {
  const Station& at = stations_[member];
  return config_.foresees && at.calm && at.service->sql() != nullptr && at.service->needs.empty();
}

/// Where calls have ended since.
bool CallFlow::makes_room(Station& at, std::int64_t more) {
  std::erase_if(at.ends, [now = now_ns()](std::int64_t end) { return end < now; });
  if (at.undrawn > 0 && may_hold(at) + more > at.servers) sweep_sent();
  return may_hold(at) + more <= at.servers;
}

/// So many calls more than are counted have been made to `member`, and their courses are not foreseen.
void CallFlow::note_crowd(MemberIndex member, std::int64_t more) {
  Station& at = station(member);
  if (!config_.foresees || at.servers == 0 || at.crowded || has_room(at, more)) return;
  at.crowded = true;
  at.crowded_until_ns = now_ns() + kCrowdedLeastNs;
  end_foresight();
}

// ---- from where on a call is foreseen ----

/// A client has just sent it.
bool CallFlow::foresee_sent(std::uint32_t index) {
  const MemberIndex member = frames_[index].member;
  if (!config_.foresees || member == kNoMember) return false;
  note_crowd(member, 0);
  const Station& at = station(member);
  const Way& there = way(kNoMember, member);
  if (!at.calm || at.crowded || at.servers == 0 || !there.harmless) return false;
  if (at.service->sql() != nullptr || at.service->cache() != nullptr) return false;
  Course& course = begin_course(index, Course::Begin::kTravels);
  course.arrival_ns = now_ns() + time_on(there, frames_[index].key, DrawOf::kWayThere);
  course.at_once = there.link->plain;
  KeyedStream draws = draws_of(frames_[index].key, DrawOf::kService);
  course.served_ns = course.arrival_ns + to_ns(at.service->service_time.draw(draws));
  return foresee_from(index, course.served_ns, true);
}

/// It calls what it needs next, now. What its breaker says has been heard.
bool CallFlow::foresee_call(std::uint32_t index) {
  Frame& caller = frames_[index];
  const Station& at = station(caller.member);
  if (!config_.foresees || !at.calm) return false;
  Course& course = begin_course(index, Course::Begin::kServes);
  const Need& need = at.service->needs[caller.need];
  Leg& leg = course.legs[0];
  if (!foresee_leg(caller, leg, now_ns())) return false;
  ++course.legs_count;
  course.at_once = hop_of(caller)->there->link->plain;
  course.tells = !need.breakers.empty();
  caller.called_ns = leg.made_ns;
  if (course.tells) return follow(index, Course::End::kGoesOn, leg.heard_ns);
  ++caller.need;
  caller.tries = 0;
  if (at.crowded) return follow(index, Course::End::kGoesOn, leg.heard_ns);
  return foresee_from(index, leg.heard_ns, true);
}

/// The answer to the call `index` leaves its member now, on the way `back` to the caller that waits for it.
bool CallFlow::foresee_hearing(std::uint32_t index, const Way& back) {
  const Frame& call = frames_[index];
  if (!config_.foresees || !back.harmless || call.parent == kNone || call.answer != Answer::kDone) return false;
  if (call.cut != Cut::kNone || !is_waited_for(call)) return false;
  const std::uint32_t parent = call.parent;
  Frame& caller = frames_[parent];
  const Station& at = station(caller.member);
  if (!at.calm || at.crowded || caller.missed || !at.service->needs[caller.need].breakers.empty()) return false;
  const std::int64_t answer_ns = now_ns() + time_on(back, call.key, DrawOf::kWayBack);
  if (answer_ns >= caller.due_ns) return false;
  const Frame before = caller;
  Course& course = begin_course(parent, Course::Begin::kHears);
  course.answer_ns = answer_ns;
  course.answerer = call.member;
  course.answer_stored = call.stored;
  course.stored_before = caller.stored;
  course.need = caller.need;
  ++caller.calls;
  caller.stored = caller.stored || call.stored;
  caller.answer = Answer::kDone;
  ++caller.need;
  caller.tries = 0;
  if (!foresee_from(parent, answer_ns, false)) {
    frames_[parent] = before;
    return false;
  }
  free_frame(index);
  return true;
}

Course& CallFlow::begin_course(std::uint32_t index, Course::Begin begin) {
  Course& course = courses_[index];
  course.begin = begin;
  course.legs_count = 0;
  course.at_once = course.tells = false;
  return course;
}

// ---- what is foreseen ----

/// From `at_ns` on, when it calls what it still needs. `moved`: something is foreseen already. False: nothing is, and
/// nothing has changed but `need`.
bool CallFlow::foresee_from(std::uint32_t index, std::int64_t at_ns, bool moved) {
  Course& course = courses_[index];
  Frame& frame = frames_[index];
  const std::vector<Need>& needs = station(frame.member).service->needs;
  for (; frame.need < needs.size(); ++frame.need) {
    const Need& need = needs[frame.need];
    if (!is_made(frame, need)) continue;
    if (!need.call.wait) {
      if (!foresee_send_off(frame, at_ns, frame.stage != Stage::kForeseen && at_ns == now_ns())) break;
    } else if (need.feeds_back()) {
      break;
    } else if (course.legs_count < Course::kLegsMost && foresee_leg(frame, course.legs[course.legs_count], at_ns)) {
      at_ns = course.legs[course.legs_count++].heard_ns;
    } else {
      if (foresee_embarking(index, need, at_ns)) return true;
      break;
    }
    moved = true;
  }
  if (frame.need == needs.size() && foresee_end(index, at_ns)) return true;
  return moved && follow(index, Course::End::kGoesOn, at_ns);
}

/// When it arrives, and when it has been served. REQUIRES: it is to no cache.
void CallFlow::draw_sent(SentOff& call) const {
  if (call.end_ns != SentOff::kUndrawn) return;
  call.arrival_ns = call.made_ns + time_on(way(call.from, call.to), call.key, DrawOf::kWayThere);
  call.end_ns = end_of_service(call.to, call.key, call.arrival_ns).at_ns;
}

/// The last `count` calls that were sent off were not.
void CallFlow::unsend(std::size_t count) {
  for (; count > 0; --count) {
    if (sent_.back().end_ns == SentOff::kUndrawn) --station(sent_.back().to).undrawn;
    sent_.pop_back();
  }
}

/// The leg's cache asks another service, once it has served. False: it does not hear by itself, or not in time.
bool CallFlow::lay_miss(const Caller& caller, Leg& leg) const {
  Caller cache = caller;
  cache.key = leg.key;
  cache.member = leg.to;
  const Hop* const hop = asks_whom(cache);
  if (hop == nullptr || !hop->leaf) return false;
  leg.asked = hop->to;
  leg.asked_key = key_of_need(leg.key, kMissNeed, 0);
  leg.asked_arrival_ns = leg.served_ns + time_on(*hop->there, leg.asked_key, DrawOf::kWayThere);
  leg.asked_end_ns = end_of_service(leg.asked, leg.asked_key, leg.asked_arrival_ns).at_ns;
  leg.end_ns = leg.asked_end_ns + time_on(*hop->back, leg.asked_key, DrawOf::kWayBack);
  return leg.end_ns < leg.served_ns + lanes_[miss_lane_].length_ns();
}

bool CallFlow::has_room_to_ask(const Leg& leg) {
  Station& at = station(leg.asked);
  if (at.servers == 0) return true;
  if (!has_room(at, 1)) return false;
  at.ends.push_back(leg.asked_end_ns);
  return true;
}

/// A call that is made at `made_ns` and played from its arrival on.
bool CallFlow::foresee_embarking(std::uint32_t index, const Need& need, std::int64_t made_ns) {
  const Frame& caller = frames_[index];
  const Hop* const hop = hop_of(caller);
  if (hop == nullptr || !hop->there->harmless) return false;
  Station& at = station(hop->to);
  if (at.servers > 0 && !has_room(at, 1)) return false;
  const CallKey key = key_of_need(caller.key, caller.need, 0);
  const std::int64_t time_ns = time_on(*hop->there, key, DrawOf::kWayThere);
  if (time_ns >= lanes_[need.timeout_lane].length_ns()) return false;
  const std::uint32_t made = make_call(index, hop->to, key);
  adopt(index, made);
  courses_[index].call = made;
  events_.push(made_ns + time_ns, BidEvent::Kind::kArrived, made, frames_[made].generation);
  return follow(index, Course::End::kCalls, made_ns);
}

/// It has all that it needs at `at_ns`, and answers.
bool CallFlow::foresee_end(std::uint32_t index, std::int64_t at_ns) {
  Frame& frame = frames_[index];
  const Station& at = station(frame.member);
  if (at.service->sql() != nullptr || frame.misses || at.service_index == model_.keeper()) return false;
  const bool heard =
      frame.root || (frame.parent != kNone && frames_[frame.parent].generation == frame.parent_generation);
  if (!heard) return false;
  const Way& back = way(frame.member, frame.root ? kNoMember : frames_[frame.parent].member);
  if (!back.harmless) return false;
  frame.answer = frame.degraded ? Answer::kDegraded : Answer::kDone;
  courses_[index].heard_ns = at_ns + time_on(back, frame.key, DrawOf::kWayBack);
  return follow(index, Course::End::kFinishes, at_ns);
}

/// Its course is known up to `end_ns`.
bool CallFlow::follow(std::uint32_t index, Course::End end, std::int64_t end_ns) {
  Course& course = courses_[index];
  Frame& frame = frames_[index];
  Station& at = station(frame.member);
  course.end = end;
  course.end_ns = end_ns;
  course.end_need = frame.need;
  frame.stage = Stage::kForeseen;
  ++foreseen_;
  if (frame.holds_server && !at.crowded) {  // there are enough; from when on it needs none is nobody's concern
    --at.busy;
    frame.holds_server = false;
  }
  if (end == Course::End::kGoesOn) events_.push(end_ns, BidEvent::Kind::kForeseen, index, frame.generation);
  if (end != Course::End::kFinishes) return true;
  events_.push(course.heard_ns, BidEvent::Kind::kAnswered, index, frame.generation);
  at.ends.push_back(end_ns);
  count_out(frame);
  return true;
}

// ---- what was foreseen has happened ----

void CallFlow::complete(std::uint32_t index) {
  const Course& course = courses_[index];
  --foreseen_;
  if (course.begin == Course::Begin::kTravels) events_foreseen_ += kOfTravelling;
  if (course.begin == Course::Begin::kHears) events_foreseen_ += kOfHearing;
  for (std::size_t i = 0; i < course.legs_count; ++i) count_leg(course.legs[i]);
  Frame& frame = frames_[index];
  frame.stage = course.end == Course::End::kFinishes ? Stage::kReturning : Stage::kServing;
  if (course.end == Course::End::kGoesOn) --events_foreseen_;
  if (course.end == Course::End::kFinishes)
    count_done(frame.member);
  else if (!frame.holds_server)
    take_server(index);
}

void CallFlow::count_leg(const Leg& leg) {
  ++counts_.begun;
  count_done(leg.to);
  events_foreseen_ += kOfLeg;
  if (leg.asked != kNoMember) count_asked(leg.asked);
}

void CallFlow::count_asked(MemberIndex member) {
  ++counts_.begun;
  count_done(member);
  events_foreseen_ += kOfAsking;
}

void CallFlow::count_done(MemberIndex member) {
  ++counts_.done;
  ++served_[station(member).service_index].well;
}

/// Of kForeseen.
void CallFlow::go_on_after(std::uint32_t index) {
  complete(index);
  if (!courses_[index].tells) return go_on(index);
  frames_[index].answer = Answer::kDone;
  after_call(index);
}

/// The call `index` arrives: a caller whose course ended with it waits from now on.
void CallFlow::begin_to_wait(std::uint32_t index) {
  const std::uint32_t parent = frames_[index].parent;
  if (parent == kNone || frames_[parent].stage != Stage::kForeseen) return;
  const Course& course = courses_[parent];
  if (course.end != Course::End::kCalls || course.call != index) return;
  complete(parent);
  const Frame& caller = frames_[parent];
  await(parent, station(caller.member).service->needs[caller.need].timeout_lane, course.end_ns);
}

/// Counts and forgets what has ended before now.
void CallFlow::sweep_sent() {
  std::erase_if(sent_, [this, now = now_ns()](SentOff& call) {
    const bool drawn = call.end_ns != SentOff::kUndrawn;
    if (!drawn) --station(call.to).undrawn;
    if (drawn || call.over_ns >= now) {
      draw_sent(call);
      if (call.end_ns >= now) {
        if (!drawn) station(call.to).ends.push_back(call.end_ns);
        return false;
      }
    }
    count_sent(call.to);
    return true;
  });
}

void CallFlow::count_sent(MemberIndex member) {
  ++counts_.begun;
  count_done(member);
  events_foreseen_ += kOfSentOff;
}

// ---- what others ask ----

/// Groups first, then calls of older bids, then further attempts, then time-outs, the clients' last: the same for what
/// is foreseen and what is played.
std::uint64_t CallFlow::rank(const BidEvent& event) const {
  switch (event.kind()) {
    case BidEvent::Kind::kGroup:
    case BidEvent::Kind::kConfirmed:
      return 0;
    case BidEvent::Kind::kForeseen:
    case BidEvent::Kind::kArrived:
    case BidEvent::Kind::kServed:
    case BidEvent::Kind::kAnswered:
      return rank_of(frames_[event.index].turn());
    case BidEvent::Kind::kExpressArrived:
    case BidEvent::Kind::kExpressHeard:
      return rank_of(rides_[event.index].turn());
    case BidEvent::Kind::kRetry:
      break;
    case BidEvent::Kind::kExpired:
      return kBehindAllBids * 2 + event.index;
  }
  return kBehindAllBids;
}

double CallFlow::busy_share(MemberIndex member) {
  end_foresight();
  const Station& at = stations_[member];
  return at.servers == 0 ? 0 : static_cast<double>(at.busy) / static_cast<double>(at.servers);
}

std::vector<ServedCalls> CallFlow::served() {
  BS_CHECK(present_ == Present::kNothing);
  catch_up(now_ns());
  for (Station& at : stations_) count_express(at);
  sweep_sent();
  std::vector<std::pair<MemberIndex, std::int64_t>> ends;  // of what is foreseen
  for (std::uint32_t index = 0; foreseen_ > 0 && index < frames_.size(); ++index) {
    if (frames_[index].stage != Stage::kForeseen) continue;
    const Course& course = courses_[index];
    for (std::size_t i = 0; i < course.legs_count; ++i) add_ends(course.legs[i], ends);
    if (course.end == Course::End::kFinishes) ends.emplace_back(frames_[index].member, course.end_ns);
  }
  for (const Ride& ride : rides_)
    if (ride.stage != Ride::Stage::kFree) add_ends(ride, ends);
  std::vector<ServedCalls> served = served_;
  for (const auto& [member, end_ns] : ends)
    if (end_ns < now_ns()) ++served[stations_[member].service_index].well;
  return served;
}

void CallFlow::add_ends(const Leg& leg, std::vector<std::pair<MemberIndex, std::int64_t>>& ends) {
  ends.emplace_back(leg.to, leg.end_ns);
  if (leg.asked != kNoMember) ends.emplace_back(leg.asked, leg.asked_end_ns);
}

/// When the calls that belong to `ride` end, as far as that is known.
void CallFlow::add_ends(const Ride& ride, std::vector<std::pair<MemberIndex, std::int64_t>>& ends) const {
  const Station& at = stations_[ride.member];
  const bool back = ride.stage == Ride::Stage::kBack;
  std::int64_t at_ns = begin_of_needs(ride, ride.sent_ns);
  for (std::size_t number = 0; number < (back ? at.hops.size() : at.store_need); ++number) {
    const Caller caller = ride.at_need(number);
    const Need& need = at.service->needs[number];
    if (!need.call.wait || !is_made(caller, need)) continue;
    const Hop& hop = *hop_of(caller);
    if (number == at.store_need) {
      ends.emplace_back(hop.to, ride.committed_ns);
      at_ns = ride.committed_ns + time_on(*hop.back, key_of_need(caller.key, caller.need, 0), DrawOf::kWayBack);
      continue;
    }
    Leg leg;
    BS_CHECK(lay_leg(caller, hop, leg, at_ns));
    add_ends(leg, ends);
    at_ns = leg.heard_ns;
  }
  if (back) ends.emplace_back(ride.member, at_ns);
}

}  // namespace blackstart
