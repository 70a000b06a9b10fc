#pragma once
// Waiting for something that can only be looked at (a /proc state, a process group's end). Live side alone.

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <thread>

namespace blackstart {

/// Looks until `condition()` holds; false when the deadline passed or a stop was asked for first. Looks often at
/// first (a millisecond), then less (20 ms); at least once.
template <class Condition>
bool wait_until(std::chrono::steady_clock::time_point deadline, const std::stop_token& stop, Condition condition) {
  auto pause = std::chrono::microseconds{500};
  while (!condition()) {
    if (stop.stop_requested() || std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds{20'000});
  }
  return true;
}

}  // namespace blackstart
