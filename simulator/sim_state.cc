#include "simulator/sim_state.h"

#include "base/text.h"
#include "scenarios/template.h"
#include "simulator/stores.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace blackstart {
namespace {

/// "services.database.primary.url" and its like: names of the virtual world's own.
std::optional<std::string> address_value(const Model& model, std::string_view name) {
  auto parts = split(name, '.');
  if (parts.size() < 3 || parts.front() != "services") return std::nullopt;
  const auto service = model.find(parts[1]);
  if (!service) return std::nullopt;
  std::string host = std::string(parts[1]) + ".sim";
  if (parts.size() > 3) host = fmt::format("{}.{}", parts[2], host);
  const std::string_view what = parts.back();
  if (what == "url") return "http://" + host;
  if (what == "host") return host;
  if (what == "port") return "80";
  return std::nullopt;
}

}  // namespace

SimState::SimState(const Plan& plan_in, WallTime start)
    : plan(plan_in), clock(start), model(plan.spec.target), history(plan.seed, plan.bin_length) {}

RandomStream& SimState::stream(const std::string& name) {
  return streams_.try_emplace(name, RandomStream(plan.seed, name)).first->second;
}

void SimState::changed(MemberIndex index) {
  if (flow) flow->resumed(index);
}

void SimState::kill(MemberIndex index) {
  Member& member = model.member(index);
  if (member.condition == Condition::kDown) return;
  member.condition = Condition::kDown;
  member.hung = false;
  note_primary_gone(*this, index);
  if (flow) flow->killed(index);
}

void SimState::starting(MemberIndex index) {
  kill(index);
  model.member(index).condition = Condition::kStarting;
}

void SimState::up(MemberIndex index) {
  Member& member = model.member(index);
  member.condition = Condition::kUp;
  ++member.incarnation;
  member.up_since = now();
  note_primary_back(*this, index);
  changed(index);
}

void SimState::hang(MemberIndex index, bool hung) {
  model.member(index).hung = hung;
  if (hung)
    note_primary_gone(*this, index);
  else
    note_primary_back(*this, index);
  changed(index);
}

Result<std::string> SimState::fill_text(const std::string& text) const {
  return fill(text, [this](std::string_view name) -> std::optional<std::string> {
    if (name == "title") return plan.spec.scenario.title;
    if (name == "drill.id") return plan.drill_id;
    if (name == "target") return plan.spec.target.name;
    if (name.starts_with("env.")) return "***";
    if (name.starts_with("steps.")) {
      std::string step(name.substr(6));
      if (step.ends_with(".output")) step.resize(step.size() - 7);
      const auto found = outputs.find(step);
      return found == outputs.end() ? std::nullopt : std::optional(found->second);
    }
    return address_value(model, name);
  });
}

Task<Status> pass(SimState* state, Duration length, Limit limit) {
  const Instant end = state->now() + length;
  const Instant until = std::min(end, limit.deadline);
  const auto woken = co_await state->clock.sleep_until(until, limit.stop);
  if (!woken) co_return woken.error();
  if (end > limit.deadline) co_return fail(ErrorCode::kTimeout, "it takes longer than there is time for");
  co_return ok();
}

}  // namespace blackstart
