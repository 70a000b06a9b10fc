#pragma once
// Virtual time, and what is to happen at which instant of it: control events (callbacks, sleeping coroutines), in order
// of their instant, then of their posting. The bids' events have a queue of their own (bid_events.h); at one instant
// control events come first. A few dozen wait at a time, and several happen a second: they lie sorted, and to post one
// allocates nothing once there is room for it. Single-threaded, deterministic.

#include "base/check.h"
#include "rehearsal/clock.h"

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace blackstart {

/// What happens at an instant. It must live until it has happened or was cancelled.
class ControlEvent {
 public:
  virtual void happen() = 0;

 protected:
  ~ControlEvent() = default;
};

class SimClock final : public Clock {
 public:
  /// `start` is the wall clock at drill time 0.
  explicit SimClock(WallTime start) : start_(start) {}

  Instant now() const override { return now_; }
  WallTime wall() const override { return {start_.unix_ns + to_ns(now_)}; }
  /// A stop resumes the sleeper at the present instant, after what runs now.
  Task<Status> sleep_until(Instant wake, std::stop_token stop) override;

  /// Calls `action` at `when`, at the present instant if that has passed.
  void post_at(Instant when, std::function<void()> action);
  /// The same of an event. Returns a key for cancel().
  struct Key {
    Instant when;
    std::uint64_t number = 0;  // of its posting
    auto operator<=>(const Key&) const = default;
  };
  Key post_at(Instant when, ControlEvent& event);
  /// What was posted under `key` does not happen; nothing changes where it has happened.
  void cancel(const Key& key);

  /// The earliest control event's instant; kNever: none.
  [[nodiscard]] Instant next() const { return next_; }
  /// Advances to the earliest control event and calls it. REQUIRES: there is one.
  void run_next();
  /// Time goes on to `to`, as a bid's event says. REQUIRES: now() <= to <= next().
  void advance(Instant to) {
    BS_CHECK(to >= now_);
    now_ = to;
  }

 private:
  struct Posted {
    Key key;
    ControlEvent* event = nullptr;
  };
  /// A function to call. Its place is another's from then on.
  class Callback final : public ControlEvent {
   public:
    explicit Callback(std::vector<Callback*>& unused) : unused_(unused) {}
    void happen() override;
    std::function<void()> action;

   private:
    std::vector<Callback*>& unused_;
  };
  /// Where `key` lies in queue_, or where it would: mostly among the first that are due.
  [[nodiscard]] std::vector<Posted>::iterator place_of(const Key& key);
  void look() { next_ = queue_.empty() ? kNever : queue_.back().key.when; }

  WallTime start_;
  Instant now_ = kDrillStart;
  std::uint64_t posted_ = 0;
  std::vector<Posted> queue_;       // the latest first
  std::deque<Callback> callbacks_;  // as many as ever waited at a time
  std::vector<Callback*> unused_;   // of callbacks_
  Instant next_ = kNever;           // of queue_: asked before every event of a bid
};

}  // namespace blackstart
