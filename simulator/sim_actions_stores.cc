// Actions on what keeps data: promote, failover, rebuild, restore, fence, warm, replay.

#include "base/hash.h"
#include "base/text.h"
#include "base/units.h"
#include "scenarios/arguments.h"
#include "simulator/sim_actions.h"
#include "simulator/stores.h"
#include "simulator/time_law.h"
#include "simulator/transfers.h"
#include "simulator/wall_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace blackstart {
namespace {

/// Who is promoted: of the members for which `fits`, and which serve, the one that holds most.
MemberIndex candidate(const SimState& state, ServiceIndex service, const std::function<bool(const Member&)>& fits) {
  MemberIndex best = kNoMember;
  Instant best_holds{};
  for (const MemberIndex index : state.model.service(service).members) {
    const Member& member = state.model.member(index);
    if (!fits(member) || member.condition != Condition::kUp || member.hung) continue;
    const Instant holds = member.follows_until.value_or(kNever);
    if (best != kNoMember && holds <= best_holds) continue;
    best = index;
    best_holds = holds;
  }
  return best;
}

Task<Result<ActionOutcome>> promote_one(SimAction action, ServiceIndex service, std::function<bool(const Member&)> fits,
                                        Duration time, std::string whom, FormerMain former) {
  SimState* const state = action.state;
  if (candidate(*state, service, fits) == kNoMember) co_return action_failed("no member " + whom + " serves");
  const Instant began = state->now();
  const Status passed = co_await work(action, time);
  if (!passed) co_return passed.error();
  const MemberIndex chosen = candidate(*state, service, fits);
  if (chosen == kNoMember) co_return action_failed("the member " + whom + " was lost meanwhile");
  const auto point = promote_member(*state, chosen, former);
  ActionOutcome outcome = action_done(fmt::format("{} takes writes, in {}; it holds what was committed until {}",
                                                  state->model.name_of(chosen), human_duration(state->now() - began),
                                                  wall_text(*state, *point.newest)));
  outcome.recovery_point = point;
  co_return outcome;
}

Task<Result<ActionOutcome>> do_promote(SimAction action) {
  const std::string name = action.text("service"), role = action.text("role");
  const auto service = action.state->model.find(name);
  if (!service) co_return action_failed("there is no service " + name);
  const Duration time =
      drawn_time(*action.state, action.state->model.service(*service).sim.actions.promote, "promotion of " + name);
  std::function<bool(const Member&)> fits = [role](const Member& member) { return member.role == role; };
  co_return co_await promote_one(std::move(action), *service, std::move(fits), time,
                                 fmt::format("of {} in the role {}", name, role), FormerMain::kGoesOn);
}

/// A service without roles is active where its members in the region are.
Task<Result<ActionOutcome>> fail_over_alike(SimAction action, ServiceIndex service, std::string region, Duration time) {
  SimState* const state = action.state;
  std::vector<MemberIndex> down;
  bool any = false;
  for (const MemberIndex index : state->model.service(service).members) {
    const Member& member = state->model.member(index);
    if (member.region != region) continue;
    any = true;
    if (member.condition == Condition::kDown) down.push_back(index);
  }
  const std::string& name = state->model.service(service).spec->name;
  if (!any) co_return action_failed(fmt::format("{} has no member in {}", name, region));
  if (region_is_lost(*state, region)) co_return action_failed(fmt::format("region {} is lost", region));
  SimAction own = action;
  const Status passed = co_await work(std::move(own), time);
  if (!passed) co_return passed.error();
  state->model.service(service).active_region = region;
  if (state->flow) state->flow->members_changed();
  review_backups(*state, service);
  if (down.empty()) co_return action_done(fmt::format("{} is active in {}", name, region));
  co_return co_await start_members(std::move(action), std::move(down), "started in " + region);
}

Task<Result<ActionOutcome>> do_failover(SimAction action) {
  SimState* const state = action.state;
  const std::string name = action.text("service"), region = action.text("to");
  const auto service = state->model.find(name);
  if (!service) co_return action_failed("there is no service " + name);
  const Service& one = state->model.service(*service);
  const auto& figures = one.sim.actions;
  const Duration time =
      drawn_time(*state, figures.failover ? figures.failover : figures.promote, "failover of " + name);
  if (!one.by_role) co_return co_await fail_over_alike(std::move(action), *service, region, time);
  std::function<bool(const Member&)> fits = [region](const Member& member) { return member.region == region; };
  auto outcome = co_await promote_one(action, *service, std::move(fits), time, fmt::format("of {} in {}", name, region),
                                      FormerMain::kIsTold);
  if (!outcome || !outcome->ok) co_return outcome;
  // Where a whole region takes over, its callers find their store there.
  const MemberIndex primary = state->model.primary_of(*service);
  for (ServiceIndex from = 0; from < state->model.services().size(); ++from)
    state->model.set_address(from, *service, primary);
  state->model.service(*service).active_region = region;
  if (state->flow) state->flow->members_changed();
  co_return outcome;
}

Task<Result<ActionOutcome>> do_rebuild(SimAction action) {
  SimState* const state = action.state;
  const std::string name = action.text("service"), role = action.text("role");
  const auto service = state->model.find(name);
  if (!service) co_return action_failed("there is no service " + name);
  const Service& one = state->model.service(*service);
  std::vector<MemberIndex> members;
  for (const MemberIndex index : one.members)
    if (state->model.member(index).former) members.push_back(index);
  if (members.empty()) members = state->model.members_of(*service, role);
  if (members.empty()) co_return action_failed(fmt::format("{} has no member to be rebuilt", name));
  if (const auto why = leave_out_unstartable(*state, members)) co_return action_failed(*why);
  const double most = rebuild_rate_most(*state, members, state->model.primary_of(*service));
  const Duration time =
      transfer_time(*state, one.sim.actions.rebuild, size_of(*state, *service), most, "rebuilding " + name);
  for (const MemberIndex index : members) state->starting(index);
  const Instant began = state->now();
  const Status passed = co_await work(action, time);
  if (!passed) co_return passed.error();
  for (const MemberIndex index : members) rebuild_member(*state, index, role);
  co_return action_done(fmt::format("{} rebuilt from the primary, in {}", names_of_members(*state, members),
                                    human_duration(state->now() - began)));
}

/// The point in time that a text names; just before the first fault where it names none that can be read.
Instant point_named(const SimState& state, const std::string& text) {
  if (text.empty()) return kNever;
  if (const auto at = instant_of_wall_text(state, text)) return *at;
  return before_first_fault(state);
}

/// Whoever is restored serves nobody meanwhile.
void begin_restore(SimState& state, ServiceIndex service) {
  for (const MemberIndex member : restored_members(state.model, service)) state.starting(member);
}

/// Half of the data are no data.
void give_up_restore(SimState& state, ServiceIndex service) {
  const auto members = restored_members(state.model, service);
  for (const MemberIndex member : members) state.kill(member);
  if (service == state.model.keeper())
    state.history.damage(state.model.member(members.front()).timeline, state.now(), BidHistory::Damage::kDeleted, 1);
  mark_damaged(state, service, true);
}

Task<Result<ActionOutcome>> do_restore(SimAction action) {
  SimState* const state = action.state;
  const std::string name = action.text("service");
  const auto service = state->model.find(name);
  if (!service) co_return action_failed("there is no service " + name);
  const auto to = state->fill_text(action.text("to"));
  if (!to) co_return to.error();
  const Service& one = state->model.service(*service);
  auto members = restored_members(state->model, *service);
  if (const auto why = leave_out_unstartable(*state, members)) co_return action_failed(*why);
  const auto choice =
      state->backups.at(name).choose(state->now(), action.text("from"), point_named(*state, *to), lost_regions(*state));
  const double most = choice ? restore_rate_most(*state, members, choice->regions) : kAnyRate;
  Duration time = transfer_time(*state, one.sim.actions.restore, size_of(*state, *service), most, "restoring " + name);
  if (choice && one.sql() != nullptr && one.sql()->replay) {
    const double rate = state->plan.spec.scenario.load.bids.profile.front().from.per_second;
    time += from_seconds(to_seconds(choice->point - choice->base) * rate / one.sql()->replay->per_second);
  }
  // An unreadable backup is found out by restoring it.
  if (choice) time += time * static_cast<int>(std::min<std::size_t>(choice->unreadable.size(), 3)) / 2;
  const Instant began = state->now();
  if (choice) begin_restore(*state, *service);
  const Status passed = co_await work(action, time);
  if (!passed && choice) give_up_restore(*state, *service);
  if (!passed) co_return passed.error();
  if (!choice) co_return action_failed(choice.error().message);
  if (const auto why = leave_out_unstartable(*state, members)) co_return action_failed(*why);
  const auto point = restore_member(*state, *service, *choice);
  ActionOutcome outcome =
      action_done(fmt::format("{} restored from {} up to {}, in {}", name, choice->id, wall_text(*state, *point.newest),
                              human_duration(state->now() - began)));
  if (!choice->unreadable.empty()) outcome.detail += "; unreadable: " + join(choice->unreadable, ", ");
  if (!choice->known.empty()) outcome.detail += "; known from a trial to be unreadable: " + join(choice->known, ", ");
  outcome.recovery_point = point;
  co_return outcome;
}

Task<Result<ActionOutcome>> do_fence(SimAction action) {
  SimState* const state = action.state;
  const std::string name = action.text("service"), role = action.text("role"), region = action.text("region");
  const auto service = state->model.find(name);
  if (!service) co_return action_failed("there is no service " + name);
  const Duration time =
      draw_from(state->model.service(*service).sim.actions.fence, state->stream("fencing of " + name));
  const Status passed = co_await work(action, time);
  if (!passed) co_return passed.error();
  std::vector<MemberIndex> fenced;
  const MemberIndex primary = state->model.primary_of(*service);
  for (const MemberIndex index : state->model.service(*service).members) {
    Member& member = state->model.member(index);
    const bool meant = (role.empty() || member.role == role || (member.former && member.first_role == role)) &&
                       (region.empty() || member.region == region);
    if (!meant || (index == primary && role.empty() && region.empty())) continue;
    member.fenced = true;
    fenced.push_back(index);
  }
  if (state->flow) state->flow->members_changed();
  co_return action_done(fenced.empty() ? "no member to be fenced"
                                       : names_of_members(*state, fenced) + " can take no writes");
}

Task<Result<ActionOutcome>> do_warm(SimAction action) {
  SimState* const state = action.state;
  const std::string name = action.text("service");
  const auto service = state->model.find(name);
  if (!service) co_return action_failed("there is no service " + name);
  const Service& one = state->model.service(*service);
  const CacheSim* cache = one.cache();
  const auto law = one.sim.actions.warm ? one.sim.actions.warm
                   : cache != nullptr   ? std::optional(cache->warming)
                                        : std::nullopt;
  const Status passed = co_await work(action, drawn_time(*state, law, "warming " + name));
  if (!passed) co_return passed.error();
  state->about_to_change();
  for (const MemberIndex index : one.members) state->model.member(index).cold = false;
  if (state->flow) state->flow->members_changed();
  co_return action_done(name + " is warm");
}

/// Events of a log into a store: what the store lacks of them since its last fork comes back.
Task<Result<ActionOutcome>> do_replay(SimAction action) {
  SimState* const state = action.state;
  const std::string from = action.text("from"), to = action.text("to");
  const auto source = state->model.find(from), sink = state->model.find(to);
  const StreamSim* stream = source ? state->model.service(*source).stream() : nullptr;
  const std::uint64_t records = state->history.copies();
  Duration time{};
  if (stream != nullptr && stream->replay)
    time = from_seconds(static_cast<double>(records) / stream->replay->per_second);
  const Status passed = co_await work(action, time);
  if (!passed) co_return passed.error();
  if (stream != nullptr && state->model.service(*source).damaged)
    co_return action_failed(from + " has lost events itself");
  if (source && sink) state->canaries.replay(*source, *sink);
  if (stream == nullptr || sink != state->model.keeper())
    co_return action_done(fmt::format("{} replayed into {}", from, to));
  const MemberIndex primary = state->model.primary_of(*sink);
  if (primary == kNoMember) co_return action_failed(to + " has no primary");
  const Instant since = stream->retention ? state->now() - *stream->retention : Instant::min();
  state->history.adopt(state->model.member(primary).timeline, since, state->now());
  co_return action_done(fmt::format("{} events of {} replayed into {}", human_count(records), from, to));
}

}  // namespace

const std::vector<NamedSimAction>& store_actions() {
  static const std::vector<NamedSimAction> list = {
      {"promote", do_promote}, {"failover", do_failover}, {"rebuild", do_rebuild}, {"restore", do_restore},
      {"fence", do_fence},     {"warm", do_warm},         {"replay", do_replay}};
  return list;
}

}  // namespace blackstart
