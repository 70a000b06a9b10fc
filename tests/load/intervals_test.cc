#include "load/intervals.h"

#include "load/schedule.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace blackstart {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant at_ms(std::int64_t ms) { return kDrillStart + milliseconds(ms); }

SettledBid settled(Instant intended, AttemptOutcome outcome = AttemptOutcome::kAcknowledged,
                   Duration latency = milliseconds(1)) {
  SettledBid bid;
  bid.intended_ns = to_ns(intended);
  bid.outcome = outcome;
  const bool timed = outcome == AttemptOutcome::kAcknowledged || outcome == AttemptOutcome::kDegraded ||
                     outcome == AttemptOutcome::kTimedOut;
  if (timed) bid.latency_ns = bid.service_ns = to_ns(latency);
  bid.attempts = 1;
  return bid;
}

/// A builder over bids every `every` from 0 on, and those intended starts.
struct Fixture {
  explicit Fixture(Duration every, Duration bin = milliseconds(100), ServiceLevel level = {}) {
    IntervalBuilder::Config config;
    config.bin_length = bin;
    config.service_level = level;
    builder.emplace(config, [this, every] { return kDrillStart + every * next++; });
  }
  std::int64_t next = 0;
  std::optional<IntervalBuilder> builder;
};

TEST(Intervals, AreSealedOnceSettledAndNoSoonerThanTheMargin) {
  Fixture fixture(milliseconds(250));
  for (int i = 0; i < 4; ++i) fixture.builder->add(settled(at_ms(250 * i)));
  EXPECT_FALSE(fixture.builder->seal(at_ms(1249)));
  const auto interval = fixture.builder->seal(at_ms(1250));
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->start, at_ms(0));
  EXPECT_EQ(interval->length, seconds(1));
  EXPECT_EQ(interval->offered, 4U);
  EXPECT_EQ(interval->bins.size(), 10U);
  EXPECT_FALSE(fixture.builder->seal(at_ms(5000)));  // bids of the next second are offered, none settled
}

TEST(Intervals, AMissingBidKeepsItsIntervalOpen) {
  Fixture fixture(milliseconds(250));
  for (int i : {0, 1, 3}) fixture.builder->add(settled(at_ms(250 * i)));
  EXPECT_FALSE(fixture.builder->seal(at_ms(60'000)));
  fixture.builder->add(settled(at_ms(500), AttemptOutcome::kTimedOut, seconds(30)));
  EXPECT_TRUE(fixture.builder->seal(at_ms(60'000)));
}

TEST(Intervals, CutEndsBinAndIntervalAndStartsBothGridsAnew) {
  Fixture fixture(milliseconds(10));
  for (int i = 0; i < 300; ++i) fixture.builder->add(settled(at_ms(10 * i)));
  fixture.builder->cut(at_ms(1234));
  const auto first = fixture.builder->seal(at_ms(5000));
  const auto second = fixture.builder->seal(at_ms(5000));
  const auto third = fixture.builder->seal(at_ms(5000));
  ASSERT_TRUE(first && second && third);
  EXPECT_EQ(second->start, at_ms(1000));
  EXPECT_EQ(second->end(), at_ms(1234));
  EXPECT_EQ(second->offered, 24U);
  EXPECT_EQ(second->bins.back().end(), at_ms(1234));
  EXPECT_EQ(second->bins.back().length, milliseconds(34));
  EXPECT_EQ(third->start, at_ms(1234));
  EXPECT_EQ(third->end(), at_ms(2234));
  EXPECT_EQ(third->bins.front().start, at_ms(1234));
  EXPECT_EQ(third->bins.front().length, milliseconds(100));
}

TEST(Intervals, LastOneIsCutAtTheEnd) {
  Fixture fixture(milliseconds(100));
  for (int i = 0; i < 13; ++i) fixture.builder->add(settled(at_ms(100 * i)));
  fixture.builder->end(at_ms(1250));
  EXPECT_TRUE(fixture.builder->seal(at_ms(1250)));
  const auto last = fixture.builder->seal(at_ms(1250));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->length, milliseconds(250));
  EXPECT_EQ(last->offered, 3U);
  EXPECT_EQ(last->bins.back().length, milliseconds(50));
  EXPECT_TRUE(fixture.builder->finished());
  EXPECT_FALSE(fixture.builder->seal(at_ms(9999)));
}

TEST(Intervals, BinsMayBeLongerThanIntervals) {
  Fixture fixture(milliseconds(100), milliseconds(2500));
  for (int i = 0; i < 60; ++i) fixture.builder->add(settled(at_ms(100 * i)));
  std::vector<Bin> bins;
  for (int i = 0; i < 5; ++i) {
    const auto interval = fixture.builder->seal(at_ms(20'000));
    ASSERT_TRUE(interval);
    bins.insert(bins.end(), interval->bins.begin(), interval->bins.end());
  }
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins[0].offered, 25U);
  EXPECT_EQ(bins[1].start, at_ms(2500));
}

/// One bin of 100 bids with the given outcomes; the rest acknowledged after 1 ms.
Bin judged(ServiceLevel level, std::vector<SettledBid> others) {
  Fixture fixture(milliseconds(1), milliseconds(100), level);
  const auto count = static_cast<std::int64_t>(others.size());
  for (std::int64_t i = 0; i < 1000; ++i) {
    SettledBid bid = i < count ? others[static_cast<std::size_t>(i)] : settled(at_ms(i));
    bid.intended_ns = to_ns(at_ms(i));
    fixture.builder->add(bid);
  }
  return fixture.builder->seal(at_ms(5000))->bins.front();
}

std::vector<SettledBid> times(std::size_t count, AttemptOutcome outcome, Duration latency = milliseconds(1)) {
  return std::vector<SettledBid>(count, settled(kDrillStart, outcome, latency));
}

TEST(Bins, GoodputIsOfTheOffered) {
  ServiceLevel level;
  for (const AttemptOutcome bad :
       {AttemptOutcome::kRefused, AttemptOutcome::kIndeterminate, AttemptOutcome::kUnsentNoConnection,
        AttemptOutcome::kUnsentGenerator, AttemptOutcome::kTimedOut}) {
    EXPECT_TRUE(judged(level, times(1, bad)).ok);
    EXPECT_FALSE(judged(level, times(2, bad)).ok);
    EXPECT_EQ(judged(level, times(2, bad)).good, 98U);
  }
}

TEST(Bins, PercentileIsNearestRankOverAcknowledgedAndTimeouts) {
  ServiceLevel level;
  level.goodput = {0.5};
  level.latency_percentile = 99;
  level.latency_bound = milliseconds(100);
  EXPECT_TRUE(judged(level, times(1, AttemptOutcome::kAcknowledged, milliseconds(500))).ok);
  EXPECT_FALSE(judged(level, times(2, AttemptOutcome::kAcknowledged, milliseconds(500))).ok);
  EXPECT_FALSE(judged(level, times(2, AttemptOutcome::kTimedOut, seconds(2))).ok);
  EXPECT_EQ(judged(level, times(2, AttemptOutcome::kTimedOut, seconds(2))).percentile, seconds(2));
  EXPECT_TRUE(judged(level, times(20, AttemptOutcome::kRefused)).ok);  // refusals are apart: goodput's business
  EXPECT_FALSE(judged(level, times(2, AttemptOutcome::kAcknowledged, milliseconds(100))).ok);  // < 100 ms
}

TEST(Bins, DegradedCountAsGoodAsFarAsAllowed) {
  ServiceLevel level;
  EXPECT_EQ(judged(level, times(5, AttemptOutcome::kDegraded)).good, 95U);
  EXPECT_FALSE(judged(level, times(5, AttemptOutcome::kDegraded)).ok);
  level.degraded = {0.04};
  EXPECT_EQ(judged(level, times(5, AttemptOutcome::kDegraded)).good, 99U);
  EXPECT_TRUE(judged(level, times(5, AttemptOutcome::kDegraded)).ok);
  level.degraded = {1.0};
  EXPECT_EQ(judged(level, times(100, AttemptOutcome::kDegraded)).good, 100U);
}

TEST(Bins, NothingOfferedIsNoFailure) {
  Fixture fixture(seconds(10));
  fixture.builder->add(settled(at_ms(0)));
  const auto interval = fixture.builder->seal(at_ms(2000));
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->bins[5].offered, 0U);
  EXPECT_TRUE(interval->bins[5].ok);
}

TEST(Bins, TellTheirFirstAcknowledgedBid) {
  Fixture fixture(milliseconds(25));
  for (int i = 39; i >= 0; --i) {  // settled in another order than they were offered
    const bool refused = i < 2 || (i >= 4 && i < 8);
    const AttemptOutcome answered = i == 2 ? AttemptOutcome::kDegraded : AttemptOutcome::kAcknowledged;
    fixture.builder->add(settled(at_ms(25 * i), refused ? AttemptOutcome::kRefused : answered));
  }
  const auto interval = fixture.builder->seal(at_ms(1250));
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->bins[0].first_acknowledged, at_ms(50)) << "degraded is acknowledged too";
  EXPECT_EQ(interval->bins[1].first_acknowledged, kNever);
  EXPECT_EQ(interval->bins[2].first_acknowledged, at_ms(200));
}

TEST(NearestRank, Edges) {
  std::vector<std::int64_t> none;
  EXPECT_EQ(nearest_rank(none, 99), 0);
  std::vector<std::int64_t> thousand;
  for (int i = 1; i <= 1000; ++i) thousand.push_back(i);
  EXPECT_EQ(nearest_rank(thousand, 99.9), 999);
  EXPECT_EQ(nearest_rank(thousand, 99), 990);
  EXPECT_EQ(nearest_rank(thousand, 0), 1);
  EXPECT_EQ(nearest_rank(thousand, 100), 1000);
  std::vector<std::int64_t> three = {30, 10, 20};
  EXPECT_EQ(nearest_rank(three, 50), 20);
}

RC_GTEST_PROP(Intervals, PartitionTimeAndConserveBids, ()) {
  const Duration every = milliseconds(*rc::gen::inRange(1, 200));
  const Duration bin = milliseconds(*rc::gen::inRange(20, 3000));
  Fixture fixture(every, bin);
  const auto end_ms = *rc::gen::inRange<std::int64_t>(1, 6000);
  auto cuts = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 6000));
  std::vector<Instant> intended;
  for (std::int64_t i = 0; every * i < milliseconds(end_ms); ++i) intended.push_back(kDrillStart + every * i);
  std::vector<TrafficInterval> sealed;
  // Bids settle out of order, cuts arrive in time, as drill time goes on.
  auto order = intended;
  for (std::size_t i = 0; i + 1 < order.size(); i += 2) std::swap(order[i], order[i + 1]);
  std::size_t fed = 0;
  for (std::int64_t now = 0; now < end_ms + 10; now += 10) {
    for (const std::int64_t cut : cuts) {
      if (cut <= now && cut > now - 10 && cut <= end_ms) fixture.builder->cut(at_ms(cut));
    }
    while (fed < order.size() && order[fed] <= at_ms(now)) fixture.builder->add(settled(order[fed++]));
    while (auto interval = fixture.builder->seal(at_ms(now))) sealed.push_back(*interval);
  }
  while (fed < order.size()) fixture.builder->add(settled(order[fed++]));
  fixture.builder->end(at_ms(end_ms));
  while (auto interval = fixture.builder->seal(at_ms(end_ms))) sealed.push_back(*interval);

  RC_ASSERT(fixture.builder->finished());
  Instant edge = kDrillStart;
  Instant bin_edge = kDrillStart;
  std::uint64_t offered = 0;
  std::uint64_t in_bins = 0;
  for (const TrafficInterval& interval : sealed) {
    RC_ASSERT(interval.start == edge && interval.length > Duration::zero() && interval.length <= seconds(1));
    edge = interval.end();
    offered += interval.offered;
    for (const Bin& one : interval.bins) {
      RC_ASSERT(one.start == bin_edge && one.length > Duration::zero() && one.length <= bin);
      bin_edge = one.end();
      in_bins += one.offered;
      RC_ASSERT(one.good == one.offered);
    }
  }
  RC_ASSERT(edge == at_ms(end_ms) && bin_edge == at_ms(end_ms));
  RC_ASSERT(offered == intended.size() && in_bins == intended.size());
  for (const std::int64_t cut : cuts) {
    if (cut >= end_ms) continue;
    const bool on_edge =
        std::any_of(sealed.begin(), sealed.end(), [&](const TrafficInterval& one) { return one.start == at_ms(cut); });
    RC_ASSERT(on_edge);
  }
}

}  // namespace
}  // namespace blackstart
