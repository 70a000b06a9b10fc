// What actions share, and those on processes: start, stop, restart, repoint, notify, run.

#include "simulator/sim_actions.h"

#include "base/text.h"
#include "base/units.h"
#include "scenarios/arguments.h"
#include "scenarios/bind.h"
#include "simulator/placement.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {

std::string SimAction::text(std::string_view key) const { return text_argument(call, key); }

std::vector<ServiceIndex> SimAction::services() const {
  std::vector<ServiceIndex> found;
  for (const auto& name : list_argument(call, "services", "service"))
    if (const auto index = state->model.find(name)) found.push_back(*index);
  return found;
}

Result<std::vector<MemberIndex>> SimAction::members() const {
  const std::string name = text("service"), role = text("role");
  const auto service = state->model.find(name);
  auto found = service ? state->model.members_of(*service, role) : std::vector<MemberIndex>{};
  if (found.empty())
    return fail(ErrorCode::kNotFound, role.empty() ? fmt::format("{} has no member", name)
                                                   : fmt::format("no member of {} holds the role {}", name, role));
  return found;
}

ActionOutcome action_done(std::string detail) {
  ActionOutcome outcome;
  outcome.ok = true;
  outcome.detail = std::move(detail);
  return outcome;
}

ActionOutcome action_failed(std::string detail) {
  ActionOutcome outcome;
  outcome.detail = std::move(detail);
  return outcome;
}

Duration drawn_time(SimState& state, const std::optional<Distribution>& time, const std::string& what) {
  return time ? draw_from(*time, state.stream(what)) : Duration{};
}

Task<Status> work(SimAction action, Duration own) {
  const Status passed = co_await pass(action.state, action.takes.value_or(own), std::move(action.limit));
  co_return passed;
}

namespace {

template <class Reason>
std::optional<std::string> leave_out(const SimState& state, std::vector<MemberIndex>& members, Reason reason_of) {
  std::string why;
  std::erase_if(members, [&](MemberIndex index) {
    const std::optional<std::string> reason = reason_of(state, state.model.member(index));
    if (reason) why = *reason;
    return reason.has_value();
  });
  if (!members.empty() || why.empty()) return std::nullopt;
  return why + ": nothing can start there";
}

}  // namespace

std::optional<std::string> leave_out_unstartable(const SimState& state, std::vector<MemberIndex>& members) {
  return leave_out(state, members, unstartable);
}

std::optional<std::string> leave_out_lost(const SimState& state, std::vector<MemberIndex>& members) {
  return leave_out(state, members, [](const SimState& of, const Member& member) {
    const auto place = lost_place_of(of, member);
    return place ? std::optional(*place + " is lost") : std::nullopt;
  });
}

std::string names_of_members(const SimState& state, const std::vector<MemberIndex>& members) {
  std::vector<std::string> names;
  for (const MemberIndex index : members) names.push_back(state.model.name_of(index));
  return join(names, ", ");
}

Duration longest_stop(SimState& state, const std::vector<MemberIndex>& members) {
  Duration longest{};
  for (const MemberIndex index : members) {
    if (state.model.member(index).condition != Condition::kUp) continue;
    const Service& service = state.model.service(state.model.member(index).service);
    longest = std::max(longest, draw_from(service.sim.actions.stop, state.stream("stops of " + service.spec->name)));
  }
  return longest;
}

namespace {

Task<void> start_one(SimAction action, MemberIndex index, Status* status) {
  SimState* const state = action.state;
  const Service& service = state->model.service(state->model.member(index).service);
  const Duration own = drawn_time(*state, service.sim.actions.start, "starts of " + service.spec->name);
  state->kill(index);
  const Duration time = action.takes.value_or(own + placing_time(*state, index));
  state->starting(index);
  const std::uint32_t incarnation = state->model.member(index).incarnation;
  const Instant due = state->now() + time;
  *status = co_await pass(state, time, std::move(action.limit));
  const auto come_up = [state, index, incarnation] {
    const Member& member = state->model.member(index);
    if (member.condition == Condition::kStarting && member.incarnation == incarnation) state->up(index);
  };
  // What was begun goes on, also where nobody waits for it any more.
  if (*status)
    come_up();
  else
    state->clock.post_at(due, come_up);
}

Task<Result<ActionOutcome>> do_start(SimAction action) {
  auto members = action.members();
  if (!members) co_return members.error();
  if (const auto why = leave_out_unstartable(*action.state, *members)) co_return action_failed(*why);
  std::erase_if(*members, [&](MemberIndex index) {
    const Member& member = action.state->model.member(index);
    return member.condition == Condition::kUp && !member.hung;
  });
  if (members->empty()) co_return action_done("every member runs already");
  co_return co_await start_members(action, *members, "started");
}

Task<Result<ActionOutcome>> do_stop(SimAction action) {
  const auto members = action.members();
  if (!members) co_return members.error();
  const Status passed = co_await work(action, longest_stop(*action.state, *members));
  if (!passed) co_return passed.error();
  for (const MemberIndex index : *members) action.state->kill(index);
  co_return action_done(names_of_members(*action.state, *members) + " stopped");
}

Task<Result<ActionOutcome>> do_restart(SimAction action) {
  auto members = action.members();
  if (!members) co_return members.error();
  if (const auto why = leave_out_unstartable(*action.state, *members)) co_return action_failed(*why);
  SimAction stop = action;
  if (stop.takes) stop.takes = Duration{};
  const Status passed = co_await work(std::move(stop), longest_stop(*action.state, *members));
  if (!passed) co_return passed.error();
  for (const MemberIndex index : *members) action.state->model.member(index).isolated = false;
  co_return co_await start_members(action, *members, "restarted");
}

Task<Result<ActionOutcome>> do_repoint(SimAction action) {
  SimState* const state = action.state;
  const std::string name = action.text("to");
  const auto to = state->model.find(name);
  const MemberIndex primary = to ? state->model.primary_of(*to) : kNoMember;
  if (primary == kNoMember) co_return action_failed(fmt::format("{} has no member to point to", name));
  Duration longest{};
  std::vector<std::string> names;
  for (const ServiceIndex from : action.services()) {
    const Service& service = state->model.service(from);
    names.push_back(service.spec->name);
    longest =
        std::max(longest, draw_from(service.sim.actions.repoint, state->stream("repointing " + service.spec->name)));
  }
  const Status passed = co_await work(action, longest);
  if (!passed) co_return passed.error();
  for (const ServiceIndex from : action.services()) state->model.set_address(from, *to, primary);
  if (state->flow) state->flow->members_changed();
  co_return action_done(fmt::format("{} now {} {}", join(names, ", "), names.size() == 1 ? "uses" : "use",
                                    state->model.name_of(primary)));
}

Task<Result<ActionOutcome>> do_notify(SimAction action) {
  const auto message = action.state->fill_text(action.text("message"));
  if (!message) co_return message.error();
  co_return action_done(fmt::format("{} told by {}: {}", action.text("audience"), action.text("channel"), *message));
}

std::optional<Distribution> takes_of(const SimAction& action);

/// A command: it takes what the scenario says, and does what the action does that it is like.
Task<Result<ActionOutcome>> do_run(SimAction action) {
  SimState* const state = action.state;
  const std::string command = action.text("");
  const Duration time = drawn_time(*state, takes_of(action), "command " + command);
  const Node* const like = action.call.arguments.find("like");
  ActionOutcome outcome;
  if (like == nullptr || like->entries.empty()) {
    const Status passed = co_await work(action, time);
    if (!passed) co_return passed.error();
    outcome = action_done("modelled by its time alone, " + human_duration(time));
  } else {
    SimAction meant{state, read_action(*like), action.limit, action.takes.value_or(time)};
    auto done = co_await run_sim_action(std::move(meant));
    if (!done) co_return done.error();
    outcome = std::move(*done);
    outcome.detail = fmt::format("modelled as {}: {}", like->entries.front().key, outcome.detail);
  }
  outcome.command = command;
  outcome.exit_status = outcome.ok ? 0 : 1;
  co_return outcome;
}

std::optional<Distribution> takes_of(const SimAction& action) {
  const Node* takes = action.call.arguments.find("takes");
  if (takes == nullptr) return std::nullopt;
  return read_distribution(*takes, action.state->plan.spec.scenario.folder);
}

const std::vector<NamedSimAction>& actions() {
  static const std::vector<NamedSimAction> list = [] {
    std::vector<NamedSimAction> all = {{"restart", do_restart}, {"start", do_start},   {"stop", do_stop},
                                       {"repoint", do_repoint}, {"notify", do_notify}, {"run", do_run}};
    for (const auto* more : {&store_actions(), &traffic_actions()}) all.insert(all.end(), more->begin(), more->end());
    return all;
  }();
  return list;
}

}  // namespace

Task<Result<ActionOutcome>> start_members(SimAction action, std::vector<MemberIndex> members, std::string verb) {
  SimState* const state = action.state;
  if (const auto why = leave_out_unstartable(*state, members)) co_return action_failed(*why);
  TaskGroup group;
  std::vector<Status> results(members.size(), ok());
  const Instant began = state->now();
  for (std::size_t i = 0; i < members.size(); ++i) group.spawn(start_one(action, members[i], &results[i]));
  co_await group.join();
  for (const auto& one : results)
    if (!one) co_return one.error();
  std::vector<MemberIndex> down;
  for (const MemberIndex index : members)
    if (state->model.member(index).condition != Condition::kUp) down.push_back(index);
  if (!down.empty()) co_return action_failed(names_of_members(*state, down) + " did not stay up");
  co_return action_done(
      fmt::format("{} {}, in {}", names_of_members(*state, members), verb, human_duration(state->now() - began)));
}

const std::vector<std::string>& sim_actions() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& action : actions()) list.push_back(action.word);
    return list;
  }();
  return names;
}

Task<Result<ActionOutcome>> run_sim_action(SimAction action) {
  const auto found = std::ranges::find(actions(), action.call.word, &NamedSimAction::word);
  if (found == actions().end())
    co_return fail(ErrorCode::kUnsupported,
                   fmt::format("action {}: the virtual world can do {}", action.call.word, join(sim_actions(), ", ")));
  co_return co_await found->run(std::move(action));
}

}  // namespace blackstart
