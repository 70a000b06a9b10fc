#pragma once
// BS_CHECK: invariants that hold in every build. A broken one is a defect of Blackstart: it prints the expression,
// the place, the drill's seed and time, and aborts (the janitor then heals).

#include <cstdint>

namespace blackstart {

/// Noted by the drill, printed by a failing check: what was noted on the failing thread, so that of many simulated
/// drills side by side the broken one is named; on a thread that noted nothing (a live drill's generator), what was
/// noted last on any. A new seed begins at drill time 0. Thread-safe.
void note_check_seed(std::uint64_t seed);
void note_check_time_ns(std::int64_t drill_time_ns);

[[noreturn]] void check_failed(const char* expression, const char* file, int line, const char* message);

}  // namespace blackstart

#define BS_CHECK(condition)                                           \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::blackstart::check_failed(#condition, __FILE__, __LINE__, ""); \
  } while (false)
#define BS_CHECK_MESSAGE(condition, message)                                 \
  do {                                                                       \
    if (!(condition)) [[unlikely]]                                           \
      ::blackstart::check_failed(#condition, __FILE__, __LINE__, (message)); \
  } while (false)
