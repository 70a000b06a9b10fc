// Every role against others that answer nonsense, nothing, or stop answering: it says so and lives on.

#include <gtest/gtest.h>

#include "tests/auction/impostor.h"
#include "tests/auction/platform.h"
#include "tests/support/wait.h"

namespace blackstart::auction {
namespace {

const std::string kStrangeAnswers[] = {
    Impostor::http(200, ""),
    Impostor::http(200, "[]"),
    Impostor::http(200, R"({"epoch":"one","cluster":5,"accepting":"yes","why":[],"marks":7})"),
    Impostor::http(200, R"({"epoch":-1,"cluster":"c","accepting":true})"),
    Impostor::http(200, R"({"accepting":false,"why":{},"epoch":1,"cluster":"c"})"),
    Impostor::http(500, std::string(100'000, 'x')),
    Impostor::http(200, "\xff\xfe", "Timeline: x\r\nPosition: -1\r\nCluster: c\r\n"),
    Impostor::http(200, "d x\nno entry\n", "Timeline: 1=0\r\nPosition: 3\r\nCluster: c\r\n"),
    Impostor::http(200, "d x\n7 1 1 1 1 1 1 0\n", "Timeline: 1=0\r\nPosition: 9\r\nCluster: c\r\n"),
    Impostor::http(409, "no", "Position: 99999999999999999999\r\n"),
    "SSH-2.0-OpenSSH\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
};

TEST(Strangers, AnApiTakesNothingFromWhatIsNoStore) {
  for (const auto& answer : kStrangeAnswers) {
    Impostor impostor(answer);
    Daemon api({"api", "--port", "0", "--store", impostor.url()});
    ASSERT_TRUE(wait_until_true([&] { return impostor.answered() > 2; })) << answer.substr(0, 80);
    const auto bid = post(api.port(), "/auctions/1/bids", bid_body(1, 1, 1, 1));
    EXPECT_EQ(bid.status, 503) << answer.substr(0, 80);
    EXPECT_EQ(bid.header("blackstart-stored"), "no");
    EXPECT_EQ(get(api.port(), "/health").json().at("status"), "DOWN");
    api.signal(SIGTERM);
    EXPECT_EQ(api.wait(), 0) << api.log();
  }
}

TEST(Strangers, AStandbyFollowsNothingFromWhatIsNoStore) {
  for (const auto& answer : kStrangeAnswers) {
    Impostor impostor(answer);
    TemporaryFolder folder;
    Daemon standby({"store", "--role", "standby", "--port", "0", "--data", folder / "s", "--primary", impostor.url()});
    ASSERT_TRUE(wait_until_true([&] { return impostor.answered() > 1; })) << answer.substr(0, 80);
    const auto state = [&] { return get(standby.port(), "/replication").json(); };
    // An answer whose head is right is heard before its body is found wrong.
    EXPECT_TRUE(wait_until_true([&] { return state().at("following").at("trouble") != ""; })) << answer.substr(0, 80);
    EXPECT_EQ(state().at("position"), 0) << answer.substr(0, 80);
    EXPECT_EQ(post(standby.port(), "/promote").status, 200);
    standby.signal(SIGTERM);
    EXPECT_EQ(standby.wait(), 0) << standby.log();
  }
}

TEST(Strangers, NotificationsAndTimersSayThatTheyAreDown) {
  for (const auto& answer : kStrangeAnswers) {
    Impostor impostor(answer);
    TemporaryFolder folder;
    Daemon notifications({"notifications", "--port", "0", "--api", impostor.url()});
    Daemon timers({"timers", "--port", "0", "--store", impostor.url(), "--data", folder / "t"});
    ASSERT_TRUE(wait_until_true([&] { return impostor.answered() > 4; })) << answer.substr(0, 80);
    EXPECT_EQ(get(timers.port(), "/health").status, 503) << answer.substr(0, 80);
    EXPECT_NE(get(notifications.port(), "/health").status, 0);
    for (auto* daemon : {&notifications, &timers}) {
      daemon->signal(SIGTERM);
      EXPECT_EQ(daemon->wait(), 0) << daemon->log();
    }
  }
}

TEST(Strangers, AnApiEndsInTimeThoughItsStoreHangs) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  platform.primary->signal(SIGSTOP);
  std::thread reader([port = platform.api->port()] { Peer(port).call("GET", "/bids"); });
  Bidders bidders(platform.api->port(), "hang", 4);
  ASSERT_TRUE(wait_until_true([&] { return get(platform.api->port(), "/health").status == 503; }));
  platform.api->signal(SIGTERM);
  EXPECT_EQ(platform.api->wait(), 0) << platform.api->log();
  bidders.stop();
  reader.join();
  EXPECT_TRUE(bidders.acknowledged.empty());
}

}  // namespace
}  // namespace blackstart::auction
