#pragma once
// People of the virtual world: how long they take and what they choose is drawn, one random stream a purpose, so that a
// new draw shifts no other.

#include "rehearsal/world.h"
#include "simulator/sim_state.h"

#include <string>
#include <vector>

namespace blackstart {

class SimPeople final : public PeopleModel {
 public:
  explicit SimPeople(SimState& state) : state_(state) {}
  Duration draw_time(const std::string& what, const Distribution& law) override;
  std::size_t draw_choice(const std::string& what, const std::vector<double>& weights) override;

 private:
  SimState& state_;
};

}  // namespace blackstart
