#include "simulator/station_recursion.h"

#include <utility>

namespace blackstart {

StationRecursion::StationRecursion(const StationConfig& config, std::vector<Standstill> standstills)
    : single_(config.servers == 1),
      unlimited_(config.servers == kUnlimitedServers),
      limited_(config.queue_limit.has_value() && !unlimited_),
      servers_(single_ || unlimited_ ? 1 : config.servers),
      working_(std::move(standstills)),
      starts_(limited_ ? *config.queue_limit : 0, std::numeric_limits<std::int64_t>::min()) {
  BS_CHECK(config.servers >= 1);
}

}  // namespace blackstart
