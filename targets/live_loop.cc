#include "targets/live_loop.h"

#include <csignal>
#include <optional>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

namespace blackstart {

namespace asio = boost::asio;

namespace {

/// As nohup leaves SIGHUP, for what is to outlive its terminal.
bool is_ignored(int signal) {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

struct LiveLoop::State {
  asio::io_context context{1};
  std::optional<asio::signal_set> signals;
  std::function<void(int)> on_signal;

  void wait_for_signal() {
    signals->async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      on_signal(signal);
      wait_for_signal();
    });
  }
};

LiveLoop::LiveLoop(std::chrono::steady_clock::time_point origin) : origin_(origin), state_(std::make_unique<State>()) {}
LiveLoop::~LiveLoop() = default;

Instant LiveLoop::now() const { return instant_of(std::chrono::steady_clock::now()); }

WallTime LiveLoop::wall() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return WallTime{std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

std::chrono::steady_clock::time_point LiveLoop::steady_of(Instant at) const {
  const auto last = std::chrono::steady_clock::time_point::max();
  const Duration offset = at.time_since_epoch();
  return offset >= last - origin_ ? last : origin_ + offset;
}

Task<Status> LiveLoop::sleep_until(Instant wake, std::stop_token stop) {
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "a wait was stopped");
  if (wake <= now()) co_return ok();
  auto done = std::make_shared<Completion<Status>>();
  auto timer = std::make_shared<asio::steady_timer>(state_->context, steady_of(wake));
  timer->async_wait([done](const boost::system::error_code& error) {
    done->complete(error ? Status(fail(ErrorCode::kCancelled, "a wait was stopped")) : ok());
  });
  // The callback may run on any thread: the timer is touched on the loop's alone, where it lives until it was.
  const std::stop_callback on_stop(stop, [this, timer] { post([timer] { timer->cancel(); }); });
  co_return co_await *done;
}

void LiveLoop::run(const std::function<void(std::function<void()>)>& start) {
  const auto guard = asio::make_work_guard(state_->context);
  state_->context.restart();
  start([this] { state_->context.stop(); });
  state_->context.run();
}

void LiveLoop::post(std::function<void()> action) { asio::post(state_->context, std::move(action)); }

void LiveLoop::on_signals(std::function<void(int)> handler) {
  state_->on_signal = std::move(handler);
  if (state_->signals) return;
  state_->signals.emplace(state_->context, SIGINT, SIGTERM);
  if (!is_ignored(SIGHUP)) state_->signals->add(SIGHUP);
  state_->wait_for_signal();
}

}  // namespace blackstart
