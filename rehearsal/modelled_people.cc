#include "rehearsal/modelled_people.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

/// Of what a person does by hand or decides, where the scenario does not say.
Distribution usual_time() {
  Distribution law;
  law.form = Distribution::Form::kLogNormal;
  law.first = 5min;
  law.second = 15min;
  return law;
}

}  // namespace

const Distribution* ModelledPeople::law_of(const std::string& name) const {
  const auto found = scenario_.people.times.find(name);
  return found == scenario_.people.times.end() ? nullptr : &found->second;
}

Task<Status> ModelledPeople::pass(Duration length, Limit limit) {
  const Instant end = clock_.now() + length;
  const auto woken = co_await clock_.sleep_until(std::min(end, limit.deadline), limit.stop);
  if (!woken) co_return woken.error();
  if (end > limit.deadline) co_return fail(ErrorCode::kTimeout, "people take longer than there is time for");
  co_return ok();
}

Task<Result<bool>> ModelledPeople::acknowledge(Limit limit) {
  const Distribution* law = law_of("acknowledge");
  if (law == nullptr) co_return true;
  const Status passed = co_await pass(model_.draw_time("acknowledge", *law), std::move(limit));
  if (!passed) co_return passed.error();
  co_return true;
}

Task<Result<bool>> ModelledPeople::assemble(Limit limit) {
  const Distribution* law = law_of("assemble");
  if (law == nullptr) co_return false;
  const Status passed = co_await pass(model_.draw_time("assemble", *law), std::move(limit));
  if (!passed) co_return passed.error();
  co_return true;
}

Task<Result<std::string>> ModelledPeople::do_by_hand(const Step& step, std::string text, Limit limit) {
  const Distribution* law = law_of("execute");
  const Duration time = model_.draw_time("step " + step.id, law != nullptr ? *law : usual_time());
  const Status passed = co_await pass(time, std::move(limit));
  if (!passed) co_return passed.error();
  co_return fmt::format("modelled: done in {} ({})", human_duration(time), text);
}

Task<Result<std::string>> ModelledPeople::decide(const Step& step, std::string, Limit limit) {
  const Distribution* law = step.decision->takes ? &*step.decision->takes : law_of("decide");
  const Duration time = model_.draw_time("step " + step.id + ".decision", law != nullptr ? *law : usual_time());
  const Status passed = co_await pass(time, std::move(limit));
  if (!passed) co_return passed.error();
  co_return std::string{};
}

Task<Result<std::size_t>> ModelledPeople::choose(const Step& step, std::string, Limit limit) {
  const Distribution* law = step.decision && step.decision->takes ? &*step.decision->takes : law_of("decide");
  if (law != nullptr) {
    const Duration time = model_.draw_time("step " + step.id + ".decision", *law);
    const Status passed = co_await pass(time, std::move(limit));
    if (!passed) co_return passed.error();
  }
  std::vector<double> weights;
  for (const Step& option : step.options) weights.push_back(option.weight);
  co_return model_.draw_choice("step " + step.id + ".options", weights);
}

}  // namespace blackstart
