#pragma once
// What bids by express meet most, in a header of its own for the compiler to put into their way: ways, and calls to
// leaves that are foreseen (call_flow_foresight.cc).

#include "simulator/call_flow.h"

#include <algorithm>

namespace blackstart {

/// How long a call is on its way, or an answer.
inline std::int64_t CallFlow::time_on(const Way& way, CallKey key, DrawOf of) {
  if (way.time_ns >= 0) return way.time_ns;
  KeyedStream draws = draws_of(key, of);
  const Link& link = *way.link;
  Duration time = link.latency.draw(draws) + link.extra;
  if (link.jitter > Duration{}) time += scaled(link.jitter, draws.uniform());
  return to_ns(time);
}

inline const CallFlow::Way& CallFlow::way(MemberIndex from, MemberIndex to) const {
  const std::size_t clients = ways_across_ - 1;
  return ways_[(from == kNoMember ? clients : from) * ways_across_ + (to == kNoMember ? clients : to)];
}

/// Of a call that reaches its member at `arrival_ns`.
inline EndOfService CallFlow::end_of_service(MemberIndex member, CallKey key, std::int64_t arrival_ns) const {
  const Service& service = *stations_[member].service;
  KeyedStream draws = draws_of(key, DrawOf::kService);
  EndOfService end{arrival_ns + to_ns(service.service_time.draw(draws))};
  if (const CacheSim* const cache = service.cache(); cache != nullptr)
    end.misses = draws.uniform() >= hit_ratio(model_.member(member), *cache, instant_from_ns(arrival_ns));
  return end;
}

/// The call to a leaf that `caller` makes at `made_ns` for its present need, and waits for. False: it is not heard in
/// time, or not by itself.
inline bool CallFlow::lay_leg(const Caller& caller, const Hop& hop, Leg& leg, std::int64_t made_ns) const {
  leg.made_ns = made_ns;
  leg.key = key_of_need(caller.key, caller.need, caller.tries);
  leg.arrival_ns = made_ns + time_on(*hop.there, leg.key, DrawOf::kWayThere);
  leg.to = hop.to;
  leg.need = caller.need;
  leg.tries = caller.tries;
  leg.asked = kNoMember;
  const EndOfService served = end_of_service(leg.to, leg.key, leg.arrival_ns);
  leg.end_ns = leg.served_ns = served.at_ns;
  if (served.misses && !lay_miss(caller, leg)) return false;
  leg.heard_ns = leg.end_ns + time_on(*hop.back, leg.key, DrawOf::kWayBack);
  const Need& need = stations_[caller.member].service->needs[caller.need];
  return leg.heard_ns < made_ns + lanes_[need.timeout_lane].length_ns();
}

/// The same, where there is room.
inline bool CallFlow::foresee_leg(const Caller& caller, Leg& leg, std::int64_t made_ns) {
  const Hop* const hop = hop_of(caller);
  if (hop == nullptr || !hop->leaf) return false;
  Station& at = station(hop->to);
  if (!has_room(at, 1) || !lay_leg(caller, *hop, leg, made_ns)) return false;
  if (leg.asked != kNoMember && !has_room_to_ask(leg)) return false;
  at.ends.push_back(leg.end_ns);
  return true;
}

/// When it has ended, whatever is drawn; kNeverNs where that is not known.
inline std::int64_t CallFlow::latest_end(const Hop& hop, const SentOff& call) const {
  const std::vector<Duration>& longest = longest_[stations_[hop.to].service_index];
  if (hop.there->time_ns < 0 || longest.empty()) return BidEvents::kNeverNs;
  const Duration served = longest[layer_around(draws_of(call.key, DrawOf::kService).next())];
  return served == DurationSampler::kNoBound ? BidEvents::kNeverNs : call.made_ns + hop.there->time_ns + to_ns(served);
}

/// A call to a leaf that is made at `made_ns` (`at_once`: in the event that is being handled) and that nobody waits
/// for.
inline bool CallFlow::foresee_send_off(const Caller& caller, std::int64_t made_ns, bool at_once) {
  const Hop* const hop = hop_of(caller);
  if (hop == nullptr || !hop->leaf) return false;
  Station& at = station(hop->to);
  if (!has_room(at, 1)) return false;
  if (sent_.size() >= std::max(sweep_at_, SentOff::kSweptLeast)) {
    sweep_sent();
    sweep_at_ = 2 * sent_.size();
  }
  SentOff& call = sent_.emplace_back();
  call.made_ns = made_ns;
  call.key = key_of_need(caller.key, caller.need, 0);
  call.order = caller.order;
  call.attempt = caller.attempt;
  call.again = caller.again;
  call.from = caller.member;
  call.to = hop->to;
  call.made_at_once = at_once;
  call.arrives_at_once = hop->there->link->plain;
  if (at.service->cache() == nullptr) {
    call.over_ns = latest_end(*hop, call);
    ++at.undrawn;
    return true;
  }
  call.arrival_ns = made_ns + time_on(*hop->there, call.key, DrawOf::kWayThere);
  const EndOfService served = end_of_service(hop->to, call.key, call.arrival_ns);
  if (served.misses) {
    sent_.pop_back();
    return false;
  }
  at.ends.push_back(call.end_ns = served.at_ns);
  return true;
}

}  // namespace blackstart
