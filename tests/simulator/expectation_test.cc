// Breakers, choices and people in the virtual world: what is expected is seen there, and its absence too.

#include "simulator/backups.h"
#include "tests/simulator/sim_fixture.h"

#include <gtest/gtest.h>

#include <map>

namespace blackstart::testing {
namespace {

/// Two members of trading, each with a breaker of its own to market data that stays open for `open`.
std::string breaker_target(const std::string& open) {
  return "blackstart_target: 1\n"
         "name: trade\n"
         "services:\n"
         "  trading: {kind: api, replicas: 2, needs: [quotes]}\n"
         "  quotes: {kind: external}\n"
         "load: {protocol: bids, service: trading}\n"
         "sim:\n"
         "  trading:\n"
         "    servers: 64\n"
         "    service_time: 1ms\n"
         "    start: 4s\n"
         "    calls:\n"
         "      quotes: {timeout: 300ms, fallback: 1ms, breaker: {threshold: 50%, calls: 20, open: " +
         open +
         ", half_open_calls: 3}}\n"
         "  quotes: {service_time: 5ms}\n";
}

constexpr const char* kOutage =
    "blackstart: 1\n"
    "title: Provider hangs\n"
    "target: trade\n"
    "load: {bids: {rate: 200/s, timeout: 2s}}\n"
    "objectives: {rto: 1m, service_level: {goodput: 99%, degraded: 100%, hold: 5s}}\n"
    "steady_state: {for: 5s}\n"
    "faults:\n"
    "  - {name: hangs, at: 0s, dependency_outage: {service: quotes, mode: hang}, for: 20s}\n"
    "expect:\n"
    "  - {breaker: quotes, becomes: open, within: 5s, of: fault}\n"
    "  - {breaker: quotes, becomes: half_open, within: 8s, of: open}\n"
    "  - {breaker: quotes, becomes: closed, within: 10s, of: healed}\n";

std::vector<std::optional<bool>> met(const PlayedDrill& drill) {
  std::vector<std::optional<bool>> all;
  for (const auto& record : drill.measurement.expectations) all.push_back(record.met);
  return all;
}

TEST(SimExpectation, TheBreakerOpensTriesAndCloses) {
  const PlayedDrill drill = play(spec_of(kOutage, breaker_target("5s")));
  EXPECT_EQ(met(drill), (std::vector<std::optional<bool>>{true, true, true}));
  EXPECT_EQ(drill.result.exit_code, 0);
  const auto& records = drill.measurement.expectations;
  EXPECT_GE(*records[1].at - *records[0].at, 5s) << "it stays open for as long as it says";
}

TEST(SimExpectation, ABreakerThatDoesNotCloseIsFound) {
  const PlayedDrill drill = play(spec_of(kOutage, breaker_target("10m")));
  EXPECT_EQ(met(drill), (std::vector<std::optional<bool>>{true, false, false}));
  EXPECT_EQ(drill.result.exit_code, 1);
}

TEST(SimBreakers, EachCallerHasItsOwnAndAStartClosesIt) {
  const Spec spec = spec_of(kOutage, breaker_target("10m"));
  const Plan plan = make_plan(spec, {.seed = 1, .world = "sim"});
  SimWorld world({.plan = plan});
  auto journal = JournalWriter::of_values();
  (void)world.run(conduct(plan, world, journal, world.people(), DrillFacts{}, {}));
  std::map<std::string, int> opened;
  const auto changes = world.breaker_changes("quotes", kDrillStart);
  ASSERT_TRUE(changes.has_value());
  for (const auto& change : *changes)
    if (change.state == Expectation::State::kOpen) ++opened[change.caller];
  EXPECT_EQ(opened, (std::map<std::string, int>{{"trading 1", 1}, {"trading 2", 1}}));
  EXPECT_TRUE(world.breaker_changes("quotes", changes->back().at + Duration{1})->empty());
  EXPECT_TRUE(world.breaker_changes("trading", kDrillStart)->empty());
}

std::string with_choice(const std::string& steps) {
  return "blackstart: 1\n"
         "title: Errors\n"
         "target: trade\n"
         "load: {bids: {rate: 100/s, timeout: 2s}}\n"
         "objectives: {rto: 5m, service_level: {goodput: 99%, hold: 5s}}\n"
         "steady_state: {for: 5s}\n"
         "faults:\n"
         "  - {name: killed, at: 0s, kill: {service: trading}, until: recovered}\n"
         "detection:\n"
         "  - {name: health, tcp: {service: trading}, every: 1s}\n"
         "recovery:\n"
         "  after: detection\n"
         "  steps:\n" +
         steps;
}

constexpr const char* kTwoWays =
    "    - title: Bring it back\n"
    "      choose: manual\n"
    "      options:\n"
    "        - {title: quick, weight: 3, action: {run: quick, takes: 2s, like: {start: {service: trading}}}}\n"
    "        - {title: slow, weight: 1, action: {run: slow, takes: 40s, like: {start: {service: trading}}}}\n";

TEST(SimChoice, IsDrawnByWeight) {
  const Spec spec = spec_of(with_choice(kTwoWays), breaker_target("5s"));
  int quick = 0;
  constexpr int kRuns = 60;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const PlayedDrill drill = play(spec, seed);
    ASSERT_EQ(drill.measurement.decisions.size(), 1u);
    const bool took_quick = drill.measurement.decisions[0].option == "quick";
    quick += took_quick ? 1 : 0;
    EXPECT_EQ(*drill.incident().rto.achieved < 20s, took_quick) << "what was chosen is what is done, seed " << seed;
  }
  EXPECT_GT(quick, kRuns / 2) << "3 of 4";
  EXPECT_LT(quick, kRuns);
}

TEST(SimChoice, ANewStepOfPeopleShiftsNoOthersDraw) {
  const std::string decision =
      "    - {title: First, decision: {by: lead, takes: {median: 3s, p95: 6s}}, action: {run: look, takes: 1s}}\n";
  const std::string later =
      "    - {title: Then, decision: {by: dba, takes: {median: 3s, p95: 6s}}, action: {run: look, takes: 1s}}\n";
  const auto took = [](const PlayedDrill& drill, std::size_t index) {
    const auto& one = drill.measurement.decisions.at(index);
    return one.taken - *one.asked;
  };
  const auto alone = play(spec_of(with_choice(decision + kTwoWays), breaker_target("5s")));
  const auto both = play(spec_of(with_choice(decision + kTwoWays + later), breaker_target("5s")));
  EXPECT_EQ(took(alone, 0), took(both, 0));
  EXPECT_EQ(alone.measurement.decisions[1].option, both.measurement.decisions[1].option);
  EXPECT_GT(took(alone, 0), 0s);
}

TEST(SimBackups, AStoreThatNobodyCanWriteToMakesNoBackup) {
  ServiceSpec service;
  service.name = "database";
  BackupSpec full;
  full.name = "full";
  full.every = 10min;
  full.takes.first = 2min;
  service.backups = {full};
  const WallTime midnight{946'684'800'000'000'000};
  Backups backups(service, 1, midnight);
  const Instant hour = kDrillStart + 1h;
  EXPECT_EQ(backups.choose(hour + 5min, "latest", kNever)->point, hour);
  backups.can_be_made(false, hour + 11min);  // the one of 01:10 is under way
  EXPECT_EQ(backups.choose(hour + 50min, "latest", kNever)->point, hour) << "neither finished nor begun";
  backups.can_be_made(true, hour + 35min);
  EXPECT_EQ(backups.choose(hour + 39min, "latest", kNever)->point, hour);
  EXPECT_EQ(backups.choose(hour + 45min, "latest", kNever)->point, hour + 40min);
}

}  // namespace
}  // namespace blackstart::testing
