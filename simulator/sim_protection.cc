// Whether redundancy is as the target declares it.

#include "simulator/sim_canaries.h"
#include "simulator/sim_state.h"
#include "simulator/stores.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

/// Members that the target declares and that do not run, or are kept out.
Observation members_of(const SimState& state, ServiceIndex service) {
  const Service& one = state.model.service(service);
  std::size_t declared = one.spec->roles.empty() ? static_cast<std::size_t>(one.spec->replicas) : 0;
  if (one.spec->roles.empty() && !one.spec->replicas_by_region.empty()) {
    declared = 0;
    for (const auto& [region, count] : one.spec->replicas_by_region) declared += static_cast<std::size_t>(count);
  }
  for (const RoleCount& role : one.spec->roles) declared += static_cast<std::size_t>(role.count);
  if (const auto& scaling = one.sim.station.autoscaling)  // the others come and go with the load
    declared = std::min(declared, static_cast<std::size_t>(scaling->min));
  const auto running = std::ranges::count_if(one.members, [&](MemberIndex index) {
    const Member& member = state.model.member(index);
    return member.condition == Condition::kUp && !member.hung && !member.former && !member.isolated;
  });
  if (static_cast<std::size_t>(running) >= declared) return {true, ""};
  return {false, fmt::format("{} of {} members of {} run", running, declared, one.spec->name)};
}

/// Replicas that follow, of a service that replicates.
Observation replicas_of(const SimState& state, ServiceIndex service) {
  const Service& one = state.model.service(service);
  int declared = 0;
  for (const RoleCount& role : one.spec->roles) declared += role.count;
  if (!one.by_role || declared < 2) return {true, ""};
  return replication_state(state, service);
}

}  // namespace

Observation protection_of(const SimState& state) {
  for (ServiceIndex service = 0; service < state.model.services().size(); ++service) {
    const std::string& name = state.model.service(service).spec->name;
    for (const Observation& seen : {members_of(state, service), replicas_of(state, service)})
      if (!seen.ok) return {false, fmt::format("{}: {}", name, seen.detail)};
    const auto backups = state.backups.find(name);
    const std::string missing = backups == state.backups.end() ? "" : backups->second.why_unprotected();
    if (!missing.empty()) return {false, fmt::format("{}: {}", name, missing)};
  }
  return {true, "every member runs, replicas follow, backups and archiving run"};
}

}  // namespace blackstart
