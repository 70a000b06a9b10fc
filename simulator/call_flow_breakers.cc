// The breakers through which members call, what became of them, and how often members may call again.

#include "simulator/call_flow.h"

namespace blackstart {
namespace {

std::size_t place_of(const Member& member) { return static_cast<std::size_t>(member.number) - 1; }

}  // namespace

/// Callers share the bids evenly.
void CallFlow::lay_budgets(Service& service) const {
  const double rate = config_.rate_most / static_cast<double>(service.members.size());
  for (Need& need : service.needs)
    while (need.limits_retries() && need.budgets.size() < service.members.size())
      need.budgets.emplace_back(need.call.retry.budget, rate);
}

void CallFlow::note_first_try(Need& need, MemberIndex caller) {
  if (need.limits_retries()) need.budgets[place_of(model_.member(caller))].earn();
}

bool CallFlow::may_call_again(Need& need, MemberIndex caller) {
  return !need.limits_retries() || need.budgets[place_of(model_.member(caller))].spend();
}

bool CallFlow::may_call(Need& need, MemberIndex caller) {
  CircuitBreaker& breaker = need.breakers[place_of(model_.member(caller))];
  const auto before = breaker.state();
  const bool allowed = breaker.allows(clock_.now());
  note_turn(need, caller, before);
  return allowed;
}

void CallFlow::tell_breaker(Need& need, MemberIndex caller, bool failed, Duration took) {
  CircuitBreaker& breaker = need.breakers[place_of(model_.member(caller))];
  const auto before = breaker.state();
  breaker.note(clock_.now(), failed, took);
  note_turn(need, caller, before);
}

void CallFlow::begun(MemberIndex member) {
  for (auto& need : model_.service(model_.member(member).service).needs) {
    if (!need.budgets.empty()) need.budgets[place_of(model_.member(member))].reset();
    if (need.breakers.empty()) continue;
    CircuitBreaker& breaker = need.breakers[place_of(model_.member(member))];
    const auto before = breaker.state();
    breaker.reset(clock_.now());
    note_turn(need, member, before);
  }
}

void CallFlow::note_turn(const Need& need, MemberIndex caller, CircuitBreaker::State before) {
  const auto now = need.breakers[place_of(model_.member(caller))].state();
  if (now != before) breaker_turns_.push_back({clock_.now(), need.service, caller, now});
}

}  // namespace blackstart
