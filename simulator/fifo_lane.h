#pragma once
// Events that all come a constant delay after they were scheduled (time-outs): they come out in the order in which they
// went in, so that a ring does for them, at O(1), what a queue does at O(log n). Merged with a queue by
// (time, sequence): simulator/agenda.h. Deterministic; one thread.

#include "base/check.h"
#include "simulator/event.h"

#include <cstddef>
#include <cstdint>
#include <vector>

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
    if (size_ == ring_.size()) grow();
    ring_[(head_ + size_) & (ring_.size() - 1)] = {now + delay_, sequence, payload};
    ++size_;
  }

  /// The earliest event. REQUIRES !empty().
  [[nodiscard]] const TimedEvent<Payload>& front() const {
    BS_CHECK(size_ > 0);
    return ring_[head_];
  }
  /// Takes the earliest event out. REQUIRES !empty().
  TimedEvent<Payload> pop() {
    const TimedEvent<Payload> event = front();
    head_ = (head_ + 1) & (ring_.size() - 1);
    --size_;
    return event;
  }

  /// Time of the earliest event, kNever when there is none.
  [[nodiscard]] Instant next_time() const { return empty() ? kNever : ring_[head_].time; }
  [[nodiscard]] Duration delay() const { return delay_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void grow() {
    std::vector<TimedEvent<Payload>> larger(ring_.empty() ? 16 : ring_.size() * 2);
    for (std::size_t index = 0; index < size_; ++index) larger[index] = ring_[(head_ + index) & (ring_.size() - 1)];
    ring_.swap(larger);
    head_ = 0;
  }

  Duration delay_;
  std::vector<TimedEvent<Payload>> ring_;  // of a power of two
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  Instant last_now_ = Instant::min();
  std::uint64_t next_sequence_ = 0;
};

}  // namespace blackstart
