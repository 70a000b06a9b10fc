// Watchers at the api and at notifications: coalescing, slow and leaving readers, a feed that goes away.

#include <gtest/gtest.h>

#include "tests/auction/platform.h"
#include "tests/support/wait.h"

namespace blackstart::auction {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// An open stream and its events, as they come.
class Stream {
 public:
  Stream(std::uint16_t port, std::uint32_t auction) : peer_(port) {
    EXPECT_TRUE(peer_.write("GET /auctions/" + std::to_string(auction) + "/watch HTTP/1.1\r\nHost: x\r\n\r\n"));
    const auto head = peer_.read_until("\r\n\r\n", std::chrono::seconds(20));
    EXPECT_NE(head.find("text/event-stream"), std::string::npos) << head;
  }

  /// The events so far, after reading for at most `wait` until there are `count`.
  std::vector<nlohmann::json> events(std::size_t count, milliseconds wait = std::chrono::seconds(20)) {
    const auto end = steady_clock::now() + wait;
    std::vector<nlohmann::json> found;
    do {
      peer_.read_until("never", milliseconds(10));
      found = parsed();
    } while (found.size() < count && steady_clock::now() < end);
    return found;
  }

 private:
  std::vector<nlohmann::json> parsed() {
    std::vector<nlohmann::json> events;
    const auto text = peer_.read_until("\r\n\r\n", milliseconds(0));  // what is there already
    constexpr std::string_view kMark = "event: bid\ndata: ";
    for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
      const auto begin = at + kMark.size();
      const auto end = text.find("\n\n", begin);
      if (end != std::string::npos) events.push_back(nlohmann::json::parse(text.substr(begin, end - begin)));
    }
    return events;
  }

  Peer peer_;
};

std::uint64_t counted(const std::vector<nlohmann::json>& events) {
  std::uint64_t count = 0;
  for (const auto& event : events) count += event.at("count").get<std::uint64_t>();
  return count;
}

void bid(Platform& platform, std::uint64_t id, std::uint32_t auction, std::int64_t amount) {
  ASSERT_EQ(
      post(platform.api->port(), "/auctions/" + std::to_string(auction) + "/bids", bid_body(id, auction, 1, amount))
          .status,
      201);
}

// Bids quickly for a while; the watcher must have seen all of them, in few events.
std::size_t events_of_a_burst(const std::string& bug) {
  Platform platform;
  platform.start_primary();
  platform.start_api({}, bug);
  Stream stream(platform.api->port(), 4);
  Stream elsewhere(platform.api->port(), 5);
  const auto began = steady_clock::now();
  constexpr std::uint64_t kBids = 40;
  for (std::uint64_t id = 1; id <= kBids; ++id) bid(platform, id, 4, static_cast<std::int64_t>(id % 11));
  EXPECT_TRUE(wait_until_true([&] { return counted(stream.events(1)) == kBids; }));
  const auto events = stream.events(1);
  const auto seconds = std::chrono::duration<double>(steady_clock::now() - began).count();
  EXPECT_TRUE(elsewhere.events(1, milliseconds(1)).empty());
  if (bug.empty()) {
    EXPECT_LE(static_cast<double>(events.size()), seconds + 1) << "more than one a second";
  }
  EXPECT_EQ(events.front().at("leading"), true);
  return events.size();
}

TEST(Watch, AnEventStandsForAllSinceTheLast) { EXPECT_LT(events_of_a_burst(""), 40U); }

TEST(Watch, TheTestAboveFindsAnApiThatDoesNotCoalesce) { EXPECT_EQ(events_of_a_burst("coalesce-nothing"), 40U); }

TEST(Watch, ManyComeAndGo) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  const auto watchers = [&] {
    const auto metrics = get(platform.api->port(), "/metrics").body;
    return std::stoi(metrics.substr(metrics.find("\nwatchers ") + 10));
  };
  {
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < 300; ++i) streams.push_back(std::make_unique<Stream>(platform.api->port(), 1));
    EXPECT_EQ(watchers(), 300);
    bid(platform, 1, 1, 10);
    for (auto& stream : streams) EXPECT_EQ(stream->events(1).size(), 1U);
  }
  EXPECT_TRUE(wait_until_true([&] { return watchers() == 0; }));
  bid(platform, 2, 1, 11);
  Stream late(platform.api->port(), 1);
  bid(platform, 3, 1, 12);
  EXPECT_EQ(late.events(1).front().at("id"), "3");
}

TEST(Watch, NotificationsFollowThroughAFailover) {
  Platform platform;
  platform.start_primary({"--replication", "sync"});
  platform.start_standby();
  platform.start_api();
  Daemon notifications({"notifications", "--port", "0", "--api", platform.api->url()});
  const auto up = [&] { return get(notifications.port(), "/health").status == 200; };
  ASSERT_TRUE(wait_until_true(up));
  Stream stream(notifications.port(), 3);
  bid(platform, 1, 3, 10);
  ASSERT_EQ(stream.events(1).size(), 1U);
  EXPECT_EQ(stream.events(1)[0].at("id"), "1");
  platform.primary->kill();
  EXPECT_TRUE(wait_until_true([&] { return !up(); })) << "a feed that is away shows in /health";
  platform.fail_over();
  ASSERT_TRUE(wait_until_true(up));
  put(platform.standby->port(), "/replication", R"({"mode":"async"})");
  bid(platform, 2, 3, 20);
  ASSERT_TRUE(wait_until_true([&] { return stream.events(2).size() == 2; }));
  EXPECT_EQ(stream.events(2)[1].at("id"), "2");
}

TEST(Watch, NotificationsCanBeRepointedToAStore) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  Daemon notifications({"notifications", "--port", "0", "--stream", "http://127.0.0.1:1"});
  EXPECT_EQ(get(notifications.port(), "/health").status, 503);
  EXPECT_EQ(put(notifications.port(), "/upstreams/stream", R"({"url":")" + platform.primary->url() + "\"}").status,
            200);
  ASSERT_TRUE(wait_until_true([&] { return get(notifications.port(), "/health").status == 200; }));
  Stream stream(notifications.port(), 3);
  bid(platform, 1, 3, 10);
  EXPECT_EQ(stream.events(1).size(), 1U);
}

TEST(Watch, TheApiShowsItsStream) {
  Platform platform;
  platform.start_primary();
  platform.start_api();
  Daemon notifications({"notifications", "--port", "0", "--api", platform.api->url()});
  put(platform.api->port(), "/upstreams/stream", R"({"url":")" + notifications.url() + "\"}");
  const auto stream_status = [&] {
    return get(platform.api->port(), "/health").json().at("components").at("stream").at("status").get<std::string>();
  };
  EXPECT_TRUE(wait_until_true([&] { return stream_status() == "UP"; }));
  notifications.kill();
  EXPECT_TRUE(wait_until_true([&] { return stream_status() == "DOWN"; }));
  EXPECT_EQ(get(platform.api->port(), "/health").status, 200) << "bids need no stream";
}

}  // namespace
}  // namespace blackstart::auction
