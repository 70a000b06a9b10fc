#pragma once
// A bounded queue between one producing and one consuming thread; wait-free, no allocation after construction.

#include <atomic>
#include <bit>
#include <cstddef>
#include <vector>

namespace blackstart {

template <class T>
class SpscRing {
 public:
  /// Holds at least `capacity` values.
  explicit SpscRing(std::size_t capacity) : slots_(std::bit_ceil(capacity)), mask_(slots_.size() - 1) {}

  /// Producer. False: full, nothing was added.
  bool push(const T& value) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ == slots_.size()) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ == slots_.size()) return false;
    }
    slots_[tail & mask_] = value;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Consumer. Hands every value that is there to `take`, returns how many.
  template <class Take>
  std::size_t drain(Take&& take) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    const std::size_t tail = tail_.load(std::memory_order_acquire);
    for (std::size_t at = head; at != tail; ++at) take(slots_[at & mask_]);
    head_.store(tail, std::memory_order_release);
    return tail - head;
  }

 private:
  static constexpr std::size_t kCacheLine = 64;
  std::vector<T> slots_;
  std::size_t mask_;
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t head_seen_ = 0;  // the producer's last look at head_
};

}  // namespace blackstart
