#include "simulator/placement.h"

#include "simulator/effects.h"
#include "simulator/sim_probes.h"
#include "simulator/sim_state.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {

std::optional<std::string> unplaceable(const SimState& state, ServiceIndex service, std::string_view region) {
  const auto plane = state.model.control_plane_of(service, region);
  if (!plane) return std::nullopt;
  const auto& members = state.model.service(*plane).members;
  const bool serves = std::ranges::any_of(
      members, [&](MemberIndex index) { return state.model.member(index).region == region && is_well(state, index); });
  if (serves) return std::nullopt;
  return fmt::format("control plane {} is down", state.model.service(*plane).spec->name);
}

std::optional<std::string> unstartable(const SimState& state, const Member& member) {
  if (const auto place = lost_place_of(state, member)) return *place + " is lost";
  return unplaceable(state, member.service, member.region);
}

Duration placing_time(SimState& state, MemberIndex index) {
  const Member& member = state.model.member(index);
  const auto plane = state.model.control_plane_of(member.service, member.region);
  if (!plane) return {};
  Service& service = state.model.service(*plane);
  const ControlPlaneSim& figures = *service.control_plane();
  const std::string& name = service.spec->name;
  Duration time = draw_from(figures.schedule, state.stream("scheduling of " + name));
  if (!figures.capacity || !figures.provision) return time;
  const auto placed = static_cast<std::size_t>(*figures.capacity) + service.hosts_added;
  if (state.model.placed_by(*plane) < placed) return time;
  ++service.hosts_added;
  time += draw_from(*figures.provision, state.stream("provisioning of " + name));
  return time;
}

}  // namespace blackstart
