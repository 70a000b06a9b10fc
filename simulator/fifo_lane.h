#pragma once
// Events that all come a constant delay after they were scheduled (time-outs): they come out in the order in which they
// went in, so that a ring does for them, at O(1), what a queue does at O(log n). Merged with a queue by
// (time, sequence): simulator/agenda.h. Deterministic; one thread.

#include "base/check.h"
#include "simulator/event.h"
#include "simulator/ring.h"

#include <cstddef>
#include <cstdint>

namespace blackstart {

template <EventPayload Payload>
class FifoLane {
 public:
  /// `delay` >= 0.
  explicit FifoLane(Duration delay) : delay_(delay) { BS_CHECK(delay >= Duration{0}); }

  /// Schedules `payload` at now + delay. REQUIRES that neither `now` nor `sequence` goes back.
  void push(Instant now, std::uint64_t sequence, const Payload& payload) {
    BS_CHECK(now >= last_now_ && sequence >= next_sequence_);
    last_now_ = now;
    next_sequence_ = sequence + 1;
    TimedEvent<Payload>& event = ring_.push_slot();
    event.time = now + delay_;
    event.sequence = sequence;
    event.payload = payload;
  }

  /// The earliest event. REQUIRES !empty().
  [[nodiscard]] const TimedEvent<Payload>& front() const { return ring_.front(); }
  /// Takes the earliest event out. REQUIRES !empty().
  TimedEvent<Payload> pop() {
    const TimedEvent<Payload> event = ring_.front();
    ring_.pop_front();
    return event;
  }

  /// Time of the earliest event, kNever when there is none.
  [[nodiscard]] Instant next_time() const { return ring_.empty() ? kNever : ring_.front().time; }
  [[nodiscard]] Duration delay() const { return delay_; }
  [[nodiscard]] bool empty() const { return ring_.empty(); }
  [[nodiscard]] std::size_t size() const { return ring_.size(); }

 private:
  Duration delay_;
  Ring<TimedEvent<Payload>> ring_;
  Instant last_now_ = Instant::min();
  std::uint64_t next_sequence_ = 0;
};

}  // namespace blackstart
