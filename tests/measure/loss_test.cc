// RPO and what was lost. The fault is at 20 s; the traffic runs from 0 s.

#include "tests/measure/journal_builder.h"

#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

Drill outage() { return Drill().steady(20s).fault("primary lost").bad(3s).good(12s); }

RpoFigure rpo_of(Drill drill, const ReadBackResult& result) {
  return drill.lift().read_back(result).measure().incidents.at(0).rpo;
}

const LossStretch kQuietAfter = stretch(at(20s), at(35s), 12000);

TEST(Rpo, NothingLostIsExactlyZero) {
  const auto rpo = rpo_of(outage(), lost_in({stretch(at(0s), at(20s), 20000), kQuietAfter}));
  EXPECT_EQ(rpo.achieved, 0s);
  EXPECT_EQ(rpo.uncertainty, 0s) << "an objective of 0 can be met";
  EXPECT_FALSE(rpo.censored);
}

TEST(Rpo, FromTheFaultBackToTheEarliestLost) {
  const auto rpo =
      rpo_of(outage(), lost_in({stretch(at(0s), at(20s), 20000, 180, at(19800ms), at(19990ms)), kQuietAfter}));
  EXPECT_EQ(rpo.achieved, 200ms);
  EXPECT_EQ(rpo.uncertainty, 3ms + 10us);
  EXPECT_FALSE(rpo.censored);
}

TEST(Rpo, LossBackToTheFirstBinIsCensored) {
  auto result = lost_in({stretch(at(0s), at(20s), 20000, 20000, at(10ms), at(19990ms)), kQuietAfter});
  result.first_bin_lost = true;
  const auto rpo = rpo_of(outage(), result);
  EXPECT_TRUE(rpo.censored);
  EXPECT_EQ(rpo.achieved, 19990ms);
}

TEST(Rpo, InSimTheLossMayReachBeforeTheStart) {
  const auto rpo =
      rpo_of(outage(), lost_in({stretch(at(-900s), at(20s), 9000, 9000, at(-600s), at(19s)), kQuietAfter}));
  EXPECT_EQ(rpo.achieved, 620s);
  EXPECT_FALSE(rpo.censored);
}

TEST(Rpo, ARestoreRollsBackToItsRecoveryPoint) {
  auto after = stretch(at(20s), at(35s), 12000, 500, at(24s), at(25s));
  after.rolled_back = 500;
  after.last_rolled_back_ack = at(25s);
  const auto rpo = rpo_of(outage(), lost_in({stretch(at(0s), at(20s), 20000, 2000, at(18s), at(19990ms)), after}));
  EXPECT_EQ(rpo.achieved, 7s) << "from the last rolled-back acknowledgement back to the earliest lost";
}

TEST(Rpo, RolledBackAfterTheFaultAlone) {
  auto after = stretch(at(20s), at(35s), 12000, 500, at(24s), at(26s));
  after.rolled_back = 500;
  after.last_rolled_back_ack = at(26s);
  EXPECT_EQ(rpo_of(outage(), lost_in({stretch(at(0s), at(20s), 20000), after})).achieved, 2s);
}

TEST(Rpo, AtLeastBackToTheRecoveryPointOfAnExecutedRestore) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Restore", 1s,
             {.recovery_point = Json{{"service", "database"},
                                     {"kind", "restore"},
                                     {"backup_id", "b-7"},
                                     {"sha256", "cc"},
                                     {"newest_ns", to_ns(at(12s))}}});
  drill.bad(2s).good(12s);
  const auto result = lost_in({stretch(at(0s), at(20s), 20000), kQuietAfter});
  EXPECT_EQ(rpo_of(drill, result).achieved, 8s) << "nothing happened to be lost, but 8 s could have been";
  const auto measurement = drill.lift().read_back(result).measure();
  ASSERT_EQ(measurement.recovery_points.size(), 1U);
  EXPECT_EQ(measurement.recovery_points[0].age, 8s);
  EXPECT_EQ(measurement.recovery_points[0].backup_id, "b-7");
}

TEST(Rpo, APromoteSetsNoLowerBound) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Promote", 1s,
             {.recovery_point = Json{{"service", "database"}, {"kind", "promote"}, {"newest_ns", to_ns(at(12s))}}});
  drill.bad(2s).good(12s);
  EXPECT_EQ(rpo_of(drill, lost_in({stretch(at(0s), at(20s), 20000), kQuietAfter})).achieved, 0s);
}

TEST(Rpo, APromotionOfWhoHadNothingOfTheTrafficSaysHowFarBackItGoes) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Promote", 1s,
             {.recovery_point = Json{{"service", "database"}, {"kind", "promote"}, {"newest_ns", to_ns(at(-5min))}}});
  drill.bad(2s).good(12s);
  auto all_lost = lost_in({stretch(at(0s), at(20s), 20000, 20000, at(2ms)), kQuietAfter});
  all_lost.first_bin_lost = 100;
  const auto rpo = rpo_of(drill, all_lost);
  EXPECT_EQ(rpo.achieved, 5min + 20s);
  EXPECT_FALSE(rpo.censored);
}

TEST(Rpo, LostBetweenActAndProofIsInsideTheUncertainty) {
  const auto rpo =
      rpo_of(outage(), lost_in({stretch(at(0s), at(20s), 20000), stretch(at(20s), at(35s), 12000, 2, at(20001ms))}));
  EXPECT_EQ(rpo.achieved, 0s);
  EXPECT_EQ(rpo.uncertainty, 3ms + 10us);
}

TEST(Rpo, WithoutACompleteReadBackItIsUnknown) {
  auto drill = outage().lift();
  EXPECT_EQ(drill.measure().incidents[0].rpo.achieved, std::nullopt);
  EXPECT_NE(drill.measure().incidents[0].rpo.why_unknown, "");
  ReadBackResult torn = kept(32000);
  torn.complete = false;
  torn.why_incomplete = "the two passes do not agree: 32000 and 31990 bids";
  drill.read_back(torn);
  EXPECT_EQ(drill.measure().incidents[0].rpo.achieved, std::nullopt);
  EXPECT_NE(drill.measure().incidents[0].rpo.why_unknown.find("do not agree"), std::string::npos);
}

TEST(Rpo, AProvisionalPassDoesNotCount) {
  auto drill = outage().lift().read_back(kept(20000), true);
  EXPECT_FALSE(drill.measure().read_back.has_value());
}

class TwoIncidents : public testing::Test {
 protected:
  /// Faults at 20 s and 34 s.
  std::vector<Incident> incidents(std::vector<LossStretch> stretches) {
    auto drill = Drill().steady(20s).fault("a").bad(2s).good(12s).fault("b").bad(2s).good(12s).lift();
    return drill.read_back(lost_in(std::move(stretches))).measure().incidents;
  }
};

TEST_F(TwoIncidents, EachAnswersForWhatWasAcknowledgedSinceTheFaultBefore) {
  const auto found = incidents({stretch(at(0s), at(20s), 20000, 100, at(19900ms)),
                                stretch(at(20s), at(34s), 12000, 300, at(33700ms)), stretch(at(34s), at(48s), 12000)});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rpo.achieved, 100ms);
  EXPECT_EQ(found[1].rpo.achieved, 300ms);
}

TEST_F(TwoIncidents, FurtherBackOnlyWhereNothingInBetweenSurvived) {
  const auto wiped =
      incidents({stretch(at(0s), at(20s), 20000, 100, at(15s)),
                 stretch(at(20s), at(34s), 12000, 12000, at(22s), at(33s)), stretch(at(34s), at(48s), 12000)});
  EXPECT_EQ(wiped.at(1).rpo.achieved, 19s);
  const auto one_survived =
      incidents({stretch(at(0s), at(20s), 20000, 100, at(15s)),
                 stretch(at(20s), at(34s), 12000, 11999, at(22s), at(33s)), stretch(at(34s), at(48s), 12000)});
  EXPECT_EQ(one_survived.at(1).rpo.achieved, 12s);
}

TEST_F(TwoIncidents, TheSecondLossIsNotTheFirstsFault) {
  const auto found = incidents({stretch(at(0s), at(20s), 20000), stretch(at(20s), at(34s), 12000, 300, at(33700ms)),
                                stretch(at(34s), at(48s), 12000)});
  EXPECT_EQ(found.at(0).rpo.achieved, 0s);
  EXPECT_EQ(found.at(1).rpo.achieved, 300ms);
}

TEST(Rpo, AFaultThatJoinedAnswersForItsOwnLoss) {
  auto drill = Drill().steady(20s).fault("pause").bad(2s).good(5s).fault("kill").bad(2s).good(12s).lift();
  drill.read_back(lost_in({stretch(at(0s), at(20s), 20000), stretch(at(20s), at(27s), 5000, 400, at(26s)),
                           stretch(at(27s), at(41s), 12000)}));
  ASSERT_EQ(drill.measure().incidents.size(), 1U);
  EXPECT_EQ(drill.measure().incidents[0].rpo.achieved, 1s) << "26 s is lost, and the second fault came at 27 s";
}

}  // namespace
}  // namespace blackstart::test
