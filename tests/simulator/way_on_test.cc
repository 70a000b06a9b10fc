// The last way on of a runbook, where the first two fail: auction-flow/database-failure promotes a replica, else
// restores the latest backup, else goes back to a point in time.

#include "scenarios/loader.h"
#include "tests/simulator/sim_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace blackstart::testing {
namespace {

const StepRecord* step_of(const PlayedDrill& drill, const std::string& title) {
  const auto found = std::ranges::find(drill.measurement.steps, title, &StepRecord::title);
  return found == drill.measurement.steps.end() ? nullptr : &*found;
}

/// The replica is lost with the primary, and the restore of the latest backup takes longer than its budget of 90 min.
Spec all_but_point_in_time() {
  LoadOptions options;
  options.targets_folder = BLACKSTART_SOURCE_DIR "/scenarios/targets";
  options.live = false;
  options.sets = {{"load.bids.rate", "20/s"},
                  {"steady_state.for", "3m"},
                  {"faults",
                   "[{name: primary lost, at: 0s, kill: {service: database, role: primary}, until: recovered},"
                   " {name: replica lost, at: 0s, kill: {service: database, role: standby}, until: recovered}]"},
                  {"recovery.steps.1.otherwise.0.action.takes", "3h"}};
  auto spec = load_spec(BLACKSTART_SOURCE_DIR "/scenarios/catalog/auction-flow/database-failure.yaml", options);
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().errors.front().to_string());
  return spec ? std::move(*spec) : Spec{};
}

TEST(TheLastWayOn, PointInTimeRecoveryAfterAPromotionAndARestoreThatFail) {
  const PlayedDrill drill = play(all_but_point_in_time());
  const StepRecord* promote = step_of(drill, "Promote read replica");
  const StepRecord* restore = step_of(drill, "If no replica available, initiate restore from backup");
  const StepRecord* pitr = step_of(drill, "Or for PITR");
  ASSERT_TRUE(promote != nullptr && restore != nullptr && pitr != nullptr);
  EXPECT_EQ(promote->outcome, "failed") << promote->detail;
  EXPECT_EQ(restore->outcome, "over budget") << restore->detail;
  EXPECT_FALSE(restore->done) << "given up";
  EXPECT_EQ(pitr->outcome, "ok") << pitr->detail;
  EXPECT_EQ(*restore->ended - *restore->started, 90min) << "given up at its budget";
  EXPECT_GE(*pitr->started, *restore->ended);

  // The log is archived every minute, so that at most the last one is lost; the dump of the night would be hours old.
  const Incident incident = drill.incident();
  ASSERT_TRUE(incident.rpo.achieved && incident.rto.achieved && incident.timeline.restored);
  EXPECT_GT(*incident.rpo.achieved, 0s);
  EXPECT_LE(*incident.rpo.achieved, 65s);
  EXPECT_GE(*incident.timeline.restored, *pitr->ended) << "nothing else brings service back";
  EXPECT_GT(*incident.rto.achieved, 2h);
  EXPECT_LT(*incident.rto.achieved, 4h);
  EXPECT_EQ(drill.result.verdict.outcome, Outcome::kPass) << drill.result.verdict.reasons.front();

  const auto& points = drill.measurement.recovery_points;
  ASSERT_EQ(points.size(), 1U) << "what failed went back to nothing";
  EXPECT_EQ(points.front().kind, "restore");
  const ReadBackResult read = drill.read_back();
  EXPECT_GT(read.rolled_back, 0U);
  EXPECT_EQ(read.lost, read.rolled_back) << "all of the loss is explained by the restore";
}

}  // namespace
}  // namespace blackstart::testing
