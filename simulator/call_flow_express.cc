// Bids by express: the calls of most bids of a calm drill. Where the front is calm, needs one store that keeps the bids
// and otherwise leaves alone (call_flow_foresight.cc), and calls without breakers, a bid takes three events: its record
// reaches the store, its group is on disk, its client hears. It has one frame, its client's call, and nothing is kept
// of its course: draws follow from keys, so where it is by now is found by drawing again (end_express).

#include "base/check.h"
#include "simulator/call_flow.h"

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
    if (!need.breakers.empty() || at.hops[number].empty()) return;
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

/// A client has just sent it to a member that may go by express. False: not this one.
bool CallFlow::send_express(std::uint32_t index) {
  Frame& frame = frames_[index];
  const Station& at = station(frame.member);
  std::int64_t at_ns = begin_of_needs(frame, now_ns());
  for (; frame.need < at.store_need; ++frame.need) {
    Leg leg;
    if (!is_made(frame, at.service->needs[frame.need])) continue;
    if (!foresee_leg(frame, leg, at_ns)) {
      frame.need = 0;
      return false;
    }
    at_ns = leg.heard_ns;
  }
  const Hop& hop = *hop_of(frame);
  Station& store = station(hop.to);
  const std::int64_t time_ns = time_on(*hop.there, key_of_need(frame.key, frame.need, 0), DrawOf::kWayThere);
  const std::int64_t timeout_ns = lanes_[at.service->needs[frame.need].timeout_lane].length_ns();
  if ((store.servers > 0 && !has_room(store, 1)) || time_ns >= timeout_ns) {
    frame.need = 0;
    return false;
  }
  ++store.calls;
  ++express_;
  frame.stage = Stage::kExpressOut;
  frame.called_ns = now_ns();
  frame.due_ns = at_ns + timeout_ns;
  events_.push(at_ns + time_ns, BidEvent::Kind::kArrived, index, frame.generation);
  return true;
}

/// When the call that a client sent at `sent_ns` has been served, and calls what it needs.
std::int64_t CallFlow::begin_of_needs(const Frame& frame, std::int64_t sent_ns) const {
  KeyedStream draws = draws_of(frame.key, DrawOf::kService);
  const Station& at = stations_[frame.member];
  const std::int64_t arrival_ns = sent_ns + time_on(way(kNoMember, frame.member), frame.key, DrawOf::kWayThere);
  return arrival_ns + to_ns(at.service->service_time.draw(draws));
}

/// Its record reaches the store.
void CallFlow::arrive_express(std::uint32_t index) {
  Frame& frame = frames_[index];
  const MemberIndex to = hop_of(frame)->to;
  Station& store = station(to);
  const bool in_time = !store.writing || store.write_ends_ns < frame.due_ns;
  if (!in_time || !accepts_writes(model_.member(to))) return arrive(leave_express(index));
  frame.stage = Stage::kExpressCommitting;
  store.group_due_ns = std::min(store.group_due_ns, frame.due_ns);
  append(store.group, index);
  if (!store.writing) begin_group(to);
}

/// The store has it on disk now. False: it has to go on by events.
bool CallFlow::return_express(std::uint32_t index) {
  Frame& frame = frames_[index];
  Station& at = station(frame.member);
  const Hop& hop = *hop_of(frame);
  std::int64_t at_ns = now_ns() + time_on(*hop.back, key_of_need(frame.key, frame.need, 0), DrawOf::kWayBack);
  if (at_ns >= frame.due_ns || at.crowded) return false;
  const std::vector<Need>& needs = at.service->needs;
  std::size_t sent_off = 0;
  bool known = true;
  for (++frame.need; known && frame.need < needs.size(); ++frame.need) {
    const Need& need = needs[frame.need];
    if (!is_made(frame, need)) continue;
    if (need.call.wait) {
      Leg leg;
      known = foresee_leg(frame, leg, at_ns);
      at_ns = leg.heard_ns;
    } else {
      known = foresee_send_off(frame, at_ns);
      sent_off += known ? 1 : 0;
    }
  }
  frame.need = at.store_need;
  if (!known) {
    sent_.resize(sent_.size() - sent_off);
    return false;
  }
  count_end(station(hop.to));
  count_out(frame);
  at.ends.push_back(at_ns);
  const std::int64_t heard_ns = at_ns + time_on(way(frame.member, kNoMember), frame.key, DrawOf::kWayBack);
  const bool in_time = heard_ns < frame.called_ns + config_.client_timeout_ns;
  frame.stage = Stage::kExpressBack;
  frame.called_ns = now_ns();
  if (tells_at_once_ || !in_time) {
    events_.push(heard_ns, BidEvent::Kind::kAnswered, index, frame.generation);
    return true;
  }
  heard_.push_back({heard_ns, frame.order, index});
  earliest_heard_ns_ = std::min(earliest_heard_ns_, heard_ns);
  return true;
}

/// Answers that reach their clients before `before_ns` do; with `of_instant` those at it, too, that have by now.
void CallFlow::hear_express(std::int64_t before_ns, bool of_instant) {
  std::size_t left = 0;
  earliest_heard_ns_ = BidEvents::kNeverNs;
  for (std::size_t i = 0; i < heard_.size(); ++i) {  // nobody adds to them meanwhile
    const Heard heard = heard_[i];
    const bool instant = of_instant && heard.at_ns == before_ns && is_over(heard.at_ns, heard.order);
    if (heard.at_ns >= before_ns && !instant) {
      earliest_heard_ns_ = std::min(earliest_heard_ns_, heard.at_ns);
      heard_[left++] = heard;
      continue;
    }
    ++events_foreseen_;  // kAnswered
    end_express(heard.index);
    const Frame& frame = frames_[heard.index];
    listener_.on_answer(frame.bid, frame.attempt, frame.answer, heard.at_ns);
    free_frame(heard.index);
  }
  heard_.resize(left);
}

void CallFlow::tell_at_once(bool at_once) {
  if (std::exchange(tells_at_once_, at_once) || !at_once) return;
  for (const Heard& heard : heard_)
    events_.push(heard.at_ns, BidEvent::Kind::kAnswered, heard.index, frames_[heard.index].generation);
  heard_.clear();
  earliest_heard_ns_ = BidEvents::kNeverNs;
}

/// Its client hears.
void CallFlow::end_express(std::uint32_t index) {
  Frame& frame = frames_[index];
  Station& at = station(frame.member);
  --express_;
  ++at.express_done;
  if (at.shares) count_waited_for(frame, 0, at.hops.size());
  frame.stage = Stage::kReturning;
  frame.answer = Answer::kDone;
}

/// Of its needs in [`from`, `to`), which have been answered. Leaves the frame's need where it is.
void CallFlow::count_waited_for(Frame& frame, std::size_t from, std::size_t to) {
  const Station& at = station(frame.member);
  for (std::size_t number = from; number < to; ++number) {
    frame.need = static_cast<std::uint16_t>(number);
    const Need& need = at.service->needs[number];
    if (need.call.wait && is_made(frame, need)) count_answered(need, 1);
  }
  frame.need = at.store_need;
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
  heard_.clear();  // what is on its way has an event below
  earliest_heard_ns_ = BidEvents::kNeverNs;
  for (Station& at : stations_) count_express(at);
  if (express_ == 0) return;
  const auto frames = static_cast<std::uint32_t>(frames_.size());
  for (std::uint32_t index = 0; index < frames; ++index) {
    if (frames_[index].stage == Stage::kExpressOut) play_on_out(index);
    if (frames_[index].stage == Stage::kExpressBack) play_on_back(index);
  }
  for (Station& at : stations_) {
    leave_express(at.group);
    leave_express(at.committing);
  }
  BS_CHECK(express_ == 0);
}

/// On its way to the store, or before that.
void CallFlow::play_on_out(std::uint32_t index) {
  const Station& at = station(frames_[index].member);
  const std::uint16_t store_need = at.store_need;
  const std::int64_t sent_ns = frames_[index].called_ns;
  const std::uint32_t order = frames_[index].order;
  Frame& frame = frames_[index];
  const Hop& hop = *hop_of(frame);
  --express_;
  count_end(station(hop.to));
  frame.generation = (frame.generation + 1) & BidEvents::kGenerations;  // its event is void
  const Way& there = way(kNoMember, frame.member);
  const std::int64_t arrival_ns = sent_ns + time_on(there, frame.key, DrawOf::kWayThere);
  std::int64_t at_ns = begin_of_needs(frame, sent_ns);
  const bool arrived = there.link->plain || is_over(arrival_ns, order);
  frame.need = 0;
  if (!arrived || !is_over(at_ns, order)) return place(index, arrival_ns, at_ns, arrived);
  events_foreseen_ += kOfTravelling;
  take_server(index);
  if (play_on_legs(index, 0, store_need, at_ns, false)) return;
  frames_[index].need = store_need;
  const CallKey key = key_of_need(frames_[index].key, store_need, 0);
  const std::uint32_t made = make_call(index, hop.to, key);
  adopt(index, made);
  wait_on(index, at_ns);
  events_.push(at_ns + time_on(*hop.there, key, DrawOf::kWayThere), BidEvent::Kind::kArrived, made,
               frames_[made].generation);
}

/// Beyond the store.
void CallFlow::play_on_back(std::uint32_t index) {
  Frame& frame = frames_[index];
  const Hop& hop = *hop_of(frame);
  const CallKey key = key_of_need(frame.key, frame.need, 0);
  const std::int64_t made_ns =
      frame.due_ns - lanes_[station(frame.member).service->needs[frame.need].timeout_lane].length_ns();
  std::int64_t at_ns = frame.called_ns + time_on(*hop.back, key, DrawOf::kWayBack);
  --express_;
  count_waited_for(frame, 0, frame.need);
  events_foreseen_ += kOfTravelling;
  frame.generation = (frame.generation + 1) & BidEvents::kGenerations;  // its event is void
  frame.answer = Answer::kDone;
  count_in(index);
  take_server(index);
  ++counts_.begun;
  count_done(hop.to);
  const bool at_once = hop.back->link->plain;
  if (!at_once && !is_over(at_ns, frame.order)) {
    const std::uint32_t made = make_call(index, hop.to, key);
    --counts_.begun;  // counted above
    count_out(frames_[made]);
    frames_[made].stage = Stage::kReturning;
    frames_[made].stored = true;
    adopt(index, made);
    wait_on(index, made_ns);
    return events_.push(at_ns, BidEvent::Kind::kAnswered, made, frames_[made].generation);
  }
  events_foreseen_ += kOfHearing;
  frame.stored = true;
  if (play_on_legs(index, frame.need + std::size_t{1}, station(frame.member).hops.size(), at_ns, at_once)) return;
  const Frame& ended = frames_[index];
  --station(ended.member).busy;
  frames_[index].holds_server = false;
  count_done(ended.member);
  count_out(frames_[index]);
  frames_[index].stage = Stage::kReturning;
  events_.push(at_ns + time_on(way(ended.member, kNoMember), ended.key, DrawOf::kWayBack), BidEvent::Kind::kAnswered,
               index, ended.generation);
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
    if (!has_heard(leg, frame.order, at_once)) {
      play_on_leg(index, leg, at_once);
      return true;
    }
    count_leg(leg.to);
    at_ns = leg.heard_ns;
    at_once = false;
  }
  return false;
}

void CallFlow::leave_express(List& list) {
  List left;
  while (list.size > 0) {
    const std::uint32_t index = take_first(list);
    const bool express = frames_[index].stage == Stage::kExpressCommitting;
    const std::uint32_t call = express ? leave_express(index) : index;
    if (express) frames_[call].stage = Stage::kCommitting;
    if (express) take_server(call);
    append(left, call);
  }
  list = left;
}

/// It is at its store, and waits there from now on like any call: for the one returned, which has just arrived.
std::uint32_t CallFlow::leave_express(std::uint32_t index) {
  Frame& frame = frames_[index];
  const MemberIndex store = hop_of(frame)->to;
  const std::uint32_t lane = station(frame.member).service->needs[frame.need].timeout_lane;
  const std::int64_t made_ns = frame.due_ns - lanes_[lane].length_ns();
  --express_;
  count_end(station(store));
  count_waited_for(frame, 0, frame.need);
  events_foreseen_ += kOfTravelling;
  take_server(index);
  const std::uint32_t made = make_call(index, store, key_of_need(frame.key, frame.need, 0));
  adopt(index, made);
  wait_on(index, made_ns);
  return made;
}

}  // namespace blackstart
