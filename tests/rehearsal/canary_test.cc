// Canaries as the Conductor plays them, in the fake world.

#include "rehearsal/canary_log.h"
#include "tests/rehearsal/drill_fixture.h"

#include <gmock/gmock.h>

namespace blackstart::testing {
namespace {

using ::testing::ElementsAre;

const Canary kCanary{"orders", {"sql", "orders"}, {"sql", "orders"}, 1s, 1s, {}};

Spec with_canary() {
  Spec spec = database_failure();
  spec.scenario.canaries = {kCanary};
  Component component;
  component.name = "orders";
  component.services = {"orders"};
  component.evidence = Component::Evidence::kCanary;
  component.source = "orders";
  component.rto = RtoObjective{.within = 1min};
  component.rpo = 2s;
  spec.scenario.objectives.components = {component};
  return spec;
}

std::vector<std::uint64_t> numbers(const std::vector<CanaryRecord>& records) {
  std::vector<std::uint64_t> list;
  for (const auto& record : records) list.push_back(record.number);
  return list;
}

/// Record n is written at n - 1 s.
CanaryLog log_of(int records) {
  CanaryLog log(kCanary);
  for (int i = 0; i < records; ++i) log.end_write(log.begin_write(at(std::chrono::seconds{i})), true);
  return log;
}

TEST(CanaryLog, ReadRecordsAreNewsOnceAndLateOnesTwice) {
  CanaryLog log = log_of(3);
  log.read({1, 2}, at(2100ms));
  EXPECT_THAT(numbers(log.take_news(at(2500ms))), ElementsAre(1, 2));
  EXPECT_TRUE(log.take_news(at(2900ms)).empty()) << "the third has time until 3 s";
  EXPECT_THAT(numbers(log.take_news(at(3100ms))), ElementsAre(3)) << "late";
  log.read({3}, at(9s));
  EXPECT_THAT(numbers(log.take_news(at(9s))), ElementsAre(3)) << "and there after all";
  EXPECT_TRUE(log.take_news(at(20s)).empty());
}

TEST(CanaryLog, ARecordThatIsBeingWrittenIsToldOfWithItsOutcome) {
  CanaryLog log(kCanary);
  const auto number = log.begin_write(at(0s));
  log.read({number}, at(100ms));
  EXPECT_TRUE(log.take_news(at(5s)).empty());
  log.end_write(number, true);
  const auto news = log.take_news(at(5s));
  ASSERT_EQ(news.size(), 1U);
  EXPECT_TRUE(news.front().confirmed);
}

TEST(CanaryLog, CountsRowsWrittenSince) {
  CanaryLog log = log_of(6);
  log.read({1, 2, 3, 5, 6}, at(6s));
  EXPECT_EQ(log.row_since(at(0s)), 3U);
  EXPECT_EQ(log.row_since(at(2s)), 2U);
  EXPECT_EQ(log.row_since(at(3s)), 2U);
}

TEST(CanaryLog, IsGoodWhereEverythingCameInTime) {
  CanaryLog log = log_of(6);
  log.read({1, 2, 3, 4, 5, 6}, at(5500ms));  // those before the last had to be there sooner
  EXPECT_FALSE(log.good_for(3s, at(0s), at(5500ms)));
  EXPECT_TRUE(log.good_for(500ms, at(0s), at(5500ms)));
}

TEST(CanaryLog, AsksForTheLastFewUnlessForEverything) {
  CanaryLog log = log_of(200);
  EXPECT_EQ(log.unread(true), 1U);
  EXPECT_EQ(log.unread(false), 137U);
  std::vector<std::uint64_t> all;
  for (std::uint64_t number = 1; number <= 200; ++number) all.push_back(number);
  log.read(all, at(300s));
  EXPECT_EQ(log.unread(true), std::nullopt);
}

TEST(CanaryLog, NumbersAreWrittenAsRows) {
  EXPECT_EQ(number_rows({1, 2, 3, 7, 9, 10}).dump(), "[[1,3],[7,7],[9,10]]");
  EXPECT_EQ(number_rows({}).dump(), "[]");
}

TEST(Canaries, AreWrittenBesideTheTrafficAndReadOnceMoreAfterIt) {
  FakeWorld world(promote_restores());
  const Spec spec = with_canary();
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0);
  EXPECT_EQ(drilled.count("canary.finished"), 1);
  const auto measured = drilled.measured(spec);
  ASSERT_EQ(measured.components.size(), 1U);
  const ComponentRecord& orders = measured.components.front();
  ASSERT_EQ(orders.incidents.size(), 1U) << orders.why_unknown;
  EXPECT_TRUE(orders.incidents.front().timeline.restored.has_value());
  EXPECT_GT(*orders.incidents.front().rto.achieved, Duration{});
  EXPECT_EQ(orders.incidents.front().rpo.achieved, Duration{});
  EXPECT_EQ(orders.records->lost, 0U);
  const Event* const last = drilled.first("canary.finished");
  EXPECT_GT(last->seq, drilled.first("generator.measured")->seq) << "after traffic has ended";
  expect_left_clean(world, drilled, "a drill with a canary");
}

TEST(Canaries, WhatAFaultTakesIsFoundMissing) {
  Script script = promote_restores();
  script.fault_loses_canaries = true;
  FakeWorld world(script);
  const Drilled drilled = run_drill(world, with_canary());
  EXPECT_EQ(drilled.exit_code(), 1);
  EXPECT_FALSE(drilled.first("canary.finished")->body["missing"].empty());
}

TEST(Canaries, ACheckWaitsForRecordsInARow) {
  Spec spec = with_canary();
  Step check = check_step("4", "orders go through", "canary", 30s);
  check.check = call("canary", {{"canary", "orders"}, {"count", "3"}});
  spec.scenario.recovery->steps.push_back(check);
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0);
  const Event* const finished = drilled.first("step.finished", "id", "4");
  ASSERT_NE(finished, nullptr);
  EXPECT_EQ(finished->body["outcome"], "ok");
  EXPECT_GE(finished->at - drilled.first("step.started", "id", "4")->at, Duration{2s}) << "three, a second apart";
}

TEST(Canaries, ACheckFailsWhereNoRecordGoesThrough) {
  Spec spec = with_canary();
  Step check = check_step("0", "orders go through", "canary", 5s);
  check.check = call("canary", {{"canary", "orders"}, {"count", "3"}});
  spec.scenario.recovery->steps.insert(spec.scenario.recovery->steps.begin(), check);
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.first("step.finished", "id", "0")->body["outcome"], "failed") << "the service is away";
}

}  // namespace
}  // namespace blackstart::testing
