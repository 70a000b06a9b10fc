#include "simulator/wall_text.h"

#include "simulator/sim_state.h"

#include <algorithm>
#include <cstdio>

namespace blackstart {

std::string wall_text(const SimState& state, Instant at) {
  return format_wall({state.clock.wall().unix_ns - to_ns(state.clock.now() - at)});
}

std::optional<Instant> instant_of_wall_text(const SimState& state, const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%lf", &year, &month, &day, &hour, &minute, &second) != 6)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const Duration since = std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{hour} +
                         std::chrono::minutes{minute} + from_seconds(second);
  return state.clock.now() + (since - Duration{state.clock.wall().unix_ns});
}

Instant before_first_fault(const SimState& state) {
  Instant first = kNever;
  for (const auto& [id, fault] : state.faults)
    if (fault.acted) first = std::min(first, fault.acted_at);
  return first == kNever ? state.now() : first - std::chrono::seconds{1};
}

}  // namespace blackstart
