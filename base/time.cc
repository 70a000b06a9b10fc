#include "base/time.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

struct Civil {
  int year;
  unsigned month, day;
  std::int64_t hour, minute, second, millisecond;
};

Civil civil(WallTime at) {
  const std::chrono::sys_time<std::chrono::nanoseconds> instant{std::chrono::nanoseconds{at.unix_ns}};
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{midnight};
  const std::chrono::hh_mm_ss time{instant - midnight};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          time.hours().count(),
          time.minutes().count(),
          time.seconds().count(),
          std::chrono::duration_cast<std::chrono::milliseconds>(time.subseconds()).count()};
}

}  // namespace

std::string format_wall(WallTime at) {
  const auto c = civil(at);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour, c.minute, c.second,
                     c.millisecond);
}

std::string format_wall_compact(WallTime at) {
  const auto c = civil(at);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second);
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  unsigned parts[3] = {};  // year, month, day
  std::size_t part = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at == 4 || at == 7) {
      ++part;
    } else if (text[at] >= '0' && text[at] <= '9') {
      parts[part] = parts[part] * 10 + static_cast<unsigned>(text[at] - '0');
    } else {
      return false;
    }
  }
  const std::chrono::year year{static_cast<int>(parts[0])};
  return std::chrono::year_month_day{year, std::chrono::month{parts[1]}, std::chrono::day{parts[2]}}.ok();
}

}  // namespace blackstart
