#include "simulator/sim_clock.h"

#include "base/check.h"

#include <algorithm>
#include <coroutine>
#include <functional>
#include <iterator>
#include <utility>

namespace blackstart {
namespace {

/// One sleeper, in its coroutine's frame: resumed at its instant or by its stop, whichever comes first.
class Sleeper final : public ControlEvent {
 public:
  Sleeper(SimClock& clock, Instant wake) : clock_(clock), wake_(wake) {}
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    if (posted_) clock_.cancel(key_);
  }
  void stop() {
    if (!posted_ || std::exchange(stopped_, true)) return;
    clock_.cancel(key_);
    key_ = clock_.post_at(clock_.now(), *this);
  }
  void happen() override {
    posted_ = false;
    sleeping_.resume();
  }

  // A separate awaiter, since gcc 12 copies an awaited lvalue into the coroutine's frame.
  struct Awaiter {
    Sleeper& sleeper;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> sleeping) const {
      sleeper.sleeping_ = sleeping;
      sleeper.posted_ = true;
      sleeper.key_ = sleeper.clock_.post_at(sleeper.wake_, sleeper);
    }
    Status await_resume() const { return sleeper.stopped_ ? Status(fail(ErrorCode::kCancelled, "stopped")) : ok(); }
  };
  Awaiter operator co_await() noexcept { return {*this}; }

 private:
  SimClock& clock_;
  Instant wake_;
  SimClock::Key key_;
  std::coroutine_handle<> sleeping_;
  bool posted_ = false, stopped_ = false;
};

}  // namespace

Task<Status> SimClock::sleep_until(Instant wake, std::stop_token stop) {
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopped");
  Sleeper sleeper(*this, wake);
  const std::stop_callback on_stop(std::move(stop), [&sleeper] { sleeper.stop(); });
  co_return co_await sleeper;
}

void SimClock::post_at(Instant when, std::function<void()> action) {
  if (unused_.empty()) unused_.push_back(&callbacks_.emplace_back(unused_));
  Callback& callback = *unused_.back();
  unused_.pop_back();
  callback.action = std::move(action);
  post_at(when, callback);
}

SimClock::Key SimClock::post_at(Instant when, ControlEvent& event) {
  const Key key{std::max(when, now_), posted_++};
  queue_.insert(place_of(key), {key, &event});
  look();
  return key;
}

void SimClock::Callback::happen() {
  const std::function<void()> called = std::exchange(action, nullptr);
  unused_.push_back(this);
  called();
}

void SimClock::cancel(const Key& key) {
  const auto place = place_of(key);
  if (place == queue_.end() || place->key != key) return;
  queue_.erase(place);
  look();
}

void SimClock::run_next() {
  BS_CHECK(!queue_.empty());
  const Posted next = queue_.back();
  queue_.pop_back();
  look();
  BS_CHECK(next.key.when >= now_);
  now_ = next.key.when;
  next.event->happen();
}

std::vector<SimClock::Posted>::iterator SimClock::place_of(const Key& key) {
  auto place = queue_.end();
  while (place != queue_.begin() && std::prev(place)->key <= key) --place;
  return place;
}

}  // namespace blackstart
