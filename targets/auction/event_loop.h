#pragma once
// One thread's event loop: posted work, timers, signals. Wraps Asio so that its headers stay in few files. Everything
// runs on the thread that calls run(); only post() may be called from others.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace blackstart::auction {

using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs `work` on the loop's thread, after what is already queued. Thread-safe.
  void post(std::function<void()> work);
  /// The first SIGTERM or SIGINT runs `act`; a second one ends the process at once. Call it once.
  void on_terminate(std::function<void()> act);
  /// Runs until stop().
  void run();
  void stop();
  boost::asio::io_context& context();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One pending wake-up. Destroying or restarting it cancels what was pending; a cancelled act never runs.
class Timer {
 public:
  explicit Timer(EventLoop& loop);
  ~Timer();
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  void start(std::chrono::nanoseconds after, std::function<void()> act);
  void cancel();
  [[nodiscard]] bool pending() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Nanoseconds since 1970 by the wall clock: for people and for what crosses machines, never for intervals.
std::int64_t wall_now_ns();

}  // namespace blackstart::auction
