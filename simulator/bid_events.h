#pragma once
// The bids' events, in order of (instant, sequence): 24 bytes each, no callbacks. Single-threaded, deterministic.

#include "simulator/event_queue.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace blackstart {

struct BidEvent {
  enum class Kind : std::uint8_t {
    kArrived,   // a call reaches its member; index: frame
    kServed,    // a server has done its part; index: frame
    kGroup,     // a group commit is on disk; index: member
    kAnswered,  // an answer reaches the caller; index: frame
    kExpired,   // the head of a lane of time-outs is due; index: lane
    kRetry,     // a bid is sent again; index: bid
  };
  std::uint32_t index = 0;
  std::uint32_t tag = 0;  // kind in the upper 8 bits; generation of what `index` names below
  [[nodiscard]] Kind kind() const { return static_cast<Kind>(tag >> 24); }
  [[nodiscard]] std::uint32_t generation() const { return tag & 0xffffff; }
};

class BidEvents {
 public:
  static constexpr std::int64_t kNeverNs = std::numeric_limits<std::int64_t>::max();
  static constexpr std::uint32_t kGenerations = 0xffffff;

  void push(std::int64_t at_ns, BidEvent::Kind kind, std::uint32_t index, std::uint32_t generation) {
    ++pushed_;
    queue_.push(instant_from_ns(at_ns),
                BidEvent{index, static_cast<std::uint32_t>(kind) << 24 | (generation & kGenerations)});
  }
  [[nodiscard]] std::int64_t next_ns() { return queue_.empty() ? kNeverNs : to_ns(queue_.next_time()); }
  BidEvent pop() { return queue_.pop().payload; }
  /// Events ever pushed.
  [[nodiscard]] std::uint64_t pushed() const { return pushed_; }

 private:
  EventQueue<BidEvent> queue_;
  std::uint64_t pushed_ = 0;
};

/// Time-outs of one constant length: first in, first out, most of them never needed. One event stands in the queue for
/// the whole lane.
class TimeoutLane {
 public:
  struct Entry {
    std::int64_t due_ns = 0;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
  };
  explicit TimeoutLane(std::int64_t length_ns) : length_ns_(length_ns), ring_(64) {}
  [[nodiscard]] std::int64_t length_ns() const { return length_ns_; }
  [[nodiscard]] bool empty() const { return first_ == next_; }
  [[nodiscard]] const Entry& front() const { return ring_[first_ & (ring_.size() - 1)]; }
  void pop() { ++first_; }
  void push(std::int64_t due_ns, std::uint32_t index, std::uint32_t generation) {
    if (next_ - first_ == ring_.size()) grow();
    ring_[next_++ & (ring_.size() - 1)] = {due_ns, index, generation};
  }
  bool armed = false;  // its event is in the queue

 private:
  void grow() {
    std::vector<Entry> larger(ring_.size() * 2);
    for (auto i = first_; i < next_; ++i) larger[i & (larger.size() - 1)] = ring_[i & (ring_.size() - 1)];
    ring_ = std::move(larger);
  }
  std::int64_t length_ns_;
  std::vector<Entry> ring_;
  std::uint64_t first_ = 0, next_ = 0;
};

}  // namespace blackstart
