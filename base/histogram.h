#pragma once
// High dynamic range histogram of durations: 3 significant digits from 1 us to 1 h (kept in microseconds, kUnit),
// with HdrHistogram's V2 wire encoding. Layout and encoding follow
// https://github.com/HdrHistogram/HdrHistogram (V2EncodingCookieBase 0x1c849303, ZigZag LEB128 counts).
// record() is O(1), branch-light and allocation-free. Not thread-safe.

#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

class Histogram {
 public:
  /// Values are stored in nanoseconds / kUnit; lowest discernible 1, highest trackable 1 h, 3 significant digits.
  static constexpr Duration kUnit = std::chrono::microseconds{1};
  static constexpr Duration kHighest = std::chrono::hours{1};

  Histogram();

  /// Records one value; below 0 counts as 0, above kHighest is kept as kHighest.
  void record(Duration value) { record(value, 1); }
  void record(Duration value, std::uint64_t count);
  void add(const Histogram& other);
  void reset();

  [[nodiscard]] std::uint64_t count() const { return total_; }
  [[nodiscard]] bool empty() const { return total_ == 0; }
  /// Exact extremes of what was recorded (to the nanosecond in this process; decoded ones are cell edges).
  [[nodiscard]] Duration min() const;
  [[nodiscard]] Duration max() const;
  /// From the exact sum in this process; from cell middles after decoding.
  [[nodiscard]] Duration mean() const;
  /// Nearest rank at `percent` in [0, 100]: the upper edge of the cell that holds it, never above max(). 0 when empty.
  [[nodiscard]] Duration percentile(double percent) const;
  /// How many recorded values are <= the upper edge of value's cell.
  [[nodiscard]] std::uint64_t count_at_or_below(Duration value) const;

  /// V2 payload, deflate-compressed (cookie 0x1c849304 wrapper), base64: what HdrHistogram's decodeFromCompressedByteBuffer reads.
  [[nodiscard]] std::string encode() const;
  static Result<Histogram> decode(std::string_view base64);

  friend bool operator==(const Histogram& a, const Histogram& b) { return a.total_ == b.total_ && a.counts_ == b.counts_; }

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::int64_t min_ns_ = 0;
  std::int64_t max_ns_ = 0;
  long double sum_ns_ = 0;
};

}  // namespace blackstart
