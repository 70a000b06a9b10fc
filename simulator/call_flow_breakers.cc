// The breakers through which members call, and what became of them.

#include "simulator/call_flow.h"

namespace blackstart {
namespace {

std::size_t place_of(const Member& member) { return static_cast<std::size_t>(member.number) - 1; }

}  // namespace

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
