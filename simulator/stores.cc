#include "simulator/stores.h"

#include "simulator/sim_state.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

bool is_main(const Model& model, MemberIndex index) {
  const Member& member = model.member(index);
  const Service& service = model.service(member.service);
  return service.by_role && member.role == service.spec->roles.front().role;
}

bool serves(const Member& member) { return member.condition == Condition::kUp && !member.hung; }

Duration lag_of(SimState& state, const Member& member) {
  const Service& service = state.model.service(member.service);
  if (service.spec->replication != "async" || service.sql() == nullptr) return {};
  return TimeLaw(service.sql()->lag).draw(state.stream("replication lag of " + service.spec->name));
}

}  // namespace

void note_primary_gone(SimState& state, MemberIndex primary) {
  if (!is_main(state.model, primary)) return;
  const Member& gone = state.model.member(primary);
  for (const MemberIndex index : state.model.service(gone.service).members) {
    Member& standby = state.model.member(index);
    if (index == primary || standby.follows_until || standby.timeline != gone.timeline) continue;
    standby.follows_until = state.now() - lag_of(state, standby);
    state.history.may_fork_at(*standby.follows_until);
  }
}

void note_primary_back(SimState& state, MemberIndex primary) {
  if (!is_main(state.model, primary)) return;
  const Member& back = state.model.member(primary);
  if (!serves(back)) return;
  for (const MemberIndex index : state.model.service(back.service).members) {
    Member& standby = state.model.member(index);
    if (index != primary && standby.timeline == back.timeline) standby.follows_until.reset();
  }
}

Instant holds_until(SimState& state, MemberIndex index) {
  Member& member = state.model.member(index);
  if (is_main(state.model, index)) return state.now();
  if (!member.follows_until) return state.now() - lag_of(state, member);
  return *member.follows_until;
}

ActionOutcome::RecoveryPoint promote_member(SimState& state, MemberIndex index) {
  Model& model = state.model;
  Member& member = model.member(index);
  const Service& service = model.service(member.service);
  const MemberIndex former = model.primary_of(member.service);
  const bool keeper = member.service == model.keeper();
  const auto fork = state.history.fork(member.timeline, holds_until(state, index));
  ActionOutcome::RecoveryPoint point;
  point.service = service.spec->name;
  point.kind = "promote";
  point.newest = keeper ? state.history.newest_commit(member.timeline, fork.contains_until) : fork.contains_until;
  if (former != kNoMember && former != index) {
    Member& old = model.member(former);
    old.role.clear();
    old.former = true;
    old.writes = old.writes && model.link(index, former).cut != Cut::kNone;
  }
  const std::uint16_t before = member.timeline;
  member.role = service.spec->roles.front().role;
  member.writes = true;
  member.timeline = fork.timeline;
  member.follows_until.reset();
  for (const MemberIndex other : service.members) {  // who was no further follows the new one
    Member& standby = model.member(other);
    if (other == index || other == former || standby.timeline != before || standby.former) continue;
    standby.timeline = fork.timeline;
    standby.follows_until.reset();
  }
  return point;
}

void rebuild_member(SimState& state, MemberIndex index, const std::string& role) {
  Member& member = state.model.member(index);
  const MemberIndex primary = state.model.primary_of(member.service);
  member.role = role;
  member.former = member.fenced = false;
  member.writes = false;
  if (primary != kNoMember) member.timeline = state.model.member(primary).timeline;
  member.follows_until.reset();
  state.up(index);
}

Observation replication_state(const SimState& state, ServiceIndex service) {
  const Model& model = state.model;
  const MemberIndex primary = model.primary_of(service);
  if (primary == kNoMember || !serves(model.member(primary))) return {false, "the primary does not serve"};
  int standbys = 0;
  for (const MemberIndex index : model.service(service).members) {
    const Member& member = model.member(index);
    if (index == primary || member.former) continue;
    if (!serves(member)) return {false, model.name_of(index) + " does not serve"};
    if (member.timeline != model.member(primary).timeline || member.follows_until)
      return {false, model.name_of(index) + " does not follow the primary"};
    ++standbys;
  }
  if (standbys == 0) return {false, "there is no replica"};
  return {true, fmt::format("{} in step with the primary", standbys)};
}

}  // namespace blackstart
