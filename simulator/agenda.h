#pragma once
// All that is going to happen in the virtual world: one event queue and any number of FIFO lanes that share their
// sequence numbers, so that they come out as one stream by (time, sequence). Few lanes: each pop looks at all of their
// heads. Deterministic; one thread.

#include "base/check.h"
#include "simulator/event.h"
#include "simulator/event_queue.h"
#include "simulator/fifo_lane.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace blackstart {

template <EventPayload Payload>
class Agenda {
 public:
  using Lane = std::size_t;

  /// A lane for what comes `delay` after it was scheduled.
  Lane add_lane(Duration delay) {
    lanes_.emplace_back(delay);
    return lanes_.size() - 1;
  }

  /// Schedules `payload` at `time`. REQUIRES time >= now().
  void push(Instant time, const Payload& payload) {
    BS_CHECK(time >= now_);
    queue_.push(time, sequence_++, payload);
  }
  /// Schedules `payload` at now() + the lane's delay.
  void push_after(Lane lane, const Payload& payload) {
    BS_CHECK(lane < lanes_.size());
    lanes_[lane].push(now_, sequence_++, payload);
  }

  /// Takes the earliest event out; now() is then its time. REQUIRES !empty().
  TimedEvent<Payload> pop() {
    const std::size_t source = earliest();
    const TimedEvent<Payload> event = source == lanes_.size() ? queue_.pop() : lanes_[source].pop();
    now_ = event.time;
    return event;
  }

  /// Time of the earliest event, kNever when there is none.
  [[nodiscard]] Instant next_time() {
    Instant time = queue_.next_time();
    for (const auto& lane : lanes_) time = std::min(time, lane.next_time());
    return time;
  }
  /// Virtual time: that of the last popped event, or what advance_to said since. The drill's start at first.
  [[nodiscard]] Instant now() const { return now_; }
  /// Lets time pass without an event. REQUIRES now() <= time <= next_time().
  void advance_to(Instant time) {
    BS_CHECK(time >= now_ && time <= next_time());
    now_ = time;
  }

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const {
    std::size_t size = queue_.size();
    for (const auto& lane : lanes_) size += lane.size();
    return size;
  }

 private:
  /// The lane with the earliest event, or lanes_.size() for the queue.
  std::size_t earliest() {
    std::size_t best = lanes_.size();
    Instant time = queue_.next_time();
    std::uint64_t sequence = queue_.empty() ? ~std::uint64_t{0} : queue_.next_sequence_number();
    for (std::size_t index = 0; index < lanes_.size(); ++index) {
      if (lanes_[index].empty()) continue;
      const TimedEvent<Payload>& head = lanes_[index].front();
      if (!comes_before(head.time, head.sequence, time, sequence)) continue;
      best = index;
      time = head.time;
      sequence = head.sequence;
    }
    return best;
  }

  EventQueue<Payload> queue_;
  std::vector<FifoLane<Payload>> lanes_;
  std::uint64_t sequence_ = 0;
  Instant now_ = kDrillStart;
};

}  // namespace blackstart
