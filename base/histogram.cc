#include "base/histogram.h"

#include "base/check.h"
#include "base/text.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

namespace blackstart {
namespace {

// https://github.com/HdrHistogram/HdrHistogram, AbstractHistogram: all fields big-endian.
constexpr std::uint32_t kCookie = 0x1c849303 | 0x10;            // V2; 0x10: counts are LEB128
constexpr std::uint32_t kCompressedCookie = 0x1c849304 | 0x10;  // V2, deflated
constexpr std::size_t kHeaderBytes = 40;
constexpr std::size_t kCompressedHeaderBytes = 8;
constexpr std::size_t kCountBytesMost = 9;
constexpr std::size_t kGapBytesMost = 3;                           // fewer than 2^20 cells
constexpr std::size_t kRoomLeast = 4096;                           // bytes to inflate into, at first
constexpr std::uint64_t kOneAsDoubleBits = 0x3ff0000000000000ULL;  // the factor from integers to values: 1.0
constexpr std::uint64_t kDigits = 3;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

/// LEB128 in at most nine bytes: the ninth holds eight bits. Returns where it ends.
inline char* put_bits(char* out, std::uint64_t bits) {
  for (std::size_t i = 1; bits >= 0x80 && i < kCountBytesMost; ++i) {
    *out++ = static_cast<char>(bits | 0x80);
    bits >>= 7;
  }
  *out++ = static_cast<char>(bits);
  return out;
}

/// So many cells without a count, and one that has `count`, in zigzag: a run of n empty cells is the number -n, a
/// single one is 0.
inline char* put_cell(char* out, std::size_t gap, std::uint64_t count) {
  if (gap > 0) out = put_bits(out, gap > 1 ? 2 * gap - 1 : 0);
  return put_bits(out, 2 * count);
}

std::int64_t from_zigzag(std::uint64_t bits) {
  return static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
}

/// The bits that put_bits() wrote at `at`, which then is behind them. Most take one byte or two.
inline std::uint64_t take_own_bits(const char*& at) {
  constexpr std::uint64_t kMore = 0x80;
  std::uint64_t bits = static_cast<unsigned char>(*at++);
  if (bits < kMore) return bits;
  bits += (static_cast<std::uint64_t>(static_cast<unsigned char>(*at++)) << 7) - kMore;
  if (bits < kMore << 7) [[likely]]
    return bits;
  bits -= kMore << 7;
  for (std::size_t i = 2;; ++i) {
    const std::uint64_t byte = static_cast<unsigned char>(*at++);
    if (byte < kMore || i + 1 == kCountBytesMost) return bits | byte << (7 * i);
    bits |= (byte ^ kMore) << (7 * i);
  }
}

/// Takes fields off the front of bytes; nothing when they end too early.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  std::optional<std::uint64_t> take(std::size_t bytes) {
    if (bytes_.size() < bytes) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(bytes);
    return value;
  }

  std::optional<std::int64_t> take_count() {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kCountBytesMost; ++i) {
      const auto byte = take(1);
      if (!byte) return std::nullopt;
      const bool last = i + 1 == kCountBytesMost;
      bits |= (last ? *byte : *byte & 0x7f) << (7 * i);
      if (last || (*byte & 0x80) == 0) break;
    }
    return from_zigzag(bits);
  }

 private:
  std::string_view bytes_;
};

Duration length_of(std::uint64_t ns) { return Duration{static_cast<std::int64_t>(ns)}; }

Error no_histogram(std::string_view why) {
  return fail(ErrorCode::kInvalid, fmt::format("reading a histogram (HdrHistogram V2, deflated, base64): {}", why));
}

std::string deflated(std::string_view bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  BS_CHECK(compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                     bytes.size(), Z_DEFAULT_COMPRESSION) == Z_OK);
  out.resize(size);
  return out;
}

/// Nothing when `bytes` are no deflate stream of at most `most` bytes.
std::optional<std::string> inflated(std::string_view bytes, std::size_t most) {
  // Most histograms of a journal are small: clearing room for the largest would cost more than all the rest.
  for (std::size_t room = std::min(most, 8 * bytes.size() + kRoomLeast);; room = most) {
    std::string out(room, '\0');
    uLongf size = room;
    uLong taken = bytes.size();
    const int outcome =
        uncompress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), &taken);
    if (outcome == Z_BUF_ERROR && room < most) continue;
    if (outcome != Z_OK || taken != bytes.size()) return std::nullopt;
    out.resize(size);
    return out;
  }
}

}  // namespace

std::uint64_t Histogram::lower_edge_ns(std::size_t cell) {
  const auto doubling = cell < 2 * kHalf ? 0U : static_cast<unsigned>(cell >> kHalfBits) - 1U;
  const std::uint64_t units = (cell - (static_cast<std::uint64_t>(doubling) << kHalfBits)) << doubling;
  return units * kUnitNs;
}

std::uint64_t Histogram::upper_edge_ns(std::size_t cell) { return std::min(lower_edge_ns(cell + 1) - 1, kHighestNs); }

/// While it is packed, or its sum is in its cells, recording needs extend_reach() first.
void Histogram::set_reach(std::uint64_t ns) {
  const bool recordable = !is_packed() && !sum_in_cells_;
  reach_ns_ = recordable ? ns : 0;
  kept_reach_ns_ = recordable ? 0 : ns;
}

std::uint64_t Histogram::extend_reach(Duration value) {
  if (is_packed()) unpack();
  if (sum_in_cells_) set_sum(middles_ns());
  const auto within = std::clamp<Duration>(value, Duration::zero(), kHighest);
  const auto ns = static_cast<std::uint64_t>(within.count());
  make_cells_up_to(cell_of(units_of(ns)));
  set_reach(std::max(reach_ns(), ns + 1));
  return ns;
}

void Histogram::make_cells_up_to(std::size_t cell) {
  const std::size_t words = kMarkWords + (cell / kHalf + 1) * kHalf;
  if (words > cells_.size()) cells_.resize(words);
}

template <class Visit>
void Histogram::visit_cells(Visit visit) const {
  if (empty()) return;
  if (!is_packed()) {
    const std::size_t last = last_cell() / kMarksAWord;
    for (std::size_t word = first_cell() / kMarksAWord; word <= last; ++word)
      for (std::uint64_t marks = cells_[word]; marks != 0; marks &= marks - 1) {
        const std::size_t cell = kMarksAWord * word + static_cast<std::size_t>(std::countr_zero(marks));
        if (!visit(cell, cells_[kMarkWords + cell])) return;
      }
    return;
  }
  const char* at = packed_.data();
  const char* const end = at + packed_.size();
  std::size_t cell = 0;
  while (at < end) {  // cells_as_counts(): perhaps a gap, odd (zigzag) or 0 for a single cell, then a count
    std::uint64_t bits = take_own_bits(at);
    if ((bits & 1) != 0 || bits == 0) {
      cell += (bits >> 1) + 1;
      bits = take_own_bits(at);
    }
    if (!visit(cell++, bits >> 1)) return;
  }
}

// ---- packed ----

void Histogram::pack() {
  if (is_packed() || empty()) return;
  become_packed(cells_as_counts());
}

Histogram Histogram::packed() const {
  Histogram copy;
  copy.total_ = total_;
  copy.min_ns_ = min_ns_;
  copy.sum_low_ns_ = sum_low_ns_;
  copy.sum_high_ = sum_high_;
  copy.sum_in_cells_ = sum_in_cells_;
  copy.set_reach(reach_ns());
  if (!empty()) copy.become_packed(cells_as_counts());
  return copy;
}

Histogram Histogram::take_packed() {
  Histogram taken = packed();
  reset();
  return taken;
}

void Histogram::become_packed(std::string cells) {
  packed_ = std::move(cells);
  packed_.shrink_to_fit();
  cells_ = {};
  set_reach(reach_ns());
}

void Histogram::unpack() {
  make_cells_up_to(last_cell());
  visit_cells([&](std::size_t cell, std::uint64_t count) {
    count_in(cell, count);
    return true;
  });
  packed_ = {};
  set_reach(reach_ns());
}

void Histogram::add(const Histogram& other) {
  if (other.empty()) return;
  if (is_packed()) unpack();
  const bool sum_in_cells = other.sum_in_cells_ && (sum_in_cells_ || empty());
  if (!sum_in_cells) set_sum(sum_ns() + other.sum_ns());
  make_cells_up_to(other.last_cell());
  other.visit_cells([&](std::size_t cell, std::uint64_t count) {
    count_in(cell, count);
    return true;
  });
  total_ += other.total_;
  min_ns_ = std::min(min_ns_, other.min_ns_);
  sum_in_cells_ = sum_in_cells;
  set_reach(std::max(reach_ns(), other.reach_ns()));
}

void Histogram::reset() {
  if (!is_packed() && !empty()) {
    visit_cells([&](std::size_t cell, std::uint64_t) {
      cells_[kMarkWords + cell] = 0;
      return true;
    });
    const auto first = static_cast<std::ptrdiff_t>(first_cell() / kMarksAWord);
    const auto last = static_cast<std::ptrdiff_t>(last_cell() / kMarksAWord);
    std::fill(cells_.begin() + first, cells_.begin() + last + 1, 0);
  }
  auto memory = std::move(cells_);
  *this = Histogram{};
  cells_ = std::move(memory);
}

Duration Histogram::min() const { return length_of(empty() ? 0 : min_ns_); }
Duration Histogram::max() const { return length_of(empty() ? 0 : reach_ns() - 1); }
Duration Histogram::mean() const {
  return length_of(empty() ? 0 : static_cast<std::uint64_t>((sum_ns() + total_ / 2) / total_));
}

Duration Histogram::percentile(double percent) const {
  if (empty()) return Duration::zero();
  BS_CHECK(percent >= 0 && percent <= 100);
  // Nudged down first: 99.9 % of 1,000 must be rank 999 although 99.9 has no exact double.
  const double share = std::nextafter(percent, 0.0) / 100;
  const auto nearest = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
  const auto rank = std::clamp<std::uint64_t>(nearest, 1, total_);
  std::uint64_t seen = 0;
  std::size_t at = 0;
  visit_cells([&](std::size_t cell, std::uint64_t count) {
    seen += count;
    at = cell;
    return seen < rank;
  });
  return std::min(length_of(upper_edge_ns(at)), max());
}

std::uint64_t Histogram::count_at_or_below(Duration value) const {
  if (value < Duration::zero()) return 0;
  const auto last = cell_of(static_cast<std::uint64_t>(std::min(value, kHighest).count()) / kUnitNs);
  std::uint64_t seen = 0;
  visit_cells([&](std::size_t cell, std::uint64_t count) {
    if (cell > last) return false;
    seen += count;
    return true;
  });
  return seen;
}

bool operator==(const Histogram& a, const Histogram& b) {
  if (a.is_packed() && b.is_packed()) return a.packed_ == b.packed_;
  return a.total_ == b.total_ && a.cells_as_counts() == b.cells_as_counts();
}

std::string Histogram::cells_as_counts() const {
  if (is_packed()) return packed_;
  // No cell counts more than all do: few bytes hold any of their fields.
  const std::size_t bytes_a_cell =
      kGapBytesMost + std::min<std::size_t>(std::bit_width(total_) / 7 + 1, kCountBytesMost);
  const std::size_t room = (empty() ? 0 : std::min<std::size_t>(total_, last_cell() + 1)) * bytes_a_cell + 1;
  std::array<char, 4096> few;
  const auto many = room > few.size() ? std::make_unique_for_overwrite<char[]>(room) : nullptr;
  char* const begin = many ? many.get() : few.data();
  char* out = begin;
  std::size_t next = 0;  // cells written so far
  visit_cells([&](std::size_t cell, std::uint64_t count) {
    out = put_cell(out, cell - next, count);
    next = cell + 1;
    return true;
  });
  if (next == 0) out = put_bits(out, 0);  // one cell at least
  return {begin, out};
}

std::string Histogram::payload() const {
  const std::string counts = cells_as_counts();
  std::string bytes;
  put(bytes, kCookie, 4);
  put(bytes, counts.size(), 4);
  put(bytes, 0, 4);  // normalizing index offset
  put(bytes, kDigits, 4);
  put(bytes, 1, 8);
  put(bytes, static_cast<std::uint64_t>(kHighest / kUnit), 8);
  put(bytes, kOneAsDoubleBits, 8);
  return bytes + counts;
}

std::string Histogram::encode() const {
  const auto body = deflated(payload());
  std::string bytes;
  put(bytes, kCompressedCookie, 4);
  put(bytes, body.size(), 4);
  bytes += body;
  return base64_encode({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

/// The sum as the cells alone give it.
Histogram::Wide Histogram::middles_ns() const {
  Wide sum = 0;
  visit_cells([&](std::size_t cell, std::uint64_t count) {
    const std::uint64_t lower = lower_edge_ns(cell);
    sum += Wide{std::min(lower + (lower_edge_ns(cell + 1) - lower) / 2, kHighestNs)} * count;
    return true;
  });
  return sum;
}

/// Extremes and sum as the cells alone give them, the first and the last that count anything among them.
void Histogram::round_to_cells(std::size_t first, std::size_t last) {
  min_ns_ = lower_edge_ns(first);
  sum_in_cells_ = true;
  set_reach(upper_edge_ns(last) + 1);
}

Histogram Histogram::as_decoded() const& { return packed().as_decoded(); }

Histogram Histogram::as_decoded() && {
  pack();
  if (!empty()) round_to_cells(first_cell(), last_cell());
  return std::move(*this);
}

Result<Histogram> Histogram::decode(std::string_view base64) {
  const auto decoded = base64_decode(base64);
  if (!decoded) return no_histogram("the text is not base64");
  const std::string_view bytes{reinterpret_cast<const char*>(decoded->data()), decoded->size()};
  Fields fields{bytes};
  const auto cookie = fields.take(4);
  const auto size = fields.take(4);
  if (!cookie || !size) return no_histogram("it ends within the header");
  if (*cookie != kCompressedCookie) {
    return no_histogram(fmt::format("its cookie is {:#x}, not {:#x}", *cookie, kCompressedCookie));
  }
  if (*size != bytes.size() - kCompressedHeaderBytes) return no_histogram("its length is not the one it states");
  const std::size_t most = kHeaderBytes + (cell_of(static_cast<std::uint64_t>(kHighest / kUnit)) + 1) * kCountBytesMost;
  const auto payload = inflated(bytes.substr(kCompressedHeaderBytes), most);
  if (!payload) return no_histogram("it cannot be inflated");
  return from_payload(*payload);
}

Result<Histogram> Histogram::from_payload(std::string_view payload) {
  Fields fields{payload};
  const auto cookie = fields.take(4);
  const auto size = fields.take(4);
  const auto offset = fields.take(4);
  const auto digits = fields.take(4);
  const auto lowest = fields.take(8);
  const auto highest = fields.take(8);
  const auto factor = fields.take(8);
  if (!factor) return no_histogram("its payload ends within the header");
  if (*cookie != kCookie) return no_histogram("its payload is not of V2");
  if (*size != payload.size() - kHeaderBytes) return no_histogram("its payload's length is not the one it states");
  if (*offset != 0 || *digits != kDigits || *lowest != 1 || *highest < 2 || *factor != kOneAsDoubleBits) {
    return no_histogram("its units, digits or offset are not ours (3 digits, lowest 1, no offset)");
  }
  const std::size_t cells_most = cell_of(static_cast<std::uint64_t>(kHighest / kUnit)) + 1;
  Histogram histogram;
  std::string cells;  // as cells_as_counts() writes them: other writers may cut runs of zeros elsewhere
  std::size_t cell = 0, first = 0, written = 0;
  while (!fields.at_end()) {
    const auto count = fields.take_count();
    if (!count) return no_histogram("a count is cut short");
    const auto step = *count < 0 ? 0 - static_cast<std::uint64_t>(*count) : 1;
    if (step > cells_most - cell) return no_histogram("it holds values above 1 h");
    if (*count > 0) {
      const auto added = static_cast<std::uint64_t>(*count);
      if (histogram.empty()) first = cell;
      if (added > std::numeric_limits<std::int64_t>::max() - histogram.total_)
        return no_histogram("its counts overflow");
      std::array<char, 2 * kCountBytesMost> field;
      cells.append(field.data(), put_cell(field.data(), cell - written, added));
      written = cell + 1;
      histogram.total_ += added;
    }
    cell += step;
  }
  if (histogram.empty()) return histogram;
  histogram.become_packed(std::move(cells));
  histogram.round_to_cells(first, written - 1);
  return histogram;
}

}  // namespace blackstart
