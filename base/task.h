#pragma once
// Task<T>: a lazy coroutine for single-threaded control flow (the Conductor), the same in both worlds: no Asio, no
// locks. A Task starts when awaited. One that ends without waiting returns to its awaiter instead of resuming it, so
// that loops over such Tasks need no stack, also where the compiler makes no tail calls (debug and sanitizer builds).
// All resumption happens on the one thread that runs the world's event loop. Deterministic: order follows from the
// calls alone.

#include "base/check.h"

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace blackstart {

template <class T>
class [[nodiscard]] Task;

namespace detail {

struct TaskPromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  bool starting = false;  // its awaiter is still in await_suspend, and looks itself whether it has ended
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
      const auto& promise = done.promise();
      return promise.starting ? std::coroutine_handle<>{std::noop_coroutine()} : promise.continuation;
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { std::terminate(); }  // exceptions become Errors where they are thrown
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
};

}  // namespace detail

/// Owns its coroutine frame. Await it exactly once, as an rvalue: `co_await work()`.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      auto& promise = handle.promise();
      promise.continuation = awaiting;
      promise.starting = true;
      handle.resume();
      if (handle.done()) return false;
      promise.starting = false;
      return true;
    }
    T await_resume() const {
      if constexpr (!std::is_void_v<T>) return std::move(*handle.promise().value);
    }
  };
  Awaiter operator co_await() && { return Awaiter{handle_}; }

 private:
  Handle handle_;
};

template <class T>
Task<T> detail::TaskPromise<T>::get_return_object() {
  return Task<T>{std::coroutine_handle<TaskPromise<T>>::from_promise(*this)};
}
inline Task<void> detail::TaskPromise<void>::get_return_object() {
  return Task<void>{std::coroutine_handle<TaskPromise<void>>::from_promise(*this)};
}

/// A one-shot result that a world's adapter completes later, on the loop's thread, and one Task awaits.
/// Adapter: keep a shared_ptr<Completion<T>>, call complete() once.
template <class T>
class Completion {
 public:
  Completion() = default;
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  void complete(T result) {
    BS_CHECK(!value_);
    value_.emplace(std::move(result));
    if (auto waiting = std::exchange(waiting_, {})) waiting.resume();
  }
  [[nodiscard]] bool done() const { return value_.has_value(); }

  // A separate awaiter, since gcc 12 copies an awaited lvalue into the coroutine's frame.
  struct Awaiter {
    Completion& completion;
    bool await_ready() const noexcept { return completion.value_.has_value(); }
    void await_suspend(std::coroutine_handle<> awaiting) const noexcept { completion.waiting_ = awaiting; }
    T await_resume() const { return std::move(*completion.value_); }
  };
  Awaiter operator co_await() noexcept { return Awaiter{*this}; }

 private:
  std::optional<T> value_;
  std::coroutine_handle<> waiting_;
};

/// Runs tasks side by side; joined before it goes out of scope (checked). Nothing is detached unobserved.
class TaskGroup {
 public:
  TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() { BS_CHECK(running_ == 0); }

  /// Starts `task` at once; it runs until its first suspension before spawn() returns.
  void spawn(Task<void> task);
  [[nodiscard]] std::size_t running() const { return running_; }
  /// Awaits the end of every task spawned, also of those spawned meanwhile. One awaiter at a time.
  auto join() {
    struct Awaiter {
      TaskGroup& group;
      bool await_ready() const noexcept { return group.running_ == 0; }
      void await_suspend(std::coroutine_handle<> awaiting) const noexcept { group.joining_ = awaiting; }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

 private:
  struct Detached {
    struct promise_type {
      Detached get_return_object() const noexcept { return {}; }
      std::suspend_never initial_suspend() const noexcept { return {}; }
      std::suspend_never final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      void unhandled_exception() noexcept { std::terminate(); }
    };
  };
  static Detached drive(TaskGroup& group, Task<void> task) {
    co_await std::move(task);
    if (--group.running_ == 0) {
      if (auto joining = std::exchange(group.joining_, {})) joining.resume();
    }
  }
  std::size_t running_ = 0;
  std::coroutine_handle<> joining_;
};

inline void TaskGroup::spawn(Task<void> task) {
  ++running_;
  drive(*this, std::move(task));
}

/// Starts `task` from outside any coroutine and calls `done` with its result when it ends: how an event loop's owner
/// launches the Conductor.
template <class T>
void launch(Task<T> task, std::function<void(T)> done) {
  struct Detached {
    struct promise_type {
      Detached get_return_object() const noexcept { return {}; }
      std::suspend_never initial_suspend() const noexcept { return {}; }
      std::suspend_never final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      void unhandled_exception() noexcept { std::terminate(); }
    };
  };
  [](Task<T> body, std::function<void(T)> finish) -> Detached { finish(co_await std::move(body)); }(std::move(task),
                                                                                                    std::move(done));
}

}  // namespace blackstart
