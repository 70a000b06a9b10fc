#include "simulator/sim_actions.h"

#include "base/text.h"
#include "base/units.h"
#include "scenarios/arguments.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

ActionOutcome done(std::string detail) {
  ActionOutcome outcome;
  outcome.ok = true;
  outcome.detail = std::move(detail);
  return outcome;
}

ActionOutcome failed(std::string detail) {
  ActionOutcome outcome;
  outcome.detail = std::move(detail);
  return outcome;
}

std::string names_of_members(const SimState& state, const std::vector<MemberIndex>& members) {
  std::vector<std::string> names;
  for (const MemberIndex index : members) names.push_back(state.model.name_of(index));
  return join(names, ", ");
}

Duration start_time(SimState& state, MemberIndex index) {
  const Service& service = state.model.service(state.model.member(index).service);
  const auto& start = service.sim.actions.start;
  return start ? TimeLaw(*start).draw(state.stream("starts of " + service.spec->name)) : Duration{};
}

Duration stop_time(SimState& state, MemberIndex index) {
  const Service& service = state.model.service(state.model.member(index).service);
  return TimeLaw(service.sim.actions.stop).draw(state.stream("stops of " + service.spec->name));
}

Task<void> start_one(SimState* state, MemberIndex index, Limit limit, Status* status) {
  state->starting(index);
  const Duration time = start_time(*state, index);
  Limit own = limit;
  *status = co_await pass(state, time, std::move(own));
  // What was begun goes on, also where nobody waits for it any more.
  if (*status)
    state->up(index);
  else
    state->clock.post_at(state->now() + time, [state, index] {
      if (state->model.member(index).condition == Condition::kStarting) state->up(index);
    });
}

Task<Result<ActionOutcome>> start_members(SimState* state, std::vector<MemberIndex> members, Limit limit,
                                          const char* verb) {
  TaskGroup group;
  std::vector<Status> results(members.size(), ok());
  const Instant began = state->now();
  for (std::size_t i = 0; i < members.size(); ++i) group.spawn(start_one(state, members[i], limit, &results[i]));
  co_await group.join();
  for (const auto& one : results)
    if (!one) co_return one.error();
  co_return done(
      fmt::format("{} {}, in {}", names_of_members(*state, members), verb, human_duration(state->now() - began)));
}

/// Members that an action means; an error where the service has none of that role.
Result<std::vector<MemberIndex>> meant(const SimState& state, const Call& action) {
  const std::string name = text_argument(action, "service"), role = text_argument(action, "role");
  const auto service = state.model.find(name);
  auto members = service ? state.model.members_of(*service, role) : std::vector<MemberIndex>{};
  if (members.empty())
    return fail(ErrorCode::kNotFound, role.empty() ? fmt::format("{} has no member", name)
                                                   : fmt::format("no member of {} holds the role {}", name, role));
  return members;
}

Task<Result<ActionOutcome>> do_start(SimState* state, Call action, Limit limit) {
  auto members = meant(*state, action);
  if (!members) co_return members.error();
  std::erase_if(*members, [&](MemberIndex index) {
    const Member& member = state->model.member(index);
    return member.condition == Condition::kUp && !member.hung;
  });
  if (members->empty()) co_return done("every member runs already");
  co_return co_await start_members(state, *members, limit, "started");
}

Task<Result<ActionOutcome>> do_stop(SimState* state, Call action, Limit limit) {
  const auto members = meant(*state, action);
  if (!members) co_return members.error();
  Duration longest{};
  for (const MemberIndex index : *members) longest = std::max(longest, stop_time(*state, index));
  Limit own = limit;
  const Status passed = co_await pass(state, longest, std::move(own));
  if (!passed) co_return passed.error();
  for (const MemberIndex index : *members) state->kill(index);
  co_return done(names_of_members(*state, *members) + " stopped");
}

Task<Result<ActionOutcome>> do_restart(SimState* state, Call action, Limit limit) {
  const auto members = meant(*state, action);
  if (!members) co_return members.error();
  Duration longest{};
  for (const MemberIndex index : *members)
    if (state->model.member(index).condition == Condition::kUp) longest = std::max(longest, stop_time(*state, index));
  Limit own = limit;
  const Status passed = co_await pass(state, longest, std::move(own));
  if (!passed) co_return passed.error();
  co_return co_await start_members(state, *members, limit, "restarted");
}

Task<Result<ActionOutcome>> do_repoint(SimState* state, Call action, Limit limit) {
  const std::string name = text_argument(action, "to");
  const auto to = state->model.find(name);
  const MemberIndex primary = to ? state->model.primary_of(*to) : kNoMember;
  if (primary == kNoMember) co_return failed(fmt::format("{} has no member to point to", name));
  const auto services = list_argument(action, "services", "service");
  Duration longest{};
  for (const auto& from : services) {
    if (const auto index = state->model.find(from))
      longest = std::max(
          longest, TimeLaw(state->model.service(*index).sim.actions.repoint).draw(state->stream("repointing " + from)));
  }
  Limit own = limit;
  const Status passed = co_await pass(state, longest, std::move(own));
  if (!passed) co_return passed.error();
  for (const auto& from : services)
    if (const auto index = state->model.find(from)) state->model.set_address(*index, *to, primary);
  co_return done(fmt::format("{} now {} {}", join(services, ", "), services.size() == 1 ? "uses" : "use",
                             state->model.name_of(primary)));
}

Task<Result<ActionOutcome>> do_notify(SimState* state, Call action, Limit) {
  const auto message = state->fill_text(text_argument(action, "message"));
  if (!message) co_return message.error();
  co_return done(
      fmt::format("{} told by {}: {}", text_argument(action, "audience"), text_argument(action, "channel"), *message));
}

const std::vector<NamedSimAction>& actions() {
  static const std::vector<NamedSimAction> list = [] {
    std::vector<NamedSimAction> all = {{"restart", do_restart},
                                       {"start", do_start},
                                       {"stop", do_stop},
                                       {"repoint", do_repoint},
                                       {"notify", do_notify}};
    for (const auto& one : store_actions()) all.push_back(one);
    return all;
  }();
  return list;
}

}  // namespace

const std::vector<std::string>& sim_actions() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& action : actions()) list.push_back(action.word);
    return list;
  }();
  return names;
}

Task<Result<ActionOutcome>> run_sim_action(SimState* state, Call action, Limit limit) {
  const auto found = std::ranges::find(actions(), action.word, &NamedSimAction::word);
  if (found == actions().end())
    co_return fail(ErrorCode::kUnsupported,
                   fmt::format("action {}: the virtual world can do {}", action.word, join(sim_actions(), ", ")));
  co_return co_await found->run(state, std::move(action), std::move(limit));
}

}  // namespace blackstart
