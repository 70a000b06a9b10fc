#include "base/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace blackstart {
namespace {

// Written by drills, read by a check that fails: of this thread, and of any thread. No configuration.
struct Noted {
  bool any = false;
  std::uint64_t seed = 0;
  std::int64_t time_ns = 0;
};
thread_local Noted noted;
std::atomic<std::uint64_t> last_seed{0};
std::atomic<std::int64_t> last_time_ns{0};

}  // namespace

void note_check_seed(std::uint64_t seed) {
  noted = {true, seed, 0};
  last_seed.store(seed, std::memory_order_relaxed);
  last_time_ns.store(0, std::memory_order_relaxed);
}

void note_check_time_ns(std::int64_t drill_time_ns) {
  noted.time_ns = drill_time_ns;
  last_time_ns.store(drill_time_ns, std::memory_order_relaxed);
}

void check_failed(const char* expression, const char* file, int line, const char* message) {
  const auto seed = noted.any ? noted.seed : last_seed.load(std::memory_order_relaxed);
  const auto time_ns = noted.any ? noted.time_ns : last_time_ns.load(std::memory_order_relaxed);
  const bool has_message = message != nullptr && *message != '\0';
  std::fprintf(stderr,
               "blackstart: internal error: check failed: %s%s%s\n"
               "  at %s:%d, seed %llu, drill time %lld ns\n"
               "  This is a defect of Blackstart. `blackstart recover` shows and heals what the drill left behind.\n",
               expression, has_message ? ": " : "", has_message ? message : "", file, line,
               static_cast<unsigned long long>(seed), static_cast<long long>(time_ns));
  std::fflush(stderr);
  std::abort();
}

}  // namespace blackstart
