#include "simulator/sim_canaries.h"

#include "simulator/canary_route.h"
#include "simulator/sim_probes.h"
#include "simulator/sim_state.h"
#include "simulator/stores.h"
#include "simulator/stream_copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace blackstart {
namespace {

/// What trying one record comes to. `silent`: nothing answers, and it is waited for.
struct Try {
  std::string problem;  // empty: it went well
  bool silent = false;
  MemberIndex member = kNoMember;  // that answered
  MemberIndex store = kNoMember;   // of a bid: the member that keeps it
};

Try failed(std::string problem, bool silent = false) { return {std::move(problem), silent, kNoMember, kNoMember}; }

class Walk {
 public:
  /// `canary`'s name must outlive it.
  Walk(SimState& state, const std::string& canary)
      : state_(state), model_(state.model), canary_(canary), stream_(state.stream("canary " + canary)) {}

  /// Whether `member` answers a call from `from`, with all that it cannot do without.
  Try call(MemberIndex from, MemberIndex index) {
    if (index == kNoMember) return failed("nobody is there to be asked");
    const auto name = [&] { return model_.name_of(index); };
    for (const Link* link : {&model_.link(from, index), &model_.link(index, from)}) {
      if (link->cut != Cut::kNone && stream_.uniform() < link->toxicity)
        return failed(name() + " cannot be reached", link->cut == Cut::kDrop);
      if (link->loss > 0 && stream_.uniform() < link->loss) return failed("the way to " + name() + " lost it", true);
    }
    const Member& member = model_.member(index);
    if (member.condition != Condition::kUp) return failed(name() + " does not run");
    if (member.hung) return failed(name() + " does not answer", true);
    const Service& service = model_.service(member.service);
    const double errors =
        std::max({member.burden.errors, member.burden.gray, 1 - service.sim.station.availability.value});
    if (errors > 0 && stream_.uniform() < errors) return failed(name() + " answers with an error");
    Try tried;
    tried.member = index;
    for (const Need& need : service.needs)
      if (!need_of(index, need, tried)) return tried;
    if (member.service == model_.keeper()) tried.store = index;
    return tried;
  }

  /// Whether it also takes what is written.
  Try write(MemberIndex from, MemberIndex index) {
    Try tried = call(from, index);
    return tried.problem.empty() ? taken(index, std::move(tried)) : tried;
  }

  /// A bid of the drill's own, in at the front; the member that keeps it must take it.
  Try place_bid() {
    Try tried = call(kNoMember, front());
    if (!tried.problem.empty()) return tried;
    if (tried.store == kNoMember) return failed("what keeps the bids is not asked");
    const MemberIndex store = tried.store;
    return taken(store, std::move(tried));
  }
  Try read_bid() { return call(kNoMember, front()); }

  /// Whom a call to `service` reaches: the main one, or one of those that run, in the active region first.
  MemberIndex reached(ServiceIndex service, std::uint64_t number) {
    const Service& one = model_.service(service);
    if (one.by_role) return model_.primary_of(service);
    return one_of(service, one.active_region, number);
  }

  /// How long `member` takes for one call from outside.
  Duration time_of(MemberIndex index) {
    const Service& service = model_.service(model_.member(index).service);
    Duration time = model_.link(kNoMember, index).latency.draw(stream_);
    time += model_.link(index, kNoMember).latency.draw(stream_);
    time += service.service_time.draw(stream_);
    if (const SqlSim* sql = service.sql()) time += draw_from(sql->commit, stream_);
    const Burden& burden = model_.member(index).burden;
    const double slower = std::max(1.0, burden.slower);
    return scaled(time, slower) + burden.extra + burden.commit_extra + std::chrono::microseconds{100};
  }

 private:
  /// One of those in `region` that run, else of all that do, by its number in turn; else the first.
  MemberIndex one_of(ServiceIndex service, const std::string& region, std::uint64_t number) {
    const auto runs = [&](MemberIndex index) {
      return model_.member(index).condition == Condition::kUp && model_.member(index).in_rotation;
    };
    const auto is_near = [&](MemberIndex index) { return model_.member(index).region == region && runs(index); };
    const auto& members = model_.service(service).members;
    if (const auto near = in_turn(members, number, is_near)) return *near;
    if (const auto any = in_turn(members, number, runs)) return *any;
    return members.empty() ? kNoMember : members.front();
  }
  template <class Fits>
  static std::optional<MemberIndex> in_turn(const std::vector<MemberIndex>& members, std::uint64_t number, Fits fits) {
    const auto count = static_cast<std::uint64_t>(std::ranges::count_if(members, fits));
    std::uint64_t before = count == 0 ? 0 : number % count;
    for (const MemberIndex index : members)
      if (fits(index) && before-- == 0) return index;
    return std::nullopt;
  }

  /// As a bid's client: a member of the region that its resolver knows, also where none of them runs.
  MemberIndex front() {
    const Service& service = model_.service(model_.front());
    if (service.by_role) return model_.primary_of(model_.front());
    RandomStream client(state_.plan.seed, "resolver of canary " + canary_);  // one, which goes where it went before
    const double asked = client.uniform(), luck = client.uniform();
    const std::string region = state_.resolver.region_of(state_.now(), service.active_region, asked, luck);
    const MemberIndex chosen = one_of(model_.front(), region, stream_.next());
    if (chosen == kNoMember || region.empty() || model_.member(chosen).region == region) return chosen;
    for (const MemberIndex index : service.members)
      if (model_.member(index).region == region) return index;
    return chosen;
  }

  /// Whether the caller's breaker lets no call through now.
  bool breaker_is_open(MemberIndex caller, const Need& need) {
    if (need.breakers.empty()) return false;
    const CircuitBreaker& breaker = need.breakers[static_cast<std::size_t>(model_.member(caller).number) - 1];
    return breaker.state() == CircuitBreaker::State::kOpen && state_.now() < breaker.since() + need.call.breaker->open;
  }

  /// Calls one need; false, with the problem in `tried`, where the caller cannot do without it.
  bool need_of(MemberIndex caller, const Need& need, Try& tried) {
    if (!need.call.wait) return true;
    const bool required = need.call.required && !need.call.fallback;
    if (!required && !need.stores) return true;
    if (breaker_is_open(caller, need)) {
      if (required) tried.problem = fmt::format("the circuit breaker of {} is open", need.call.need);
      return !required;
    }
    const Service& other = model_.service(need.service);
    const MemberIndex target = other.by_role ? model_.address(model_.member(caller).service, need.service)
                                             : one_of(need.service, model_.member(caller).region, stream_.next());
    const Try below = call(caller, target);
    if (!below.problem.empty()) {
      if (required) tried.problem = below.problem;
      return !required;
    }
    if (need.stores) tried.store = below.store;
    return true;
  }

  Try taken(MemberIndex index, Try tried) {
    const Member& member = model_.member(index);
    const Service& service = model_.service(member.service);
    if (!accepts_writes(model_, index))
      return failed(model_.name_of(index) + (is_alone(model_, index) ? " has no standby in step" : " takes no writes"));
    if (service.stream() != nullptr && leaderless(service))
      return failed("a partition of " + service.spec->name + " has no leader");
    return tried;
  }

  /// As the bids' calls find it (call_flow.cc).
  bool leaderless(const Service& service) {
    double share = share_without_copies(model_, service);
    if (state_.now() < service.electing_until) share = std::max(share, share_lost(model_, service));
    if (share <= 0 || share >= 1) return share >= 1;
    return stream_.uniform() < share;
  }

  SimState& state_;
  Model& model_;
  const std::string& canary_;
  RandomStream& stream_;
};

// ---- from where it was written to where it is read ----

/// As probes see it: what is damaged is not what is read.
std::string why_unread(const SimState& state, ServiceIndex service) {
  const Service& one = state.model.service(service);
  return one.damaged ? one.spec->name + " holds damaged data" : "";
}

/// Lets the reader's side take what it lacks, where it runs and reaches what it takes from.
void take_what_is_there(SimState& state, const Canary& canary, const CanaryRoute& route) {
  if (!route.source) return;
  Walk walk(state, canary.name);
  const MemberIndex taker = walk.reached(route.taker, 0);
  if (!walk.call(kNoMember, taker).problem.empty() || !why_unread(state, *route.source).empty()) return;
  if (!walk.call(taker, walk.reached(*route.source, 0)).problem.empty()) return;
  state.canaries.pull(canary.name, *route.source, route.read, route.taker);
}

void take_later(SimState& state, Canary canary, CanaryRoute route, Duration after) {
  state.clock.post_at(state.now() + after,
                      [&state, canary = std::move(canary), route] { take_what_is_there(state, canary, route); });
}

/// The record is where it was written, and in the stream that its taker reads.
void keep(SimState& state, const Canary& canary, const CanaryRoute& route, std::uint64_t number, const Try& tried) {
  Walk walk(state, canary.name);
  if (!route.by_bid) {
    state.canaries.append(canary.name, number, tried.member);
    // The log of the store that the bids go to has every event that the target publishes.
    const MemberIndex log = state.model.primary_of(state.model.keeper());
    const bool stream = state.model.service(route.write).stream() != nullptr;
    if (stream && log != kNoMember && walk.write(tried.member, log).problem.empty())
      state.canaries.append(canary.name, number, log);
    return;
  }
  state.canaries.append(canary.name, number, tried.store);
  if (!route.source || *route.source == state.model.keeper()) return;
  const MemberIndex broker = walk.reached(*route.source, number);
  if (walk.write(tried.member, broker).problem.empty()) state.canaries.append(canary.name, number, broker);
}

Task<Status> wait_out(SimState* state, Limit limit) {
  if (limit.deadline == kNever) co_return ok();
  co_return co_await state->clock.sleep_until(limit.deadline, limit.stop);
}

}  // namespace

Task<Result<Observation>> write_sim_canary(SimState* state, const Canary& canary, std::uint64_t number, Limit limit) {
  const auto route = route_of(*state, canary);
  if (!route) co_return route.error();
  Walk walk(*state, canary.name);
  Try tried = route->by_bid ? walk.place_bid() : walk.write(kNoMember, walk.reached(route->write, number));
  if (!tried.problem.empty()) {
    if (tried.silent) {
      const Status waited = co_await wait_out(state, limit);
      if (!waited) co_return waited.error();
    }
    co_return Observation{false, tried.problem};
  }
  const std::uint32_t incarnation = state->model.member(tried.member).incarnation;
  Duration time = walk.time_of(tried.member);
  if (tried.store != kNoMember && tried.store != tried.member) time += walk.time_of(tried.store);
  const Status passed = co_await pass(state, time, limit);
  if (!passed) co_return passed.error();
  const Member& member = state->model.member(tried.member);
  if (member.condition != Condition::kUp || member.incarnation != incarnation)
    co_return Observation{false, state->model.name_of(tried.member) + " was lost before it answered"};
  keep(*state, canary, *route, number, tried);
  if (route->source) take_later(*state, canary, *route, walk.time_of(tried.member));
  co_return Observation{true, fmt::format("record {} is stored", number)};
}

Task<Result<std::vector<std::uint64_t>>> read_sim_canary(SimState* state, const Canary& canary, std::uint64_t from,
                                                         Limit limit) {
  const auto route = route_of(*state, canary);
  if (!route) co_return route.error();
  Walk walk(*state, canary.name);
  take_what_is_there(*state, canary, *route);
  if (route->read == kWatchers) {  // they wait for what they are told
    const Status passed = co_await pass(state, std::chrono::milliseconds{1}, limit);
    if (!passed) co_return passed.error();
    co_return state->canaries.held(canary.name, kWatchers, from);
  }
  Try tried = route->reads_bids ? walk.read_bid() : walk.call(kNoMember, walk.reached(route->read, from));
  if (tried.problem.empty() && !route->reads_bids) tried.problem = why_unread(*state, route->read);
  if (!tried.problem.empty()) {
    if (tried.silent) {
      const Status waited = co_await wait_out(state, limit);
      if (!waited) co_return waited.error();
    }
    co_return fail(ErrorCode::kUnavailable, tried.problem);
  }
  const Duration time = walk.time_of(tried.member);
  const Status passed = co_await pass(state, time, limit);
  if (!passed) co_return passed.error();
  co_return state->canaries.held(canary.name, route->read, from);
}

}  // namespace blackstart
