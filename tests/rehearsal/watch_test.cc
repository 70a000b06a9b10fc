// The pure parts that watch: probe rules, service, reconcile.

#include "rehearsal/measurement.h"
#include "rehearsal/reconcile_check.h"
#include "rehearsal/rule_watch.h"
#include "rehearsal/service_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace blackstart {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;
using Change = RuleWatch::Change;

constexpr Instant s(double seconds) { return kDrillStart + from_seconds(seconds); }

TEST(RuleWatch, FailsAfterSoManyInARow) {
  RuleWatch watch(3, 2, 0s);
  EXPECT_EQ(watch.observe(s(0), false), Change::kNone);
  EXPECT_EQ(watch.observe(s(1), false), Change::kNone);
  EXPECT_EQ(watch.observe(s(2), true), Change::kNone) << "the row is broken";
  EXPECT_EQ(watch.observe(s(3), false), Change::kNone);
  EXPECT_EQ(watch.observe(s(4), false), Change::kNone);
  EXPECT_EQ(watch.observe(s(5), false), Change::kFailed);
  EXPECT_EQ(watch.observe(s(6), false), Change::kNone) << "told once";
  EXPECT_EQ(watch.observe(s(7), true), Change::kNone);
  EXPECT_EQ(watch.observe(s(8), true), Change::kRecovered);
  EXPECT_FALSE(watch.failed());
}

TEST(RuleWatch, HoldMakesItLast) {
  RuleWatch watch(1, 1, 2s);
  EXPECT_EQ(watch.observe(s(0), false), Change::kNone);
  EXPECT_EQ(watch.observe(s(1.9), false), Change::kNone);
  EXPECT_EQ(watch.observe(s(2), false), Change::kFailed);
}

TEST(RuleWatch, PassesOnlyWhenItDidNotFailSince) {
  RuleWatch watch(1, 1, 0s);
  EXPECT_FALSE(watch.passes_since(s(0))) << "nothing was seen yet";
  watch.observe(s(0), true);
  EXPECT_TRUE(watch.passes_since(s(0)));
  watch.observe(s(1), false);
  EXPECT_FALSE(watch.passes_since(s(0)));
  watch.observe(s(2), true);
  EXPECT_FALSE(watch.passes_since(s(1)));
  EXPECT_TRUE(watch.passes_since(s(2)));
  RuleWatch patient(3, 1, 0s);
  patient.observe(s(0), true);
  patient.observe(s(1), false);
  EXPECT_FALSE(patient.passes_since(s(0))) << "not failed, and not passing either";
}

/// One second of ten bins, good or bad.
TrafficInterval second(int start, bool good) {
  TrafficInterval interval;
  interval.start = s(start);
  interval.length = 1s;
  for (int bin = 0; bin < 10; ++bin)
    interval.bins.push_back({s(start) + bin * 100ms, 100ms, 100, good ? 100u : 0u, 2ms, good});
  if (good) interval.latency.record(2ms, 1000);
  interval.offered = 1000;
  return interval;
}

TEST(ServiceWatch, FollowsAnOutage) {
  ServiceWatch watch(3s, 2s);
  EXPECT_FALSE(watch.steady());
  for (int t = 0; t < 5; ++t) watch.add(second(t, true));
  EXPECT_TRUE(watch.steady());
  watch.take_as_steady();
  watch.fault_acted(s(5));
  watch.add(second(5, false));
  EXPECT_EQ(watch.impact(), s(5));
  EXPECT_EQ(watch.outage(s(5.5)), 500ms);
  watch.add(second(6, false));
  for (int t = 7; t < 9; ++t) watch.add(second(t, true));
  EXPECT_FALSE(watch.restored());
  watch.add(second(9, true));
  EXPECT_EQ(watch.restored(), s(7));
  EXPECT_EQ(watch.drained(), s(7));
  EXPECT_EQ(watch.outage(s(100)), 2s) << "fixed once it is over";
  EXPECT_FALSE(watch.quiet_since(s(5)));
}

TEST(ServiceWatch, AFaultDuringTheOutageProlongsIt) {
  ServiceWatch watch(3s, 2s);
  watch.fault_acted(s(0));
  watch.add(second(0, false));
  watch.fault_acted(s(2));
  watch.add(second(1, true));
  watch.add(second(2, true));
  watch.add(second(3, true));
  EXPECT_EQ(watch.impact(), s(0));
  EXPECT_FALSE(watch.restored()) << "good before the second fault does not count";
  watch.add(second(4, true));
  EXPECT_EQ(watch.restored(), s(2));
}

TEST(ServiceWatch, AFaultBeforeTheImpactIsKnownJoins) {
  ServiceWatch watch(3s, 2s);
  watch.fault_acted(s(1));
  watch.fault_acted(s(2));
  watch.add(second(1, false));
  watch.add(second(2, false));
  EXPECT_EQ(watch.impact(), s(1));
  EXPECT_EQ(watch.outage(s(3)), 2s);
}

TEST(ServiceWatch, AFaultInGoodServiceOpensANewIncident) {
  ServiceWatch watch(2s, 2s);
  watch.fault_acted(s(0));
  watch.add(second(0, false));
  for (int t = 1; t < 5; ++t) watch.add(second(t, true));
  ASSERT_TRUE(watch.restored());
  watch.fault_acted(s(5));
  EXPECT_FALSE(watch.impact());
  watch.add(second(5, true));
  EXPECT_FALSE(watch.quiet_since(s(5)));
  watch.add(second(6, true));
  EXPECT_TRUE(watch.quiet_since(s(5)));
  watch.add(second(7, false));
  EXPECT_EQ(watch.impact(), s(7));
}

TEST(ServiceWatch, AnActKnownLateIsStillSeen) {
  ServiceWatch watch(2s, 2s);
  for (int t = 0; t < 3; ++t) watch.add(second(t, true));
  for (int t = 3; t < 6; ++t) watch.add(second(t, false));
  watch.fault_acted(s(3));  // its proof took three seconds
  EXPECT_EQ(watch.impact(), s(3));
}

TEST(ServiceWatch, LooksAgainAfterAFurtherRecovery) {
  ServiceWatch watch(2s, 2s);
  watch.fault_acted(s(0));
  watch.add(second(0, false));
  for (int t = 1; t < 4; ++t) watch.add(second(t, true));
  ASSERT_EQ(watch.restored(), s(1));
  watch.look_again(s(4));
  EXPECT_FALSE(watch.restored());
  for (int t = 4; t < 6; ++t) watch.add(second(t, true));
  EXPECT_EQ(watch.restored(), s(4));
}

TEST(ServiceWatch, SaysOverLongDrillsWhatAllBinsWouldSay) {
  rc::check("forgetting changes nothing", [] {
    ServiceWatch watch(3s, 2s);
    std::vector<TrafficInterval> all;
    const int fault = *rc::gen::inRange(5, 300), outage = *rc::gen::inRange(0, 300);
    for (int t = 0; t < fault + outage + 10; ++t) {
      if (t == fault) watch.fault_acted(s(fault));
      all.push_back(second(t, t < fault || t >= fault + outage));
      watch.add(all.back());
    }
    std::vector<Bin> bins;
    for (const auto& interval : all) bins.insert(bins.end(), interval.bins.begin(), interval.bins.end());
    const auto impact = find_impact(bins, s(fault));
    RC_ASSERT(watch.impact() == impact);
    if (impact) RC_ASSERT(watch.restored() == find_restored(bins, *impact, 3s));
    if (!impact) RC_ASSERT(watch.quiet_since(s(fault)));
  });
}

ReadBackResult complete(std::uint64_t lost = 0, Instant first_lost = kNever) {
  ReadBackResult result;
  result.complete = true;
  result.kept = 1000;
  result.lost = lost;
  result.first_lost_ack = first_lost;
  return result;
}

TEST(Reconcile, PassesWithoutLossOrWithinTheRpo) {
  EXPECT_TRUE(reconcile_holds(complete(), std::nullopt, s(10)).passed);
  EXPECT_TRUE(reconcile_holds(complete(5, s(9)), 1s, s(10)).passed);
  EXPECT_FALSE(reconcile_holds(complete(5, s(9) - 1ns), 1s, s(10)).passed);
  EXPECT_FALSE(reconcile_holds(complete(5, s(9)), std::nullopt, s(10)).passed) << "no objective allows a loss";
}

TEST(Reconcile, CountsWhatARestoreRolledBack) {
  ReadBackResult result = complete(5, s(9));
  LossStretch stretch;
  stretch.last_rolled_back_ack = s(14);
  result.stretches = {stretch};
  EXPECT_FALSE(reconcile_holds(result, 4s, s(10)).passed);
  EXPECT_TRUE(reconcile_holds(result, 5s, s(10)).passed);
}

TEST(Reconcile, FailsOnWhatNoLossExplains) {
  for (auto member : {&ReadBackResult::lost_after_fault, &ReadBackResult::corrupted, &ReadBackResult::phantom}) {
    ReadBackResult result = complete();
    result.*member = 1;
    EXPECT_FALSE(reconcile_holds(result, 1h, s(10)).passed);
  }
  ReadBackResult duplicated = complete();
  duplicated.duplicated = duplicated.resurrected = 3;
  EXPECT_TRUE(reconcile_holds(duplicated, 1h, s(10)).passed) << "judged only where a threshold names them";
}

TEST(Reconcile, AnIncompleteReadBackProvesNothing) {
  ReadBackResult result = complete();
  result.complete = false;
  result.why_incomplete = "page 3 is missing";
  const auto answer = reconcile_holds(result, 1h, s(10));
  EXPECT_FALSE(answer.passed);
  EXPECT_THAT(answer.detail, HasSubstr("page 3"));
}

}  // namespace
}  // namespace blackstart
