// Actions on stores: promote, rebuild.

#include "base/units.h"
#include "scenarios/arguments.h"
#include "simulator/sim_actions.h"
#include "simulator/stores.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

Duration drawn(SimState& state, const std::optional<Distribution>& time, const std::string& what,
               const Service& service) {
  return time ? TimeLaw(*time).draw(state.stream(what + " of " + service.spec->name)) : Duration{};
}

/// Who is promoted: of the members in this role that serve, the one that holds most.
MemberIndex candidate(SimState& state, ServiceIndex service, const std::string& role) {
  MemberIndex best = kNoMember;
  Instant best_holds{};
  for (const MemberIndex index : state.model.members_of(service, role)) {
    const Member& member = state.model.member(index);
    if (member.condition != Condition::kUp || member.hung) continue;
    const Instant holds = member.follows_until.value_or(kNever);
    if (best == kNoMember || holds > best_holds) {
      best = index;
      best_holds = holds;
    }
  }
  return best;
}

Task<Result<ActionOutcome>> do_promote(SimState* state, Call action, Limit limit) {
  const std::string name = text_argument(action, "service"), role = text_argument(action, "role");
  const auto service = state->model.find(name);
  ActionOutcome outcome;
  if (!service || candidate(*state, *service, role) == kNoMember) {
    outcome.detail = fmt::format("no member of {} in the role {} serves", name, role);
    co_return outcome;
  }
  const Service& one = state->model.service(*service);
  const Instant began = state->now();
  const Duration time = drawn(*state, one.sim.actions.promote, "promotion", one);
  Limit own = limit;
  const Status passed = co_await pass(state, time, std::move(own));
  if (!passed) co_return passed.error();
  const MemberIndex chosen = candidate(*state, *service, role);
  if (chosen == kNoMember) {
    outcome.detail = fmt::format("the member of {} in the role {} was lost meanwhile", name, role);
    co_return outcome;
  }
  outcome.recovery_point = promote_member(*state, chosen);
  outcome.ok = true;
  outcome.detail =
      fmt::format("{} takes writes, in {}; it holds what was committed until {:.6f} s", state->model.name_of(chosen),
                  human_duration(state->now() - began), to_seconds(*outcome.recovery_point->newest - kDrillStart));
  co_return outcome;
}

Task<Result<ActionOutcome>> do_rebuild(SimState* state, Call action, Limit limit) {
  const std::string name = text_argument(action, "service"), role = text_argument(action, "role");
  const auto service = state->model.find(name);
  ActionOutcome outcome;
  if (!service) co_return outcome;
  const Service& one = state->model.service(*service);
  std::vector<MemberIndex> members;
  for (const MemberIndex index : one.members)
    if (state->model.member(index).former) members.push_back(index);
  if (members.empty()) members = state->model.members_of(*service, role);
  if (members.empty()) {
    outcome.detail = fmt::format("{} has no member to be rebuilt", name);
    co_return outcome;
  }
  const auto& rebuild = one.sim.actions.rebuild;
  Duration time{};
  if (rebuild && rebuild->bytes_per_second && one.sql() != nullptr)
    time = from_seconds(static_cast<double>(one.sql()->size.bytes) / *rebuild->bytes_per_second);
  else if (rebuild)
    time = TimeLaw(rebuild->takes).draw(state->stream("rebuilding " + name));
  for (const MemberIndex index : members) state->starting(index);
  const Instant began = state->now();
  Limit own = limit;
  const Status passed = co_await pass(state, time, std::move(own));
  if (!passed) co_return passed.error();
  for (const MemberIndex index : members) rebuild_member(*state, index, role);
  outcome.ok = true;
  outcome.detail = fmt::format("{} rebuilt from the primary, in {}", state->model.name_of(members.front()),
                               human_duration(state->now() - began));
  co_return outcome;
}

}  // namespace

const std::vector<NamedSimAction>& store_actions() {
  static const std::vector<NamedSimAction> list = {{"promote", do_promote}, {"rebuild", do_rebuild}};
  return list;
}

}  // namespace blackstart
