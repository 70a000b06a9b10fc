#include "simulator/working_time.h"

namespace blackstart {

WorkingTime::WorkingTime(std::vector<Standstill> standstills) {
  std::int64_t stopped = 0;
  Instant last = Instant::min();
  for (const Standstill& each : standstills) {
    BS_CHECK(each.from >= last && each.until >= each.from);
    last = each.until;
    if (each.from == each.until) continue;
    const std::int64_t working = to_ns(each.from) - stopped;
    stopped += to_ns(each.until - each.from);
    stops_.push_back({to_ns(each.from), to_ns(each.until), working, stopped});
  }
}

}  // namespace blackstart
