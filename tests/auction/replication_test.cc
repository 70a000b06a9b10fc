// Failing over between real stores: what asynchronous replication loses, what synchronous does not, and what keeps a
// store out that must not take bids any more.

#include <gtest/gtest.h>

#include "tests/auction/platform.h"
#include "tests/support/wait.h"

namespace blackstart::auction {
namespace {

nlohmann::json replication(Daemon& store) { return get(store.port(), "/replication").json(); }

std::uint64_t position(Daemon& store) { return replication(store).at("position").get<std::uint64_t>(); }

TEST(Replication, AsynchronousLosesExactlyWhatTheStandbyLacks) {
  Platform platform;
  platform.start_primary({"--lag", "200ms"});
  platform.start_standby();
  platform.start_api();
  Bidders bidders(platform.api->port(), "async");
  ASSERT_TRUE(wait_until_true([&] { return position(*platform.standby) > 500; }));
  const auto before_kill = bidders.acknowledged_count.load();
  platform.fail_over();
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > before_kill + 300; }));
  bidders.stop();

  const auto stored = read_back_ids(platform.api->port(), "async");
  const auto lost = missing(bidders.acknowledged, stored);
  EXPECT_FALSE(lost.empty()) << "a lag of 200 ms under traffic must lose something";
  EXPECT_TRUE(present(bidders.refused, stored).empty());
  // The old primary's disk still has everything: what was lost must be what the standby had not got.
  Daemon old({"store", "--port", "0", "--data", platform.folder / "primary"});
  const auto once = read_back_ids(old.port(), "async");
  std::set<std::uint64_t> lacked(once.begin(), once.end());
  for (const auto id : stored) lacked.erase(id);
  for (const auto id : lost) EXPECT_TRUE(lacked.contains(id)) << id << " was lost, though the standby had it";
}

TEST(Replication, LagIsKeptAndCanBeChanged) {
  Platform platform;
  platform.start_primary({"--lag", "30s"});
  platform.start_standby();
  platform.start_api();
  ASSERT_EQ(post(platform.api->port(), "/auctions/1/bids", bid_body(1, 1, 1, 1)).status, 201);
  ASSERT_TRUE(wait_until_true([&] { return replication(*platform.standby).at("following").at("connected") == true; }));
  EXPECT_EQ(position(*platform.standby), 0U);
  ASSERT_TRUE(wait_until_true([&] {
    const auto standbys = replication(*platform.primary).at("standbys");
    return standbys.size() == 1 && standbys[0].at("lag_ns").get<std::int64_t>() > 0;
  }));
  const auto changed = put(platform.primary->port(), "/replication", R"({"lag":"0s"})");
  EXPECT_EQ(changed.json().at("lag"), "0s");
  platform.await_in_step();
  EXPECT_EQ(position(*platform.standby), 1U);
  EXPECT_TRUE(wait_until_true([&] { return replication(*platform.primary).at("standbys")[0].at("in_step") == true; }));

  // One that is gone is told apart, and stands behind those that are there.
  platform.standby->kill();
  ASSERT_TRUE(
      wait_until_true([&] { return replication(*platform.primary).at("standbys")[0].at("attached") == false; }));
  Daemon another({"store", "--role", "standby", "--port", "0", "--data", platform.folder / "another", "--primary",
                  platform.primary->url()});
  ASSERT_TRUE(wait_until_true([&] { return replication(*platform.primary).at("standbys").size() == 2; }));
  EXPECT_EQ(replication(*platform.primary).at("standbys")[0].at("attached"), true);
  EXPECT_EQ(replication(*platform.primary).at("standbys")[1].at("in_step"), false);

  for (const char* wrong : {R"({"lag":"31s"})", R"({"lag":5})", R"({"mode":"maybe"})", R"({"lagg":"1s"})",
                            R"({"primary":"http://127.0.0.1:1"})", "lag"}) {
    EXPECT_EQ(put(platform.primary->port(), "/replication", wrong).status, 400) << wrong;
  }
}

// The standby hangs, and then the primary dies: whoever acknowledged meanwhile acknowledged alone.
std::set<std::uint64_t> lost_by_synchronous_failover(const std::string& bug) {
  Platform platform;
  platform.start_primary({"--replication", "sync"}, bug);
  platform.start_standby({"--replication", "sync"});
  platform.start_api();
  Bidders bidders(platform.api->port(), "sync");
  EXPECT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > 300; }));
  platform.standby->signal(SIGSTOP);
  const auto seen = bidders.settled_count.load();
  EXPECT_TRUE(wait_until_true([&] { return bidders.settled_count > seen + 50; }));
  platform.primary->kill();
  platform.standby->signal(SIGCONT);
  EXPECT_EQ(post(platform.standby->port(), "/promote").status, 200);
  bidders.stop();
  const auto stored = read_back_ids(platform.standby->port(), "sync");
  EXPECT_TRUE(present(bidders.refused, stored).empty());
  return missing(bidders.acknowledged, stored);
}

TEST(Replication, SynchronousLosesNothing) {
  for (int round = 0; round < 3; ++round) EXPECT_TRUE(lost_by_synchronous_failover("").empty());
}

TEST(Replication, TheTestAboveFindsAPrimaryThatDoesNotWait) {
  EXPECT_FALSE(lost_by_synchronous_failover("sync-is-async").empty());
}

TEST(Replication, SynchronousRefusesWithoutAStandby) {
  Platform platform;
  platform.start_primary({"--replication", "sync"});
  platform.start_standby();
  platform.start_api();
  ASSERT_EQ(post(platform.api->port(), "/auctions/1/bids", bid_body(1, 1, 1, 1)).status, 201);
  platform.standby->kill();
  ASSERT_TRUE(wait_until_true([&] { return replication(*platform.primary).at("accepting") == false; }));
  ASSERT_TRUE(wait_until_true([&] { return get(platform.api->port(), "/health").status == 503; }));
  const auto answer = post(platform.api->port(), "/auctions/1/bids", bid_body(2, 1, 1, 1));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("blackstart-stored"), "no");
  EXPECT_EQ(read_back_ids(platform.primary->port(), ""), (std::vector<std::uint64_t>{1}));
}

TEST(Replication, PromotionIsIdempotentAndOutlivesARestart) {
  Platform platform;
  platform.start_primary();
  platform.start_standby();
  platform.start_api();
  ASSERT_EQ(post(platform.api->port(), "/auctions/1/bids", bid_body(1, 1, 1, 1)).status, 201);
  platform.await_in_step();
  platform.fail_over();
  const auto first = post(platform.standby->port(), "/promote").json();
  const auto second = post(platform.standby->port(), "/promote").json();
  EXPECT_EQ(first.at("role"), "primary");
  EXPECT_EQ(first.at("epoch"), 2);
  EXPECT_EQ(second.at("epoch"), 2);
  EXPECT_EQ(second.at("position"), 1);
  EXPECT_GT(second.at("newest_ns").get<std::int64_t>(), 0);
  EXPECT_GT(second.at("age_ns").get<std::int64_t>(), 0);
  const auto old_primary = platform.primary->url();
  platform.standby->kill();
  Daemon again(
      {"store", "--role", "standby", "--port", "0", "--data", platform.folder / "standby", "--primary", old_primary});
  EXPECT_EQ(replication(again).at("role"), "primary");
  EXPECT_EQ(replication(again).at("epoch"), 2);
}

TEST(Replication, RebuildsAnEmptyStandbyFromALongLogThenFollows) {
  Platform platform;
  platform.start_primary();
  std::string batch = "d long\n";
  for (int id = 1; id <= 45'000; ++id) batch += std::to_string(id) + " 1 1 " + std::to_string(id) + " 0 0\n";
  ASSERT_EQ(post(platform.primary->port(), "/append", batch, "Epoch: 1\r\n").status, 200);
  platform.restart_primary();  // so that it is on disk alone
  platform.start_standby();
  platform.start_api();
  Bidders bidders(platform.api->port(), "more", 2);
  ASSERT_TRUE(wait_until_true([&] { return position(*platform.standby) > 45'100; }));
  bidders.stop();
  platform.await_in_step();
  EXPECT_EQ(read_back_ids(platform.standby->port(), "long").size(), 45'000U);
  EXPECT_EQ(read_back_ids(platform.standby->port(), "long"), read_back_ids(platform.primary->port(), "long"));
  EXPECT_EQ(read_back_ids(platform.standby->port(), "more"), read_back_ids(platform.primary->port(), "more"));
  EXPECT_EQ(get(platform.standby->port(), "/auctions/1").body, get(platform.primary->port(), "/auctions/1").body);
}

// Runs a failover that leaves the old primary with bids of its own, and hands over both.
void part_ways(Platform& platform) {
  platform.start_primary({"--lag", "30s"});
  platform.start_standby();
  platform.start_api();
  ASSERT_TRUE(wait_until_true([&] { return replication(*platform.standby).at("epoch") == 1; }));
  ASSERT_EQ(post(platform.api->port(), "/auctions/1/bids", bid_body(1, 1, 1, 1)).status, 201);
  platform.fail_over();
  ASSERT_EQ(post(platform.api->port(), "/auctions/1/bids", bid_body(2, 1, 1, 1)).status, 201);
}

TEST(Replication, AnOldPrimaryMustBeRebuiltBeforeItFollows) {
  Platform platform;
  ASSERT_NO_FATAL_FAILURE(part_ways(platform));
  Daemon old({"store", "--role", "standby", "--port", "0", "--data", platform.folder / "primary", "--primary",
              platform.standby->url()});
  ASSERT_TRUE(wait_until_true([&] { return get(old.port(), "/health").status == 503; }));
  EXPECT_NE(replication(old).at("following").at("trouble").get<std::string>().find("empty --data"), std::string::npos);
  EXPECT_EQ(read_back_ids(old.port(), ""), (std::vector<std::uint64_t>{1})) << "nothing of it is thrown away unasked";

  Daemon rebuilt({"store", "--role", "standby", "--port", "0", "--data", platform.folder / "anew", "--primary",
                  platform.standby->url()});
  ASSERT_TRUE(wait_until_true([&] { return position(rebuilt) == 1; }));
  EXPECT_EQ(read_back_ids(rebuilt.port(), ""), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(get(rebuilt.port(), "/health").status, 200);
  EXPECT_EQ(post(rebuilt.port(), "/promote").json().at("epoch"), 3);
}

TEST(Replication, AStalePrimaryIsFenced) {
  for (const std::string bug : {"", "skip-fencing"}) {
    Platform platform;
    ASSERT_NO_FATAL_FAILURE(part_ways(platform));
    platform.restart_primary({}, bug);
    const auto answer = post(platform.primary->port(), "/append", "d x\n9 1 1 1 0 0\n", "Epoch: 2\r\n");
    if (!bug.empty()) {
      EXPECT_EQ(answer.status, 200) << "the planted bug must show";
      continue;
    }
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.header("blackstart-stored"), "no");
    EXPECT_NE(answer.body.find("stale primary"), std::string::npos);
    EXPECT_EQ(get(platform.primary->port(), "/health").status, 503);
    // From then on it takes nothing of its own epoch either.
    EXPECT_EQ(post(platform.primary->port(), "/append", "d x\n9 1 1 1 0 0\n", "Epoch: 1\r\n").status, 409);
  }
}

TEST(Replication, AnApiThatKnowsBetterGivesAStalePrimaryNothing) {
  Platform platform;
  ASSERT_NO_FATAL_FAILURE(part_ways(platform));
  platform.restart_primary();
  ASSERT_EQ(put(platform.api->port(), "/upstreams/database", R"({"url":")" + platform.primary->url() + "\"}").status,
            200);
  const auto answer = post(platform.api->port(), "/auctions/1/bids", bid_body(3, 1, 1, 1));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("blackstart-stored"), "no");
  EXPECT_NE(get(platform.api->port(), "/health").body.find("stale primary"), std::string::npos);
}

TEST(Replication, AStandbyThatNeverHeardOfAPrimaryCanStillBePromotedAndFollowed) {
  TemporaryFolder folder;
  Daemon standby({"store", "--role", "standby", "--port", "0", "--data", folder / "a"});
  EXPECT_EQ(post(standby.port(), "/promote").json().at("epoch"), 1);
  EXPECT_EQ(post(standby.port(), "/append", "d x\n9 1 1 1 0 0\n", "Epoch: 1\r\n").status, 200);
  Daemon next({"store", "--role", "standby", "--port", "0", "--data", folder / "b", "--primary", standby.url()});
  EXPECT_TRUE(wait_until_true([&] { return position(next) == 1; })) << replication(next).dump();
}

TEST(Replication, AStandbyTakesNoBids) {
  Platform platform;
  platform.start_primary();
  platform.start_standby();
  ASSERT_TRUE(wait_until_true([&] { return replication(*platform.standby).at("epoch") == 1; }));
  const auto answer = post(platform.standby->port(), "/append", "d x\n9 1 1 1 0 0\n", "Epoch: 1\r\n");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.header("blackstart-stored"), "no");
}

TEST(Replication, AStandbyCanBeToldWhomToFollowLater) {
  Platform platform;
  platform.start_primary();
  ASSERT_EQ(post(platform.primary->port(), "/append", "d x\n9 1 1 1 0 0\n", "Epoch: 1\r\n").status, 200);
  Daemon standby({"store", "--role", "standby", "--port", "0", "--data", platform.folder / "s"});
  EXPECT_EQ(position(standby), 0U);
  EXPECT_EQ(put(standby.port(), "/replication", R"({"primary":")" + platform.primary->url() + "\"}").status, 200);
  EXPECT_TRUE(wait_until_true([&] { return position(standby) == 1; }));
}

}  // namespace
}  // namespace blackstart::auction
