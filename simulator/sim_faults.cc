#include "simulator/sim_faults.h"

#include "base/text.h"
#include "scenarios/arguments.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

struct NamedSimFault {
  std::string word;
  Result<std::string> (*act)(SimState&, ActedFault&);
  Task<Result<std::string>> (*heal)(SimState*, ActedFault*, Limit);
};

std::string names(const SimState& state, const std::vector<MemberIndex>& members) {
  std::vector<std::string> list;
  for (const MemberIndex index : members) list.push_back(state.model.name_of(index));
  return join(list, ", ");
}

Result<std::string> act_kill(SimState& state, ActedFault& fault) {
  const std::string text = names(state, fault.members);
  for (const MemberIndex index : fault.members) state.kill(index);
  return fmt::format("{} {} gone: signal {}", text, fault.members.size() == 1 ? "is" : "are",
                     text_argument(fault.spec.kind, "signal", "KILL"));
}

/// Starts what is still down and whose role nobody has taken.
Task<Result<std::string>> heal_kill(SimState* state, ActedFault* fault, Limit limit) {
  std::vector<MemberIndex> down;
  Duration longest{};
  for (const MemberIndex index : fault->members) {
    const Member& member = state->model.member(index);
    if (member.condition != Condition::kDown || member.former) continue;
    down.push_back(index);
    const Service& service = state->model.service(member.service);
    state->starting(index);
    if (service.sim.actions.start)
      longest =
          std::max(longest, TimeLaw(*service.sim.actions.start).draw(state->stream("starts of " + service.spec->name)));
  }
  if (down.empty()) co_return "nothing to bring back: " + names(*state, fault->members);
  Limit own = limit;
  const Status passed = co_await pass(state, longest, std::move(own));
  for (const MemberIndex index : down) state->up(index);
  if (!passed && passed.error().code == ErrorCode::kCancelled) co_return passed.error();
  co_return names(*state, down) + " up again";
}

const std::vector<NamedSimFault>& faults() {
  static const std::vector<NamedSimFault> list = {{"kill", act_kill, heal_kill}};
  return list;
}

const NamedSimFault* find_fault(const std::string& word) {
  const auto found = std::ranges::find(faults(), word, &NamedSimFault::word);
  return found == faults().end() ? nullptr : &*found;
}

}  // namespace

const std::vector<std::string>& sim_faults() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> list;
    for (const auto& one : faults()) list.push_back(one.word);
    return list;
  }();
  return words;
}

Status SimFaults::arm(const FaultRequest& request) {
  const Call& kind = request.spec.kind;
  if (find_fault(kind.word) == nullptr)
    return fail(ErrorCode::kUnsupported, fmt::format("fault {}: the virtual world cannot inject it", kind.word));
  ActedFault fault;
  fault.spec = request.spec;
  faults_[request.id] = std::move(fault);
  return ok();
}

Result<std::string> SimFaults::act(std::uint64_t id) {
  ActedFault& fault = faults_.at(id);
  const Call& kind = fault.spec.kind;
  const std::string name = text_argument(kind, "service"), role = text_argument(kind, "role");
  if (const auto service = state_.model.find(name)) fault.members = state_.model.members_of(*service, role);
  std::erase_if(fault.members, [&](MemberIndex index) {
    return state_.model.member(index).condition == Condition::kDown ||
           (role.empty() && state_.model.member(index).former);
  });
  if (const auto count = number_argument(kind, "count", 0);
      count > 0 && fault.members.size() > static_cast<std::size_t>(count))
    fault.members.resize(static_cast<std::size_t>(count));
  if (!name.empty() && fault.members.empty())
    return fail(ErrorCode::kNotFound, fmt::format("no member of {} {} runs", name, role));
  fault.acted = true;
  return find_fault(kind.word)->act(state_, fault);
}

Task<Result<std::string>> SimFaults::heal(std::uint64_t id, Limit limit) {
  const auto found = faults_.find(id);
  if (found == faults_.end() || !found->second.acted) co_return std::string("it never acted: nothing was changed");
  if (found->second.healed) co_return std::string("it is healed already");
  auto healed = co_await find_fault(found->second.spec.kind.word)->heal(&state_, &found->second, std::move(limit));
  found->second.healed = healed.has_value();
  co_return healed;
}

std::vector<std::string> SimFaults::left() const {
  std::vector<std::string> names_left;
  for (const auto& [id, fault] : faults_)
    if (fault.acted && !fault.healed) names_left.push_back(fault.spec.name);
  return names_left;
}

}  // namespace blackstart
