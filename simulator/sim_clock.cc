#include "simulator/sim_clock.h"

#include "base/check.h"

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

/// One sleeper, in its coroutine's frame: completed by its instant or by its stop, whichever comes first.
struct Sleeper {
  SimClock& clock;
  Completion<Status> completion;
  SimClock::Key wake;
  bool posted = false, stopped = false;

  explicit Sleeper(SimClock& on) : clock(on) {}
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    if (posted) clock.cancel(wake);
  }
  void post(Instant when) {
    posted = true;
    wake = clock.post_at(when, [this] {
      posted = false;
      completion.complete(stopped ? Status(fail(ErrorCode::kCancelled, "stopped")) : ok());
    });
  }
  void stop() {
    if (!posted || std::exchange(stopped, true)) return;
    clock.cancel(wake);
    post(clock.now());
  }
};

}  // namespace

Task<Status> SimClock::sleep_until(Instant wake, std::stop_token stop) {
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopped");
  Sleeper sleeper(*this);
  sleeper.post(wake);
  const std::stop_callback on_stop(stop, [&sleeper] { sleeper.stop(); });
  Status result = co_await sleeper.completion;
  co_return result;
}

SimClock::Key SimClock::post_at(Instant when, std::function<void()> action) {
  const Key key{std::max(when, now_), posted_++};
  queue_.emplace(key, std::move(action));
  next_ = std::min(next_, key.first);
  return key;
}

void SimClock::run_next() {
  BS_CHECK(!queue_.empty());
  auto next = queue_.extract(queue_.begin());
  look();
  BS_CHECK(next.key().first >= now_);
  now_ = next.key().first;
  next.mapped()();
}

}  // namespace blackstart
