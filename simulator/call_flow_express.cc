// Bids by express: most bids of a calm drill. Where the front is calm, needs one store that keeps the bids and
// otherwise leaves alone (call_flow_foresight.cc), and calls without breakers and budgets, a bid takes three events:
// its record reaches the store, its group is on disk, its client hears; the last of them only where somebody asks. It
// has no frame and no bid of the clients', but one Ride, and nothing is kept of its course: draws follow from keys, so
// where it is by now is found by drawing again (end_express). All that happens to it is flattened into two functions.

#include "base/check.h"
#include "simulator/call_flow_legs.h"

#include <algorithm>
#include <utility>

namespace blackstart {

// ---- who goes by express ----

/// Whether calls from clients to `front` go so, and which of its needs the store is.
void CallFlow::lay_express(MemberIndex front) {
  Station& at = station(front);
  at.express = at.shares = false;
  if (!config_.foresees || !at.calm || at.servers == 0 || at.service_index != model_.front()) return;
  if (at.service_index == model_.keeper() || at.service->sql() != nullptr || at.service->cache() != nullptr) return;
  if (!way(kNoMember, front).harmless || !way(front, kNoMember).harmless) return;
  bool stores = false;
  for (std::uint16_t number = 0; number < at.hops.size(); ++number) {
    const Need& need = at.service->needs[number];
    if (need.feeds_back() || at.hops[number].empty()) return;
    const bool store = need.service == model_.keeper();
    if (store && (stores || !takes_express(front, number))) return;
    if (!store && !std::ranges::all_of(at.hops[number], &Hop::leaf)) return;
    if (!store && !need.call.wait && !stores) return;
    if (store) at.store_need = number;
    at.shares = at.shares || need.call.share.value < 1;
    stores = stores || store;
  }
  at.express = stores;
}

/// Whether what `front` calls for its need `number` is a store that does nothing but commit.
bool CallFlow::takes_express(MemberIndex front, std::uint16_t number) const {
  const Need& need = stations_[front].service->needs[number];
  const Service& service = model_.service(need.service);
  const DurationSampler& time = service.service_time;
  if (!need.call.wait || need.call.share.value < 1 || service.sql() == nullptr || !service.needs.empty()) return false;
  if (!time.is_constant() || time.mean() > Duration{}) return false;
  return std::ranges::all_of(stations_[front].hops[number], [this](const Hop& hop) {
    return stations_[hop.to].calm && hop.there->harmless && hop.back->harmless;
  });
}

// ---- its way ----

std::uint32_t CallFlow::make_ride() {
  std::uint32_t index = free_ride_;
  if (index == kNone) {
    index = static_cast<std::uint32_t>(rides_.size());
    rides_.emplace_back();
  } else {
    free_ride_ = rides_[index].next;
  }
  rides_[index].generation = (rides_[index].generation + 1) & BidEvents::kGenerations;
  ++express_;
  return index;
}

void CallFlow::free_ride(std::uint32_t index) {
  Ride& ride = rides_[index];
  ride.stage = Ride::Stage::kFree;
  ride.next = free_ride_;
  free_ride_ = index;
  --express_;
}

AttemptListener::Passenger CallFlow::passenger(const Ride& ride) const {
  return {newest_number_ - (newest_ - ride.order), ride.sent_ns, ride.copy};
}

[[gnu::flatten]] bool CallFlow::send_express(std::uint64_t number, MemberIndex front) {
  if (front == kNoMember || !station(front).express) return false;
  Station& at = station(front);
  ++at.calls;
  if (!has_room(at, 0)) note_crowd(front, 0);
  if (!at.crowded) {
    const std::uint32_t index = make_ride();
    Ride& ride = rides_[index];
    ride.key = key_of_attempt(config_.seed, number, 0);
    ride.order = static_cast<std::uint32_t>(number);
    ride.member = front;
    ride.sent_ns = now_ns();
    ride.copy = BidHistory::kNoCopy;
    if (board(index)) return true;
    free_ride(index);
  }
  --at.calls;
  return false;
}

/// It sets out, if it meets nobody but who answers by himself up to its store. Whether that has room is asked there.
bool CallFlow::board(std::uint32_t index) {
  Ride& ride = rides_[index];
  const Station& at = station(ride.member);
  std::int64_t at_ns = begin_of_needs(ride, ride.sent_ns);
  for (ride.need = 0; ride.need < at.store_need; ++ride.need) {
    Leg leg;
    if (!is_made(ride, at.service->needs[ride.need])) continue;
    if (!foresee_leg(ride, leg, at_ns) || leg.asked != kNoMember) return false;
    at_ns = leg.heard_ns;
  }
  const Hop& hop = *hop_of(ride);
  ride.store = hop.to;
  const Station& store = station(ride.store);
  const std::int64_t time_ns = time_on(*hop.there, key_of_need(ride.key, ride.need, 0), DrawOf::kWayThere);
  const std::int64_t timeout_ns = lanes_[at.service->needs[ride.need].timeout_lane].length_ns();
  if (store.crowded || time_ns >= timeout_ns) return false;
  if (at_ns + time_ns >= ride.sent_ns + config_.client_timeout_ns) return false;
  ++counts_.begun;
  ride.stage = Ride::Stage::kOut;
  ride.due_ns = at_ns + timeout_ns;
  events_.push(at_ns + time_ns, BidEvent::Kind::kExpressArrived, index, ride.generation);
  return true;
}

/// When the call that a client sent at `sent_ns` has been served, and calls what it needs.
std::int64_t CallFlow::begin_of_needs(const Caller& caller, std::int64_t sent_ns) const {
  KeyedStream draws = draws_of(caller.key, DrawOf::kService);
  const Station& at = stations_[caller.member];
  const std::int64_t arrival_ns = sent_ns + time_on(way(kNoMember, caller.member), caller.key, DrawOf::kWayThere);
  return arrival_ns + to_ns(at.service->service_time.draw(draws));
}

/// Its record reaches the store. A group of it alone is written then and there, where nothing else happens meanwhile.
void CallFlow::arrive_express(std::uint32_t index, std::int64_t quiet_until_ns) {
  Ride& ride = rides_[index];
  const MemberIndex member = ride.store;
  Station& store = station(member);
  if (store.servers > 0 && !has_room(store, 1)) return note_crowd(member, 1);  // the ride is played on, and arrives
  ++store.calls;
  const std::int64_t due_ns = std::min(ride.due_ns, ride.sent_ns + config_.client_timeout_ns);  // who waits gives up
  const bool in_time = !store.writing || store.write_ends_ns < due_ns;
  if (!in_time || !store.accepts) return arrive(leave_express(index));
  ride.stage = Ride::Stage::kCommitting;
  const auto gather = [&] {
    store.group_due_ns = std::min(store.group_due_ns, due_ns);
    append(store.group, index | kRide);
  };
  if (store.writing) return gather();
  const Duration time = writing_time(member);
  const std::int64_t end_ns = now_ns() + to_ns(time);
  const bool alone = store.group.size == 0 && end_ns < due_ns && !store.service->synchronous;
  if (!alone || end_ns >= quiet_until_ns || end_ns >= events_.next_ns()) {
    gather();
    return begin_group(member, time);
  }
  clock_.advance(instant_from_ns(end_ns));
  present_ = Present::kNothing;
  ++events_foreseen_;  // kGroup
  acknowledge(model_.member(member), index | kRide);
}

/// The store has it on disk now. False: it has to go on by events.
[[gnu::flatten]] bool CallFlow::return_express(std::uint32_t index) {
  Ride& ride = rides_[index];
  Station& at = station(ride.member);
  std::int64_t at_ns =
      now_ns() + time_on(way(ride.store, ride.member), key_of_need(ride.key, ride.need, 0), DrawOf::kWayBack);
  if (at_ns >= ride.due_ns || at.crowded) return false;
  const std::vector<Need>& needs = at.service->needs;
  std::size_t sent_off = 0;
  MemberIndex asked = kNoMember;  // no more than one is kept in mind
  bool known = true;
  for (++ride.need; known && ride.need < needs.size(); ++ride.need) {
    const Need& need = needs[ride.need];
    if (!is_made(ride, need)) continue;
    if (need.call.wait) {
      Leg leg;
      known = foresee_leg(ride, leg, at_ns) && (leg.asked == kNoMember || asked == kNoMember);
      asked = leg.asked != kNoMember ? leg.asked : asked;
      at_ns = leg.heard_ns;
    } else {
      known = foresee_send_off(ride, at_ns, at_ns == now_ns());
      sent_off += known ? 1 : 0;
    }
  }
  ride.need = at.store_need;
  std::int64_t heard_ns = 0;
  if (known) heard_ns = at_ns + time_on(way(ride.member, kNoMember), ride.key, DrawOf::kWayBack);
  if (!known || heard_ns >= ride.sent_ns + config_.client_timeout_ns) {
    unsend(sent_off);
    return false;
  }
  count_end(station(ride.store));
  count_end(at);
  at.ends.push_back(at_ns);
  ride.stage = Ride::Stage::kBack;
  ride.asked = asked;
  ride.committed_ns = now_ns();
  if (tells_at_once_) {
    events_.push(heard_ns, BidEvent::Kind::kExpressHeard, index, ride.generation);
    return true;
  }
  heard_.push_back({heard_ns, ride.order, index});
  earliest_heard_ns_ = std::min(earliest_heard_ns_, heard_ns);
  return true;
}

/// Answers that reach their clients before `before_ns` do; with `of_instant` those at it, too, that have by now.
void CallFlow::hear_express(std::int64_t before_ns, bool of_instant) {
  std::size_t left = 0;
  earliest_heard_ns_ = BidEvents::kNeverNs;
  for (std::size_t i = 0; i < heard_.size(); ++i) {  // nobody adds to them meanwhile
    const Heard heard = heard_[i];
    const bool instant = of_instant && heard.at_ns == before_ns && is_over(heard.at_ns, Turn{heard.order});
    if (heard.at_ns >= before_ns && !instant) {
      earliest_heard_ns_ = std::min(earliest_heard_ns_, heard.at_ns);
      heard_[left++] = heard;
      continue;
    }
    ++events_foreseen_;  // kExpressHeard
    end_ride(heard.index, heard.at_ns);
  }
  heard_.resize(left);
}

void CallFlow::tell_at_once(bool at_once) {
  if (std::exchange(tells_at_once_, at_once) || !at_once) return;
  for (const Heard& heard : heard_)
    events_.push(heard.at_ns, BidEvent::Kind::kExpressHeard, heard.index, rides_[heard.index].generation);
  heard_.clear();
  earliest_heard_ns_ = BidEvents::kNeverNs;
}

/// Its client hears, or has heard at `at_ns`.
void CallFlow::end_ride(std::uint32_t index, std::int64_t at_ns) {
  const Ride& ride = rides_[index];
  Station& at = station(ride.member);
  ++at.express_done;
  if (at.shares) count_waited_for(ride, 0, at.hops.size());
  if (ride.asked != kNoMember) count_asked(ride.asked);
  const AttemptListener::Passenger ended = passenger(ride);
  free_ride(index);
  listener_.on_express_answer(ended, at_ns);  // may send
}

/// Of its needs in [`from`, `to`), which have been answered.
void CallFlow::count_waited_for(const Caller& caller, std::size_t from, std::size_t to) {
  const Station& at = station(caller.member);
  for (std::size_t number = from; number < to; ++number) {
    const Need& need = at.service->needs[number];
    if (need.call.wait && is_made(caller.at_need(number), need)) count_answered(need, 1);
  }
}

/// So many calls for `need`.
void CallFlow::count_answered(const Need& need, std::uint64_t calls) {
  counts_.begun += calls;
  counts_.done += calls;
  served_[need.service].well += calls;
  if (need.service != model_.keeper()) events_foreseen_ += kOfLeg * calls;
}

/// What each that has come to its end adds alike.
void CallFlow::count_express(Station& at) {
  const std::uint64_t done = std::exchange(at.express_done, 0);
  if (done == 0) return;
  counts_.done += done;
  served_[at.service_index].well += done;
  events_foreseen_ += (kOfTravelling + kOfHearing) * done;
  if (at.shares) return;  // counted one by one
  for (const Need& need : at.service->needs)
    if (need.call.wait) count_answered(need, done);
}

// ---- it goes on by events ----

void CallFlow::end_express() {
  hear_express(now_ns(), true);
  heard_.clear();  // what is on its way has an event from now on
  earliest_heard_ns_ = BidEvents::kNeverNs;
  for (Station& at : stations_) count_express(at);
  if (express_ == 0) return;
  for (std::uint32_t index = 0; index < rides_.size(); ++index) {
    if (rides_[index].stage == Ride::Stage::kOut) play_on_out(index);
    if (rides_[index].stage == Ride::Stage::kBack) play_on_back(index);
  }
  for (Station& at : stations_) {
    leave_express(at.group);
    leave_express(at.committing);
    for (Confirming& group : at.confirming) leave_express(group.calls);
  }
  BS_CHECK(express_ == 0);
}

/// It is a call like any other from now on: its frame.
std::uint32_t CallFlow::alight(std::uint32_t number) {
  const Ride ride = rides_[number];
  free_ride(number);
  if (ride.stage != Ride::Stage::kBack) --station(ride.member).calls;  // it is counted again
  --counts_.begun;
  const std::uint32_t bid = listener_.on_express_left(passenger(ride));
  const std::uint32_t index = make_frame(ride.member, bid, 0, ride.key, ride.order);
  frames_[index].root = true;
  frames_[index].need = ride.need;
  return index;
}

/// When the call to its store was made.
std::int64_t CallFlow::called_store_ns(const Ride& ride) const {
  return ride.due_ns - lanes_[stations_[ride.member].service->needs[ride.need].timeout_lane].length_ns();
}

/// On its way to the store, or before that.
void CallFlow::play_on_out(std::uint32_t number) {
  const Ride ride = rides_[number];
  const Hop& hop = *hop_of(ride);
  const std::uint32_t index = alight(number);
  const Way& there = way(kNoMember, ride.member);
  const std::int64_t arrival_ns = ride.sent_ns + time_on(there, ride.key, DrawOf::kWayThere);
  std::int64_t at_ns = begin_of_needs(ride, ride.sent_ns);
  const bool arrived = there.link->plain || is_over(arrival_ns, ride.turn());
  frames_[index].need = 0;
  if (!arrived || !is_over(at_ns, ride.turn())) return place(index, arrival_ns, at_ns, arrived);
  events_foreseen_ += kOfTravelling;
  take_server(index);
  if (play_on_legs(index, 0, ride.need, at_ns, false)) return;
  frames_[index].need = ride.need;
  const CallKey key = key_of_need(ride.key, ride.need, 0);
  const std::uint32_t made = make_call(index, hop.to, key);
  adopt(index, made);
  wait_on(index, at_ns);
  events_.push(at_ns + time_on(*hop.there, key, DrawOf::kWayThere), BidEvent::Kind::kArrived, made,
               frames_[made].generation);
}

/// Beyond the store.
void CallFlow::play_on_back(std::uint32_t number) {
  const Ride ride = rides_[number];
  const Hop& hop = *hop_of(ride);
  const CallKey key = key_of_need(ride.key, ride.need, 0);
  const std::uint32_t index = alight(number);
  std::int64_t at_ns = ride.committed_ns + time_on(*hop.back, key, DrawOf::kWayBack);
  count_waited_for(ride, 0, ride.need);
  events_foreseen_ += kOfTravelling;
  take_server(index);
  ++counts_.begun;
  count_done(hop.to);
  const bool at_once = hop.back->link->plain;
  if (!at_once && !is_over(at_ns, ride.turn())) {
    const std::uint32_t made = make_call(index, hop.to, key);
    --counts_.begun;  // counted above
    count_out(frames_[made]);
    frames_[made].stage = Stage::kReturning;
    frames_[made].stored = true;
    adopt(index, made);
    wait_on(index, called_store_ns(ride));
    return events_.push(at_ns, BidEvent::Kind::kAnswered, made, frames_[made].generation);
  }
  events_foreseen_ += kOfHearing;
  frames_[index].stored = true;
  if (play_on_legs(index, ride.need + std::size_t{1}, station(ride.member).hops.size(), at_ns, at_once)) return;
  if (frames_[index].holds_server) --station(ride.member).busy;
  frames_[index].holds_server = false;
  count_done(ride.member);
  count_out(frames_[index]);
  frames_[index].stage = Stage::kReturning;
  events_.push(at_ns + time_on(way(ride.member, kNoMember), ride.key, DrawOf::kWayBack), BidEvent::Kind::kAnswered,
               index, frames_[index].generation);
}

/// What it needs in [`from`, `to`), from `at_ns` on (`at_once`: in an event that has come); true: it is in one of those
/// calls. Else `at_ns` is after them.
bool CallFlow::play_on_legs(std::uint32_t index, std::size_t from, std::size_t to, std::int64_t& at_ns, bool at_once) {
  for (std::size_t number = from; number < to; ++number) {
    Frame& frame = frames_[index];
    frame.need = static_cast<std::uint16_t>(number);
    const Need& need = station(frame.member).service->needs[number];
    if (!need.call.wait || !is_made(frame, need)) continue;  // what is sent off is played for itself
    const Hop& hop = *hop_of(frame);
    Leg leg;
    BS_CHECK(lay_leg(frame, hop, leg, at_ns));
    at_once = at_once && hop.there->link->plain;
    if (!has_heard(leg, frame, at_once)) {
      play_on_leg(index, leg, at_once);
      return true;
    }
    count_leg(leg);
    at_ns = leg.heard_ns;
    at_once = false;
  }
  return false;
}

void CallFlow::leave_express(List& list) {
  List left;
  while (list.size > 0) {
    std::uint32_t call = take_first(list);
    if ((call & kRide) != 0) call = commit_on(call ^ kRide);
    append(left, call);
  }
  list = left;
}

/// It is among what its store commits from now on like any call: for the one returned.
std::uint32_t CallFlow::commit_on(std::uint32_t number) {
  const std::uint32_t call = leave_express(number);
  frames_[call].stage = Stage::kCommitting;
  take_server(call);
  return call;
}

/// It is at its store, and waits there from now on like any call: for the one returned, which has just arrived.
std::uint32_t CallFlow::leave_express(std::uint32_t number) {
  const Ride ride = rides_[number];
  const std::uint32_t index = alight(number);
  count_end(station(ride.store));
  count_waited_for(ride, 0, ride.need);
  events_foreseen_ += kOfTravelling;
  take_server(index);
  const std::uint32_t made = make_call(index, ride.store, key_of_need(ride.key, ride.need, 0));
  adopt(index, made);
  wait_on(index, called_store_ns(ride));
  return made;
}

}  // namespace blackstart
