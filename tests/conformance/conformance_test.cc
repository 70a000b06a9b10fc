// The two worlds do the same.

#include "tests/conformance/both_worlds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

class BothWorlds : public ::testing::TestWithParam<const char*> {
 protected:
  enum class LostAfter : std::uint8_t { kNone, kSome };
  static Seen play(const Drill& drill, const Body& body, LostAfter lost_after = LostAfter::kNone) {
    Seen seen = play_on(GetParam(), drill, body);
    for (const auto& note : seen.notes) ADD_FAILURE() << note;
    EXPECT_TRUE(seen.read_back.complete) << seen.read_back.why_incomplete;
    std::uint64_t acknowledged = 0, indeterminate = 0;
    for (const auto& interval : seen.intervals) {
      acknowledged += interval.acknowledged;
      indeterminate += interval.indeterminate;
    }
    expect_first_acknowledged(seen);
    EXPECT_EQ(seen.read_back.kept + seen.read_back.lost + seen.read_back.corrupted, acknowledged);
    EXPECT_EQ(seen.read_back.recovered + seen.read_back.not_lost, indeterminate);
    EXPECT_EQ(seen.read_back.phantom + seen.read_back.corrupted, 0U);
    EXPECT_EQ(seen.read_back.lost_after_fault > 0, lost_after == LostAfter::kSome);
    return seen;
  }

 private:
  /// Each bin tells the intended start of its first acknowledged bid, which is hardly ever the bin's edge.
  static void expect_first_acknowledged(const Seen& seen) {
    std::size_t inside = 0;
    for (const auto& interval : seen.intervals)
      for (const Bin& bin : interval.bins) {
        EXPECT_EQ(bin.first_acknowledged != kNever, bin.good > 0);
        if (bin.first_acknowledged == kNever) continue;
        EXPECT_GE(bin.first_acknowledged, bin.start);
        EXPECT_LT(bin.first_acknowledged, bin.end());
        inside += bin.first_acknowledged > bin.start ? 1 : 0;
      }
    EXPECT_GT(inside, 0U);
  }
};

/// Of the intervals within [from, to], together: only what is counted.
TrafficInterval counts_within(const Seen& seen, Instant from, Instant to = kNever) {
  TrafficInterval sum;
  for (const auto& interval : seen.intervals) {
    if (interval.start < from || interval.end() > to) continue;
    sum.offered += interval.offered;
    sum.acknowledged += interval.acknowledged;
    sum.refused += interval.refused;
    sum.attempts += interval.attempts;
  }
  return sum;
}

Task<void> kill_and_heal(Stage* stage) {
  co_await stage->begin();
  co_await stage->pass(2s);
  co_await stage->ask("{tcp: {service: api}}");
  co_await stage->check("{service: api, is: healthy}");
  co_await stage->inject(0);
  co_await stage->ask("{tcp: {service: api}}");
  co_await stage->check("{service: api, is: down}");
  co_await stage->pass(2s);
  co_await stage->heal(0);
  co_await stage->heal(0);
  co_await stage->ask("{tcp: {service: api}}");
  co_await stage->check("{service: api, is: healthy}");
  co_await stage->pass(2s);
  co_await stage->end();
}

TEST_P(BothWorlds, AKilledServiceRefusesAndIsBackAfterHealingTwice) {
  const Seen seen = play({.faults = "  - {name: api lost, at: 0s, kill: {service: api}, until: end}"}, kill_and_heal);
  EXPECT_EQ(seen.answers, (std::vector<bool>{true, true, false, true, true, true}));
  std::uint64_t refused = 0;
  for (const auto& interval : seen.intervals) refused += interval.refused + interval.indeterminate;
  EXPECT_GT(refused, 100U);
  EXPECT_EQ(seen.read_back.lost, 0U);
}

Task<void> pause_and_heal(Stage* stage) {
  co_await stage->begin();
  co_await stage->pass(2s);
  co_await stage->inject(0);
  co_await stage->pass(3s);
  co_await stage->ask("{http: {url: '{{services.api.url}}/health', status: 200}}");
  co_await stage->heal(0);
  co_await stage->pass(2s);
  co_await stage->ask("{http: {url: '{{services.api.url}}/health', status: 200}}");
  co_await stage->end();
}

TEST_P(BothWorlds, APausedServiceAnswersNobodyAndGoesOn) {
  const Seen seen =
      play({.faults = "  - {name: api hangs, at: 0s, pause: {service: api}, until: end}"}, pause_and_heal);
  EXPECT_EQ(seen.answers, (std::vector<bool>{false, true}));
  std::uint64_t timed_out = 0;
  for (const auto& interval : seen.intervals) timed_out += interval.timed_out;
  EXPECT_GT(timed_out, 50U);
  EXPECT_EQ(seen.read_back.lost, 0U);
}

Task<void> fail_over(Stage* stage) {
  co_await stage->begin();
  co_await stage->pass(4s);
  co_await stage->inject(0);
  co_await stage->check("{service: database, role: primary, is: down}");
  co_await stage->perform("{promote: {service: database, role: standby}}");
  co_await stage->perform("{repoint: {services: [api], to: database}}");
  co_await stage->check("{service: database, role: primary, is: healthy}");
  co_await stage->pass(2s);
  co_await stage->end();
}

TEST_P(BothWorlds, APromotedAsynchronousStandbyMissesTheLastLagsWorthOfBids) {
  const Seen seen = play(
      {.faults = "  - {name: primary lost, at: 0s, kill: {service: database, role: primary}, until: end}"}, fail_over);
  EXPECT_EQ(seen.answers, (std::vector<bool>{true, true}));
  // 100 bids a second, 400 ms behind: 40; live the standby asks for the log in its own time.
  EXPECT_GT(seen.read_back.lost, 10U);
  EXPECT_LT(seen.read_back.lost, 120U);
  ASSERT_TRUE(seen.newest.has_value());
  EXPECT_LT(*seen.newest, seen.acted);
  EXPECT_GT(*seen.newest, seen.acted - 1500ms);
}

Task<void> promote_beside_it(Stage* stage) {
  co_await stage->begin();
  co_await stage->pass(2s);
  co_await stage->inject(0);
  co_await stage->perform("{promote: {service: database, role: standby}}");
  co_await stage->heal(0);
  co_await stage->pass(2s);  // nobody was told of the new primary
  co_await stage->perform("{repoint: {services: [api], to: database}}");
  co_await stage->pass(2s);
  co_await stage->end();
}

TEST_P(BothWorlds, WhatAFormerPrimaryThatWakesUpTakesIsLost) {
  const Seen seen =
      play({.faults = "  - {name: it hangs, at: 0s, pause: {service: database, role: primary}, until: end}"},
           promote_beside_it, LostAfter::kSome);
  EXPECT_GT(seen.read_back.lost_after_fault, 100U) << "two seconds' worth: it took and acknowledged them";
  EXPECT_GT(seen.read_back.lost, seen.read_back.lost_after_fault) << "and the lag's";
}

Task<void> fail_over_and_rebuild(Stage* stage) {
  co_await stage->begin();
  co_await stage->pass(2s);
  co_await stage->inject(0);
  co_await stage->perform("{promote: {service: database, role: standby}}");
  co_await stage->perform("{repoint: {services: [api], to: database}}");
  stage->mark();
  co_await stage->pass(4s);
  stage->mark();
  co_await stage->ask("{http: {url: '{{services.api.url}}/health', status: 503}}");
  co_await stage->perform("{rebuild: {service: database, role: standby}}");
  co_await stage->pass(1s);
  stage->mark();
  co_await stage->ask("{http: {url: '{{services.api.url}}/health', status: 200}}");
  co_await stage->pass(3s);
  co_await stage->end();
}

TEST_P(BothWorlds, APromotedSynchronousStandbyRefusesUntilAnotherIsAttached) {
  const Seen seen =
      play({.faults = "  - {name: primary lost, at: 0s, kill: {service: database, role: primary}, until: end}",
            .replication = "sync"},
           fail_over_and_rebuild);
  EXPECT_EQ(seen.read_back.lost, 0U);
  EXPECT_EQ(seen.answers, (std::vector<bool>{true, true}));
  ASSERT_EQ(seen.marks.size(), 3U);
  const auto alone = counts_within(seen, seen.marks[0], seen.marks[1]);
  EXPECT_GT(alone.offered, 150U);
  EXPECT_EQ(alone.acknowledged, 0U);
  EXPECT_EQ(alone.refused, alone.offered);
  const auto after = counts_within(seen, seen.marks[2]);
  EXPECT_GT(after.offered, 100U);
  EXPECT_EQ(after.acknowledged, after.offered);
}

Task<void> hang_and_be_late(Stage* stage) {
  co_await stage->begin();
  co_await stage->pass(2s);
  co_await stage->inject(0);
  co_await stage->pass(500ms);
  co_await stage->heal(0);
  co_await stage->pass(3s);
  co_await stage->end();
}

TEST_P(BothWorlds, LatencyRunsFromTheIntendedStart) {
  const Seen seen =
      play({.faults = "  - {name: api hangs, at: 0s, pause: {service: api}, until: end}"}, hang_and_be_late);
  Histogram latency;
  for (const auto& interval : seen.intervals) latency.add(interval.latency);
  // 100 bids a second come in the half second whether or not the service answers, and wait for what is left of it.
  EXPECT_GT(to_seconds(latency.max()), 0.4);
  EXPECT_GT(latency.count() - latency.count_at_or_below(100ms), 25U)
      << "each is late from when it was to start, not one of them";
  EXPECT_EQ(seen.read_back.lost, 0U);
}

Task<void> lose_and_restart(Stage* stage) {
  co_await stage->begin();
  co_await stage->pass(2s);
  co_await stage->inject(0);
  co_await stage->pass(2s);
  co_await stage->perform("{restart: {service: api}}");
  co_await stage->ask("{http: {url: '{{services.api.url}}/health', status: 200}}");
  co_await stage->check("{service: api, is: healthy}");
  co_await stage->pass(2s);
  co_await stage->end();
}

TEST_P(BothWorlds, ARestartHealsAndWhatIsStoredStays) {
  const Seen seen =
      play({.faults = "  - {name: api lost, at: 0s, kill: {service: api}, until: end}"}, lose_and_restart);
  EXPECT_EQ(seen.answers, (std::vector<bool>{true, true}));
  EXPECT_GT(counts_within(seen, seen.acted + 3s).acknowledged, 50U);
  EXPECT_EQ(seen.read_back.lost, 0U);
}

Task<void> lose(Stage* stage) {
  co_await stage->begin();
  co_await stage->pass(2s);
  co_await stage->inject(0);
  co_await stage->pass(3s);
  co_await stage->heal(0);
  co_await stage->end();
}

TEST_P(BothWorlds, RetriesMultiplyWhatIsSentNotWhatIsOffered) {
  const std::string lost = "  - {name: api lost, at: 0s, kill: {service: api}, until: end}";
  for (const auto& [bids, times] : {std::pair{"", 1.0}, {", retry: {attempts: 2, backoff: 10ms, jitter: none}", 3.0}}) {
    const Seen seen = play({.faults = lost, .bids = bids}, lose);
    const TrafficInterval sum = counts_within(seen, seen.acted + 10ms, seen.acted + 2900ms);
    EXPECT_NEAR(static_cast<double>(sum.offered), 200, 120) << "the schedule's, whatever comes back";
    EXPECT_NEAR(static_cast<double>(sum.attempts) / static_cast<double>(sum.offered), times, 0.1) << bids;
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, BothWorlds, ::testing::Values("sim", "live"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace blackstart::testing
