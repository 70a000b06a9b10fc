#include "simulator/sim_play.h"

#include "simulator/sim_world.h"

#include <utility>

namespace blackstart {

Result<SimRun> play_in_memory(const Plan& plan, Json arguments, const std::function<bool()>& stop) {
  SimWorld world({.plan = plan, .start = plan.started});
  JournalWriter journal = JournalWriter::of_values();
  DrillFacts facts;
  facts.started = plan.started;
  facts.arguments = std::move(arguments);
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
