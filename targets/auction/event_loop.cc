#include "targets/auction/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <optional>
#include <utility>

namespace blackstart::auction {

namespace asio = boost::asio;

struct EventLoop::State {
  asio::io_context context{1};  // one thread runs handlers; post() from others stays safe
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::optional<asio::signal_set> signals;
  std::function<void()> terminate;

  void await_signal() {
    signals->async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      auto act = std::exchange(terminate, {});
      if (!act) std::_Exit(1);
      await_signal();
      act();
    });
  }
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::post(std::function<void()> work) { asio::post(state_->context, std::move(work)); }

void EventLoop::on_terminate(std::function<void()> act) {
  state_->terminate = std::move(act);
  state_->signals.emplace(state_->context, SIGTERM, SIGINT);
  state_->await_signal();
}

void EventLoop::run() { state_->context.run(); }
void EventLoop::stop() { state_->context.stop(); }
asio::io_context& EventLoop::context() { return state_->context; }

// The generation tells a wake-up that was already queued when it was cancelled from the one that counts.
struct Timer::State {
  explicit State(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  std::function<void()> act;
  std::uint64_t generation = 0;
  bool pending = false;
};

Timer::Timer(EventLoop& loop) : state_(std::make_shared<State>(loop.context())) {}
Timer::~Timer() {
  if (state_) cancel();
}
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&&) noexcept = default;

void Timer::start(std::chrono::nanoseconds after, std::function<void()> act) {
  auto& state = *state_;
  state.act = std::move(act);
  state.pending = true;
  const auto generation = ++state.generation;
  state.timer.expires_after(after);
  state.timer.async_wait([held = state_, generation](const boost::system::error_code&) {
    if (generation != held->generation) return;
    held->pending = false;
    auto work = std::exchange(held->act, {});
    work();
  });
}

void Timer::cancel() {
  ++state_->generation;
  state_->pending = false;
  state_->act = {};
  state_->timer.cancel();
}

bool Timer::pending() const { return state_->pending; }

std::int64_t wall_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace blackstart::auction
