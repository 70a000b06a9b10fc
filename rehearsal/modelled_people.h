#pragma once
// People whose times and choices are drawn from what the scenario says of them; the time passes on the drill's clock.
// What the scenario does not say: they acknowledge at once and need not assemble; a step by hand, and a decision, take
// 5 min, 15 min at the 95th percentile; a choice takes no time of its own.

#include "rehearsal/people.h"

namespace blackstart {

class ModelledPeople final : public People {
 public:
  /// REQUIRES: all three outlive this.
  ModelledPeople(const Scenario& scenario, Clock& clock, PeopleModel& model)
      : scenario_(scenario), clock_(clock), model_(model) {}

  Task<Result<bool>> acknowledge(Limit limit) override;
  Task<Result<bool>> assemble(Limit limit) override;
  Task<Result<std::string>> do_by_hand(const Step& step, std::string text, Limit limit) override;
  Task<Result<std::string>> decide(const Step& step, std::string text, Limit limit) override;
  Task<Result<std::size_t>> choose(const Step& step, std::string text, Limit limit) override;

 private:
  /// The time of `name` in the scenario's `people:`, or null.
  [[nodiscard]] const Distribution* law_of(const std::string& name) const;
  Task<Status> pass(Duration length, Limit limit);

  const Scenario& scenario_;
  Clock& clock_;
  PeopleModel& model_;
};

}  // namespace blackstart
