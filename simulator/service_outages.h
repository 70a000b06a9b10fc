#pragma once
// Which services were out while a drill lasted, as a client of each would have found: looked at once a second, by the
// same look as the probes'. For those who hold a drill to what its runbook says is down; no figure comes from it.

#include "base/time.h"

#include <string>
#include <vector>

namespace blackstart {

struct SimState;

struct ServiceOutage {
  std::string service;
  Duration length{};  // in steps of how often it is looked
};

class ServiceOutages {
 public:
  /// Looks now, and answers for the time until it looks next, `every`.
  void look(const SimState& state, Duration every);
  /// Services that were out, in the target's order.
  [[nodiscard]] std::vector<ServiceOutage> found() const;

 private:
  std::vector<ServiceOutage> outages_;  // by service
};

}  // namespace blackstart
