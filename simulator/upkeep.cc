#include "simulator/upkeep.h"

#include "simulator/placement.h"
#include "simulator/sim_state.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace blackstart {
namespace {

bool passes_check(const Member& member) {
  return member.condition == Condition::kUp && !member.hung && !member.isolated && member.burden.errors < 1;
}

// ---- health checks ----

void check_health(SimState& state, ServiceIndex service) {
  if (!state.upkeep) return;
  const HealthCheck& check = *state.model.service(service).sim.station.health_check;
  bool changed = false;
  for (const MemberIndex index : state.model.service(service).members) {
    Member& member = state.model.member(index);
    const bool well = passes_check(member);
    member.checks_in_row = well == member.last_check ? member.checks_in_row + 1 : 1;
    member.last_check = well;
    const bool out = !well && member.in_rotation && member.checks_in_row >= check.failures;
    const bool in = well && !member.in_rotation && member.checks_in_row >= check.successes;
    if (!out && !in) continue;
    member.in_rotation = in;
    changed = true;
  }
  if (changed && state.flow) state.flow->members_changed();
  state.clock.post_at(state.now() + check.every, [&state, service] { check_health(state, service); });
}

// ---- breakdowns ----

void break_down_later(SimState& state, MemberIndex index) {
  const Service& service = state.model.service(state.model.member(index).service);
  const Breakdowns& breakdowns = *service.sim.station.breakdowns;
  RandomStream& stream =
      state.stream(fmt::format("breakdowns of {} {}", service.spec->name, state.model.member(index).number));
  const Duration after = draw_from(breakdowns.every, stream), last = draw_from(breakdowns.last, stream);
  state.clock.post_at(state.now() + after, [&state, index, last] {
    if (!state.upkeep) return;
    const bool ran = state.model.member(index).condition == Condition::kUp;
    if (ran) state.kill(index);
    state.clock.post_at(state.now() + last, [&state, index, ran] {
      if (ran && state.model.member(index).condition == Condition::kDown) state.up(index);
      break_down_later(state, index);
    });
  });
}

// ---- autoscaling ----

void grow(SimState& state, ServiceIndex service, int by) {
  const Service& one = state.model.service(service);
  const Duration start = one.sim.actions.start
                             ? draw_from(*one.sim.actions.start, state.stream("starts of " + one.spec->name))
                             : Duration{};
  const std::string region = state.model.region_to_grow_in(service);
  const auto zones = zones_left(state, region);
  if (zones.empty() || unplaceable(state, service, region)) return;
  state.about_to_change();
  for (int i = 0; i < by; ++i) {
    const MemberIndex made = state.model.add_member(service, "", region, zones);
    state.model.member(made).condition = Condition::kDown;
    const Duration placing = placing_time(state, made);
    state.model.member(made).condition = Condition::kStarting;
    state.clock.post_at(state.now() + placing + start, [&state, made] {
      if (state.model.member(made).condition == Condition::kStarting) state.up(made);
    });
  }
  review_effects(state);
}

/// Ends a member that leaves, once it serves nobody.
void end_when_idle(SimState& state, MemberIndex index) {
  constexpr Duration kLookEvery = std::chrono::seconds{1};
  if (!state.upkeep || !state.model.member(index).leaving) return;  // it was lost, or is needed again
  if (!state.flow || state.flow->is_idle(index)) {
    state.model.member(index).former = true;  // no healing brings it back
    return state.kill(index);
  }
  state.clock.post_at(state.now() + kLookEvery, [&state, index] { end_when_idle(state, index); });
}

/// The newest of `up` take no more calls, until so many are left.
void shrink(SimState& state, std::vector<MemberIndex> up, std::size_t to) {
  if (up.size() <= to) return;
  up.erase(up.begin(), up.begin() + static_cast<std::ptrdiff_t>(to));
  for (const MemberIndex index : up) state.model.member(index).leaving = true;
  if (state.flow) state.flow->members_changed();
  for (const MemberIndex index : up) end_when_idle(state, index);
}

/// Of the members that were about to leave, so many stay at most; how many did.
int call_back(SimState& state, ServiceIndex service, int most) {
  int stay = 0;
  for (const MemberIndex index : state.model.service(service).members) {
    Member& member = state.model.member(index);
    if (!member.leaving || stay == most) continue;
    member.leaving = false;
    ++stay;
  }
  if (stay > 0 && state.flow) state.flow->members_changed();
  return stay;
}

/// What an autoscaler remembers from one look to the next.
struct Looks {
  Instant grown;                                // when it last added members
  std::vector<std::pair<Instant, int>> wanted;  // so many members, at each look within the cooldown
};

void scale_to_need(SimState& state, ServiceIndex service, Looks looks) {
  if (!state.upkeep) return;
  const Autoscaling scaling = *state.model.service(service).sim.station.autoscaling;
  std::vector<MemberIndex> up;
  int coming = 0;
  double busy = 0;
  for (const MemberIndex index : state.model.service(service).members) {
    const Member& member = state.model.member(index);
    coming += member.condition == Condition::kStarting ? 1 : 0;
    if (member.condition != Condition::kUp || member.leaving) continue;
    up.push_back(index);
    busy += state.flow ? state.flow->busy_share(index) : 0;
  }
  const int wanted =
      std::clamp(static_cast<int>(std::ceil(busy / std::max(0.01, scaling.target.value))), scaling.min, scaling.max);
  std::erase_if(looks.wanted, [&](const auto& look) { return look.first + scaling.cooldown < state.now(); });
  looks.wanted.emplace_back(state.now(), wanted);
  const int running = static_cast<int>(up.size()) + coming;
  if (wanted > running) {
    const int missing = wanted - running;
    grow(state, service, missing - call_back(state, service, missing));
    looks.grown = state.now();
  } else if (coming == 0 && state.now() >= looks.grown + scaling.cooldown) {
    const auto most = std::ranges::max_element(looks.wanted, {}, &std::pair<Instant, int>::second);
    shrink(state, std::move(up), static_cast<std::size_t>(most->second));
  }
  state.clock.post_at(state.now() + scaling.every,
                      [&state, service, next = std::move(looks)] { scale_to_need(state, service, next); });
}

}  // namespace

void begin_upkeep(SimState& state) {
  state.upkeep = true;
  for (ServiceIndex index = 0; index < state.model.services().size(); ++index) {
    const StationSim& station = state.model.service(index).sim.station;
    if (station.health_check) check_health(state, index);
    if (station.autoscaling) scale_to_need(state, index, {state.now(), {}});
    if (!station.breakdowns) continue;
    for (const MemberIndex member : state.model.service(index).members) break_down_later(state, member);
  }
}

}  // namespace blackstart
