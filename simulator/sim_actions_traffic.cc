// Actions on who gets which traffic and what runs: dns, admit, isolate, rollback, rotate, scale.

#include "base/text.h"
#include "base/units.h"
#include "scenarios/arguments.h"
#include "simulator/placement.h"
#include "simulator/sim_actions.h"
#include "simulator/sim_probes.h"
#include "simulator/time_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace blackstart {
namespace {

bool admits(const std::vector<Step>& steps) {
  return std::ranges::any_of(steps, [](const Step& step) {
    return (step.action && step.action->word == "admit") || admits(step.together) || admits(step.otherwise);
  });
}

/// Where a recovery lets bids in step by step, the place that names lead to is shut until it does.
void shut_the_door(SimState& state) {
  const auto& recovery = state.plan.spec.scenario.recovery;
  if (recovery && state.clients && admits(recovery->steps)) state.clients->admit(0, 0, Duration{});
}

Task<Result<ActionOutcome>> do_dns(SimAction action) {
  SimState* const state = action.state;
  const std::string record = action.text("record"), to = action.text("to");
  const Service* dns = nullptr;
  for (const auto& service : state->model.services())
    if (service.dns() != nullptr && dns == nullptr) dns = &service;
  if (dns == nullptr) co_return action_failed("the target has no service of kind dns");
  if (!service_is_well(*state, *state->model.find(dns->spec->name)))
    co_return action_failed(fmt::format("{} is down: its records cannot be changed", dns->spec->name));
  const Duration propagation = draw_from(dns->dns()->propagation, state->stream("propagation of dns"));
  const Instant answered = state->now() + propagation;
  shut_the_door(*state);
  state->resolver.change(to, answered, dns->dns()->ttl, dns->dns()->stale.value, dns->dns()->stale_for);
  const Status passed = co_await work(action, propagation + dns->dns()->ttl);
  if (!passed) co_return passed.error();
  co_return action_done(fmt::format("resolvers answer {} for {}, after {} and a time to live of {}", to, record,
                                    human_duration(propagation), spell_duration(dns->dns()->ttl)));
}

/// "10%..100%" or "50%".
std::pair<double, double> shares(const std::string& text) {
  const auto dots = text.find("..");
  const auto from = parse_share(text.substr(0, dots));
  const auto to = dots == std::string::npos ? from : parse_share(text.substr(dots + 2));
  return {from ? from->value : 1, to ? to->value : 1};
}

Task<Result<ActionOutcome>> do_admit(SimAction action) {
  SimState* const state = action.state;
  const auto [from, to] = shares(action.text("share"));
  const Duration over = action.takes.value_or(duration_argument(action.call, "over", {}));
  if (state->clients) state->clients->admit(from, to, over);
  const Status passed = co_await work(action, over);
  if (!passed) co_return passed.error();
  co_return action_done(fmt::format("{} of the bids are let in", action.text("share")));
}

Task<Result<ActionOutcome>> do_isolate(SimAction action) {
  SimState* const state = action.state;
  const auto members = action.members();
  if (!members) co_return members.error();
  const Service& service = state->model.service(state->model.member(members->front()).service);
  const Duration time = draw_from(service.sim.actions.isolate, state->stream("isolation of " + service.spec->name));
  const Status passed = co_await work(action, time);
  if (!passed) co_return passed.error();
  for (const MemberIndex index : *members) state->model.member(index).isolated = true;
  review_effects(*state);
  co_return action_done(names_of_members(*state, *members) + " cut off");
}

Task<Result<ActionOutcome>> do_rollback(SimAction action) {
  SimState* const state = action.state;
  auto members = action.members();
  if (!members) co_return members.error();
  if (const auto why = leave_out_lost(*state, *members)) co_return action_failed(*why);
  const bool release = action.text("of") == "release";
  const Member& first = state->model.member(members->front());
  if (const auto why = unplaceable(*state, first.service, first.region); why && release)
    co_return action_failed(*why + ": no release can be rolled back");
  const Service& service = state->model.service(state->model.member(members->front()).service);
  const Duration time = drawn_time(*state, service.sim.actions.rollback, "rollback of " + service.spec->name);
  const Instant began = state->now();
  const Status passed = co_await work(action, time);
  if (!passed) co_return passed.error();
  if (const auto why = leave_out_lost(*state, *members)) co_return action_failed(*why);
  for (const MemberIndex index : *members) {
    Member& member = state->model.member(index);
    const bool crashed = member.release == Release::kCrashes && member.condition != Condition::kUp;
    (release ? member.release = Release::kGood : member.release);
    if (!release) member.bad_config = false;
    if (release && crashed) state->up(index);
  }
  review_effects(*state);
  co_return action_done(fmt::format("{} runs the {} from before, in {}", service.spec->name, action.text("of"),
                                    human_duration(state->now() - began)));
}

Task<Result<ActionOutcome>> do_rotate(SimAction action) {
  SimState* const state = action.state;
  const std::string wanted = action.text("credential");
  const auto is_wanted = [&](const std::string& name) { return wanted == "all" || wanted == name; };
  Duration longest{};
  for (const auto& credential : state->plan.spec.target.credentials) {
    if (!is_wanted(credential.name)) continue;
    std::vector<std::string> users = credential.used_by;
    users.push_back(credential.of);
    for (const auto& user : users)
      if (const auto service = state->model.find(user))
        longest = std::max(longest, drawn_time(*state, state->model.service(*service).sim.actions.rotate,
                                               "rotation of " + credential.name + " in " + user));
  }
  const Status passed = co_await work(action, longest);
  if (!passed) co_return passed.error();
  for (auto& [id, fault] : state->faults)
    if (fault.spec.kind.word == "leak_credentials" && is_wanted(text_argument(fault.spec.kind, "which")))
      fault.off = true;
  co_return action_done(wanted == "all" ? "all credentials replaced wherever they are used"
                                        : wanted + " replaced wherever it is used");
}

/// Makes so many members of the service that `to` of them can run, and gives those that are to start. Empty where they
/// would have to be in a region that is lost.
std::optional<std::vector<MemberIndex>> members_to_start(SimState& state, ServiceIndex index, std::size_t running,
                                                         std::size_t to) {
  std::vector<MemberIndex> down;
  for (const MemberIndex member : state.model.service(index).members) {
    const bool lost = lost_place_of(state, state.model.member(member)).has_value();
    if (state.model.member(member).condition == Condition::kDown && !lost) down.push_back(member);
  }
  const std::string region = state.model.region_to_grow_in(index);
  const auto zones = zones_left(state, region);
  if (running + down.size() < to && zones.empty()) return std::nullopt;
  state.about_to_change();
  while (running + down.size() < to) {
    const MemberIndex made = state.model.add_member(index, "", region, zones);
    state.model.member(made).condition = Condition::kDown;
    down.push_back(made);
  }
  down.resize(to - running);
  return down;
}

/// So many members of each service run: the surplus ends, what is missing starts.
Task<Result<ActionOutcome>> do_scale(SimAction action) {
  SimState* const state = action.state;
  const auto to = static_cast<std::size_t>(number_argument(action.call, "to", 1));
  std::vector<MemberIndex> start, surplus;
  std::vector<std::string> names;
  for (const ServiceIndex index : action.services()) {
    names.push_back(state->model.service(index).spec->name);
    std::vector<MemberIndex> up;
    for (const MemberIndex member : state->model.service(index).members)
      if (state->model.member(member).condition != Condition::kDown) up.push_back(member);
    if (up.size() > to) surplus.insert(surplus.end(), up.begin() + static_cast<std::ptrdiff_t>(to), up.end());
    if (up.size() > to) up.resize(to);
    const auto why = unplaceable(*state, index, state->model.region_to_grow_in(index));
    if (why && up.size() < to) co_return action_failed(fmt::format("{}: {} cannot grow", *why, names.back()));
    const auto missing = members_to_start(*state, index, up.size(), to);
    if (!missing)
      co_return action_failed(
          fmt::format("region {} is lost: {} cannot grow there", state->model.region_to_grow_in(index), names.back()));
    start.insert(start.end(), missing->begin(), missing->end());
  }
  review_effects(*state);
  if (start.empty() || !surplus.empty()) {
    SimAction stop = action;
    if (stop.takes && !start.empty()) stop.takes = Duration{};  // the start takes it
    const Status passed = co_await work(std::move(stop), longest_stop(*state, surplus));
    if (!passed) co_return passed.error();
  }
  for (const MemberIndex index : surplus) state->kill(index);
  if (start.empty()) {
    co_return action_done(fmt::format("{}: {} members each", join(names, ", "), to));
  }
  co_return co_await start_members(std::move(action), std::move(start), "started");
}

}  // namespace

const std::vector<NamedSimAction>& traffic_actions() {
  static const std::vector<NamedSimAction> list = {{"dns", do_dns},         {"admit", do_admit},
                                                   {"isolate", do_isolate}, {"rollback", do_rollback},
                                                   {"rotate", do_rotate},   {"scale", do_scale}};
  return list;
}

}  // namespace blackstart
