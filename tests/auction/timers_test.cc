// Auctions close on schedule and exactly once: across kills of timers, a store that was away, and a failover that lost
// closings.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/auction/platform.h"
#include "tests/support/wait.h"

namespace blackstart::auction {
namespace {

using Key = std::pair<std::uint32_t, std::uint64_t>;

/// How often each round of each auction is closed, by the store's read-back.
std::map<Key, int> closings(std::uint16_t port) {
  std::map<Key, int> times;
  Peer peer(port);
  std::string after = "0";
  while (!after.empty()) {
    const auto answer = peer.call("GET", "/closings?limit=1000&after=" + after);
    EXPECT_TRUE(answer && answer->status == 200);
    if (!answer) break;
    std::istringstream lines(answer->body);
    for (std::string line; std::getline(lines, line);) {
      const auto closing = nlohmann::json::parse(line);
      ++times[{closing.at("auction"), closing.at("round")}];
    }
    after = answer->header("next-cursor");
  }
  return times;
}

/// Every closing once, and of each auction every round between its first and its last.
void expect_exactly_once(const std::map<Key, int>& times) {
  std::map<std::uint32_t, std::vector<std::uint64_t>> rounds;
  for (const auto& [key, count] : times) {
    EXPECT_EQ(count, 1) << "auction " << key.first << " round " << key.second;
    rounds[key.first].push_back(key.second);
  }
  for (const auto& [auction, closed] : rounds) {
    EXPECT_EQ(closed.back() - closed.front() + 1, closed.size()) << "auction " << auction << " missed a round";
  }
}

Words timers_of(Platform& platform, const std::string& store) {
  return {"timers",     "--port", "0",        "--store", store, "--data", platform.folder / "timers",
          "--auctions", "20",     "--length", "200ms"};
}

TEST(Timers, CloseExactlyOnceAcrossKills) {
  Platform platform;
  platform.start_primary();
  for (int kill = 0; kill < 4; ++kill) {
    Daemon timers(timers_of(platform, platform.primary->url()));
    const auto before = closings(platform.primary->port()).size();
    ASSERT_TRUE(wait_until_true([&] { return closings(platform.primary->port()).size() > before + 60; }))
        << timers.log();
    timers.kill();
  }
  Daemon timers(timers_of(platform, platform.primary->url()));
  ASSERT_TRUE(wait_until_true([&] { return get(timers.port(), "/health").status == 200; }));
  expect_exactly_once(closings(timers.port()));
}

TEST(Timers, TheTestAboveFindsAStoreThatClosesTwice) {
  Platform platform;
  platform.start_primary({}, "close-twice");
  for (int kill = 0; kill < 2; ++kill) {
    Daemon timers(timers_of(platform, platform.primary->url()));
    const auto before = closings(platform.primary->port()).size();
    ASSERT_TRUE(wait_until_true([&] { return closings(platform.primary->port()).size() > before + 60; }));
    timers.kill();
  }
  const auto times = closings(platform.primary->port());
  EXPECT_TRUE(std::any_of(times.begin(), times.end(), [](const auto& entry) { return entry.second > 1; }));
}

TEST(Timers, CatchUpAfterTheStoreWasAwayAndAfterAFailoverThatLostClosings) {
  Platform platform;
  platform.start_primary({"--lag", "1s"});
  platform.start_standby();
  platform.start_api();
  Daemon timers(timers_of(platform, platform.primary->url()));
  const auto standby_closings = [&] { return closings(platform.standby->port()).size(); };
  ASSERT_TRUE(wait_until_true([&] { return standby_closings() > 20; }));
  const auto closed = closings(platform.primary->port());
  EXPECT_GT(closed.size(), standby_closings()) << "the standby must lack some for this test to say anything";
  platform.fail_over();
  EXPECT_TRUE(wait_until_true(
      [&] { return get(timers.port(), "/health").json().at("components").at("db").at("status") == "DOWN"; }));
  ASSERT_EQ(put(timers.port(), "/upstreams/database", R"({"url":")" + platform.standby->url() + "\"}").status, 200);
  ASSERT_TRUE(wait_until_true([&] {
    const auto now = closings(platform.standby->port());
    return std::all_of(closed.begin(), closed.end(), [&](const auto& entry) { return now.contains(entry.first); });
  })) << timers.log();
  expect_exactly_once(closings(platform.standby->port()));
}

TEST(Timers, AClosingNamesTheRoundsWinner) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  Daemon timers(timers_of(platform, platform.primary->url()));
  ASSERT_EQ(post(platform.api->port(), "/auctions/3/bids", bid_body(1, 3, 8, 10)).status, 201);
  nlohmann::json winner;
  ASSERT_TRUE(wait_until_true([&] {
    std::istringstream lines(get(timers.port(), "/closings?limit=50000").body);
    for (std::string line; std::getline(lines, line);) {
      const auto closing = nlohmann::json::parse(line);
      if (closing.at("auction") == 3 && !closing.at("winner").is_null()) winner = closing.at("winner");
    }
    return !winner.is_null();
  }));
  EXPECT_EQ(winner, nlohmann::json::parse(R"({"id":"1","bidder":8,"amount":10})"));
  EXPECT_TRUE(get(platform.api->port(), "/auctions/3").json().at("leading").is_null()) << "the next round is empty";
  EXPECT_EQ(read_back_ids(platform.api->port(), ""), (std::vector<std::uint64_t>{1})) << "closings are no bids";
}

TEST(Timers, ASpoiledCheckpointIsToldNotGuessed) {
  Platform platform;
  std::filesystem::create_directories(platform.folder / "timers");
  std::ofstream(platform.folder / "timers/checkpoint.json") << "{\"origin";
  Daemon timers(timers_of(platform, "http://127.0.0.1:1"));
  EXPECT_EQ(timers.wait(), 1);
  EXPECT_NE(timers.log().find("is no checkpoint"), std::string::npos) << timers.log();
}

}  // namespace
}  // namespace blackstart::auction
