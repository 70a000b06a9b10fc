#include "simulator/sim_people.h"

#include "base/check.h"
#include "simulator/time_law.h"

#include <numeric>

namespace blackstart {

Duration SimPeople::draw_time(const std::string& what, const Distribution& law) {
  return draw_from(law, state_.stream("people: " + what));
}

std::size_t SimPeople::draw_choice(const std::string& what, const std::vector<double>& weights) {
  BS_CHECK(!weights.empty());
  const double whole = std::accumulate(weights.begin(), weights.end(), 0.0);
  double left = state_.stream("people: " + what).uniform() * whole;
  for (std::size_t position = 0; position + 1 < weights.size(); ++position) {
    left -= weights[position];
    if (left < 0) return position;
  }
  return weights.size() - 1;
}

}  // namespace blackstart
