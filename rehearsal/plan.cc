#include "rehearsal/plan.h"

#include "base/hash.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSteadyDefault = 10s;
constexpr Duration kObserveLive = 10min;
constexpr Duration kBinLeast = 100ms;
constexpr double kBinBids = 100;            // bids that a bin holds at the nominal rate
constexpr Duration kBinWithoutRate = 1s;    // where nothing is offered at the first fault
constexpr std::size_t kNameLongest = 40;    // of the scenario, inside a drill's id
constexpr Duration kDeadManMargin = 10min;  // settling, reading back, undoing
constexpr Duration kStepWithoutBudget = 10min;

std::string drill_id(const Spec& spec, const PlanOptions& options) {
  const auto names = split(spec.scenario.name, '/');
  std::string name = slug(names.back()).substr(0, kNameLongest);
  while (name.ends_with('-')) name.pop_back();
  if (name.empty()) name = "drill";
  std::uint64_t hash = hash64(fmt::format("{}\n{}\n{}", spec.scenario.name, spec.target.name, options.seed));
  if (options.world != "sim") hash = mix64(hash ^ static_cast<std::uint64_t>(options.started.unix_ns));
  return fmt::format("{}-{:08x}", name, static_cast<std::uint32_t>(hash >> 32));
}

/// The offered rate `at` after the start of traffic, as the profile has it.
double rate_at(const std::vector<RateStage>& profile, Duration at) {
  for (const auto& stage : profile) {
    if (at < stage.length) {
      const double share = to_seconds(at) / to_seconds(stage.length);
      return stage.from.per_second + share * (stage.to.per_second - stage.from.per_second);
    }
    at -= stage.length;
  }
  return profile.empty() ? 0 : profile.back().to.per_second;
}

Duration steady_length_of(const Scenario& scenario) {
  return scenario.steady_state && scenario.steady_state->length > Duration{} ? scenario.steady_state->length
                                                                             : kSteadyDefault;
}

Duration steady_within_of(const Scenario& scenario, Duration length) {
  return scenario.steady_state && scenario.steady_state->within > Duration{} ? scenario.steady_state->within
                                                                             : 3 * length + 30s;
}

Duration observe_of(const Scenario& scenario, const std::string& world) {
  if (scenario.observe) return *scenario.observe;
  if (world == "sim" && scenario.objectives.rto)
    return scenario.objectives.rto->within + scenario.objectives.service_level.hold;
  return kObserveLive;
}

Duration after_end_length(const Scenario& scenario) {
  Duration sum{};
  if (!scenario.recovery) return sum;
  for (const auto& step : scenario.recovery->steps)
    if (step.after_end) sum += step.budget.value_or(kStepWithoutBudget) + step.hold;
  return sum;
}

std::vector<PlannedFault> planned_faults(const Plan& plan) {
  std::vector<FaultSpec> specs = plan.spec.scenario.faults;
  std::ranges::stable_sort(specs, {}, &FaultSpec::at);
  std::vector<PlannedFault> faults;
  for (auto& spec : specs) {
    // A fault that ends by itself has its own limit; every other one may act until the drill ends.
    const Duration end = spec.end == FaultEnd::kFor
                             ? spec.length
                             : specs.back().at - spec.at + plan.observe + after_end_length(plan.spec.scenario);
    faults.push_back({.id = faults.size() + 1, .spec = spec, .dead_man = end + kDeadManMargin});
  }
  return faults;
}

bool has_manual(const std::vector<Step>& steps, std::vector<std::string>& titles) {
  for (const auto& step : steps) {
    if (step.manual) titles.push_back(step.title);
    has_manual(step.together, titles);
    has_manual(step.otherwise, titles);
  }
  return !titles.empty();
}

/// Live faults in production need the target's own name, typed by whoever starts the drill.
void refuse_production(const Plan& plan, std::vector<Error>& errors) {
  const Target& target = plan.spec.target;
  if (!plan.live || plan.dry || !target.production || plan.allow_production == target.name) return;
  const std::string typed =
      plan.allow_production.empty() ? "" : fmt::format(" (--allow-production {} names another)", plan.allow_production);
  errors.push_back(
      fail(ErrorCode::kUnsupported,
           fmt::format("target {0} is production, and this drill injects faults into it{1}; nothing is injected without "
                       "--allow-production {0}",
                       target.name, typed),
           target.file));
}

}  // namespace

Duration bin_length_of(const Scenario& scenario) {
  if (scenario.objectives.service_level.bin) return *scenario.objectives.service_level.bin;
  Duration first{};
  if (!scenario.faults.empty()) first = std::ranges::min(scenario.faults, {}, &FaultSpec::at).at;
  const double rate = rate_at(scenario.load.bids.profile, steady_length_of(scenario) + first);
  return rate > 0 ? std::max(kBinLeast, from_seconds(kBinBids / rate)) : kBinWithoutRate;
}

Plan make_plan(const Spec& spec, const PlanOptions& options) {
  Plan plan;
  plan.seed = options.seed;
  plan.drill_id = drill_id(spec, options);
  plan.spec = spec;
  plan.steady_length = steady_length_of(spec.scenario);
  plan.steady_within = steady_within_of(spec.scenario, plan.steady_length);
  plan.hold = spec.scenario.objectives.service_level.hold;
  plan.bin_length = bin_length_of(spec.scenario);
  plan.observe = observe_of(spec.scenario, options.world);
  plan.dry = options.dry;
  plan.assume_manual = options.assume_manual;
  plan.live = options.world == "live";
  plan.allow_production = options.allow_production;
  plan.faults = planned_faults(plan);
  return plan;
}

std::vector<Error> plan_refusals(const Plan& plan, bool has_people) {
  std::vector<Error> errors;
  refuse_production(plan, errors);
  if (has_people || plan.assume_manual >= Duration{}) return errors;
  std::vector<std::string> titles;
  if (plan.spec.scenario.recovery) has_manual(plan.spec.scenario.recovery->steps, titles);
  for (const auto& check : plan.spec.scenario.validation) has_manual(check.otherwise, titles);
  for (const auto& title : titles) {
    errors.push_back(fail(ErrorCode::kUnsupported,
                          fmt::format("step \"{}\" is done by hand (manual: true), and no person is at a terminal; run "
                                      "the drill from a terminal, or say how long such steps take: --assume-manual 5m",
                                      title),
                          plan.spec.scenario.file));
  }
  return errors;
}

}  // namespace blackstart
