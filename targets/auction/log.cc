#include "targets/auction/log.h"

#include <cstdio>

#include "base/time.h"
#include "targets/auction/event_loop.h"

namespace blackstart::auction {

namespace {

// The one mutable global: what a process is called does not change after its first line of code.
std::string& log_name() {
  static std::string name = "auctiond";
  return name;
}

}  // namespace

void set_log_name(std::string name) { log_name() = "auctiond " + std::move(name); }

void write_log_line(std::string_view text) {
  const auto line = fmt::format("{} {}: {}\n", format_wall(WallTime{wall_now_ns()}), log_name(), text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace blackstart::auction
