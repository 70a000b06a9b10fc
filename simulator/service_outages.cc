#include "simulator/service_outages.h"

#include "simulator/sim_probes.h"
#include "simulator/sim_state.h"

#include <algorithm>

namespace blackstart {

void ServiceOutages::look(const SimState& state, Duration every) {
  const auto& services = state.model.services();
  outages_.resize(services.size());
  for (ServiceIndex index = 0; index < services.size(); ++index) {
    outages_[index].service = services[index].spec->name;
    if (!service_is_well(state, index)) outages_[index].length += every;
  }
}

std::vector<ServiceOutage> ServiceOutages::found() const {
  std::vector<ServiceOutage> list = outages_;
  std::erase_if(list, [](const ServiceOutage& outage) { return outage.length == Duration{}; });
  return list;
}

}  // namespace blackstart
