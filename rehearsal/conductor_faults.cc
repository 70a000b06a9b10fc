#include "rehearsal/conductor_faults.h"

#include "rehearsal/conductor_limits.h"
#include "rehearsal/events.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

const char* class_name(FaultClass fault_class) { return fault_class == FaultClass::kDamage ? "damage" : "acting"; }

void announce(DrillContext& drill, FaultState& fault) {
  const FaultSpec& spec = fault.planned.spec;
  const auto seq = drill.record("fault.injecting", {{"id", fault.planned.id},
                                                    {"name", spec.name},
                                                    {"kind", spec.kind.word},
                                                    {"class", class_name(spec.fault_class)},
                                                    {"planned_ns", to_ns(drill.act_at(fault))},
                                                    {"parameters", to_json(spec.kind.arguments)}});
  fault.announced = seq != 0;
  if (fault.announced) drill.keep();  // on the disk before the act, which a failure here still stops
}

void note_injection(DrillContext& drill, FaultState& fault, const Injection& injection) {
  fault.injection = injection;
  drill.record("fault.effective",
               {{"id", fault.planned.id},
                {"name", fault.planned.spec.name},
                {"acted_ns", to_ns(injection.acted)},
                {"effective_ns", injection.proven ? Json(to_ns(injection.effective)) : Json(nullptr)},
                {"proven", injection.proven},
                {"proof", injection.proof}});
  drill.watch.fault_acted(injection.acted);
}

void note_failure(DrillContext& drill, FaultState& fault, const Error& error) {
  if (fault.announced)
    drill.record("fault.effective", {{"id", fault.planned.id},
                                     {"name", fault.planned.spec.name},
                                     {"acted_ns", nullptr},
                                     {"effective_ns", nullptr},
                                     {"proven", false},
                                     {"proof", "not injected: " + error.to_string()}});
  if (error.code == ErrorCode::kCancelled) return;
  drill.end(Ending::kTarget,
            fmt::format("fault \"{}\" could not be injected: {}", fault.planned.spec.name, error.to_string()));
}

FaultRequest request_of(const DrillContext& drill, const FaultState& fault) {
  return {.id = fault.planned.id,
          .spec = fault.planned.spec,
          .act_at = drill.act_at(fault),
          .dead_man = fault.planned.dead_man,
          .cuts_bins = true};
}

Task<void> run_fault(DrillContext* drill, FaultState* fault, std::stop_token scope) {
  const Instant act_at = drill->act_at(*fault);
  const auto woken = co_await drill->world.clock().sleep_until(act_at - limits::kArmingLead, scope);
  if (!woken) co_return;
  fault->begun = true;
  FaultRequest request = request_of(*drill, *fault);
  std::function<void()> armed = [drill, fault] { announce(*drill, *fault); };
  Limit limit{act_at + limits::kProof, scope};
  const auto injected = co_await drill->world.inject(std::move(request), std::move(armed), std::move(limit));
  if (!injected) {
    note_failure(*drill, *fault, injected.error());
    fault->over = true;
    co_return;
  }
  note_injection(*drill, *fault, *injected);
  if (fault->planned.spec.end == FaultEnd::kFor) {
    const auto ended = co_await drill->world.clock().sleep_until(injected->acted + fault->planned.spec.length, scope);
    if (ended) co_await heal_fault(drill, fault);
  }
  fault->over = true;
}

/// One try; the proof, or why there is none.
Task<Result<Healing>> try_to_heal(DrillContext* drill, std::uint64_t id) {
  Limit limit = drill->surely_within(limits::kHeal);
  auto healing = co_await drill->world.heal(id, std::move(limit));
  if (healing && !healing->proven)
    co_return fail(ErrorCode::kFailed, healing->proof.empty() ? "no proof" : healing->proof);
  co_return healing;
}

Json healed_body(const FaultState& fault, const Result<Healing>& healing) {
  return {{"id", fault.planned.id},
          {"name", fault.planned.spec.name},
          {"healed_ns", healing ? Json(to_ns(healing->healed)) : Json(nullptr)},
          {"proven", healing.has_value()},
          {"proof", healing ? healing->proof : healing.error().to_string()}};
}

bool is_due(const FaultState& fault, HealWhich which) {
  if (!fault.begun || fault.healed) return false;
  if (which == HealWhich::kAll) return true;
  if (fault.planned.spec.fault_class != FaultClass::kActing) return false;
  return which == HealWhich::kActing || fault.planned.spec.end == FaultEnd::kRecovered;
}

}  // namespace

Task<void> heal_fault(DrillContext* drill, FaultState* fault) {
  if (!fault->begun || fault->healed) co_return;
  // One that was never announced did not act; it is undone all the same, and told of only where that fails.
  if (fault->announced) drill->record("fault.healing", {{"id", fault->planned.id}, {"name", fault->planned.spec.name}});
  auto healing = co_await try_to_heal(drill, fault->planned.id);
  for (int tries = 1; !healing && tries < limits::kHealTries; ++tries) {
    (void)co_await drill->world.clock().sleep_until(drill->now() + limits::kHealPause, {});
    healing = co_await try_to_heal(drill, fault->planned.id);
  }
  fault->healed = healing.has_value();
  if (healing) fault->healed_at = healing->healed;
  fault->heal_problem = healing ? std::string{} : healing.error().to_string();
  if (fault->announced || !healing) drill->record("fault.healed", healed_body(*fault, healing));
}

Task<void> heal_faults(DrillContext* drill, HealWhich which) {
  for (auto& fault : drill->faults)
    if (is_due(fault, which)) co_await heal_fault(drill, &fault);
}

Task<void> run_faults(DrillContext* drill, std::stop_token scope) {
  TaskGroup group;
  for (auto& fault : drill->faults) group.spawn(run_fault(drill, &fault, scope));
  co_await group.join();
}

}  // namespace blackstart
