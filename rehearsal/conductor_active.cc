// The active part of a drill: from bring-up to validation.

#include "rehearsal/communications.h"
#include "rehearsal/conductor_faults.h"
#include "rehearsal/conductor_limits.h"
#include "rehearsal/conductor_phases.h"
#include "rehearsal/detection.h"
#include "rehearsal/expectations.h"
#include "rehearsal/linked_stop.h"
#include "rehearsal/protection.h"
#include "rehearsal/recovery.h"
#include "rehearsal/stop_conditions.h"
#include "rehearsal/validation.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

Task<bool> bring_up(DrillContext* drill) {
  drill->enter("bring up");
  if (drill->ended()) co_return false;
  drill->target_up = true;
  Limit limit = drill->within(limits::kBringUp);
  const auto up = co_await drill->world.bring_up(std::move(limit));
  if (!up) drill->end(Ending::kTarget, "the target could not be brought up: " + up.error().to_string());
  co_return !drill->ended();
}

Task<bool> start_traffic(DrillContext* drill) {
  drill->enter("steady state");
  if (drill->ended()) co_return false;
  drill->traffic_started = true;
  TrafficRequest request{drill->plan.seed, drill->plan.drill_id, drill->now()};
  Limit limit = drill->within(limits::kStartTraffic);
  const auto started = co_await drill->world.start(std::move(request), *drill, std::move(limit));
  if (!started) drill->end(Ending::kTarget, "traffic could not be started: " + started.error().to_string());
  co_return !drill->ended();
}

/// Asked ten times a second.
bool is_steady(const DrillContext& drill, const RuleRunner& probes) {
  const auto known = drill.watch.known_until();
  return known && probes.first_not_passing(*known - drill.plan.steady_length) == nullptr && drill.watch.steady();
}

/// Why the steady state does not hold now; empty when it does.
std::string why_not_steady(const DrillContext& drill, const RuleRunner& probes) {
  const auto known = drill.watch.known_until();
  if (!known) return "no bid has been settled yet";
  const Instant from = *known - drill.plan.steady_length;
  if (const ProbeRule* rule = probes.first_not_passing(from))
    return fmt::format("probe \"{}\" did not pass for all of {}", rule->name, spell_duration(drill.plan.steady_length));
  if (!drill.watch.steady())
    return fmt::format("the service level did not hold for {} on end", spell_duration(drill.plan.steady_length));
  return {};
}

/// Journals the end of the steady state and sets the instant that faults count from.
void enter_faults(DrillContext& drill, bool held, const std::string& why) {
  Json fields = {{"steady_held", held}, {"steady_from_ns", nullptr}, {"last_fault_ns", nullptr}};
  if (held) {
    drill.watch.take_as_steady();
    drill.count_from(drill.now() + limits::kArmingLead);
    fields["steady_from_ns"] = to_ns(*drill.watch.known_until() - drill.plan.steady_length);
    if (!drill.faults.empty() && !drill.plan.dry) fields["last_fault_ns"] = to_ns(drill.last_act());
  } else {
    fields["why"] = why;
  }
  drill.enter("faults", std::move(fields));
}

const std::vector<ProbeRule>& steady_probes(const DrillContext& drill) {
  static const std::vector<ProbeRule> kNone;
  const auto& steady = drill.plan.spec.scenario.steady_state;
  return steady ? steady->probes : kNone;
}

/// Until the next look at the steady state: `kPoll` from now, but for looks that could only say no, as what is known is
/// too short for it.
Task<Status> wait_for_next_look(DrillContext* drill, Instant deadline) {
  Clock& clock = drill->world.clock();
  const Instant now = drill->now();
  const auto from = drill->watch.known_from();
  const Instant worth = from ? std::min(*from + drill->plan.steady_length, deadline) : now;
  const auto looks = std::max<std::int64_t>((worth - now) / limits::kPoll, 1);
  const Instant next = now + looks * limits::kPoll;
  // In virtual time a look comes after all else that is due at its instant: it is set only when the one before is over.
  if (looks > 1) {
    const Status woken = co_await clock.sleep_until(next - limits::kPoll / 2, drill->active());
    if (!woken) co_return woken;
  }
  co_return co_await clock.sleep_until(next, drill->active());
}

/// Waits for the steady state; false when it did not hold in time, or the drill ended.
Task<bool> wait_for_steady_state(DrillContext* drill, RuleRunner* probes) {
  LinkedStop scope(drill->active());
  TaskGroup group;
  group.spawn(probes->run(scope.token(), RuleRunner::Which::kOthers));
  const Instant deadline = drill->now() + drill->plan.steady_within;
  while (!is_steady(*drill, *probes) && drill->now() < deadline) {
    const auto woken = co_await wait_for_next_look(drill, deadline);
    if (!woken) break;
  }
  std::string why = why_not_steady(*drill, *probes);
  scope.request();
  co_await group.join();
  if (drill->ended()) co_return false;
  const bool held = why.empty();
  if (!held) why += fmt::format("; it was waited for {}", spell_duration(drill->plan.steady_within));
  enter_faults(*drill, held, why);
  co_return held && !drill->ended();
}

// ---- observation ----

/// The last instant at which something was done to the target by a fault.
Instant last_touched(const DrillContext& drill) {
  Instant last = *drill.base;
  for (const auto& fault : drill.faults) {
    if (fault.injection) last = std::max({last, fault.injection->acted, fault.injection->effective});
    if (fault.healed_at) last = std::max(last, *fault.healed_at);
  }
  return last;
}

/// Nothing more is to come: every fault was injected, and the recovery has ended.
bool all_done(const DrillContext& drill) {
  return drill.recovery_over && std::ranges::all_of(drill.faults, &FaultState::over);
}

/// Whether bids are served again (or were all the time), for as long as `hold`, and nothing was touched since.
bool serves_again(const DrillContext& drill) {
  const auto known = drill.watch.known_until();
  if (!known || *known < last_touched(drill) + drill.plan.hold) return false;
  if (drill.watch.impact()) return drill.watch.restored().has_value();
  return drill.watch.quiet_since(std::max(last_touched(drill), *drill.recovery_over));
}

bool lasts_until_recovered(const FaultState& fault) {
  return fault.injection && !fault.healed && fault.heal_problem.empty() &&
         fault.planned.spec.fault_class == FaultClass::kActing && fault.planned.spec.end == FaultEnd::kRecovered;
}

void note_marks(DrillContext& drill) {
  if (drill.phase == "faults" && drill.watch.restored()) drill.enter("restored");
  if (drill.phase == "restored" && drill.watch.drained()) drill.enter("drained");
}

/// The rules that run beside the traffic.
struct Rules {
  RuleRunner steady, detection;
};

/// Whether every component that is not measured by the bids has been well for as long as `hold`, and nothing was
/// touched since.
bool components_are_back(DrillContext& drill, const Rules& rules) {
  const Instant touched = last_touched(drill);
  for (const Component& component : drill.plan.spec.scenario.objectives.components) {
    if (component.evidence != Component::Evidence::kCanary) continue;
    const CanaryLog* const log = drill.canaries.find(component.source);
    if (log != nullptr && !log->good_for(drill.plan.hold, touched, drill.now())) return false;
  }
  const Instant from = drill.now() - drill.plan.hold;
  return from >= touched && rules.steady.evidence_passes(from) && rules.detection.evidence_passes(from);
}

/// What a look at the observation comes to.
enum class Observed { kNotEnough, kHeals, kEnough };

Observed look_at_observation(DrillContext& drill, const Rules& rules, ExpectationWatch& expectations) {
  note_marks(drill);
  expectations.look();
  if (drill.now() >= drill.observe_until()) return Observed::kEnough;
  if (!all_done(drill) || !serves_again(drill)) return Observed::kNotEnough;
  if (std::ranges::any_of(drill.faults, lasts_until_recovered)) return Observed::kHeals;
  const bool has_components = !drill.plan.spec.scenario.objectives.components.empty();
  if (has_components && !components_are_back(drill, rules)) return Observed::kNotEnough;
  if (expectations.pending()) return Observed::kNotEnough;
  return !drill.watch.impact() || drill.watch.drained() ? Observed::kEnough : Observed::kNotEnough;
}

Task<void> observe(DrillContext* drill, const Rules* rules) {
  LinkedStop scope(drill->active());
  ProtectionWatch protection(*drill);
  TaskGroup group;
  group.spawn(run_faults(drill, scope.token()));
  group.spawn(run_recovery(drill, scope.token()));
  group.spawn(run_communications(drill, scope.token()));
  group.spawn(run_injects(drill, scope.token()));
  group.spawn(protection.run(scope.token()));
  ExpectationWatch expectations(*drill);
  while (!drill->ended()) {
    const Observed observed = look_at_observation(*drill, *rules, expectations);
    if (observed == Observed::kEnough) break;
    if (observed == Observed::kHeals)
      co_await heal_faults(drill, HealWhich::kActingRecovered);  // it is observed for another `hold`
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + limits::kPoll, drill->active());
    if (!woken) break;
  }
  scope.request();
  co_await group.join();
  expectations.look_last();
}

/// Everything that happens under traffic.
Task<void> play_under_traffic(DrillContext* drill, Rules* rules) {
  const bool steady = co_await wait_for_steady_state(drill, &rules->steady);
  if (!steady) co_return;
  if (!drill->plan.dry) co_await observe(drill, rules);
  if (drill->ended()) co_return;
  const bool still_out = drill->watch.impact() && !drill->watch.restored();
  if (still_out) co_return;
  drill->enter("validate");
  co_await validate_under_traffic(drill);
}

}  // namespace

Task<void> play_active_part(DrillContext* drill) {
  const bool up = co_await bring_up(drill);
  if (!up) co_return;
  const bool started = co_await start_traffic(drill);
  if (!started) co_return;
  LinkedStop scope(drill->active());
  Rules rules{{drill, &steady_probes(*drill), RuleRunner::Of::kSteadyState},
              {drill, &drill->plan.spec.scenario.detection, RuleRunner::Of::kDetection}};
  TaskGroup beside;
  beside.spawn(rules.detection.run(scope.token()));
  beside.spawn(watch_stop_conditions(drill, scope.token()));
  beside.spawn(rules.steady.run(scope.token(), RuleRunner::Which::kEvidence));
  beside.spawn(run_canaries(drill, scope.token()));
  co_await play_under_traffic(drill, &rules);
  scope.request();
  co_await beside.join();
}

}  // namespace blackstart
