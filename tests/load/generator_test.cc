// The generator end to end, against a server that misbehaves by script: every count must be the server's.
#include "tests/load/traffic_run.h"
#include "tests/support/scripted_server.h"
#include "tests/support/wait.h"

#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void expect_conserved(const TrafficInterval& all) {
  EXPECT_EQ(all.offered, all.sent + all.unsent_no_connection + all.unsent_generator);
  EXPECT_EQ(all.sent, all.acknowledged + all.refused + all.indeterminate);
}

TEST(Generator, EveryBidReachesAHealthyServerAndIsFoundAgain) {
  ScriptedServer server;
  TrafficRun run(constant_load(2000), protocol_mapping(server.url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return run.intervals().size() >= 2; }));
  run.stop();
  const TrafficInterval all = total_of(run.intervals());
  const auto truth = server.truth();
  expect_conserved(all);
  EXPECT_EQ(all.offered, run.end.bids);
  EXPECT_EQ(all.acknowledged, truth["acknowledged"]);
  EXPECT_EQ(all.latency.count(), all.acknowledged + all.timed_out);
  EXPECT_GE(all.offered, 4000U);
  const auto back = run.read();
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->complete) << back->why_incomplete;
  EXPECT_EQ(back->kept, all.acknowledged);
  EXPECT_EQ(back->lost + back->corrupted + back->phantom + back->duplicated, 0U);
}

}  // namespace
}  // namespace blackstart::testing
