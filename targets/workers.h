#pragma once
// Threads for calls that block. There is a free thread for every call: one is added when all are busy, and kept for the
// next call. How many there are is bounded by what a drill does at once. Thread-safe.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace blackstart {

class Workers {
 public:
  Workers() = default;
  /// Finishes what was handed in, then ends the threads.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Runs `job` on a thread of its own, soon. It must not throw.
  void run(std::function<void()> job);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace blackstart
