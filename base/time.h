#pragma once
// Drill time. One Instant serves both worlds: integer nanoseconds since the drill's start. There is no now() here:
// time comes in as a parameter or through the Clock port (rehearsal/world.h). Deterministic.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace blackstart {

using Duration = std::chrono::nanoseconds;

/// Tag clock of drill time; deliberately without now().
struct DrillClock {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<DrillClock, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = DrillClock::time_point;

inline constexpr Instant kDrillStart{};
inline constexpr Instant kNever = Instant::max();

constexpr std::int64_t to_ns(Instant at) { return at.time_since_epoch().count(); }
constexpr std::int64_t to_ns(Duration length) { return length.count(); }
constexpr Instant instant_from_ns(std::int64_t ns) { return Instant{Duration{ns}}; }
constexpr double to_seconds(Duration length) { return static_cast<double>(length.count()) * 1e-9; }
constexpr Duration from_seconds(double seconds) {
  return Duration{static_cast<std::int64_t>(seconds * 1e9 + (seconds < 0 ? -0.5 : 0.5))};
}

/// Wall-clock time for people: nanoseconds since 1970-01-01T00:00:00Z.
struct WallTime {
  std::int64_t unix_ns = 0;
  friend constexpr auto operator<=>(WallTime, WallTime) = default;
};

/// RFC 3339 in UTC with milliseconds: "2026-11-20T12:25:03.125Z".
std::string format_wall(WallTime at);
/// For file names, to the second: "20261120T122503Z".
std::string format_wall_compact(WallTime at);
/// "2026-03-14", a day of the calendar. Such texts are in order of time.
bool is_date(std::string_view text);

}  // namespace blackstart
