// impact, restored, drained and the steady state on bins written by hand: 'o' good, 'x' bad, '.' a bin that is missing.

#include "tests/measure/journal_builder.h"

#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

std::vector<Bin> bins_of(const std::string& pattern, Instant start = kDrillStart) {
  std::vector<Bin> bins;
  for (const char mark : pattern) {
    Bin bin;
    bin.start = start;
    bin.length = kBin;
    bin.offered = 100;
    bin.good = mark == 'o' ? 100 : 0;
    bin.ok = mark == 'o';
    if (mark != '.') bins.push_back(bin);
    start += kBin;
  }
  return bins;
}

std::string good(std::size_t count) { return std::string(count, 'o'); }
Instant bin_start(int index) { return kDrillStart + index * kBin; }

struct ImpactCase {
  const char* bins;
  int from;    // a bin
  int impact;  // a bin, -1: none
};
class Impact : public testing::TestWithParam<ImpactCase> {};
TEST_P(Impact, IsTheFirstBadBinOfThreeInTen) {
  const auto& param = GetParam();
  const auto impact = find_impact(bins_of(param.bins), bin_start(param.from));
  EXPECT_EQ(impact, param.impact < 0 ? std::nullopt : std::optional(bin_start(param.impact)));
}
INSTANTIATE_TEST_SUITE_P(Patterns, Impact,
                         testing::Values(ImpactCase{"", 0, -1}, ImpactCase{"oooooooooo", 0, -1},
                                         ImpactCase{"xxooooooooo", 0, -1},     // 2 in 10
                                         ImpactCase{"xxoooooooxo", 0, 0},      // 3 in 10, the last of them
                                         ImpactCase{"xxooooooooxo", 0, -1},    // the third is bin 11
                                         ImpactCase{"xoooooooooxoxx", 0, 10},  // an old one does not count
                                         ImpactCase{"ooxxx", 0, 2}, ImpactCase{"ooxxx", 3, -1},
                                         ImpactCase{"xxxooooxxx", 2, 2},  // from the fault on only
                                         ImpactCase{"xxxoooooooxxx", 3, 10}));

TEST(ImpactEdges, ABinThatTheFaultDidNotCutCountsFromTheFault) {
  const Instant fault = bin_start(0) + 40ms;
  EXPECT_EQ(find_impact(bins_of("xxx"), fault), fault);
}

struct RestoredCase {
  std::string bins;
  int impact;
  int restored;
};
class Restored : public testing::TestWithParam<RestoredCase> {};
TEST_P(Restored, IsTheFirstLongGoodRun) {
  const auto& param = GetParam();
  const auto restored = find_restored(bins_of(param.bins), bin_start(param.impact), 10s);
  EXPECT_EQ(restored, param.restored < 0 ? std::nullopt : std::optional(bin_start(param.restored)));
}
INSTANTIATE_TEST_SUITE_P(
    Patterns, Restored,
    testing::Values(RestoredCase{"", 0, -1}, RestoredCase{"xxx" + good(99), 0, -1},  // a bin too short
                    RestoredCase{"xxx" + good(100), 0, 3},
                    RestoredCase{"xxx" + good(50) + "x" + good(49), 0, 3},    // one bad bin is allowed
                    RestoredCase{"xxx" + good(50) + "xx" + good(48), 0, -1},  // two are not, in 100
                    RestoredCase{"xxx" + good(50) + "xx" + good(100), 0, 55},
                    RestoredCase{"xxxo" + std::string("x") + good(98), 0, 3},  // begins with a good bin
                    RestoredCase{"xxx" + good(60) + "." + good(99), 0, -1},    // a gap is no good service
                    RestoredCase{"xxx" + good(60) + "." + good(100), 0, 64},
                    RestoredCase{good(110) + "xxx" + good(100), 110, 113}));  // only after the impact

TEST(RestoredEdges, OnePercentOfALongHold) {
  const auto two_in_200 = bins_of("xxx" + good(50) + "x" + good(50) + "x" + good(98));
  EXPECT_EQ(find_restored(two_in_200, bin_start(0), 20s), bin_start(3));
  const auto three_in_200 = bins_of("xxx" + good(50) + "xx" + good(50) + "x" + good(97));
  EXPECT_EQ(find_restored(three_in_200, bin_start(0), 20s), std::nullopt);
}

struct SteadyCase {
  std::string bins;
  bool holds;
};
class Steady : public testing::TestWithParam<SteadyCase> {};
TEST_P(Steady, HoldsOverTheLastSeconds) {
  const auto bins = bins_of(GetParam().bins);
  EXPECT_EQ(steady_holds(bins, kDrillStart + 1h, 10s), GetParam().holds);
}
INSTANTIATE_TEST_SUITE_P(Patterns, Steady,
                         testing::Values(SteadyCase{"", false}, SteadyCase{good(99), false},
                                         SteadyCase{good(100), true}, SteadyCase{"xxx" + good(100), true},
                                         SteadyCase{"x" + good(99), true}, SteadyCase{"xx" + good(98), false},
                                         SteadyCase{good(50) + "." + good(50), false},
                                         SteadyCase{good(50) + "." + good(100), true}));

TEST(SteadyEdges, LooksAtWhatEndedBeforeNow) {
  const auto bins = bins_of(good(100) + "xxxxx");
  EXPECT_TRUE(steady_holds(bins, bin_start(100), 10s));
  EXPECT_FALSE(steady_holds(bins, bin_start(105), 10s));
}

TEST(SteadyEdges, WithoutBidsNothingIsProven) {
  auto bins = bins_of(good(100));
  for (Bin& bin : bins) bin.offered = bin.good = 0;
  EXPECT_FALSE(steady_holds(bins, bin_start(100), 10s));
}

TrafficInterval interval(Duration start, Duration fast, int fast_count, Duration slow, int slow_count) {
  TrafficInterval made;
  made.start = at(start);
  made.length = 1s;
  made.latency.record(fast, static_cast<std::uint64_t>(fast_count));
  made.latency.record(slow, static_cast<std::uint64_t>(slow_count));
  return made;
}

std::optional<Instant> drained_in(const std::vector<TrafficInterval>& intervals, Instant restored, Duration hold,
                                  Duration steady_p99) {
  std::vector<const TrafficInterval*> all;
  for (const TrafficInterval& one : intervals) all.push_back(&one);
  return find_drained(all, restored, hold, steady_p99);
}

TEST(Drained, NinetyNineInHundredOfTheWholeWindowMustBeFast) {
  std::vector<TrafficInterval> intervals;
  intervals.push_back(interval(0s, 1ms, 100, 500ms, 100));
  for (int second = 1; second <= 10; ++second) intervals.push_back(interval(second * 1s, 1ms, 99, 500ms, 1));
  EXPECT_EQ(drained_in(intervals, at(0s), 10s, 1ms), at(1s));
  intervals[5].latency.record(500ms, 1);  // 11 of 1001 are slow now
  EXPECT_EQ(drained_in(intervals, at(0s), 10s, 1ms), std::nullopt);
}

TEST(Drained, TheLimitIsTwiceTheSteadyOneOrFiveMillisecondsMore) {
  std::vector<TrafficInterval> intervals;
  for (int second = 0; second < 10; ++second) intervals.push_back(interval(second * 1s, 39ms, 100, 39ms, 0));
  EXPECT_EQ(drained_in(intervals, at(0s), 10s, 20ms), at(0s));
  EXPECT_EQ(drained_in(intervals, at(0s), 10s, 19ms), std::nullopt);
  EXPECT_EQ(drained_in(intervals, at(0s), 10s, 4ms), std::nullopt);
  for (auto& slow : intervals) slow = interval(slow.start - kDrillStart, 8900us, 100, 1ms, 0);
  EXPECT_EQ(drained_in(intervals, at(0s), 10s, 4ms), at(0s)) << "4 ms + 5 ms";
  EXPECT_EQ(drained_in(intervals, at(0s), 10s, 3ms), std::nullopt);
}

TEST(Drained, BeginsAtOrAfterRestoredAndLastsHold) {
  std::vector<TrafficInterval> intervals;
  for (int second = 0; second < 12; ++second) intervals.push_back(interval(second * 1s, 1ms, 100, 1ms, 0));
  EXPECT_EQ(drained_in(intervals, at(1500ms), 10s, 1ms), at(2s));
  EXPECT_EQ(drained_in(intervals, at(2s), 10s, 1ms), at(2s));
  EXPECT_EQ(drained_in(intervals, at(2100ms), 10s, 1ms), std::nullopt) << "only 9 s are left";
}

TEST(Drained, SilenceAndGapsAreNoEvidence) {
  std::vector<TrafficInterval> silent;
  for (int second = 0; second < 10; ++second) silent.push_back(interval(second * 1s, 1ms, 0, 1ms, 0));
  EXPECT_EQ(drained_in(silent, at(0s), 10s, 1ms), std::nullopt);
  std::vector<TrafficInterval> gap;
  for (int second = 0; second < 16; ++second)
    if (second != 5) gap.push_back(interval(second * 1s, 1ms, 100, 1ms, 0));
  EXPECT_EQ(drained_in(gap, at(0s), 10s, 1ms), at(6s));
}

}  // namespace
}  // namespace blackstart::test
