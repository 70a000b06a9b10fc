#pragma once
// People of the virtual world: how long they take is drawn from the scenario's `people:` and `decision:` parts.

#include "rehearsal/conductor.h"
#include "simulator/sim_state.h"

#include <string>

namespace blackstart {

class SimPeople final : public People {
 public:
  explicit SimPeople(SimState& state) : state_(state) {}
  Task<Status> respond(Limit limit) override;
  Task<Result<std::string>> do_by_hand(const Step& step, std::string text, Limit limit) override;

 private:
  /// Time of `name` as the scenario has it, else of `otherwise`; nothing where it has neither.
  [[nodiscard]] Duration time_of(const std::string& name, const Distribution& otherwise);

  SimState& state_;
};

}  // namespace blackstart
