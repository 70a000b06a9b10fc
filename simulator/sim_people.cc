#include "simulator/sim_people.h"

#include "base/units.h"
#include "simulator/time_law.h"
#include "simulator/wall_text.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

Distribution spread(Duration median, Duration p95) {
  Distribution law;
  law.form = Distribution::Form::kLogNormal;
  law.first = median;
  law.second = p95;
  return law;
}

}  // namespace

Duration SimPeople::time_of(const std::string& name, const Distribution& otherwise) {
  const auto& times = state_.plan.spec.scenario.people.times;
  const auto found = times.find(name);
  const Distribution law = found == times.end() ? otherwise : found->second;
  return sampler_of(law).draw(state_.stream("people: " + name));
}

Task<Status> SimPeople::respond(Limit limit) {
  const Duration time = time_of("acknowledge", {}) + time_of("assemble", {});
  const Status passed = co_await pass(&state_, time, std::move(limit));
  co_return passed;
}

Task<Result<std::string>> SimPeople::do_by_hand(const Step& step, std::string text, Limit limit) {
  const bool decides = step.decision.has_value();
  Duration time{};
  if (decides && step.decision->takes)
    time = sampler_of(*step.decision->takes).draw(state_.stream("people: " + step.id));
  else
    time = decides ? time_of("decide", spread(5min, 15min)) : time_of("execute", spread(5min, 15min));
  const Status passed = co_await pass(&state_, time, std::move(limit));
  if (!passed) co_return passed.error();
  // A decision's output is a point in time, where a later step uses it as one.
  if (decides && !step.output.empty()) co_return wall_text(state_, before_first_fault(state_));
  co_return fmt::format("modelled: done in {} ({})", human_duration(time), text);
}

}  // namespace blackstart
