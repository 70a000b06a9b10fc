#pragma once
// The bids' events, in order of (instant, sequence): 24 bytes each, no callbacks. Single-threaded, deterministic.

#include "simulator/event_queue.h"
#include "simulator/fifo_lane.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace blackstart {

struct BidEvent {
  enum class Kind : std::uint8_t {
    kArrived,         // a call reaches its member; index: frame
    kServed,          // a server has done its part; index: frame
    kGroup,           // a group commit is on disk; index: member
    kConfirmed,       // a standby has it, too; index: member
    kAnswered,        // an answer reaches the caller; index: frame
    kExpired,         // the head of a lane of time-outs is due; index: lane
    kRetry,           // a bid is sent again; index: bid
    kForeseen,        // what was foreseen of a call is over, and it goes on; index: frame
    kExpressArrived,  // a bid by express reaches its store; index: ride
    kExpressHeard,    // its client hears; index: ride
  };
  std::uint32_t index = 0;
  std::uint32_t tag = 0;  // kind in the upper 8 bits; generation of what `index` names below
  [[nodiscard]] Kind kind() const { return static_cast<Kind>(tag >> 24); }
  [[nodiscard]] std::uint32_t generation() const { return tag & 0xffffff; }
};

/// A few events, sorted as they come: cheaper than any queue where hardly more are pending at once.
class FewEvents {
 public:
  struct Entry {
    std::int64_t at_ns = 0;
    std::uint64_t sequence = 0;
    BidEvent event;
  };
  [[nodiscard]] bool is_empty() const { return count_ == 0; }
  [[nodiscard]] bool is_full() const { return count_ == kMost; }
  /// The earliest. REQUIRES: not empty.
  [[nodiscard]] const Entry& front() const { return latest_first_[count_ - 1]; }
  BidEvent pop() { return latest_first_[--count_].event; }
  /// REQUIRES: not full; `sequence` above the last one's.
  void push(std::int64_t at_ns, std::uint64_t sequence, BidEvent event) {
    std::size_t place = count_++;
    for (; place > 0 && latest_first_[place - 1].at_ns <= at_ns; --place)
      latest_first_[place] = latest_first_[place - 1];
    latest_first_[place] = {at_ns, sequence, event};
  }

 private:
  static constexpr std::size_t kMost = 8;
  std::array<Entry, kMost> latest_first_;
  std::size_t count_ = 0;
};

class BidEvents {
 public:
  static constexpr std::int64_t kNeverNs = std::numeric_limits<std::int64_t>::max();
  static constexpr std::uint32_t kGenerations = 0xffffff;

  BidEvents() { heads_ns_.fill(kNeverNs); }

  void push(std::int64_t at_ns, BidEvent::Kind kind, std::uint32_t index, std::uint32_t generation) {
    source_ = kUnknown;
    if (few_.is_full()) return push_to_queue(at_ns, event(kind, index, generation));
    few_.push(at_ns, sequence_++, event(kind, index, generation));
    heads_ns_[kFew] = few_.front().at_ns;
  }

  /// A lane for what always comes `delay_ns` after it was pushed (a link's constant latency): it holds such events in
  /// order without sorting them. Where there are many delays, some have none. Through a lane or not decides the cost,
  /// never the order.
  using Lane = std::size_t;
  [[nodiscard]] Lane lane_for(std::int64_t delay_ns) {
    for (Lane lane = 0; lane < lanes_.size(); ++lane)
      if (to_ns(lanes_[lane].delay()) == delay_ns) return lane;
    if (lanes_.size() == kLanesMost) return kNoLane;
    lanes_.emplace_back(Duration{delay_ns});
    return lanes_.size() - 1;
  }
  static constexpr Lane kNoLane = 2;
  /// Its delay after `now_ns`, the present instant.
  void push_after(std::int64_t now_ns, Lane lane, BidEvent::Kind kind, std::uint32_t index, std::uint32_t generation) {
    FifoLane<BidEvent>& one = lanes_[lane];
    heads_ns_[lane] = std::min(heads_ns_[lane], now_ns + to_ns(one.delay()));
    one.push(instant_from_ns(now_ns), sequence_++, event(kind, index, generation));
    source_ = kUnknown;
  }

  [[nodiscard]] std::int64_t next_ns() {
    if (source_ == kUnknown) look();
    return next_ns_;
  }
  /// REQUIRES: there is one.
  BidEvent pop() {
    if (source_ == kUnknown) look();
    const std::size_t source = std::exchange(source_, kUnknown);
    if (source == kFew) [[likely]] {
      const BidEvent due = few_.pop();
      heads_ns_[kFew] = few_.is_empty() ? kNeverNs : few_.front().at_ns;
      return due;
    }
    const BidEvent due = source == kQueue ? queue_.pop().payload : lanes_[source].pop().payload;
    const Instant head = source == kQueue ? queue_.next_time() : lanes_[source].next_time();
    heads_ns_[source] = head == kNever ? kNeverNs : to_ns(head);
    return due;
  }
  /// Whether anything is due at `at_ns`, which is not after next_ns().
  [[nodiscard]] bool is_due(std::int64_t at_ns) const {
    return heads_ns_[0] == at_ns || heads_ns_[1] == at_ns || heads_ns_[kQueue] == at_ns || heads_ns_[kFew] == at_ns;
  }
  /// Events ever pushed.
  [[nodiscard]] std::uint64_t pushed() const { return sequence_; }

 private:
  static constexpr std::size_t kLanesMost = kNoLane;  // every look goes through all, and most targets have one
  static_assert(kLanesMost == 2);                     // is_due() names them
  static constexpr std::size_t kQueue = kLanesMost, kFew = kQueue + 1, kSources = kFew + 1, kUnknown = kSources;

  static BidEvent event(BidEvent::Kind kind, std::uint32_t index, std::uint32_t generation) {
    return {index, static_cast<std::uint32_t>(kind) << 24 | (generation & kGenerations)};
  }

  [[gnu::noinline]] void push_to_queue(std::int64_t at_ns, BidEvent due) {
    queue_.push(instant_from_ns(at_ns), sequence_++, due);
    heads_ns_[kQueue] = std::min(heads_ns_[kQueue], at_ns);
  }

  /// Where the earliest event is, and when.
  void look() {
    const std::int64_t few_ns = heads_ns_[kFew];
    if (few_ns < std::min({heads_ns_[0], heads_ns_[1], heads_ns_[kQueue]})) {
      source_ = kFew;
      next_ns_ = few_ns;
    } else {
      look_everywhere();
    }
  }
  /// Which source comes first is a coin's toss for the machine: chosen without a jump.
  void look_everywhere() {
    std::size_t source = 0;
    std::int64_t time = heads_ns_[0];
    bool tie = false;
    for (std::size_t other = 1; other < kSources; ++other) {
      const std::int64_t head = heads_ns_[other];
      tie = tie || head == time;
      source = head < time ? other : source;
      time = std::min(head, time);
    }
    if (tie && time != kNeverNs) [[unlikely]]
      source = first_scheduled(time);
    source_ = source;
    next_ns_ = time;
  }
  /// Of the heads that are due at `time`.
  [[nodiscard]] std::size_t first_scheduled(std::int64_t time) {
    std::size_t first = kUnknown;
    for (std::size_t source = 0; source < kSources; ++source) {
      if (heads_ns_[source] != time) continue;
      if (first == kUnknown || sequence_at(source) < sequence_at(first)) first = source;
    }
    return first;
  }
  [[nodiscard]] std::uint64_t sequence_at(std::size_t source) {
    if (source == kFew) return few_.front().sequence;
    return source == kQueue ? queue_.next_sequence_number() : lanes_[source].front().sequence;
  }

  EventQueue<BidEvent> queue_;  // what there is no room for among the few
  FewEvents few_;
  std::vector<FifoLane<BidEvent>> lanes_;
  std::array<std::int64_t, kSources> heads_ns_;  // by source
  std::uint64_t sequence_ = 0;
  std::size_t source_ = kUnknown;
  std::int64_t next_ns_ = kNeverNs;
};

/// Time-outs of one constant length: in order of when they are due, most of them never needed, and most of them pushed
/// in that order. One event stands in the queue for the whole lane.
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
  [[nodiscard]] const Entry& front() const { return at(first_); }
  void push(std::int64_t due_ns, std::uint32_t index, std::uint32_t generation) {
    if (next_ - first_ == ring_.size()) grow();
    auto place = next_++;
    for (; place > first_ && at(place - 1).due_ns > due_ns; --place) at(place) = at(place - 1);
    at(place) = {due_ns, index, generation};
  }
  /// Those of `now_ns` or before that are still waited for go to `due`; `waits`(entry) tells which are.
  template <class Waits>
  void take_due(std::int64_t now_ns, const Waits& waits, std::vector<Entry>& due) {
    due.clear();
    while (!empty()) {
      const Entry entry = front();
      const bool still = waits(entry);
      if (still && entry.due_ns > now_ns) return;
      ++first_;
      if (still) due.push_back(entry);
    }
  }
  /// Whether the lane's first entry needs an event, which the caller then pushes for when it is due.
  [[nodiscard]] bool arm() {
    if (empty() || front().due_ns >= armed_ns_) return false;
    armed_ns_ = front().due_ns;
    return true;
  }
  /// The event of `now_ns` has come. False: an earlier one has overtaken it.
  [[nodiscard]] bool disarm(std::int64_t now_ns) {
    if (armed_ns_ != now_ns) return false;
    armed_ns_ = BidEvents::kNeverNs;
    return true;
  }

 private:
  [[nodiscard]] Entry& at(std::uint64_t place) { return ring_[place & (ring_.size() - 1)]; }
  [[nodiscard]] const Entry& at(std::uint64_t place) const { return ring_[place & (ring_.size() - 1)]; }
  void grow() {
    std::vector<Entry> larger(ring_.size() * 2);
    for (auto i = first_; i < next_; ++i) larger[i & (larger.size() - 1)] = at(i);
    ring_ = std::move(larger);
  }
  std::int64_t length_ns_;
  std::vector<Entry> ring_;
  std::uint64_t first_ = 0, next_ = 0;
  std::int64_t armed_ns_ = BidEvents::kNeverNs;  // when its event in the queue is due
};

}  // namespace blackstart
