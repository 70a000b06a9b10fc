#include "base/histogram.h"

#include "base/random.h"
#include "base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

/// Durations as drills have them: spread evenly over the magnitudes from 1 ns to beyond the highest.
std::vector<Duration> durations(std::uint64_t seed, std::size_t count) {
  RandomStream stream{seed, "durations"};
  std::vector<Duration> values(count);
  for (auto& value : values) {
    value = Duration{static_cast<std::int64_t>(std::pow(10.0, stream.uniform() * 13) * stream.uniform())};
  }
  return values;
}

Histogram histogram_of(const std::vector<Duration>& values) {
  Histogram histogram;
  for (const auto value : values) histogram.record(value);
  return histogram;
}

TEST(histogram, empty) {
  const Histogram histogram;
  EXPECT_TRUE(histogram.empty());
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0s);
  EXPECT_EQ(histogram.max(), 0s);
  EXPECT_EQ(histogram.mean(), 0s);
  EXPECT_EQ(histogram.percentile(50), 0s);
  EXPECT_EQ(histogram.count_at_or_below(1h), 0U);
}

TEST(histogram, extremes_and_mean_are_exact_while_the_process_lives) {
  const auto histogram = histogram_of({1'234'567ns, 7ns, 2'000'001ns});
  EXPECT_EQ(histogram.min(), 7ns);
  EXPECT_EQ(histogram.max(), 2'000'001ns);
  EXPECT_EQ(histogram.mean(), 1'078'192ns);
  EXPECT_EQ(histogram.percentile(100), 2'000'001ns) << "never above the largest value";
}

TEST(histogram, values_beyond_the_range_are_kept_at_its_ends) {
  const auto histogram = histogram_of({-5s, 2h});
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.min(), 0s);
  EXPECT_EQ(histogram.max(), 1h);
  EXPECT_EQ(histogram.percentile(100), 1h);
  EXPECT_EQ(Histogram::decode(histogram.encode())->max(), 1h);
}

TEST(histogram, percentiles_are_of_the_nearest_rank) {
  Histogram histogram;
  for (int i = 1; i <= 1'000; ++i) histogram.record(i * 1ms);
  const auto cell_edge = [](Duration value) { return value + value / 1'000; };
  const std::pair<double, int> table[] = {{0, 1},    {0.1, 1},    {0.11, 2},     {50, 500},     {50.01, 501}, {90, 900},
                                          {99, 990}, {99.9, 999}, {99.91, 1000}, {99.99, 1000}, {100, 1000}};
  for (const auto& [percent, rank] : table) {
    EXPECT_GE(histogram.percentile(percent), rank * 1ms) << percent;
    EXPECT_LE(histogram.percentile(percent), cell_edge(rank * 1ms)) << percent;
  }
}

TEST(histogram, cells_have_three_significant_digits) {
  for (std::int64_t ns = 1'000; ns < Duration{1h}.count(); ns += ns / 7 + 1) {
    Histogram histogram;
    histogram.record(Duration{ns});
    histogram.record(Histogram::kHighest);
    const auto edge = histogram.percentile(50).count();
    EXPECT_GE(edge, ns);
    EXPECT_LE(static_cast<double>(edge - ns), std::max(999.0, static_cast<double>(ns) * 0.001)) << ns;
  }
}

TEST(histogram, microseconds_begin_on_the_nanosecond) {
  RandomStream stream{9, "edges"};
  for (int i = 0; i < 100'000; ++i) {
    const auto us = static_cast<std::int64_t>(1 + stream.below(i % 2 == 0 ? 2'047 : 3'599'999'999)) * 1'000;
    Histogram histogram;
    histogram.record(Duration{us - 1});
    const bool below = histogram.count_at_or_below(Duration{us - 1'000}) == 1;
    histogram.record(Duration{us});
    const bool from = us >= 2'048'000 || histogram.count_at_or_below(Duration{us - 1}) == 1;
    ASSERT_TRUE(below && from) << us;
  }
}

TEST(histogram, counts_up_to_a_value) {
  const auto histogram = histogram_of({1ms, 2ms, 3ms, 1s});
  EXPECT_EQ(histogram.count_at_or_below(-1ns), 0U);
  EXPECT_EQ(histogram.count_at_or_below(999us), 0U);
  EXPECT_EQ(histogram.count_at_or_below(1ms), 1U);
  EXPECT_EQ(histogram.count_at_or_below(2'500us), 2U);
  EXPECT_EQ(histogram.count_at_or_below(2h), 4U);
}

TEST(histogram, reset_forgets_everything) {
  auto histogram = histogram_of({1ms, 2s});
  histogram.reset();
  EXPECT_EQ(histogram, Histogram{});
  histogram.record(5ms);
  EXPECT_EQ(histogram.min(), 5ms);
  EXPECT_EQ(histogram.max(), 5ms);
  EXPECT_EQ(histogram, histogram_of({5ms}));
}

/// Everything that can be asked of a histogram gives the same of both.
void expect_indistinguishable(const Histogram& left, const Histogram& right) {
  EXPECT_EQ(left, right);
  EXPECT_EQ(left.count(), right.count());
  EXPECT_EQ(left.min(), right.min());
  EXPECT_EQ(left.max(), right.max());
  EXPECT_EQ(left.mean(), right.mean());
  EXPECT_EQ(left.encode(), right.encode());
  for (const double percent : {0.0, 1.0, 50.0, 99.0, 99.9, 100.0})
    EXPECT_EQ(left.percentile(percent), right.percentile(percent)) << percent;
  for (const Duration value : {Duration{0}, Duration{999ns}, Duration{1ms}, Duration{17ms}, Duration{2s}, Duration{3h}})
    EXPECT_EQ(left.count_at_or_below(value), right.count_at_or_below(value)) << value.count();
}

TEST(histogram, packing_changes_nothing_but_its_memory) {
  const std::vector<Histogram> table{Histogram{},
                                     histogram_of({0ns}),
                                     histogram_of({1h}),
                                     histogram_of({0ns, 1h, 2h}),
                                     histogram_of({1ms, 2ms, 3ms, 1s}),
                                     histogram_of(durations(4, 5'000))};
  for (const Histogram& whole : table) {
    Histogram packed = whole;
    packed.pack();
    expect_indistinguishable(whole, packed);
    expect_indistinguishable(whole, whole.packed());
    expect_indistinguishable(whole, packed.packed());
    expect_indistinguishable(whole.as_decoded(), packed.as_decoded());
    expect_indistinguishable(whole.as_decoded(), *Histogram::decode(packed.encode()));
  }
}

TEST(histogram, what_was_taken_is_gone_and_the_next_values_count_alone) {
  Histogram reused;
  for (std::uint64_t round = 1; round <= 5; ++round) {
    const auto values = durations(round, 10 * round);
    for (const Duration value : values) reused.record(value);
    expect_indistinguishable(histogram_of(values), reused.take_packed());
    expect_indistinguishable(Histogram{}, reused);
  }
  Histogram packed = histogram_of({3ms, 4s}).packed();
  expect_indistinguishable(histogram_of({3ms, 4s}), packed.take_packed());
  expect_indistinguishable(Histogram{}, packed);
}

TEST(histogram, a_packed_one_takes_more_values_and_joins_others) {
  const auto values = durations(5, 400);
  Histogram whole = histogram_of(values), packed = whole.packed();
  for (const Duration more : {Duration{0}, Duration{40ms}, Duration{50min}}) {
    whole.record(more);
    packed.record(more);
    expect_indistinguishable(whole, packed);
    packed.pack();
  }
  packed.record(7ms, 3);
  whole.record(7ms, 3);
  packed.pack();
  Histogram sum_of_whole = histogram_of({1us}), sum_of_packed = histogram_of({1us}).packed();
  sum_of_whole.add(whole);
  sum_of_packed.add(packed);
  expect_indistinguishable(sum_of_whole, sum_of_packed);
  packed.reset();
  EXPECT_EQ(packed, Histogram{});
  packed.record(5ms);
  expect_indistinguishable(packed, histogram_of({5ms}));
}

/// The sum of a decoded one is in its cells alone; of what was recorded it is exact. Together both count for what they
/// are, in whichever order they come.
TEST(histogram, the_mean_of_decoded_and_recorded_values_takes_each_as_it_is) {
  const Histogram recorded = histogram_of({1'234'567ns}), decoded = histogram_of({700ms}).as_decoded();
  const Duration middle = decoded.mean();
  ASSERT_NE(middle, 700ms) << "the base of the cases below is right";
  const Duration mean = (middle + 1'234'567ns + 1ns) / 2;
  for (const auto& [first, second] : {std::pair{recorded, decoded}, std::pair{decoded, recorded}}) {
    Histogram both;
    both.add(first);
    both.add(second);
    EXPECT_EQ(both.mean(), mean);
    both.add(both.packed());
    EXPECT_EQ(both.mean(), mean);
  }
  Histogram sum;
  sum.add(decoded);
  sum.add(decoded);
  EXPECT_EQ(sum.mean(), middle);
  expect_indistinguishable(sum, sum.packed());
  sum.record(middle);
  EXPECT_EQ(sum.mean(), middle);
  EXPECT_EQ(sum.count(), 3U);
  Histogram packed = decoded;
  packed.record(1'234'567ns);
  EXPECT_EQ(packed.mean(), mean);
  packed.reset();
  packed.record(5ns);
  EXPECT_EQ(packed.mean(), 5ns) << "nothing is left of what it was";
}

TEST(histogram, recording_nothing_changes_nothing) {
  Histogram histogram;
  histogram.record(5s, 0);
  EXPECT_TRUE(histogram.empty());
  EXPECT_EQ(histogram.max(), 0s);
}

TEST(histogram, sums_do_not_overflow) {
  Histogram histogram;
  histogram.record(1h, 1ULL << 40);
  EXPECT_EQ(histogram.mean(), 1h);
}

RC_GTEST_PROP(histogram_property, percentiles_are_within_a_cell_above_the_exact_ones, (std::uint64_t seed)) {
  const auto size = *rc::gen::inRange<std::size_t>(1, 400);
  auto values = durations(seed, size);
  const auto histogram = histogram_of(values);
  for (auto& value : values) value = std::clamp<Duration>(value, 0ns, Histogram::kHighest);
  std::sort(values.begin(), values.end());
  for (const double percent : {0.0, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = std::max(1.0, std::ceil(percent / 100 * static_cast<double>(size) - 1e-9));
    const auto exact = values[static_cast<std::size_t>(rank) - 1].count();
    const auto found = histogram.percentile(percent).count();
    RC_ASSERT(found >= exact);
    RC_ASSERT(static_cast<double>(found - exact) <= std::max(999.0, static_cast<double>(exact) * 0.001));
  }
  RC_ASSERT(histogram.count() == size);
  RC_ASSERT(histogram.min() == values.front());
  RC_ASSERT(histogram.max() == values.back());
}

RC_GTEST_PROP(histogram_property, adding_is_recording_both, (std::uint64_t seed)) {
  const auto a = durations(seed, *rc::gen::inRange<std::size_t>(0, 100));
  const auto b = durations(seed + 1, *rc::gen::inRange<std::size_t>(0, 100));
  auto both = a;
  both.insert(both.end(), b.begin(), b.end());
  auto sum = histogram_of(a);
  sum.add(histogram_of(b));
  const auto together = histogram_of(both);
  RC_ASSERT(sum == together);
  RC_ASSERT(sum.mean() == together.mean());
  RC_ASSERT(sum.min() == together.min());
  RC_ASSERT(sum.max() == together.max());
}

RC_GTEST_PROP(histogram_property, encoding_keeps_every_cell, (std::uint64_t seed, std::uint32_t many)) {
  auto histogram = histogram_of(durations(seed, *rc::gen::inRange<std::size_t>(0, 300)));
  histogram.record(3ms, std::uint64_t{many} << (seed % 30));
  const auto decoded = Histogram::decode(histogram.encode());
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == histogram);
  RC_ASSERT(decoded->count() == histogram.count());
  RC_ASSERT(decoded->encode() == histogram.encode());
  RC_ASSERT(decoded->min() <= histogram.min());
  RC_ASSERT(decoded->max() >= histogram.max());
  for (const double percent : {1.0, 50.0, 99.0})
    RC_ASSERT(decoded->percentile(percent) >= histogram.percentile(percent));
}

RC_GTEST_PROP(histogram_property, damaged_text_is_refused_or_another_histogram, (std::uint64_t seed)) {
  const auto text = histogram_of(durations(seed, 50)).encode();
  auto damaged = text;
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  damaged[at] = *rc::gen::elementOf(std::string{"ABCxyz019+/=!"});
  const auto decoded = Histogram::decode(damaged);
  const bool noticed = damaged == text || !decoded || decoded->encode() != text;
  RC_ASSERT(noticed);
}

/// A payload as HdrHistogram wraps it, with any header and counts: what a broken or hostile journal may hold.
std::string wrapped(const std::string& payload, std::uint32_t cookie = 0x1c849314) {
  uLongf size = compressBound(payload.size());
  std::string body(size, '\0');
  compress(reinterpret_cast<Bytef*>(body.data()), &size, reinterpret_cast<const Bytef*>(payload.data()),
           payload.size());
  body.resize(size);
  std::vector<unsigned char> bytes;
  for (const auto word : {cookie, static_cast<std::uint32_t>(size)}) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<unsigned char>(word >> shift));
  }
  bytes.insert(bytes.end(), body.begin(), body.end());
  return base64_encode(bytes);
}

struct Header {
  std::uint32_t cookie = 0x1c849313;
  std::uint32_t offset = 0;
  std::uint32_t digits = 3;
  std::uint64_t lowest = 1;
  std::uint64_t factor = 0x3ff0000000000000;
};

std::string payload(const Header& header, const std::string& counts) {
  std::string bytes;
  const auto put = [&](std::uint64_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  };
  put(header.cookie, 4);
  put(counts.size(), 4);
  put(header.offset, 4);
  put(header.digits, 4);
  put(header.lowest, 8);
  put(3'600'000'000, 8);
  put(header.factor, 8);
  return bytes + counts;
}

TEST(histogram, what_is_no_histogram_is_refused_with_the_reason) {
  using namespace std::string_literals;
  const std::string one = "\x02";  // one value in cell 0
  ASSERT_EQ(Histogram::decode(wrapped(payload({}, one)))->count(), 1U) << "the base of the cases below is right";
  const std::string long_run = "\xff\xff\x07"s;  // 65,536 empty cells
  const std::string huge = "\xfe\xff\xff\xff\xff\xff\xff\xff\xff"s;
  const std::pair<std::string, const char*> table[] = {
      {"", "ends within the header"},
      {"AAAA", "ends within the header"},
      {"no base64", "not base64"},
      {wrapped(payload({}, one), 0x1c849301), "cookie"},
      {wrapped(payload({.cookie = 0x1c849301}, one)), "not of V2"},
      {wrapped(payload({.offset = 1}, one)), "not ours"},
      {wrapped(payload({.digits = 2}, one)), "not ours"},
      {wrapped(payload({.lowest = 1'000}, one)), "not ours"},
      {wrapped(payload({.factor = 0x4000000000000000}, one)), "not ours"},
      {wrapped(payload({}, one).substr(0, 39)), "ends within the header"},
      {wrapped(payload({}, one) + one), "length"},
      {wrapped(payload({}, "\x80"s)), "cut short"},
      {wrapped(payload({}, long_run)), "above 1 h"},
      {wrapped(payload({}, huge + huge)), "overflow"},
      {wrapped(std::string(1'000'000, 'x')), "cannot be inflated"},
  };
  for (const auto& [text, why] : table) {
    const auto decoded = Histogram::decode(text);
    ASSERT_FALSE(decoded.has_value()) << why;
    EXPECT_EQ(decoded.error().code, ErrorCode::kInvalid);
    EXPECT_NE(decoded.error().message.find(why), std::string::npos) << decoded.error().message;
  }
}

}  // namespace
}  // namespace blackstart
