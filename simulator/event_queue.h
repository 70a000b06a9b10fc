#pragma once
// The future event list: a monotone radix heap of base 64 behind a short sorted run. Events come out by
// (time, sequence); none may be pushed before the last that came out. Deterministic; one thread.
//
// How it works. Every event that waits in a bucket is later than `bound_`, and lies in the bucket of the highest
// base-64 digit in which its time differs from the bound (the level) and of that digit's value. So the lowest bucket of
// the lowest level that holds anything holds the earliest events. A bucket of a few events is sorted into the run, from
// which pop() takes; a larger one is spread over the levels below. An event moves at most once a level: two or three
// times among a thousand. Buckets keep the order of arrival, so events of one instant need no comparison.

#include "base/check.h"
#include "simulator/event.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace blackstart {

template <EventPayload Payload>
class EventQueue {
 public:
  /// Schedules `payload` at `time`. `sequence` numbers ascend from push to push; they may be shared with other sources
  /// of events (simulator/agenda.h). REQUIRES time >= that of the last popped event, and sequence above the last.
  void push(Instant time, std::uint64_t sequence, const Payload& payload) {
    const std::uint64_t key = key_of(time);
    BS_CHECK(key >= popped_ && sequence >= next_sequence_);
    next_sequence_ = sequence + 1;
    ++size_;
    if (key > bound_) {
      put({key, sequence, payload});
    } else {
      insert({key, sequence, payload});
    }
  }
  /// The same with the queue's own sequence numbers, 0, 1, 2, …
  void push(Instant time, const Payload& payload) { push(time, next_sequence_, payload); }

  /// Takes the earliest event out. REQUIRES !empty().
  TimedEvent<Payload> pop() {
    fill_run();
    const Entry& entry = run_[front_++];
    popped_ = entry.key;
    --size_;
    return {time_of(entry.key), entry.sequence, entry.payload};
  }

  /// Time of the earliest event, kNever when there is none. Looking ahead never forbids an earlier push.
  [[nodiscard]] Instant next_time() {
    if (empty()) return kNever;
    fill_run();
    return time_of(run_[front_].key);
  }
  /// Sequence number of the earliest event. REQUIRES !empty().
  [[nodiscard]] std::uint64_t next_sequence_number() {
    fill_run();
    return run_[front_].sequence;
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Events that its memory has room for. It grows with what was pending at once, not with what passed through.
  [[nodiscard]] std::size_t room() const {
    std::size_t room = run_.capacity();
    for (const Bucket& bucket : buckets_) room += bucket.capacity();
    return room;
  }

 private:
  struct Entry {
    std::uint64_t key;
    std::uint64_t sequence;
    Payload payload;
  };
  using Bucket = std::vector<Entry>;

  static constexpr unsigned kDigitBits = 6;
  static constexpr unsigned kDigits = 1U << kDigitBits;
  static constexpr unsigned kLevels = (64 + kDigitBits - 1) / kDigitBits;
  static constexpr std::size_t kRunMost = 8;      // a bucket of so many is cheaper sorted than spread
  static constexpr std::size_t kShiftsMost = 48;  // an insertion that moves more events dissolves the run instead
  static constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

  /// Times before the drill's start are negative: the flipped sign keeps them in order.
  static std::uint64_t key_of(Instant time) { return static_cast<std::uint64_t>(to_ns(time)) ^ kSign; }
  static Instant time_of(std::uint64_t key) { return instant_from_ns(static_cast<std::int64_t>(key ^ kSign)); }
  static unsigned level_of(std::uint64_t difference) {
    return (63U - static_cast<unsigned>(std::countl_zero(difference | 1))) / kDigitBits;
  }

  void put(const Entry& entry) {
    const unsigned level = level_of(entry.key ^ bound_);
    const unsigned digit = static_cast<unsigned>(entry.key >> (level * kDigitBits)) % kDigits;
    buckets_[level * kDigits + digit].push_back(entry);
    occupied_[level] |= std::uint64_t{1} << digit;
    levels_ |= 1U << level;
  }

  /// Into the run, behind everything of the same time. An event far ahead may have been drawn into the run by a look
  /// ahead; when much is then scheduled before it, the run goes back into the buckets.
  void insert(const Entry& entry) {
    if (run_end_ - front_ > kShiftsMost && run_[run_end_ - 1 - kShiftsMost].key > entry.key) {
      dissolve_run();
      put(entry);
      return;
    }
    make_room();
    std::size_t place = run_end_++;
    for (; place > front_ && run_[place - 1].key > entry.key; --place) run_[place] = run_[place - 1];
    run_[place] = entry;
  }

  static std::ptrdiff_t offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

  /// For one more event behind the run: by what was popped, if that is as much as what is left, else by more memory.
  void make_room() {
    if (run_end_ < run_.size()) return;
    if (front_ * 2 >= run_end_ && front_ > 0) {
      std::copy(run_.begin() + offset(front_), run_.begin() + offset(run_end_), run_.begin());
      run_end_ -= front_;
      front_ = 0;
    } else {
      run_.resize(std::max(2 * run_.size(), 4 * kShiftsMost));
    }
  }

  void fill_run() {
    if (front_ == run_end_) refill();
  }

  void refill() {
    BS_CHECK(!empty());
    front_ = 0;
    for (;;) {
      const auto level = static_cast<unsigned>(std::countr_zero(levels_));
      const auto digit = static_cast<unsigned>(std::countr_zero(occupied_[level]));
      Bucket& bucket = buckets_[level * kDigits + digit];
      vacate(level, digit);
      const std::uint64_t below = (std::uint64_t{1} << (level * kDigitBits)) - 1;
      if (level == 0 || bucket.size() <= kRunMost) {
        bound_ = bucket.front().key | below;
        fill_run_from(bucket);
        return;
      }
      bound_ = bucket.front().key & ~below;
      for (const Entry& entry : bucket) put(entry);
      bucket.clear();
    }
  }

  void vacate(unsigned level, unsigned digit) {
    occupied_[level] &= ~(std::uint64_t{1} << digit);
    if (occupied_[level] == 0) levels_ &= ~(1U << level);
  }

  /// A few events are sorted in as they are copied (by time; stable); many of one instant need only change hands.
  void fill_run_from(Bucket& bucket) {
    run_end_ = bucket.size();
    if (bucket.size() > kRunMost) {
      run_.swap(bucket);
      bucket.clear();
      return;
    }
    if (run_.size() < kRunMost) run_.resize(kRunMost);
    for (std::size_t next = 0; next < bucket.size(); ++next) {
      std::size_t place = next;
      for (; place > 0 && run_[place - 1].key > bucket[next].key; --place) run_[place] = run_[place - 1];
      run_[place] = bucket[next];
    }
    bucket.clear();
  }

  /// Lowers the bound to just before the last popped event. What lies on levels under the highest digit that changes in
  /// the bound gets another place; what lies on higher ones keeps its own.
  void dissolve_run() {
    const std::uint64_t bound = popped_ - 1;
    const unsigned changed = level_of(bound ^ bound_);
    Bucket moved(run_.begin() + offset(front_), run_.begin() + offset(run_end_));
    while (levels_ != 0 && static_cast<unsigned>(std::countr_zero(levels_)) < changed) {
      const auto level = static_cast<unsigned>(std::countr_zero(levels_));
      const auto digit = static_cast<unsigned>(std::countr_zero(occupied_[level]));
      Bucket& bucket = buckets_[level * kDigits + digit];
      moved.insert(moved.end(), bucket.begin(), bucket.end());
      bucket.clear();
      vacate(level, digit);
    }
    front_ = 0;
    run_end_ = 0;
    bound_ = bound;
    for (const Entry& entry : moved) put(entry);
  }

  std::array<Bucket, kLevels * kDigits> buckets_;
  std::array<std::uint64_t, kLevels> occupied_{};  // a bit a digit
  std::uint32_t levels_ = 0;                       // a bit a level that holds anything
  std::uint64_t bound_ = 0;                        // what is in the buckets is later
  Bucket run_;                                     // the run: from front_ to run_end_, ascending
  std::size_t front_ = 0;
  std::size_t run_end_ = 0;
  std::uint64_t popped_ = 1;  // key of the last popped event; Instant::min() is no time of an event
  std::uint64_t next_sequence_ = 0;
  std::size_t size_ = 0;
};

}  // namespace blackstart
