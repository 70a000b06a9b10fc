#include "rehearsal/expectations.h"

#include "rehearsal/measure_procedure.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

/// Of faults that act, when the last was proven gone; damage is gone once the recovery has contained it.
std::optional<Instant> gone_at(const DrillContext& drill, const FaultState& fault) {
  if (fault.planned.spec.fault_class == FaultClass::kActing) return fault.healed ? fault.healed_at : std::nullopt;
  if (drill.contained) return drill.contained;
  return drill.recovered ? drill.recovery_over : std::nullopt;
}

bool counts_for_healing(const FaultState& fault) {
  const bool never_acted = fault.over && !fault.injection;
  return !never_acted && fault.planned.spec.end != FaultEnd::kDrillEnd;
}

}  // namespace

ExpectationWatch::ExpectationWatch(DrillContext& drill) : drill_(drill) {
  for (const auto& expectation : drill.plan.spec.scenario.expect) {
    expected_.push_back({.spec = &expectation, .from = {}, .met = {}, .at = {}});
    breakers_[expectation.breaker];
  }
}

void ExpectationWatch::look() {
  for (auto& [service, watched] : breakers_) take_in(service, watched, drill_.now());
  tell(drill_.now());
}

void ExpectationWatch::look_last() {
  const Instant known = drill_.now() + Duration{1};
  for (auto& [service, watched] : breakers_) take_in(service, watched, known);
  tell(known);
}

/// Everything before `known`; a change at `known` itself may be followed by another of the same instant.
void ExpectationWatch::take_in(const std::string& service, Watched& watched, Instant known) {
  const auto changes = drill_.world.breaker_changes(service, watched.next);
  if (!changes) {
    drill_.end(Ending::kTarget,
               fmt::format("the breaker of {} cannot be observed: {}", service, changes.error().to_string()));
    return;
  }
  for (const auto& change : *changes) {
    if (change.at >= known) break;
    watched.callers[change.caller] = change.state;
    const bool all_closed =
        std::ranges::all_of(watched.callers, [](const auto& caller) { return caller.second == State::kClosed; });
    if (change.state != State::kClosed || all_closed) watched.became.emplace_back(change.at, change.state);
  }
  watched.next = std::max(watched.next, known);
}

void ExpectationWatch::tell(Instant known) {
  for (std::size_t index = 0; index < expected_.size(); ++index)
    if (!expected_[index].met) tell_one(index, known);
}

void ExpectationWatch::tell_one(std::size_t index, Instant known) {
  Expected& expected = expected_[index];
  const Expectation& spec = *expected.spec;
  const Expected* earlier = before(index);
  if (earlier != nullptr && !earlier->met) return;  // they are ordered
  if (!expected.from) expected.from = anchor(index);
  if (!expected.from) {
    const bool of_state = spec.of != "fault" && spec.of != "healed";
    if (of_state) settle(index, std::nullopt, fmt::format("it did not become {} in time before", spec.of));
    return;
  }
  Instant since = *expected.from;
  if (earlier != nullptr && *earlier->met) since = std::max(since, earlier->at);
  const auto& became = breakers_[spec.breaker].became;
  const auto found = std::ranges::find_if(
      became, [&](const auto& change) { return change.first >= since && change.second == spec.becomes; });
  const Instant due = *expected.from + spec.within;
  if (found != became.end())
    settle(index, found->first, found->first <= due ? "" : "it came too late");
  else if (known > due)
    settle(index, std::nullopt, "it had not come by then");
}

/// Met where nothing speaks against it.
void ExpectationWatch::settle(std::size_t index, std::optional<Instant> came, const std::string& why) {
  Expected& expected = expected_[index];
  expected.met = why.empty();
  if (came) expected.at = *came;
  const auto ns = [](const std::optional<Instant>& at) { return at ? Json(to_ns(*at)) : Json(nullptr); };
  drill_.record(why.empty() ? "expectation.met" : "expectation.missed", {{"index", index},
                                                                         {"breaker", expected.spec->breaker},
                                                                         {"becomes", to_string(expected.spec->becomes)},
                                                                         {"of", expected.spec->of},
                                                                         {"within_ns", to_ns(expected.spec->within)},
                                                                         {"from_ns", ns(expected.from)},
                                                                         {"at_ns", ns(came)},
                                                                         {"why", why}});
}

std::optional<Instant> ExpectationWatch::anchor(std::size_t index) const {
  const std::string& of = expected_[index].spec->of;
  if (of == "fault") {
    const Injection* first = drill_.first_injection();
    return first != nullptr ? std::optional(first->acted) : std::nullopt;
  }
  if (of == "healed") return healed();
  const State state = of == "open" ? State::kOpen : of == "closed" ? State::kClosed : State::kHalfOpen;
  const Expected* earlier = before(index, state);
  return earlier != nullptr && earlier->met.value_or(false) ? std::optional(earlier->at) : std::nullopt;
}

std::optional<Instant> ExpectationWatch::healed() const {
  std::optional<Instant> last;
  for (const auto& fault : drill_.faults) {
    if (!counts_for_healing(fault)) continue;
    const auto gone = fault.injection ? gone_at(drill_, fault) : std::nullopt;
    if (!gone) return std::nullopt;
    last = std::max(last.value_or(*gone), *gone);
  }
  return last;
}

bool ExpectationWatch::may_heal() const {
  return std::ranges::all_of(drill_.faults, [this](const FaultState& fault) {
    if (!counts_for_healing(fault)) return true;
    if (fault.planned.spec.fault_class == FaultClass::kActing) return fault.healed || fault.heal_problem.empty();
    return drill_.contained || drill_.recovered || !drill_.recovery_over;
  });
}

bool ExpectationWatch::pending() const {
  for (std::size_t index = 0; index < expected_.size(); ++index) {
    const Expected& expected = expected_[index];
    const Expected* earlier = before(index);
    if (expected.met || (earlier != nullptr && !earlier->met)) continue;  // it waits for the earlier one
    if (expected.from || expected.spec->of != "healed" || may_heal()) return true;
  }
  return false;
}

const ExpectationWatch::Expected* ExpectationWatch::before(std::size_t index, std::optional<State> state) const {
  const Expected* found = nullptr;
  for (std::size_t i = 0; i < index; ++i) {
    const Expectation& other = *expected_[i].spec;
    const bool same = other.breaker == expected_[index].spec->breaker;
    if (same && (!state || other.becomes == *state)) found = &expected_[i];
  }
  return found;
}

}  // namespace blackstart
