// The timeline of an incident and its RTO, on journals written by hand. Unless said otherwise the fault is at 20 s.

#include "tests/measure/journal_builder.h"

#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

const Incident& only(const Measurement& measurement) {
  EXPECT_EQ(measurement.incidents.size(), 1U);
  return measurement.incidents.at(0);
}

TEST(Incident, AnOutageFromFaultToDrained) {
  const auto measurement = Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().measure();
  const Incident& incident = only(measurement);
  EXPECT_EQ(incident.timeline.fault, at(20s));
  EXPECT_EQ(incident.timeline.effective, at(20s + 3ms));
  EXPECT_EQ(incident.timeline.impact, at(20s));
  EXPECT_EQ(incident.timeline.restored, at(23s));
  EXPECT_EQ(incident.timeline.drained, at(23s));
  EXPECT_EQ(incident.timeline.first_success, at(23s));
  EXPECT_EQ(incident.rto.achieved, 3s);
  EXPECT_EQ(incident.rto.uncertainty, kBin + 3ms);
  EXPECT_FALSE(incident.rto.censored);
  EXPECT_FALSE(incident.rto.absorbed);
  EXPECT_FALSE(incident.rto.relapsed);
  EXPECT_EQ(incident.downtime_service_level, 3s);
  EXPECT_EQ(incident.downtime_regulatory, 3s);
  EXPECT_EQ(measurement.downtime_service_level, 3s);
  EXPECT_TRUE(measurement.steady_held);
  EXPECT_EQ(measurement.steady_from, at(0s));
}

TEST(Incident, TheFirstSuccessIsABidsIntendedStartAndNoBinsEdge) {
  const auto refused_to_the_end =
      Drill().steady(20s).fault("primary lost").bad(3s).first_after(37ms).good(15s).lift().measure();
  EXPECT_EQ(only(refused_to_the_end).timeline.first_success, at(23s + 37ms));
  EXPECT_EQ(only(refused_to_the_end).timeline.restored, at(23s)) << "restored is the start of a run of bins";
  const auto in_the_last_bad_bin =
      Drill().steady(20s).fault("primary lost").bad(3s).half_bad(64ms).first_after(37ms).good(15s).lift().measure();
  EXPECT_EQ(only(in_the_last_bad_bin).timeline.first_success, at(23s + 64ms));
  EXPECT_EQ(only(in_the_last_bad_bin).timeline.restored, at(23s + kBin));
}

TEST(Incident, TheBinIsCutAtTheFault) {
  // The fault comes 40 ms into a bin; the grid starts anew there.
  const auto measurement = Drill().steady(20s).good(40ms).fault("primary lost").bad(3s).good(11s).lift().measure();
  EXPECT_EQ(only(measurement).timeline.fault, at(20s + 40ms));
  EXPECT_EQ(only(measurement).timeline.impact, at(20s + 40ms));
  EXPECT_EQ(only(measurement).rto.achieved, 3s);
}

TEST(Incident, ADelayedImpactCountsFromTheFault) {
  const auto measurement = Drill().steady(20s).fault("primary lost").good(2s).bad(1s).good(12s).lift().measure();
  EXPECT_EQ(only(measurement).timeline.impact, at(22s));
  EXPECT_EQ(only(measurement).rto.achieved, 3s);
  EXPECT_EQ(only(measurement).downtime_regulatory, 1s);
}

TEST(Incident, AFaultThatBarelyShowsIsAbsorbed) {
  const auto measurement = Drill().steady(20s).fault("primary lost").pattern("xxoooooooo").good(12s).lift().measure();
  EXPECT_EQ(only(measurement).timeline.impact, std::nullopt);
  EXPECT_TRUE(only(measurement).rto.absorbed);
  EXPECT_EQ(only(measurement).rto.achieved, 0s);
  EXPECT_FALSE(only(measurement).rto.censored);
  EXPECT_EQ(only(measurement).downtime_service_level, 2 * kBin) << "bad bins count, absorbed or not";
  EXPECT_TRUE(only(measurement).wrt_known);
}

TEST(Incident, ThreeInTenAreAnImpact) {
  const auto measurement = Drill().steady(20s).fault("primary lost").pattern("xxooooooox").good(12s).lift().measure();
  EXPECT_EQ(only(measurement).timeline.impact, at(20s));
  EXPECT_EQ(only(measurement).timeline.restored, at(20s + 200ms)) << "a good bin, then 100 with one bad";
  EXPECT_FALSE(only(measurement).rto.absorbed);
}

TEST(Incident, WithoutImpactWatchedTooBriefly) {
  const auto measurement = Drill().steady(20s).fault("primary lost").good(9s).lift().measure();
  EXPECT_FALSE(only(measurement).rto.absorbed);
  EXPECT_TRUE(only(measurement).rto.censored);
}

TEST(Incident, CensoredWhileTheServiceIsStillDown) {
  const auto measurement = Drill().steady(20s).fault("primary lost").bad(41300ms).lift().measure();
  EXPECT_TRUE(only(measurement).rto.censored);
  EXPECT_EQ(only(measurement).rto.achieved, 41300ms);
  EXPECT_EQ(only(measurement).timeline.restored, std::nullopt);
  EXPECT_EQ(only(measurement).downtime_regulatory, std::nullopt);
  EXPECT_FALSE(only(measurement).wrt_known);
}

TEST(Incident, CensoredDuringAGoodRunIsBoundByItsBegin) {
  const auto measurement = Drill().steady(20s).fault("primary lost").bad(4s).good(6s).lift().measure();
  EXPECT_TRUE(only(measurement).rto.censored);
  EXPECT_EQ(only(measurement).rto.achieved, 4s) << "it may turn out to be restored at 4 s, not earlier";
}

TEST(Incident, WhatComesAfterTheObservationDoesNotCount) {
  const auto measurement = Drill().steady(20s).fault("primary lost").bad(10s).lift().good(30s).measure();
  EXPECT_TRUE(only(measurement).rto.censored) << "lifting the fault is no recovery";
  EXPECT_EQ(only(measurement).rto.achieved, 10s);
  EXPECT_EQ(measurement.observation_end, at(30s));
}

TEST(Incident, ARelapseIsANewStretchWithoutANewFault) {
  const auto relapsed = Drill().steady(20s).fault("a").bad(2s).good(12s).bad(1s).good(12s).lift().measure();
  EXPECT_TRUE(only(relapsed).rto.relapsed);
  EXPECT_EQ(only(relapsed).rto.achieved, 2s);
  const auto two_bad = Drill().steady(20s).fault("a").bad(2s).good(12s).pattern("xx").good(12s).lift().measure();
  EXPECT_FALSE(only(two_bad).rto.relapsed);
}

TEST(Incident, ASecondFaultDuringTheOutageJoins) {
  const auto measurement =
      Drill().steady(20s).fault("a").bad(2s).good(5s).fault("b").bad(2s).good(12s).lift().measure();
  EXPECT_EQ(only(measurement).faults, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(only(measurement).timeline.fault, at(20s));
  EXPECT_EQ(only(measurement).timeline.restored, at(29s));
  EXPECT_EQ(only(measurement).rto.achieved, 9s);
}

TEST(Incident, ASecondFaultAfterHoldOpensTheNext) {
  const auto measurement =
      Drill().steady(20s).fault("a").bad(2s).good(10s).fault("b").bad(5s).good(12s).lift().measure();
  ASSERT_EQ(measurement.incidents.size(), 2U);
  EXPECT_EQ(measurement.incidents[0].rto.achieved, 2s);
  EXPECT_FALSE(measurement.incidents[0].rto.relapsed) << "the second outage has a fault of its own";
  EXPECT_EQ(measurement.incidents[1].timeline.fault, at(32s));
  EXPECT_EQ(measurement.incidents[1].rto.achieved, 5s);
  EXPECT_EQ(measurement.worst, 1U);
  EXPECT_EQ(measurement.downtime_service_level, 7s);
}

TEST(Incident, ASecondFaultABinTooEarlyJoins) {
  const auto measurement =
      Drill().steady(20s).fault("a").bad(2s).good(9900ms).fault("b").bad(5s).good(12s).lift().measure();
  EXPECT_EQ(measurement.incidents.size(), 1U);
}

TEST(Incident, AfterAFaultWithoutImpactHoldDecides) {
  const auto joins = Drill().steady(20s).fault("a").good(10s).fault("b").bad(2s).good(12s).lift().measure();
  EXPECT_EQ(only(joins).rto.achieved, 12s);
  const auto opens = Drill().steady(20s).fault("a").good(10100ms).fault("b").bad(2s).good(12s).lift().measure();
  ASSERT_EQ(opens.incidents.size(), 2U);
  EXPECT_TRUE(opens.incidents[0].rto.absorbed);
  EXPECT_EQ(opens.incidents[1].rto.achieved, 2s);
}

TEST(Incident, TheWorstIsTheHeadline) {
  const auto measurement =
      Drill().steady(20s).fault("a").bad(5s).good(12s).fault("b").bad(2s).good(12s).lift().measure();
  ASSERT_EQ(measurement.incidents.size(), 2U);
  EXPECT_EQ(measurement.worst, 0U);
  const auto censored = Drill().steady(20s).fault("a").bad(5s).good(12s).fault("b").bad(1s).lift().measure();
  EXPECT_EQ(censored.worst, 1U) << "what is open is worse than what is over";
}

TEST(Incident, FromHealed) {
  Spec spec = simple_spec();
  spec.scenario.objectives.rto->from_healed = true;
  auto drill = Drill().steady(20s).fault("pause", {.kind = "pause", .fault_class = "acting"}).bad(8s);
  drill.healed(1).bad(2s).good(12s).lift();
  EXPECT_EQ(only(drill.measure(spec)).rto.achieved, 2s);
  EXPECT_EQ(only(drill.measure(spec)).timeline.healed, at(28s));
  EXPECT_EQ(only(drill.measure()).rto.achieved, 10s) << "without it, from the fault";
}

TEST(Incident, FromHealedWithoutHealingIsUnknown) {
  Spec spec = simple_spec();
  spec.scenario.objectives.rto->from_healed = true;
  const auto measurement = Drill().steady(20s).fault("primary lost").bad(2s).good(12s).lift().end().measure(spec);
  EXPECT_EQ(only(measurement).rto.achieved, std::nullopt) << "damage is undone after the verdict: too late";
  EXPECT_NE(only(measurement).rto.why_unknown, "");
  EXPECT_TRUE(only(measurement).timeline.healed.has_value()) << "the mark is there all the same";
}

TEST(Incident, AFaultWithoutProofHasNoEffectiveMark) {
  const auto measurement =
      Drill().steady(20s).fault("a", {.effective_after = std::nullopt}).bad(2s).good(12s).lift().measure();
  EXPECT_EQ(only(measurement).timeline.effective, std::nullopt);
  EXPECT_FALSE(measurement.faults.at(0).proven);
  EXPECT_FALSE(measurement.faults.at(0).proven_by_impact) << "a kill has a proof, and it failed";
}

TEST(Incident, ARunFaultWithoutProveIsProvenByItsImpact) {
  const FaultOptions run{.kind = "run", .effective_after = std::nullopt, .with_prove = false};
  const auto hit = Drill().steady(20s).fault("script", run).good(1s).bad(2s).good(12s).lift().measure();
  EXPECT_TRUE(hit.faults.at(0).proven_by_impact);
  EXPECT_EQ(only(hit).timeline.effective, at(21s));
  EXPECT_EQ(only(hit).rto.uncertainty, kBin + 1s) << "it took effect somewhere before the impact";
  const auto missed = Drill().steady(20s).fault("script", run).good(12s).lift().measure();
  EXPECT_FALSE(missed.faults.at(0).proven_by_impact);
}

TEST(Incident, NoFaultNoIncident) {
  const auto measurement = Drill().steady(20s).good(5s).lift().measure();
  EXPECT_TRUE(measurement.incidents.empty());
  const auto never_acted = Drill()
                               .steady(20s)
                               .event("fault.injecting", {{"id", 1},
                                                          {"name", "a"},
                                                          {"kind", "kill"},
                                                          {"class", "damage"},
                                                          {"planned_ns", 20'000'000'000},
                                                          {"parameters", Json::object()}})
                               .measure();
  EXPECT_TRUE(never_acted.incidents.empty());
  EXPECT_EQ(never_acted.faults.size(), 1U);
}

TEST(Incident, AFaultWithoutTrafficAfterItIsCensored) {
  const auto measurement = Drill().steady(20s).fault("primary lost").lift().measure();
  EXPECT_TRUE(only(measurement).rto.censored);
  EXPECT_EQ(only(measurement).rto.achieved, 0s);
}

}  // namespace
}  // namespace blackstart::test
