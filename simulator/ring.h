#pragma once
// A first-in first-out queue in one array of a power of two, which grows and never shrinks. What std::deque does with a
// block every few entries, without its allocations. Values; one thread.

#include "base/check.h"

#include <cstddef>
#include <type_traits>
#include <vector>

namespace blackstart {

template <class Value>
  requires std::is_trivially_copyable_v<Value>
class Ring {
 public:
  void push_back(const Value& value) { push_slot() = value; }
  /// One more at the end, to be written.
  Value& push_slot() {
    if (size_ == room_) [[unlikely]]
      grow();
    return slots_[(head_ + size_++) & (room_ - 1)];
  }
  /// REQUIRES !empty().
  [[nodiscard]] const Value& front() const {
    BS_CHECK(size_ > 0);
    return slots_[head_];
  }
  /// The one at `place` behind the front. REQUIRES place < size().
  [[nodiscard]] const Value& operator[](std::size_t place) const {
    BS_CHECK(place < size_);
    return slots_[(head_ + place) & (room_ - 1)];
  }
  /// REQUIRES !empty().
  void pop_front() {
    BS_CHECK(size_ > 0);
    head_ = (head_ + 1) & (room_ - 1);
    --size_;
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void grow() {
    std::vector<Value> larger(slots_.empty() ? 16 : slots_.size() * 2);
    for (std::size_t index = 0; index < size_; ++index) larger[index] = slots_[(head_ + index) & (room_ - 1)];
    slots_.swap(larger);
    room_ = slots_.size();
    head_ = 0;
  }

  std::vector<Value> slots_;
  std::size_t room_ = 0;  // slots_.size(), which would be divided for
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace blackstart
