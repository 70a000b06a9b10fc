#pragma once
// High dynamic range histogram of durations: 3 significant digits from 1 us to 1 h (kept in microseconds, kUnit),
// with HdrHistogram's V2 wire encoding. Layout and encoding follow
// https://github.com/HdrHistogram/HdrHistogram (V2EncodingCookieBase 0x1c849303, ZigZag LEB128 counts).
// record() is O(1) and branch-light. An empty histogram owns no memory; cells reach as far as the largest value seen
// (85 KB for 1 s, 191 KB for 1 h) and grow in at most 23 steps over its life. Everything else costs what the cells that
// count anything cost, not the empty ones between them. A drill holds thousands of intervals: those that are only read
// from now on are packed (a byte or two for every cell that counts anything), which nobody sees but by the memory. Not
// thread-safe. Deterministic.

#include "base/result.h"
#include "base/time.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

class Histogram {
 public:
  /// Values are stored in nanoseconds / kUnit; lowest discernible 1, highest trackable 1 h, 3 significant digits.
  static constexpr Duration kUnit = std::chrono::microseconds{1};
  static constexpr Duration kHighest = std::chrono::hours{1};

  /// Records one value; below 0 counts as 0, above kHighest is kept as kHighest.
  void record(Duration value) {
    const auto ns = within_reach(value);
    count_in(cell_of(units_of(ns)), 1);
    total_ += 1;
    if (__builtin_add_overflow(sum_low_ns_, ns, &sum_low_ns_)) [[unlikely]] {
      ++sum_high_;
    }
  }
  void record(Duration value, std::uint64_t count) {
    if (count == 0) return;
    const auto ns = within_reach(value);
    count_in(cell_of(units_of(ns)), count);
    total_ += count;
    add_to_sum(Wide{ns} * count);
  }
  void add(const Histogram& other);
  /// Empty again; keeps its memory.
  void reset();
  /// The same histogram in as little memory as it goes. Recording into it unpacks it again.
  void pack();
  /// A packed copy.
  [[nodiscard]] Histogram packed() const;
  /// The same, and this one is empty again; keeps its memory.
  [[nodiscard]] Histogram take_packed();

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

  /// V2 payload, deflate-compressed (cookie 0x1c849304 wrapper), base64: what HdrHistogram's
  /// decodeFromCompressedByteBuffer reads.
  [[nodiscard]] std::string encode() const;
  /// Takes encodings of 1 us units and 3 significant digits with values up to kHighest; kInvalid for all else.
  static Result<Histogram> decode(std::string_view base64);
  /// What decode(encode()) gives, without the text between: the counts, and extremes and sum as far as they survive.
  /// Both are packed.
  [[nodiscard]] Histogram as_decoded() const&;
  [[nodiscard]] Histogram as_decoded() &&;

  /// Same counts in the same cells (exact extremes and sums do not survive encoding, and are not compared).
  friend bool operator==(const Histogram& a, const Histogram& b);

 private:
  __extension__ using Wide = unsigned __int128;

  // 2,048 cells of one unit, then 1,024 cells for every doubling: three significant digits everywhere.
  static constexpr int kHalfBits = 10;
  static constexpr std::uint64_t kHalf = 1ULL << kHalfBits;
  static constexpr std::uint64_t kUnitNs = 1'000;
  static constexpr std::uint64_t kHighestNs = 3'600'000'000'000;
  static constexpr std::size_t kCellsMost = 23 * kHalf;
  static constexpr std::size_t kMarksAWord = 64;
  static constexpr std::size_t kMarkWords = kCellsMost / kMarksAWord;
  static constexpr std::uint64_t kUnitInverse = ~0ULL / kUnitNs + 1;  // 2^64 / kUnitNs, rounded up

  /// ns / kUnitNs for ns < 2^54, by one multiplication: the range allows what a compiler must not assume.
  static constexpr std::uint64_t units_of(std::uint64_t ns) {
    return static_cast<std::uint64_t>(Wide{ns} * kUnitInverse >> 64);
  }
  static constexpr std::size_t cell_of(std::uint64_t units) {
    const int doubling = static_cast<int>(std::bit_width(units | (2 * kHalf - 1))) - (kHalfBits + 1);
    return (static_cast<std::size_t>(doubling) << kHalfBits) + static_cast<std::size_t>(units >> doubling);
  }
  /// The nanoseconds that are recorded for `value`; afterwards its cell exists, and the extremes cover it. One
  /// comparison tells all that is rare: a new maximum, cells to be added, values below 0 or above the range.
  std::uint64_t within_reach(Duration value) {
    auto ns = static_cast<std::uint64_t>(value.count());
    if (ns >= reach_ns_) [[unlikely]] {
      ns = extend_reach(value);
    }
    if (ns < min_ns_) [[unlikely]] {
      min_ns_ = ns;
    }
    return ns;
  }
  std::uint64_t extend_reach(Duration value);
  /// REQUIRES: the cell exists.
  void count_in(std::size_t cell, std::uint64_t more) {
    std::uint64_t& counted = cells_[kMarkWords + cell];
    if (counted == 0) cells_[cell / kMarksAWord] |= 1ULL << cell % kMarksAWord;
    counted += more;
  }
  void make_cells_up_to(std::size_t cell);
  [[nodiscard]] Wide sum_ns() const { return sum_in_cells_ ? middles_ns() : Wide{sum_high_} << 64 | sum_low_ns_; }
  void set_sum(Wide ns) {
    sum_low_ns_ = static_cast<std::uint64_t>(ns);
    sum_high_ = static_cast<std::uint64_t>(ns >> 64);
    sum_in_cells_ = false;
  }
  void add_to_sum(Wide ns) { set_sum(sum_ns() + ns); }
  [[nodiscard]] Wide middles_ns() const;
  static std::uint64_t lower_edge_ns(std::size_t cell);
  static std::uint64_t upper_edge_ns(std::size_t cell);
  static Result<Histogram> from_payload(std::string_view payload);
  /// Calls visit(cell, count) for each cell that counts anything, upwards, until it returns false.
  template <class Visit>
  void visit_cells(Visit visit) const;
  [[nodiscard]] std::size_t first_cell() const { return cell_of(units_of(min_ns_)); }
  [[nodiscard]] std::size_t last_cell() const { return cell_of(units_of(reach_ns() - 1)); }
  void round_to_cells(std::size_t first, std::size_t last);
  [[nodiscard]] bool is_packed() const { return !packed_.empty(); }
  [[nodiscard]] std::uint64_t reach_ns() const { return reach_ns_ | kept_reach_ns_; }
  void set_reach(std::uint64_t ns);
  void unpack();
  void become_packed(std::string cells);
  [[nodiscard]] std::string cells_as_counts() const;
  [[nodiscard]] std::string payload() const;

  // total_ and sum_low_ns_ stand apart: side by side, gcc adds to both in one vector register, which is a third slower.
  std::vector<std::uint64_t> cells_;  // a bit for every cell that counts anything (kMarkWords), then the counts
  std::uint64_t total_ = 0;
  // One of the two is the maximum and one more, both are 0 while empty. It is kept where recording has to unpack the
  // cells or to add up the sum first.
  std::uint64_t reach_ns_ = 0, kept_reach_ns_ = 0;
  std::uint64_t min_ns_ = kHighestNs;
  std::uint64_t sum_low_ns_ = 0;
  std::uint64_t sum_high_ = 0;  // in 2^64 ns
  bool sum_in_cells_ = false;   // decoded: the sum is that of the cells' middles, added up when somebody asks for it
  std::string packed_;          // the cells as encode() writes them before it deflates; then cells_ is empty
};

}  // namespace blackstart
