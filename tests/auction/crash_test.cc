// What an acknowledgement is worth when processes die, hang or are away: never a lie, in either direction.

#include <gtest/gtest.h>

#include "tests/auction/platform.h"
#include "tests/support/wait.h"

namespace blackstart::auction {
namespace {

void expect_truth(const Bidders& bidders, const std::vector<std::uint64_t>& stored) {
  EXPECT_EQ(missing(bidders.acknowledged, stored).size(), 0U) << "acknowledged and not stored";
  EXPECT_EQ(present(bidders.refused, stored).size(), 0U) << "refused and stored";
  EXPECT_EQ(std::set<std::uint64_t>(stored.begin(), stored.end()).size(), stored.size()) << "stored twice";
}

TEST(Crash, AKilledStoreKeepsEveryAcknowledgedBid) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  Bidders bidders(platform.api->port(), "crash");
  for (int kill = 0; kill < 5; ++kill) {
    const auto before = bidders.acknowledged_count.load();
    ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > before + 200; }));
    platform.primary->kill();
    platform.restart_primary();
  }
  bidders.stop();
  expect_truth(bidders, read_back_ids(platform.primary->port(), "crash"));
}

TEST(Crash, TheTestAboveFindsAcknowledgementsBeforeTheCommit) {
  Platform platform;
  platform.start_primary({}, "ack-before-commit");
  platform.start_api();
  Bidders bidders(platform.api->port(), "crash");
  std::set<std::uint64_t> lost;
  for (int kill = 0; kill < 20 && lost.empty(); ++kill) {
    const auto before = bidders.acknowledged_count.load();
    ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > before; }));
    platform.primary->kill();
    platform.restart_primary({}, "ack-before-commit");
  }
  bidders.stop();
  EXPECT_FALSE(missing(bidders.acknowledged, read_back_ids(platform.primary->port(), "crash")).empty());
}

TEST(Crash, AKilledApiLosesNothingItAcknowledged) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  Bidders bidders(platform.api->port(), "api");
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > 300; }));
  const auto port = std::to_string(platform.api->port());
  platform.api->kill();
  Daemon again({"api", "--port", port, "--store", platform.primary->url()});
  const auto before = bidders.acknowledged_count.load();
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > before + 100; }));
  bidders.stop();
  expect_truth(bidders, read_back_ids(again.port(), "api"));
}

TEST(Crash, AStoreThatIsAwayMeansRefusedAtOnce) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  platform.primary->kill();
  ASSERT_TRUE(wait_until_true([&] { return get(platform.api->port(), "/health").status == 503; }));
  const auto answer = post(platform.api->port(), "/auctions/1/bids", bid_body(1, 1, 1, 1));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("blackstart-stored"), "no");
  EXPECT_EQ(get(platform.api->port(), "/bids").status, 503);
  EXPECT_EQ(get(platform.api->port(), "/health").json().at("components").at("db").at("status"), "DOWN");
}

TEST(Crash, AStoreThatHangsLeavesWhatItWasHandedUnsettled) {
  Platform platform;
  platform.start_primary();
  platform.start_api({"--settle-within", "300ms"});
  Bidders bidders(platform.api->port(), "hang");
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > 100; }));
  platform.primary->signal(SIGSTOP);
  ASSERT_TRUE(wait_until_true([&] { return get(platform.api->port(), "/health").status == 503; }));
  const auto settled = bidders.settled_count.load();
  ASSERT_TRUE(wait_until_true([&] { return bidders.settled_count > settled + 50; })) << "bidders must not hang too";
  platform.primary->signal(SIGCONT);
  const auto before = bidders.acknowledged_count.load();
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > before + 100; }));
  bidders.stop();
  EXPECT_FALSE(bidders.indeterminate.empty()) << "what was handed over while it hung cannot be known";
  EXPECT_FALSE(bidders.refused.empty());
  expect_truth(bidders, read_back_ids(platform.primary->port(), "hang"));
}

TEST(Crash, RepointingNeedsNoRestartAndLosesNothing) {
  Platform platform;
  platform.start_primary({"--replication", "sync"});
  platform.start_standby();
  platform.start_api();
  Bidders bidders(platform.api->port(), "repoint");
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > 200; }));
  platform.fail_over();
  ASSERT_EQ(get(platform.api->port(), "/upstreams").json().at("database").at("url"), platform.standby->url());
  const auto before = bidders.acknowledged_count.load();
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > before + 200; }));
  bidders.stop();
  expect_truth(bidders, read_back_ids(platform.api->port(), "repoint"));
}

TEST(Crash, SigtermSettlesWhatIsOpenAndEndsWithZero) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  Bidders bidders(platform.api->port(), "term");
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > 100; }));
  platform.api->signal(SIGTERM);
  EXPECT_EQ(platform.api->wait(), 0);
  bidders.stop();
  EXPECT_TRUE(missing(bidders.acknowledged, read_back_ids(platform.primary->port(), "term")).empty());
  platform.primary->signal(SIGTERM);
  EXPECT_EQ(platform.primary->wait(), 0) << platform.primary->log();
}

TEST(Crash, WhatCannotStartSaysWhy) {
  Platform platform;
  platform.start_primary();
  const auto ends_with = [](const Words& words, const std::string& says) {
    Daemon daemon(words);
    EXPECT_EQ(daemon.wait(), 1);
    EXPECT_NE(daemon.log().find(says), std::string::npos) << daemon.log();
  };
  const auto taken = std::to_string(platform.primary->port());
  ends_with({"api", "--port", taken, "--store", platform.primary->url()}, "another program has the port");
  ends_with({"notifications", "--port", taken, "--api", platform.primary->url()}, "another program has the port");
  ends_with({"timers", "--port", taken, "--store", platform.primary->url(), "--data", platform.folder / "t"},
            "another program has the port");
  ends_with({"store", "--port", "0", "--data", platform.folder / "primary"}, "is in use by another store");
  ends_with({"store", "--port", "0", "--data", "/proc/nowhere"}, "cannot create --data /proc/nowhere");
  ends_with({"store", "--port", "0", "--host", "nowhere", "--data", platform.folder / "x"}, "--host takes an IP");
  ends_with({"store", "--port", "0", "--data", platform.folder / "x", "--lag", "31s"}, "--lag is at most 30s");
}

TEST(Crash, ADiskThatFailsEndsTheStoreAndNoAcknowledgementIsLost) {
  Platform platform;
  platform.start_primary();
  const auto port = std::to_string(platform.primary->port());
  const Words words{"store", "--port", port, "--data", platform.folder / "primary"};
  platform.primary.reset();
  platform.primary = std::make_unique<Daemon>(words, "", 512 * 1024);
  platform.primary->port();
  platform.start_api();
  Bidders bidders(platform.api->port(), "disk");
  EXPECT_EQ(platform.primary->wait(), 1);
  EXPECT_NE(platform.primary->log().find("the log cannot be written"), std::string::npos) << platform.primary->log();
  ASSERT_TRUE(wait_until_true([&] { return get(platform.api->port(), "/health").status == 503; }));
  platform.primary = std::make_unique<Daemon>(words);
  const auto before = bidders.acknowledged_count.load();
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > before + 100; }));
  bidders.stop();
  expect_truth(bidders, read_back_ids(platform.primary->port(), "disk"));
}

TEST(Crash, ManyBidsShareACommit) {
  Platform platform;
  platform.start_primary({"--commit-interval", "5ms"});
  platform.start_api();
  Bidders bidders(platform.api->port(), "group", 16);
  ASSERT_TRUE(wait_until_true([&] { return bidders.acknowledged_count > 800; }));
  bidders.stop();
  const auto metrics = get(platform.primary->port(), "/metrics").body;
  const auto number = [&](const std::string& name) {
    return std::stod(metrics.substr(metrics.find("\n" + name + " ") + name.size() + 2));
  };
  EXPECT_GT(number("store_commits_total"), 0);
  EXPECT_LT(number("store_commits_total") * 2, number("store_position"));
  EXPECT_EQ(number("store_batch_size_sum"), number("store_position"));
}

}  // namespace
}  // namespace blackstart::auction
