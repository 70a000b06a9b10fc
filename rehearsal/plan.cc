#include "rehearsal/plan.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "rehearsal/backup_times.h"

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

/// The longest recovery time that the scenario or one of its components allows; empty where none says one.
std::optional<Duration> longest_rto(const Objectives& objectives) {
  std::optional<Duration> longest;
  const auto take = [&](const std::optional<RtoObjective>& rto) {
    if (rto) longest = std::max(longest.value_or(rto->within), rto->within);
  };
  take(objectives.rto);
  for (const auto& component : objectives.components) take(component.rto);
  return longest;
}

Duration observe_of(const Scenario& scenario, const std::string& world) {
  if (scenario.observe) return *scenario.observe;
  const auto rto = longest_rto(scenario.objectives);
  return world == "sim" && rto ? *rto + scenario.objectives.service_level.hold : kObserveLive;
}

/// The day of `started` at the scenario's time of day, in the world that can choose it.
WallTime wall_start(const Scenario& scenario, const PlanOptions& options) {
  if (options.world != "sim" || options.clock_given || !scenario.start) return options.started;
  const std::int64_t day = to_ns(Duration{std::chrono::hours{24}});
  const std::int64_t into = ((options.started.unix_ns % day) + day) % day;
  return WallTime{options.started.unix_ns - into + to_ns(*scenario.start)};
}

const BackupSpec& backup_of(const BeforeBackup& before, const Target& target) {
  const ServiceSpec* service = target.find_service(before.service);
  BS_CHECK_MESSAGE(service != nullptr, "the loader has let through a fault before a backup of no service");
  const auto found = std::ranges::find(service->backups, before.backup, &BackupSpec::name);
  BS_CHECK_MESSAGE(found != service->backups.end(), "the loader has let through a fault before no backup");
  return *found;
}

/// The latest that a fault can come to act, from the end of steady state.
Duration latest_act(const FaultSpec& spec, const Target& target) {
  return spec.before ? backup_of(*spec.before, target).every : spec.at;
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
  std::ranges::stable_sort(specs, {},
                           [](const FaultSpec& spec) { return std::pair(spec.before.has_value(), spec.at); });
  Duration last{};
  for (const auto& spec : specs) last = std::max(last, latest_act(spec, plan.spec.target));
  std::vector<PlannedFault> faults;
  for (auto& spec : specs) {
    // A fault that ends by itself has its own limit; every other one may act until the drill ends.
    const Duration end =
        spec.end == FaultEnd::kFor ? spec.length : last - spec.at + plan.observe + after_end_length(plan.spec.scenario);
    faults.push_back({.id = faults.size() + 1, .spec = spec, .dead_man = end + kDeadManMargin});
  }
  return faults;
}

/// What a person does in `step`, in words; empty where none is needed.
std::string needs_person(const Step& step) {
  if (!step.options.empty()) return "has alternatives of which a person picks one (choose: manual)";
  if (step.decision) return fmt::format("is decided by {} (decision:)", step.decision->by);
  return step.manual ? "is done by hand (manual: true)" : "";
}

void refuse_without_people(const Plan& plan, const std::vector<Step>& steps, std::vector<Error>& errors) {
  for (const auto& step : steps) {
    if (const std::string what = needs_person(step); !what.empty()) {
      errors.push_back(
          fail(ErrorCode::kUnsupported,
               fmt::format("step \"{}\" {}, and no person is at a terminal; run the drill from a "
                           "terminal, or say how long such steps take: --assume-manual 5m{}",
                           step.title, what,
                           step.options.empty() ? "" : " (the option of the largest weight is then taken)"),
               step.where.to_string()));
    }
    for (const auto* nested : {&step.together, &step.options, &step.otherwise})
      refuse_without_people(plan, *nested, errors);
  }
}

/// Live faults in production need the target's own name, typed by whoever starts the drill.
void refuse_production(const Plan& plan, std::vector<Error>& errors) {
  const Target& target = plan.spec.target;
  if (!plan.live || plan.dry || !target.production || plan.allow_production == target.name) return;
  const std::string typed =
      plan.allow_production.empty() ? "" : fmt::format(" (--allow-production {} names another)", plan.allow_production);
  errors.push_back(fail(
      ErrorCode::kUnsupported,
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
  plan.started = wall_start(spec.scenario, options);
  plan.faults = planned_faults(plan);
  return plan;
}

Duration act_after(const FaultSpec& spec, const Target& target, WallTime now) {
  if (!spec.before) return spec.at;
  const std::int64_t by = to_ns(spec.before->by);
  const WallTime backup = next_backup(backup_of(*spec.before, target), WallTime{now.unix_ns + by});
  return Duration{backup.unix_ns - by - now.unix_ns};
}

std::vector<std::string> coarse_objectives(const Scenario& scenario) {
  const Duration bin = bin_length_of(scenario);
  std::vector<std::string> lines;
  const auto look = [&](const std::string& whose, const std::optional<RtoObjective>& rto) {
    if (!rto || rto->within > bin) return;
    lines.push_back(
        fmt::format("{}: an RTO of {} cannot be decided in bins of {}: offer more bids a second "
                    "(a bin holds {:.0f} of them), or set objectives.service_level.bin",
                    whose, spell_duration(rto->within), spell_duration(bin), kBinBids));
  };
  look("objectives", scenario.objectives.rto);
  for (const Component& component : scenario.objectives.components)
    if (component.evidence == Component::Evidence::kBids)
      look(fmt::format("objectives.components, {}", component.name), component.rto);
  return lines;
}

std::vector<Error> plan_refusals(const Plan& plan, bool has_people) {
  std::vector<Error> errors;
  refuse_production(plan, errors);
  if (has_people || plan.assume_manual >= Duration{}) return errors;
  if (plan.spec.scenario.recovery) refuse_without_people(plan, plan.spec.scenario.recovery->steps, errors);
  for (const auto& check : plan.spec.scenario.validation) refuse_without_people(plan, check.otherwise, errors);
  return errors;
}

}  // namespace blackstart
