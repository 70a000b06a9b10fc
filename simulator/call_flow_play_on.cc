// What was foreseen and is played after all: every call is put where it is by now, and goes on event by event.

#include "simulator/call_flow_legs.h"

namespace blackstart {

void CallFlow::end_foresight() {
  end_express();
  const auto frames =
      static_cast<std::uint32_t>(foreseen_ > 0 ? frames_.size() : 0);  // what is made here is not foreseen
  for (std::uint32_t index = 0; index < frames; ++index)
    if (frames_[index].stage == Stage::kForeseen) play_on(index);
  for (SentOff& call : sent_) {
    draw_sent(call);
    play_on(call);
  }
  sent_.clear();
  for (Station& at : stations_) {
    at.ends.clear();
    at.undrawn = 0;
  }
}

/// Whether what happens to the bid at `at_ns` has happened.
bool CallFlow::is_over(std::int64_t at_ns, const Turn& turn) const {
  const std::int64_t now = now_ns();
  if (at_ns != now || present_ == Present::kNothing) return at_ns < now;
  return present_ == Present::kAll || rank_of(turn) < rank_of(present_turn_);
}

/// Puts the call where it is by now.
void CallFlow::play_on(std::uint32_t index) {
  const Course course = courses_[index];
  --foreseen_;
  if (course.end == Course::End::kFinishes) count_in(index);
  Frame& frame = frames_[index];
  if (course.end != Course::End::kCalls)  // its event is void
    frame.generation = (frame.generation + 1) & BidEvents::kGenerations;
  if (play_on_from_begin(index, course)) return;
  if (!frames_[index].holds_server) take_server(index);
  for (std::size_t i = 0; i < course.legs_count; ++i) {
    const bool at_once = i == 0 && course.begin == Course::Begin::kServes && course.at_once;
    const Leg& leg = course.legs[i];
    if (!has_heard(leg, frames_[index], at_once)) {
      unmake(course);
      return play_on_leg(index, leg, at_once);
    }
    count_leg(leg);
  }
  play_on_from_end(index, course);
}

/// False: it is beyond its begin.
bool CallFlow::play_on_from_begin(std::uint32_t index, const Course& course) {
  Frame& frame = frames_[index];
  if (course.begin == Course::Begin::kTravels) {
    const bool arrived = course.at_once || is_over(course.arrival_ns, frame.turn());
    if (arrived && is_over(course.served_ns, frame.turn())) {
      events_foreseen_ += kOfTravelling;
      return false;
    }
    unmake(course);
    frame.need = 0;
    place(index, course.arrival_ns, course.served_ns, arrived);
    return true;
  }
  if (course.begin == Course::Begin::kServes) return false;
  if (is_over(course.answer_ns, frame.turn())) {
    events_foreseen_ += kOfHearing;
    return false;
  }
  unmake(course);
  frame.need = course.need;
  frame.stored = course.stored_before;
  if (!frame.holds_server) take_server(index);
  const std::uint32_t made = make_call(index, course.answerer, 0);
  --counts_.begun;  // and done, long since
  count_out(frames_[made]);
  frames_[made].stage = Stage::kReturning;
  frames_[made].stored = course.answer_stored;
  adopt(index, made);
  wait_on(index, frames_[index].called_ns);
  events_.push(course.answer_ns, BidEvent::Kind::kAnswered, made, frames_[made].generation);
  return true;
}

/// Whether its caller is beyond it.
bool CallFlow::has_heard(const Leg& leg, const Caller& caller, bool at_once) const {
  const Turn turn = leg.turn(caller);
  return (at_once || is_over(leg.arrival_ns, turn)) && is_over(leg.end_ns, turn) && is_over(leg.heard_ns, turn);
}

/// In this leg.
void CallFlow::play_on_leg(std::uint32_t index, const Leg& leg, bool at_once) {
  Frame& frame = frames_[index];
  const bool arrived = at_once || is_over(leg.arrival_ns, leg.turn(frame));
  const bool ended = arrived && is_over(leg.end_ns, leg.turn(frame));
  frame.need = leg.need;
  frame.tries = leg.tries;
  const std::uint32_t made = make_call(index, leg.to, leg.key);
  adopt(index, made);
  wait_on(index, leg.made_ns);
  if (!ended && leg.asked != kNoMember) return play_on_miss(made, leg, arrived);
  if (!ended) return place(made, leg.arrival_ns, leg.end_ns, arrived);
  if (leg.asked != kNoMember) count_asked(leg.asked);
  count_done(leg.to);
  count_out(frames_[made]);
  frames_[made].stage = Stage::kReturning;
  events_.push(leg.heard_ns, BidEvent::Kind::kAnswered, made, frames_[made].generation);
}

/// The cache's call `cache` has not ended: it is served, or has asked another service.
void CallFlow::play_on_miss(std::uint32_t cache, const Leg& leg, bool arrived) {
  const Turn turn = frames_[cache].turn();
  if (!arrived || !is_over(leg.served_ns, turn)) {
    frames_[cache].misses = arrived;  // else it is drawn when it arrives
    return place(cache, leg.arrival_ns, leg.served_ns, arrived);
  }
  take_server(cache);
  frames_[cache].missed = true;
  const std::uint32_t made = make_call(cache, leg.asked, leg.asked_key);
  frames_[made].reads = true;
  adopt(cache, made);
  await(cache, miss_lane_, leg.served_ns);
  const bool there = way(leg.to, leg.asked).link->plain || is_over(leg.asked_arrival_ns, turn);
  if (!there || !is_over(leg.asked_end_ns, turn)) return place(made, leg.asked_arrival_ns, leg.asked_end_ns, there);
  count_done(leg.asked);
  count_out(frames_[made]);
  frames_[made].stage = Stage::kReturning;
  events_.push(leg.end_ns, BidEvent::Kind::kAnswered, made, frames_[made].generation);
}

void CallFlow::play_on_from_end(std::uint32_t index, const Course& course) {
  Frame& frame = frames_[index];
  frame.need = course.end_need;
  switch (course.end) {
    case Course::End::kCalls:
      return wait_on(index, course.end_ns);
    case Course::End::kGoesOn:
      frame.stage = Stage::kServing;
      frame.then = course.tells ? Then::kHeard : Then::kCallsAgain;
      return events_.push(course.end_ns, BidEvent::Kind::kServed, index, frame.generation);
    case Course::End::kFinishes:
      break;
  }
  if (frame.holds_server) {
    --station(frame.member).busy;
    frame.holds_server = false;
  }
  count_done(frame.member);
  count_out(frame);
  frame.stage = Stage::kReturning;
  events_.push(course.heard_ns, BidEvent::Kind::kAnswered, index, frame.generation);
}

void CallFlow::play_on(const SentOff& call) {
  if (!call.made_at_once && !is_over(call.made_ns, call.turn())) return;  // whoever makes it is played
  const bool arrived = call.arrives_at_once || is_over(call.arrival_ns, call.turn());
  if (arrived && is_over(call.end_ns, call.turn())) return count_sent(call.to);
  // Whoever sent it off may be gone by now, and its bid with it.
  const std::uint32_t made = make_frame(call.to, kNone, call.attempt, call.key, call.order);
  frames_[made].again = call.again;
  place(made, call.arrival_ns, call.end_ns, arrived);
}

/// On its way to its member, or served there.
void CallFlow::place(std::uint32_t index, std::int64_t arrival_ns, std::int64_t end_ns, bool arrived) {
  const std::uint32_t generation = frames_[index].generation;
  frames_[index].stage = arrived ? Stage::kServing : Stage::kTravelling;
  if (!arrived) return events_.push(arrival_ns, BidEvent::Kind::kArrived, index, generation);
  if (!frames_[index].holds_server) take_server(index);
  events_.push(end_ns, BidEvent::Kind::kServed, index, generation);
}

/// It waits for the call of its present need, which it made at `made_ns`.
void CallFlow::wait_on(std::uint32_t index, std::int64_t made_ns) {
  const Frame& caller = frames_[index];
  await(index, station(caller.member).service->needs[caller.need].timeout_lane, made_ns);
}

/// The call that the course ends with is not made yet.
void CallFlow::unmake(const Course& course) {
  if (course.end != Course::End::kCalls) return;
  free_frame(course.call);
  --counts_.begun;
}

}  // namespace blackstart
