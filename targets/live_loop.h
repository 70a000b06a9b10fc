#pragma once
// The loop of a live drill: one thread on which every task resumes, its clock, and the bridge to calls that block.
// post() is thread-safe; all else belongs to the loop's thread. Asio stays in live_loop.cc.

#include "base/result.h"
#include "base/task.h"
#include "rehearsal/clock.h"
#include "rehearsal/world.h"
#include "targets/http_client.h"
#include "targets/workers.h"

#include <chrono>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace blackstart {

class LiveLoop final : public Clock {
 public:
  explicit LiveLoop(std::chrono::steady_clock::time_point origin);
  ~LiveLoop() override;

  [[nodiscard]] Instant now() const override;
  [[nodiscard]] WallTime wall() const override;
  Task<Status> sleep_until(Instant wake, std::stop_token stop) override;

  /// Calls `start` with a function that ends the loop, and runs until that is called.
  void run(const std::function<void(std::function<void()>)>& start);
  void post(std::function<void()> action);
  void on_signals(std::function<void(int)> handler);

  [[nodiscard]] std::chrono::steady_clock::time_point origin() const { return origin_; }
  [[nodiscard]] Instant instant_of(std::chrono::steady_clock::time_point at) const { return Instant{at - origin_}; }
  /// A drill instant on the steady clock; kNever is its last moment.
  [[nodiscard]] std::chrono::steady_clock::time_point steady_of(Instant at) const;
  [[nodiscard]] BlockingLimit blocking(const Limit& limit) const { return {steady_of(limit.deadline), limit.stop}; }

  /// Awaits `work()`, which may block, on a worker thread. `work` returns a Result; what it throws becomes one.
  template <class Work>
  auto off_loop(Work work) -> Task<std::invoke_result_t<Work&>>;

 private:
  struct State;
  template <class Answer>
  static Answer guarded(const std::function<Answer()>& work);

  const std::chrono::steady_clock::time_point origin_;
  std::unique_ptr<State> state_;
  Workers workers_;  // last: its jobs post to the loop
};

template <class Answer>
Answer LiveLoop::guarded(const std::function<Answer()>& work) {
  try {
    return work();
  } catch (const std::exception& thrown) {  // a library's: out of memory, no threads
    return fail(ErrorCode::kInternal, std::string("an operation failed unexpectedly: ") + thrown.what());
  }
}

template <class Work>
auto LiveLoop::off_loop(Work work) -> Task<std::invoke_result_t<Work&>> {
  using Answer = std::invoke_result_t<Work&>;
  auto done = std::make_shared<Completion<Answer>>();
  const std::function<Answer()> job = std::move(work);
  workers_.run([this, done, job] {
    auto answer = std::make_shared<Answer>(guarded<Answer>(job));
    post([done, answer] { done->complete(std::move(*answer)); });
  });
  co_return co_await *done;
}

}  // namespace blackstart
