#include "app/sim_memory.h"

#include "base/time.h"
#include "base/units.h"
#include "load/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace blackstart {
namespace {

// Measured (docs/speed.md, "The virtual world"), rounded up.
constexpr double kBase = 64e6;      // the program, the model, the report
constexpr double kYoungBid = 160;   // what is remembered of a bid until it is folded, in a store of twice the room
constexpr double kYoungS = 100;     // how long that is
constexpr double kInterval = 12e3;  // of every second: its counts, bins and line in the journal, ...
constexpr double kIntervalBid = 6;  // ... and its histograms, which grow with the bids ...
constexpr double kIntervalBidsMost = 20e3;  // ... until they use every cell that there is
constexpr double kMiB = 1024.0 * 1024;

double peak_of(const Plan& plan) {
  return peak_rate({.seed = 0, .profile = plan.spec.scenario.load.bids.profile, .replayed = {}, .start = {}});
}

/// From the first bid to the last, at most.
double seconds_most(const Plan& plan) {
  Duration last{};
  for (const auto& fault : plan.faults) last = std::max(last, fault.spec.at);
  return to_seconds(std::max(plan.steady_length, plan.steady_within)) + to_seconds(last) + to_seconds(plan.observe);
}

std::string mib(double bytes) {
  constexpr double kMost = 1e15;
  return human_count(static_cast<std::uint64_t>(std::min(bytes / kMiB, kMost))) + " MiB";
}

}  // namespace

std::uint64_t sim_memory_most(const Plan& plan) {
  const double rate = peak_of(plan), seconds = seconds_most(plan);
  const double young = rate * std::min(seconds, kYoungS) * kYoungBid;
  const double intervals = seconds * (kInterval + std::min(rate, kIntervalBidsMost) * kIntervalBid);
  const double bytes = kBase + young + intervals;
  return bytes < 1e19 ? static_cast<std::uint64_t>(bytes) : std::numeric_limits<std::uint64_t>::max();
}

Status fits_memory(const Plan& plan, unsigned worlds, std::uint64_t available) {
  const double needed = static_cast<double>(sim_memory_most(plan)) * worlds;
  if (needed <= static_cast<double>(available)) return ok();
  const std::string runs = worlds > 1 ? fmt::format("{} runs at once", worlds) : "this run";
  const std::string fewer = worlds > 1 ? ", or fewer at once (--jobs 1)" : "";
  return fail(
      ErrorCode::kInvalid,
      fmt::format("{} may need up to {} of memory ({:.0f} bids/s for at most {}), and the machine has {} to give; "
                  "write a lower rate (load.bids.rate), or a shorter time to look on (observe, "
                  "steady_state.for){}",
                  runs, mib(needed), peak_of(plan), human_duration(from_seconds(seconds_most(plan))),
                  mib(static_cast<double>(available)), fewer));
}

std::uint64_t memory_available() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::uint64_t kib = 0;
  while (file >> word)
    if (word == "MemAvailable:" && file >> kib) return kib * 1024;
  return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace blackstart
