#pragma once
// How tests wait: for a condition, with a deadline.

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

/// Lets time pass that is part of the test's own act: the random instant at which something is killed, the pace of a
/// meddler. Never to wait for something: whatever holds afterwards must hold for any length.
inline void let_pass(std::chrono::nanoseconds length) { std::this_thread::sleep_for(length); }

}  // namespace blackstart
