#pragma once
// How tests wait: for a condition, with a deadline. The only pause between two looks that tests may make.

#include <chrono>
#include <thread>

namespace blackstart {

/// Looks every millisecond until `condition()` holds or `deadline` has passed; says whether it held. The deadline is
/// only a way out of a broken run: make it generous.
template <class Condition>
[[nodiscard]] bool wait_until_true(Condition condition, std::chrono::milliseconds deadline = std::chrono::seconds{30}) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace blackstart
