#pragma once
// Recovery actions in the virtual world: each takes the time that the target's `sim:` part says, then has its effect.
// To add one: a coroutine of the table's shape and one line in the table of its file.

#include "rehearsal/world.h"
#include "simulator/sim_state.h"

#include <optional>
#include <string>
#include <vector>

namespace blackstart {

/// One action to be done.
struct SimAction {
  SimState* state = nullptr;
  Call call;
  Limit limit;
  std::optional<Duration> takes;  // instead of the target's own figure: of a command that is `like` this action

  [[nodiscard]] std::string text(std::string_view key) const;
  /// Services that it names under "services" or "service".
  [[nodiscard]] std::vector<ServiceIndex> services() const;
  /// The members it means; kNotFound says which there are not.
  [[nodiscard]] Result<std::vector<MemberIndex>> members() const;
};
using SimActionFunction = Task<Result<ActionOutcome>> (*)(SimAction action);
struct NamedSimAction {
  std::string word;
  SimActionFunction run;
};

const std::vector<std::string>& sim_actions();
/// kUnsupported where `action.call` is none of sim_actions().
Task<Result<ActionOutcome>> run_sim_action(SimAction action);

/// sim_actions_stores.cc: promote, rebuild, restore, failover, fence, warm, replay.
const std::vector<NamedSimAction>& store_actions();
/// sim_actions_traffic.cc: dns, admit, isolate, rollback, rotate, scale.
const std::vector<NamedSimAction>& traffic_actions();

// ---- for actions ----

ActionOutcome action_done(std::string detail);
ActionOutcome action_failed(std::string detail);
/// One draw of the stream that is `what`'s own.
Duration drawn_time(SimState& state, const std::optional<Distribution>& time, const std::string& what);
/// Lets the action's time pass: `own`, or what it `takes`.
Task<Status> work(SimAction action, Duration own);
/// The longest that one of those members that are up takes to stop; one draw each.
Duration longest_stop(SimState& state, const std::vector<MemberIndex>& members);
/// Starts members side by side, each in its own time.
Task<Result<ActionOutcome>> start_members(SimAction action, std::vector<MemberIndex> members, std::string verb);
/// Takes from `members` those that cannot start now (placement.h). Says why where nobody is left; else empty.
std::optional<std::string> leave_out_unstartable(const SimState& state, std::vector<MemberIndex>& members);
/// The same of those in a lost region or zone alone: what needs no start.
std::optional<std::string> leave_out_lost(const SimState& state, std::vector<MemberIndex>& members);
std::string names_of_members(const SimState& state, const std::vector<MemberIndex>& members);

}  // namespace blackstart
