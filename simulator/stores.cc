#include "simulator/stores.h"

#include "base/hash.h"
#include "simulator/effects.h"
#include "simulator/sim_state.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>

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
  const Distribution* lag = service.sql() != nullptr       ? &service.sql()->lag
                            : service.cache() != nullptr   ? &service.cache()->lag
                            : service.stream() != nullptr  ? &service.stream()->lag
                            : service.storage() != nullptr ? &service.storage()->lag
                                                           : nullptr;
  if (lag == nullptr || service.spec->replication == "sync") return {};
  return draw_from(*lag, state.stream("replication lag of " + service.spec->name));
}

bool open_both_ways(const Model& model, MemberIndex a, MemberIndex b) {
  return model.link(a, b).cut == Cut::kNone && model.link(b, a).cut == Cut::kNone;
}

/// The region where the service is active, as far as it has members there.
std::string home_of_backups(const Model& model, ServiceIndex index) {
  const auto members = restored_members(model, index);
  const std::string& active = model.service(index).active_region;
  const bool there =
      std::ranges::any_of(members, [&](MemberIndex member) { return model.member(member).region == active; });
  return there || members.empty() ? active : model.member(members.front()).region;
}

}  // namespace

bool has_standby_in_step(const Model& model, MemberIndex primary) {
  const Member& main = model.member(primary);
  for (const MemberIndex index : model.service(main.service).members) {
    const Member& member = model.member(index);
    if (index != primary && !member.former && member.timeline == main.timeline && !member.follows_until) return true;
  }
  return false;
}

bool is_alone(const Model& model, MemberIndex member) {
  return model.service(model.member(member).service).synchronous && !has_standby_in_step(model, member);
}

bool accepts_writes(const Model& model, MemberIndex index) {
  const Member& member = model.member(index);
  return member.writes && !member.fenced && !member.burden.rejects_writes && !is_alone(model, index);
}

void review_replication(SimState& state, ServiceIndex service) {
  Model& model = state.model;
  if (!model.service(service).by_role) return;
  const MemberIndex primary = model.primary_of(service);
  for (const MemberIndex index : model.service(service).members) {
    if (index == primary) continue;
    Member& standby = model.member(index);
    const bool follows = primary != kNoMember && !standby.former && serves(model.member(primary)) && serves(standby) &&
                         standby.timeline == model.member(primary).timeline && open_both_ways(model, primary, index);
    if (follows) {
      standby.follows_until.reset();
    } else if (!standby.follows_until) {
      standby.follows_until = state.now() - lag_of(state, standby);
      state.history.may_fork_at(*standby.follows_until);
    }
  }
}

Instant holds_until(SimState& state, MemberIndex index) {
  Member& member = state.model.member(index);
  if (is_main(state.model, index)) return kNever;
  if (!member.follows_until) return state.now() - lag_of(state, member);
  return *member.follows_until;
}

ActionOutcome::RecoveryPoint promote_member(SimState& state, MemberIndex index, FormerMain what) {
  Model& model = state.model;
  Member& member = model.member(index);
  const Service& service = model.service(member.service);
  const MemberIndex former = model.primary_of(member.service);
  const bool keeper = member.service == model.keeper();
  const auto fork = state.history.fork(member.timeline, holds_until(state, index));
  ActionOutcome::RecoveryPoint point;
  point.service = service.spec->name;
  point.kind = "promote";
  // Before the drill's traffic there was other traffic, of which nothing is kept.
  const bool of_traffic = keeper && fork.contains_until >= state.history.traffic_start();
  point.newest = of_traffic ? state.history.newest_commit(member.timeline, fork.contains_until) : fork.contains_until;
  if (former != kNoMember && former != index) {
    Member& old = model.member(former);
    old.role.clear();
    old.former = true;
    const bool told = what == FormerMain::kIsTold && !old.hung && model.link(index, former).cut == Cut::kNone;
    old.writes = old.writes && old.condition == Condition::kUp && !told;
  }
  if (fork.contains_until < service.damaged_at) mark_whole(state, member.service);
  const std::uint16_t before = member.timeline;
  member.role = service.spec->roles.front().role;
  member.writes = true;
  member.timeline = fork.timeline;
  member.follows_until.reset();
  for (const MemberIndex other : service.members) {  // who was no further follows the new one
    Member& standby = model.member(other);
    if (other == index || other == former || standby.timeline != before || standby.former) continue;
    standby.timeline = fork.timeline;
  }
  review_backups(state, member.service);
  review_effects(state);
  state.canaries.changed();
  return point;
}

void mark_damaged(SimState& state, ServiceIndex index, bool emptied) {
  Service& service = state.model.service(index);
  service.damaged_at = std::min(service.damaged_at, state.now());
  service.damaged = true;
  service.emptied = service.emptied || emptied;
  review_effects(state);
}

void mark_whole(SimState& state, ServiceIndex index) {
  Service& service = state.model.service(index);
  service.damaged = service.emptied = false;
  service.damaged_at = kNever;
  review_effects(state);
}

void review_backups(SimState& state, ServiceIndex index) {
  const Model& model = state.model;
  const Service& service = model.service(index);
  const auto backups = state.backups.find(service.spec->name);
  if (backups == state.backups.end()) return;
  backups->second.lie_in(home_of_backups(model, index), state.now());
  bool served = false;
  for (const MemberIndex member : restored_members(model, index)) served = served || serves(model.member(member));
  backups->second.can_be_made(served && !service.emptied, state.now());
}

std::vector<MemberIndex> restored_members(const Model& model, ServiceIndex index) {
  const MemberIndex primary = model.primary_of(index);
  if (model.service(index).by_role && primary != kNoMember) return {primary};
  return model.service(index).members;
}

ActionOutcome::RecoveryPoint restore_member(SimState& state, ServiceIndex index, const Backups::Choice& choice) {
  Model& model = state.model;
  Service& service = model.service(index);
  const std::vector<MemberIndex> members = restored_members(model, index);
  const auto fork = state.history.fork(model.member(members.front()).timeline, choice.point);
  if (choice.point < service.damaged_at)
    mark_whole(state, index);
  else
    service.emptied = false;
  for (const MemberIndex one : members) {
    Member& member = model.member(one);
    member.timeline = fork.timeline;
    member.fenced = member.isolated = false;
    state.up(one);
  }
  state.history.split_at(state.now());
  state.canaries.changed();
  ActionOutcome::RecoveryPoint point;
  point.service = service.spec->name;
  point.kind = "restore";
  point.backup_id = choice.id;
  point.sha256 = sha256_hex(choice.id);
  point.newest = fork.contains_until;
  return point;
}

void rebuild_member(SimState& state, MemberIndex index, const std::string& role) {
  Member& member = state.model.member(index);
  const MemberIndex primary = state.model.primary_of(member.service);
  member.role = role;
  member.former = member.fenced = false;
  member.writes = false;
  if (primary != kNoMember) member.timeline = state.model.member(primary).timeline;
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
