#include "simulator/sim_play.h"

#include "simulator/sim_world.h"

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

/// What watchers hear decides nothing else in the virtual world.
bool asks_what_watchers_hear(const Scenario& scenario) {
  const auto asks = [](const std::vector<Threshold>& thresholds) {
    return std::ranges::any_of(thresholds, [](const Threshold& one) { return one.metric == "notification_delay"; });
  };
  return asks(scenario.objectives.thresholds) ||
         std::ranges::any_of(scenario.validation, [&](const ValidationCheck& check) { return asks(check.thresholds); });
}

}  // namespace

Result<SimRun> play_in_memory(const Plan& plan, Json arguments, const std::function<bool()>& stop) {
  SimWorld world({.plan = plan, .start = plan.started, .tells_watchers = asks_what_watchers_hear(plan.spec.scenario)});
  JournalWriter journal = JournalWriter::of_values();
  DrillFacts facts;
  facts.started = plan.started;
  facts.arguments = std::move(arguments);
  facts.describes = false;
  std::stop_source source;
  auto task = conduct(plan, world, journal, world.people(), std::move(facts), source.get_token(), source.get_token());
  auto played = world.run(std::move(task), [&] {
    if (stop && !source.stop_requested() && stop()) source.request_stop();
  });
  if (!played) return played.error();
  if (source.stop_requested()) return fail(ErrorCode::kCancelled, "the drill was cut off");
  BS_ASSIGN(Measurement measurement, measure(plan.spec, journal.events(), &played->steady_sums));
  Verdict verdict = judge(plan.spec, measurement);
  return SimRun{std::move(measurement), std::move(verdict), world.services_out()};
}

}  // namespace blackstart
