// Components: figures from canaries and probes of journals written by hand.

#include "tests/measure/journal_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

using ::testing::HasSubstr;

/// One record a second, number n written at n - 1 s; read 100 ms later where `read`.
struct Records {
  Json list = Json::array();
  Records& add(int from, int to, bool confirmed, bool read, Duration after = 100ms) {
    for (int number = from; number <= to; ++number) {
      const Instant written = at(std::chrono::seconds{number - 1});
      list.push_back({number, to_ns(written), confirmed, read ? Json(to_ns(written + after)) : Json(nullptr)});
    }
    return *this;
  }
  Records& again(int number, Instant readable) {
    list.push_back({number, to_ns(at(std::chrono::seconds{number - 1})), true, to_ns(readable)});
    return *this;
  }
};

Spec spec_with(Component component) {
  Spec spec = simple_spec();
  spec.scenario.canaries = {Canary{"analytics", {"kafka", "events"}, {"sql", "analytics"}, 1s, 1s, {}}};
  ProbeRule rule;
  rule.name = "auctions close";
  rule.every = 5s;
  rule.timeout = 2s;
  spec.scenario.steady_state = SteadyState{};
  spec.scenario.steady_state->probes = {rule};
  component.services = {"analytics"};
  spec.scenario.objectives.components = {std::move(component)};
  return spec;
}

Component by_canary() {
  Component component;
  component.name = "analytics";
  component.evidence = Component::Evidence::kCanary;
  component.source = "analytics";
  component.rto = RtoObjective{.within = 20s};
  component.rpo = 10s;
  return component;
}

Component by_probe() {
  Component component;
  component.name = "timers";
  component.evidence = Component::Evidence::kProbe;
  component.source = "auctions close";
  component.rto = RtoObjective{.within = 1min};
  return component;
}

/// A fault at 20 s that no bid notices, a minute of observation, and what the canary says.
Drill drill_with(const Json& records, const Json& missing = Json::array(), bool complete = true) {
  auto drill = Drill().steady(20s).fault("primary lost").good(60s);
  drill.event("canary.interval", {{"name", "analytics"}, {"records", records}});
  drill.lift().generator();
  drill.event("canary.finished", {{"name", "analytics"},
                                  {"written", records.size()},
                                  {"confirmed", records.size()},
                                  {"complete", complete},
                                  {"why", complete ? "" : "analytics does not run"},
                                  {"missing", missing}});
  return drill.read_back(kept(8000));
}

ComponentRecord measured(const Drill& drill, const Spec& spec) {
  const auto components = drill.measure(spec).components;
  EXPECT_EQ(components.size(), 1U);
  return components.empty() ? ComponentRecord{} : components.front();
}

Judgement judged(const Drill& drill, const std::string& name, const Spec& spec) {
  return find_judgement(drill.judge(spec), name);
}

/// Ten seconds without a record that is taken.
Json outage_of_canary() {
  return Records().add(1, 20, true, true).add(21, 30, false, false).add(31, 80, true, true).list;
}

TEST(CanaryComponent, AnOutageIsWhatCannotBeRead) {
  const auto record = measured(drill_with(outage_of_canary()), spec_with(by_canary()));
  ASSERT_EQ(record.incidents.size(), 1U);
  const Incident& incident = record.incidents.front();
  EXPECT_EQ(incident.timeline.impact, at(20s));
  EXPECT_EQ(incident.timeline.restored, at(30s));
  EXPECT_EQ(incident.timeline.drained, std::nullopt) << "no latency was seen that could drain";
  EXPECT_EQ(incident.rto.achieved, Duration{10s});
  EXPECT_EQ(incident.rto.uncertainty, Duration{1s}) << "one `every`";
  EXPECT_EQ(incident.rpo.achieved, Duration{});
  EXPECT_EQ(incident.downtime_service_level, Duration{10s});
  EXPECT_TRUE(record.records.has_value());
  EXPECT_EQ(record.records->late, 10U);
  EXPECT_EQ(drill_with(outage_of_canary()).end().judge(spec_with(by_canary())).outcome, Outcome::kPass);
}

TEST(CanaryComponent, WhatWasConfirmedAndIsGoneIsLost) {
  const auto drill = drill_with(outage_of_canary(), Json::array({Json::array({12, 15}), Json::array({18, 18})}));
  const auto record = measured(drill, spec_with(by_canary()));
  EXPECT_EQ(record.records->lost, 5U);
  EXPECT_EQ(record.incidents.front().rpo.achieved, Duration{9s}) << "from the oldest, written at 11 s, to the fault";
  EXPECT_EQ(record.incidents.front().rpo.uncertainty, Duration{1s});
  auto component = by_canary();
  component.rpo = 5s;
  EXPECT_EQ(judged(drill, "analytics rpo", spec_with(component)).outcome, Outcome::kFail);
  EXPECT_EQ(drill.judge(spec_with(component)).outcome, Outcome::kFail) << "a component's verdict is the drill's";
}

TEST(CanaryComponent, WhatWasLostAfterTheFaultCountsToo) {
  // The fault stops the reader, a later loss takes what nobody had read: 30 s of it.
  const auto records = Records().add(1, 20, true, true).add(21, 50, true, false).add(51, 80, true, true).list;
  const auto drill = drill_with(records, Json::array({Json::array({21, 50})}));
  EXPECT_EQ(measured(drill, spec_with(by_canary())).incidents.front().rpo.achieved, Duration{29s});
}

TEST(CanaryComponent, WhatComesLateIsAnOutageAndNoLoss) {
  Records records;
  records.add(1, 20, true, true).add(21, 30, true, false).add(31, 80, true, true);
  for (int number = 21; number <= 30; ++number) records.again(number, at(31s));
  const auto record = measured(drill_with(records.list), spec_with(by_canary()));
  EXPECT_EQ(record.incidents.front().rto.achieved, Duration{10s});
  EXPECT_EQ(record.incidents.front().rpo.achieved, Duration{});
  EXPECT_EQ(record.records->lost, 0U);
}

TEST(CanaryComponent, WhatNeverEndsIsCensored) {
  const auto records = Records().add(1, 20, true, true).add(21, 80, false, false).list;
  const auto drill = drill_with(records);
  const auto record = measured(drill, spec_with(by_canary()));
  EXPECT_TRUE(record.incidents.front().rto.censored);
  EXPECT_EQ(judged(drill, "analytics rto", spec_with(by_canary())).outcome, Outcome::kFail)
      << "a minute is beyond 20 s already";
  auto patient = by_canary();
  patient.rto = RtoObjective{.within = 1h};
  EXPECT_EQ(judged(drill, "analytics rto", spec_with(patient)).outcome, Outcome::kInconclusive);
  EXPECT_THAT(judged(drill, "analytics rto", spec_with(patient)).achieved, HasSubstr(">"));
}

TEST(CanaryComponent, AGoodRunShorterThanHoldIsNoRecovery) {
  const auto records = Records().add(1, 20, true, true).add(21, 75, false, false).add(76, 80, true, true).list;
  const auto incident = measured(drill_with(records), spec_with(by_canary())).incidents.front();
  EXPECT_TRUE(incident.rto.censored);
  EXPECT_EQ(incident.rto.achieved, Duration{55s}) << "it cannot have come back before";
}

TEST(CanaryComponent, AFaultThatItDoesNotNoticeIsAbsorbed) {
  const auto incident =
      measured(drill_with(Records().add(1, 80, true, true).list), spec_with(by_canary())).incidents.front();
  EXPECT_TRUE(incident.rto.absorbed);
  EXPECT_EQ(incident.rto.achieved, Duration{});
}

TEST(CanaryComponent, ThreeBadRecordsInTenAfterwardsAreARelapse) {
  const auto relapse = Records()
                           .add(1, 20, true, true)
                           .add(21, 30, false, false)
                           .add(31, 50, true, true)
                           .add(51, 54, false, false)
                           .add(55, 80, true, true)
                           .list;
  const auto blip = Records()
                        .add(1, 20, true, true)
                        .add(21, 30, false, false)
                        .add(31, 50, true, true)
                        .add(51, 51, true, true, 3s)
                        .add(52, 80, true, true)
                        .list;
  EXPECT_EQ(judged(drill_with(relapse), "analytics rto", spec_with(by_canary())).outcome, Outcome::kFail);
  EXPECT_EQ(judged(drill_with(blip), "analytics rto", spec_with(by_canary())).outcome, Outcome::kPass);
}

TEST(CanaryComponent, WithoutEvidenceNothingPasses) {
  const auto spec = spec_with(by_canary());
  const auto drill = Drill().steady(20s).fault("primary lost").good(60s).lift().generator().read_back(kept(8000));
  const auto rto = judged(drill, "analytics rto", spec);
  EXPECT_EQ(rto.outcome, Outcome::kInconclusive);
  EXPECT_EQ(rto.achieved, "not measured");
  EXPECT_THAT(rto.why, HasSubstr("no record of the canary analytics"));
  EXPECT_EQ(judged(drill, "analytics rpo", spec).outcome, Outcome::kInconclusive);
  const auto before = drill_with(Records().add(1, 15, true, true).list);
  EXPECT_EQ(judged(before, "analytics rto", spec).outcome, Outcome::kInconclusive) << "records from before the fault";
}

TEST(CanaryComponent, WithoutALastReadTheLossIsUnknown) {
  const auto drill = drill_with(outage_of_canary(), Json::array(), false);
  const auto rpo = judged(drill, "analytics rpo", spec_with(by_canary()));
  EXPECT_EQ(rpo.outcome, Outcome::kInconclusive) << "never zero";
  EXPECT_THAT(rpo.why, HasSubstr("analytics does not run"));
  EXPECT_EQ(judged(drill, "analytics rto", spec_with(by_canary())).outcome, Outcome::kPass);
}

TEST(CanaryComponent, WhereEverythingIsGoneTheLossIsABound) {
  const auto drill = drill_with(outage_of_canary(), Json::array({Json::array({1, 20})}));
  auto component = by_canary();
  component.rpo = 1h;
  const auto rpo = judged(drill, "analytics rpo", spec_with(component));
  EXPECT_EQ(rpo.outcome, Outcome::kInconclusive);
  EXPECT_THAT(rpo.achieved, HasSubstr(">"));
}

TEST(CanaryComponent, ARestoreSaysHowFarItReaches) {
  auto drill = Drill().steady(20s).fault("primary lost").good(5s);
  StepOptions options;
  options.recovery_point = Json{{"service", "analytics"},
                                {"kind", "restore"},
                                {"backup_id", "b"},
                                {"sha256", "s"},
                                {"newest_ns", to_ns(at(-600s))}};
  drill.step("Restore", 1s, options).good(55s);
  drill.event("canary.interval", {{"name", "analytics"}, {"records", outage_of_canary()}}).lift().generator();
  drill.event("canary.finished", {{"name", "analytics"},
                                  {"written", 80},
                                  {"confirmed", 70},
                                  {"complete", true},
                                  {"why", ""},
                                  {"missing", Json::array({Json::array({1, 20})})}});
  drill.read_back(kept(8000));
  const auto rpo = measured(drill, spec_with(by_canary())).incidents.front().rpo;
  EXPECT_FALSE(rpo.censored);
  EXPECT_EQ(rpo.achieved, Duration{620s});
}

TEST(CanaryComponent, AMalformedRecordIsNamedByItsLine) {
  auto drill = Drill().steady(20s);
  drill.event("canary.interval", {{"name", "analytics"}, {"records", Json::array({Json::array({1, 2})})}});
  const auto measured = blackstart::measure(spec_with(by_canary()), drill.events());
  ASSERT_FALSE(measured.has_value());
  EXPECT_THAT(measured.error().to_string(), HasSubstr("canary.interval"));
}

/// The rule failed at 23 s and recovered at 40 s.
Drill probed(bool watched) {
  auto drill = Drill().steady(20s).fault("primary lost").good(3s);
  drill.event("probe.failed", {{"name", "auctions close"}, {"of", "steady state"}, {"detail", ""}}).good(17s);
  drill.event("probe.recovered", {{"name", "auctions close"}, {"of", "steady state"}, {"detail", ""}}).good(40s);
  if (watched)
    drill.event("probe.watched", {{"name", "auctions close"},
                                  {"of", "steady state"},
                                  {"from_ns", 0},
                                  {"until_ns", to_ns(drill.now())},
                                  {"looks", 16}});
  return drill.lift().generator().read_back(kept(8000));
}

TEST(ProbeComponent, LastsFromTheFaultToTheRulesRecovery) {
  const auto incident = measured(probed(true), spec_with(by_probe())).incidents.front();
  EXPECT_EQ(incident.timeline.impact, at(23s));
  EXPECT_EQ(incident.timeline.restored, at(40s));
  EXPECT_EQ(incident.rto.achieved, Duration{20s});
  EXPECT_EQ(incident.rto.uncertainty, Duration{7s}) << "one `every` and the time-out";
  EXPECT_EQ(judged(probed(true), "timers rto", spec_with(by_probe())).outcome, Outcome::kPass);
}

TEST(ProbeComponent, ThatNobodyLookedAtIsNotMeasured) {
  const auto rto = judged(probed(false), "timers rto", spec_with(by_probe()));
  EXPECT_EQ(rto.outcome, Outcome::kInconclusive);
  EXPECT_EQ(rto.achieved, "not measured");
}

TEST(BidsComponent, HasTheBidsFiguresAndItsOwnTargets) {
  Component component;
  component.name = "bidding";
  component.rto = RtoObjective{.within = 2s};
  component.rpo = 1s;
  component.mtd = 5min;
  const auto drill =
      Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().generator().read_back(kept(35000));
  const auto spec = spec_with(component);
  EXPECT_EQ(judged(drill, "rto", spec).outcome, Outcome::kPass);
  EXPECT_EQ(judged(drill, "bidding rto", spec).outcome, Outcome::kFail) << "three seconds against two";
  EXPECT_EQ(judged(drill, "bidding rpo", spec).outcome, Outcome::kPass);
  EXPECT_EQ(judged(drill, "bidding mtd", spec).outcome, Outcome::kPass);
}

TEST(Protected, IsSinceWhenTheWorldSawRedundancyForGood) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(5s);
  drill.event("protection.observed", {{"held", true}, {"detail", ""}}).good(2s);
  drill.event("protection.observed", {{"held", false}, {"detail", "a replica is rebuilt"}}).good(8s);
  drill.event("protection.observed", {{"held", true}, {"detail", ""}}).good(5s).lift().generator();
  drill.read_back(kept(35000));
  EXPECT_EQ(drill.measure().incidents.front().timeline.protected_again, at(38s));
}

}  // namespace
}  // namespace blackstart::test
