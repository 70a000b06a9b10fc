#include "app/simulate_progress.h"

#include "app/say.h"
#include "base/units.h"

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace blackstart {
namespace {

constexpr auto kLineEvery = std::chrono::seconds{10};

}  // namespace

SimulateProgress::SimulateProgress(std::uint64_t all)
    : all_(all), terminal_(::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr) {}

void SimulateProgress::look(std::uint64_t done) {
  const auto now = Clock::now();
  if (!terminal_ && (done == 0 || now < next_)) return;
  next_ = now + kLineEvery;
  const double passed_s = std::chrono::duration<double>(now - began_).count();
  std::string left;
  if (done > 0)
    left = fmt::format(", {:.0f} s left", passed_s * static_cast<double>(all_ - done) / static_cast<double>(done));
  say("{}{} of {} runs{}{}", terminal_ ? "\r\x1b[K" : "", human_count(done), human_count(all_), left,
      terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void SimulateProgress::clear() const {
  if (terminal_) say("\r\x1b[K");
}

}  // namespace blackstart
