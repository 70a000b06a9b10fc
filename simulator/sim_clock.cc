#include "simulator/sim_clock.h"

#include "base/check.h"

#include <algorithm>
#include <memory>

namespace blackstart {
namespace {

/// One sleeper: completed by its instant or by its stop, whichever comes first.
struct Sleeper {
  Completion<Status> completion;
  SimClock::Key wake;
  bool woken = false;
};

}  // namespace

Task<Status> SimClock::sleep_until(Instant wake, std::stop_token stop) {
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopped");
  const auto sleeper = std::make_shared<Sleeper>();
  sleeper->wake = post_at(wake, [sleeper] {
    if (std::exchange(sleeper->woken, true)) return;
    sleeper->completion.complete(ok());
  });
  std::function<void()> cancel = [this, sleeper] {
    if (std::exchange(sleeper->woken, true)) return;
    this->cancel(sleeper->wake);
    post_at(now_, [sleeper] { sleeper->completion.complete(fail(ErrorCode::kCancelled, "stopped")); });
  };
  const std::stop_callback<std::function<void()>> on_stop(stop, std::move(cancel));
  Status result = co_await sleeper->completion;
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
