#pragma once
// Calls a function again and again on a thread of its own: what `kill` with `every` and `crash_loop` are made of.

#include "base/time.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace blackstart {

class Repeater {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  /// Calls `work` every `period`, first after one period, until `end` or until this object goes, which waits for a
  /// call under way.
  Repeater(Duration period, SteadyTime end, std::function<void()> work)
      : thread_([bell = bell_, period, end, work = std::move(work)](const std::stop_token& stop) {
          loop(*bell, stop, period, end, work);
        }) {}

  /// What makes the next call come at once; may be called from any thread, also after this object has gone.
  [[nodiscard]] std::function<void()> waker() const {
    return [bell = bell_] {
      const std::lock_guard guard{bell->mutex};
      bell->rung = true;
      bell->changed.notify_all();
    };
  }

 private:
  struct Bell {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool rung = false;
  };

  static void loop(Bell& bell, const std::stop_token& stop, Duration period, SteadyTime end,
                   const std::function<void()>& work) {
    auto next = std::chrono::steady_clock::now() + period;
    for (;;) {
      {
        std::unique_lock lock{bell.mutex};
        bell.changed.wait_until(lock, stop, std::min(next, end), [&bell] { return bell.rung; });
        bell.rung = false;
      }
      const auto now = std::chrono::steady_clock::now();
      if (stop.stop_requested() || now >= end) return;
      work();
      // From the schedule, not from now: the work's own time does not add up. Missed turns are left out.
      while (next <= now) next += period;
    }
  }

  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::jthread thread_;  // last: it uses the bell
};

}  // namespace blackstart
