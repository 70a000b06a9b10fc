#pragma once
// What the threads that serve connections have in common.

#include <ctime>

#include <cstddef>

namespace blackstart {

inline constexpr std::size_t kReadBuffer = 64 * 1024;  // bytes; one a thread, shared by its connections
inline constexpr std::size_t kEventsAtOnce = 256;      // of one epoll_wait

/// Seconds of CPU that the calling thread has used so far.
inline double thread_cpu_s() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace blackstart
