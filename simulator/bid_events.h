#pragma once
// The bids' events, in order of (instant, sequence): 24 bytes each, no callbacks. Single-threaded, deterministic.

#include "simulator/event_queue.h"
#include "simulator/fifo_lane.h"

#include <cstdint>
#include <limits>
#include <utility>
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
    source_ = kUnknown;
    queue_.push(instant_from_ns(at_ns), sequence_++, event(kind, index, generation));
  }
  /// The same for what always comes `delay_ns` after the present instant (a link's constant latency): a lane of its own
  /// holds such events in order without sorting them. Which of the two is called decides the cost, never the order.
  void push_after(std::int64_t now_ns, std::int64_t delay_ns, BidEvent::Kind kind, std::uint32_t index,
                  std::uint32_t generation) {
    FifoLane<BidEvent>* lane = lane_of(delay_ns);
    if (lane == nullptr) return push(now_ns + delay_ns, kind, index, generation);
    source_ = kUnknown;
    lane->push(instant_from_ns(now_ns), sequence_++, event(kind, index, generation));
  }
  [[nodiscard]] std::int64_t next_ns() {
    if (source_ == kUnknown) look();
    return next_ns_;
  }
  /// REQUIRES: there is one.
  BidEvent pop() {
    if (source_ == kUnknown) look();
    const std::size_t source = std::exchange(source_, kUnknown);
    return source == kQueue ? queue_.pop().payload : lanes_[source].pop().payload;
  }
  /// Events ever pushed.
  [[nodiscard]] std::uint64_t pushed() const { return sequence_; }

 private:
  static constexpr std::size_t kLanesMost = 4;  // every look goes through all of them
  static constexpr std::size_t kQueue = kLanesMost, kUnknown = kLanesMost + 1;

  static BidEvent event(BidEvent::Kind kind, std::uint32_t index, std::uint32_t generation) {
    return {index, static_cast<std::uint32_t>(kind) << 24 | (generation & kGenerations)};
  }
  FifoLane<BidEvent>* lane_of(std::int64_t delay_ns) {
    for (auto& lane : lanes_)
      if (to_ns(lane.delay()) == delay_ns) return &lane;
    if (lanes_.size() == kLanesMost) return nullptr;
    return &lanes_.emplace_back(Duration{delay_ns});
  }
  /// Where the earliest event is, and when.
  void look() {
    source_ = kQueue;
    Instant time = queue_.next_time();
    for (std::size_t index = 0; index < lanes_.size(); ++index) {
      const Instant head = lanes_[index].next_time();
      if (head > time || head == kNever) continue;
      if (head == time && lanes_[index].front().sequence > sequence_at(source_)) continue;
      source_ = index;
      time = head;
    }
    next_ns_ = time == kNever ? kNeverNs : to_ns(time);
  }
  [[nodiscard]] std::uint64_t sequence_at(std::size_t source) {
    return source == kQueue ? queue_.next_sequence_number() : lanes_[source].front().sequence;
  }

  EventQueue<BidEvent> queue_;
  std::vector<FifoLane<BidEvent>> lanes_;
  std::uint64_t sequence_ = 0;
  std::size_t source_ = kUnknown;
  std::int64_t next_ns_ = kNeverNs;
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
