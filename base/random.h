#pragma once
// Seeded randomness: xoshiro256++ streams named by text, so that a new consumer never shifts another's draws. Own
// distributions, so that every compiler and machine draws the same. Not thread-safe; one stream a consumer.

#include "base/hash.h"

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace blackstart {

/// The upper 53 of 64 random bits as a number in [0, 1).
inline double unit_of(std::uint64_t bits) {
  return static_cast<double>(static_cast<std::int64_t>(bits >> 11)) * 0x1p-53;  // signed: one instruction
}

class RandomStream {
 public:
  /// The stream `name` of the drill's `seed`.
  RandomStream(std::uint64_t seed, std::string_view name);

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return unit_of(next()); }
  /// Uniform integer in [0, bound); bound >= 1. Unbiased.
  std::uint64_t below(std::uint64_t bound);
  /// Exponential with mean 1.
  double exponential();
  /// Standard normal.
  double normal();
  /// Log-normal by its median and 95th percentile (p95 >= median > 0).
  double log_normal(double median, double p95);

 private:
  std::array<std::uint64_t, 4> state_;
};

/// The stream that follows from a key alone (SplitMix64): nothing to set up, for consumers of a draw or two each.
class KeyedStream {
 public:
  explicit KeyedStream(std::uint64_t key) : state_(key) {}
  std::uint64_t next() {
    const std::uint64_t result = mix64(state_);
    state_ += kMixStep;
    return result;
  }
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return unit_of(next()); }
  /// Uniform integer in [0, bound); bound >= 1. Unbiased.
  std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

/// Draws ranks 0..count-1 with probability proportional to 1/(rank+1)^exponent, O(1) a draw (alias table), from any
/// 64 random bits: a pure function, so that what a bid says can follow from (seed, id).
class ZipfTable {
 public:
  /// count >= 1, exponent >= 0 (0 is uniform).
  ZipfTable(std::uint32_t count, double exponent);
  [[nodiscard]] std::uint32_t draw(std::uint64_t random_bits) const;
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(slots_.size()); }

 private:
  struct Slot {
    std::uint32_t threshold;  // of 2^32: below it the slot's own rank, else the alias
    std::uint32_t alias;
  };
  std::vector<Slot> slots_;
};

}  // namespace blackstart
