// The bid protocol on the real api and store, case by case.

#include <gtest/gtest.h>

#include "tests/auction/platform.h"
#include "tests/support/wait.h"

namespace blackstart::auction {
namespace {

class Protocol : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    platform_ = new Platform();
    platform_->start_primary();
    platform_->start_api();
  }
  static void TearDownTestSuite() {
    delete platform_;
    platform_ = nullptr;
  }
  static std::uint16_t port() { return platform_->api->port(); }
  static Platform* platform_;
};
Platform* Protocol::platform_ = nullptr;

TEST_F(Protocol, AcknowledgesAndReadsBackWhatItStored) {
  const auto answer = post(port(), "/auctions/3/bids", bid_body(18446744073709551615ULL, 3, 4294967295, -5),
                           "Blackstart-Drill: first\r\n");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.json().at("id"), "18446744073709551615");
  EXPECT_EQ(answer.json().at("stored"), true);
  EXPECT_EQ(answer.json().at("leading"), true);
  const auto back = get(port(), "/bids?drill=first");
  EXPECT_EQ(back.header("content-type"), "application/x-ndjson");
  EXPECT_EQ(back.header("next-cursor"), "");
  const auto line = back.json();
  EXPECT_EQ(line.at("id"), "18446744073709551615");
  EXPECT_EQ(line.at("auction"), 3);
  EXPECT_EQ(line.at("bidder"), 4294967295U);
  EXPECT_EQ(line.at("amount"), -5);
  EXPECT_EQ(line.at("crc"), nlohmann::json::parse(bid_body(18446744073709551615ULL, 3, 4294967295, -5)).at("crc"));
}

TEST_F(Protocol, LeadingFollowsTheHighestBid) {
  const auto leading = [](std::uint64_t id, std::int64_t amount) {
    return post(port(), "/auctions/50/bids", bid_body(id, 50, 1, amount)).json().at("leading").get<bool>();
  };
  EXPECT_TRUE(leading(1, 100));
  EXPECT_FALSE(leading(2, 99));
  EXPECT_FALSE(leading(3, 100)) << "a tie does not take the lead";
  EXPECT_TRUE(leading(4, 101));
  const auto auction = get(port(), "/auctions/50").json();
  EXPECT_EQ(auction.at("leading").at("id"), "4");
  EXPECT_EQ(auction.at("leading").at("amount"), 101);
  EXPECT_TRUE(get(port(), "/auctions/51").json().at("leading").is_null());
}

TEST_F(Protocol, ADuplicateIsStoredTwice) {
  const std::string header = "Blackstart-Drill: twice\r\n";
  EXPECT_EQ(post(port(), "/auctions/1/bids", bid_body(9, 1, 1, 1), header).status, 201);
  EXPECT_EQ(post(port(), "/auctions/1/bids", bid_body(9, 1, 1, 1), header).status, 201);
  EXPECT_EQ(read_back_ids(port(), "twice"), (std::vector<std::uint64_t>{9, 9}));
}

TEST_F(Protocol, EachDrillReadsItsOwnPageByPage) {
  std::vector<std::uint64_t> even, odd;
  for (std::uint64_t id = 1; id <= 25; ++id) {
    (id % 2 == 0 ? even : odd).push_back(id);
    ASSERT_EQ(post(port(), "/auctions/1/bids", bid_body(id, 1, 1, 1),
                   std::string("Blackstart-Drill: ") + (id % 2 == 0 ? "even" : "odd") + "\r\n")
                  .status,
              201);
  }
  for (const int limit : {1, 4, 12, 13, 50'000}) {
    EXPECT_EQ(read_back_ids(port(), "even", limit), even) << limit;
    EXPECT_EQ(read_back_ids(port(), "odd", limit), odd) << limit;
  }
  EXPECT_TRUE(read_back_ids(port(), "never-was").empty());
}

TEST_F(Protocol, OnlyAPageThatMoreFollowsHasACursor) {
  for (std::uint64_t id = 1; id <= 6; ++id) {
    const char* drill = id % 2 == 0 ? "Blackstart-Drill: exact\r\n" : "Blackstart-Drill: between\r\n";
    ASSERT_EQ(post(port(), "/auctions/1/bids", bid_body(id, 1, 1, 1), drill).status, 201);
  }
  const auto all = get(port(), "/bids?drill=exact&limit=3");
  EXPECT_EQ(all.header("next-cursor"), "") << "its last bid is the drill's last";
  const auto first = get(port(), "/bids?drill=exact&limit=2");
  const std::string cursor(first.header("next-cursor"));
  ASSERT_NE(cursor, "");
  const auto last = get(port(), "/bids?drill=exact&limit=1&after=" + cursor);
  EXPECT_EQ(last.json().at("id"), "6");
  EXPECT_EQ(last.header("next-cursor"), "");
}

struct Refusal {
  const char* name;
  const char* method;
  std::string target;
  std::string body;
  std::string headers;
  int status;
  std::string says;
};

TEST_F(Protocol, RefusesWithTheRightStatus) {
  const std::string good = bid_body(1, 1, 2, 3);
  const Refusal refusals[] = {
      {"no JSON", "POST", "/auctions/1/bids", "{\"id\":", "", 400, "no JSON object"},
      {"an array", "POST", "/auctions/1/bids", "[1]", "", 400, "no JSON object"},
      {"empty", "POST", "/auctions/1/bids", "", "", 400, "no JSON object"},
      {"id as a number", "POST", "/auctions/1/bids", R"({"id":1,"bidder":2,"amount":3,"crc":4})", "", 400,
       "\\\"id\\\""},
      {"id 0", "POST", "/auctions/1/bids", bid_body(0, 1, 2, 3), "", 400, "\\\"id\\\""},
      {"id with sign", "POST", "/auctions/1/bids", R"({"id":"+1","bidder":2,"amount":3,"crc":4})", "", 400,
       "\\\"id\\\""},
      {"id too large", "POST", "/auctions/1/bids", R"({"id":"18446744073709551616","bidder":2,"amount":3,"crc":4})", "",
       400, "\\\"id\\\""},
      {"no bidder", "POST", "/auctions/1/bids", R"({"id":"1","amount":3,"crc":4})", "", 400, "\\\"bidder\\\""},
      {"bidder too large", "POST", "/auctions/1/bids", R"({"id":"1","bidder":4294967296,"amount":3,"crc":4})", "", 400,
       "\\\"bidder\\\""},
      {"amount with a fraction", "POST", "/auctions/1/bids", R"({"id":"1","bidder":2,"amount":3.5,"crc":4})", "", 400,
       "\\\"amount\\\""},
      {"amount too large", "POST", "/auctions/1/bids", R"({"id":"1","bidder":2,"amount":9223372036854775808,"crc":4})",
       "", 400, "\\\"amount\\\""},
      {"wrong checksum", "POST", "/auctions/1/bids", R"({"id":"1","bidder":2,"amount":3,"crc":4})", "", 400,
       "\\\"crc\\\" is 4, but"},
      {"the checksum of another auction", "POST", "/auctions/2/bids", good, "", 400, "\\\"crc\\\""},
      {"a drill's name with a space", "POST", "/auctions/1/bids", good, "Blackstart-Drill: a b\r\n", 400,
       "Blackstart-Drill"},
      {"auction 0", "POST", "/auctions/0/bids", good, "", 404, "no auction 0"},
      {"auction by name", "POST", "/auctions/x/bids", good, "", 404, "no auction x"},
      {"auction beyond 32 bits", "GET", "/auctions/4294967296", "", "", 404, "no auction"},
      {"unknown path", "GET", "/nowhere", "", "", 404, "no such path: /nowhere"},
      {"method", "GET", "/auctions/1/bids", "", "", 405, "takes POST"},
      {"method of the read-back", "DELETE", "/bids", "", "", 405, "takes GET"},
      {"too large", "POST", "/auctions/1/bids", std::string(70'000, ' '), "", 413, "larger"},
      {"cursor", "GET", "/bids?after=x", "", "", 400, "after=x is no number"},
      {"limit", "GET", "/bids?limit=0", "", "", 400, "limit"},
      {"upstream's url", "PUT", "/upstreams/database", R"({"url":"https://x"})", "", 400, "http://host:port"},
      {"upstream's name", "PUT", "/upstreams/cache", R"({"url":"http://x:1"})", "", 404, "no upstream cache"},
  };
  for (const auto& refusal : refusals) {
    const auto answer = Peer(port()).call(refusal.method, refusal.target, refusal.body, refusal.headers);
    ASSERT_TRUE(answer) << refusal.name;
    EXPECT_EQ(answer->status, refusal.status) << refusal.name << ": " << answer->body;
    EXPECT_NE(answer->body.find(refusal.says), std::string::npos) << refusal.name << ": " << answer->body;
  }
}

TEST_F(Protocol, IgnoresUnknownMembers) {
  auto bid = nlohmann::json::parse(bid_body(77, 1, 2, 3));
  bid["note"] = {{"nested", {1, 2, 3}}};
  EXPECT_EQ(post(port(), "/auctions/1/bids", bid.dump()).status, 201);
}

TEST_F(Protocol, TakesRequestsInAnyPieces) {
  const auto body = bid_body(5, 1, 2, 3);
  const auto whole =
      "POST /auctions/1/bids HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  Peer byte_by_byte(port());
  for (const char byte : whole) ASSERT_TRUE(byte_by_byte.write(std::string(1, byte)));
  EXPECT_EQ(byte_by_byte.read_answer().value_or(Answer{}).status, 201);

  Peer pipelined(port());
  ASSERT_TRUE(pipelined.write(whole + "GET /health HTTP/1.1\r\nHost: x\r\n\r\n" + whole));
  EXPECT_EQ(pipelined.read_answer().value_or(Answer{}).status, 201);
  EXPECT_EQ(pipelined.read_answer().value_or(Answer{}).status, 200);
  EXPECT_EQ(pipelined.read_answer().value_or(Answer{}).status, 201);

  Peer chunked(port());
  char size[8];
  std::snprintf(size, sizeof size, "%zx", body.size());
  ASSERT_TRUE(chunked.write("POST /auctions/1/bids HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                            std::string(size) + "\r\n" + body + "\r\n0\r\n\r\n"));
  EXPECT_EQ(chunked.read_answer().value_or(Answer{}).status, 201);
}

TEST_F(Protocol, HeadIsGetWithoutABody) {
  for (const std::string target : {"/health", "/metrics", "/bids?drill=none", "/nowhere", "/auctions/1/bids"}) {
    const Answer whole = get(port(), target);
    Peer peer(port());
    ASSERT_TRUE(peer.write("HEAD " + target + " HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n"));
    const std::string both = peer.read_until("}}", std::chrono::seconds(5));
    const std::size_t end = both.find("\r\n\r\n") + 4;
    EXPECT_TRUE(both.starts_with("HTTP/1.1 " + std::to_string(whole.status))) << both;
    EXPECT_TRUE(both.substr(end).starts_with("HTTP/1.1 200"))
        << target << ": the next answer follows the head: " << both;
    if (target != "/nowhere") continue;  // what the others say changes by the second
    EXPECT_NE(both.find("Content-Length: " + std::to_string(whole.body.size())), std::string::npos) << both;
  }
  Peer watcher(port());
  ASSERT_TRUE(watcher.write("HEAD /auctions/1/watch HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_NE(watcher.read_until("never", std::chrono::seconds(5)).find("text/event-stream"), std::string::npos);
}

TEST_F(Protocol, AsksForABodyThatIsHeldBack) {
  const auto body = bid_body(9, 1, 2, 3);
  const auto head = [&](const std::string& version, std::size_t length) {
    return "POST /auctions/1/bids HTTP/" + version +
           "\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
  };
  Peer peer(port());
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(peer.write(head("1.1", body.size())));
    EXPECT_EQ(peer.read_answer().value_or(Answer{}).status, 100);
    ASSERT_TRUE(peer.write(body));
    EXPECT_EQ(peer.read_answer().value_or(Answer{}).status, 201);
  }
  Peer at_once(port());
  ASSERT_TRUE(at_once.write(head("1.1", body.size()) + body));
  EXPECT_EQ(at_once.read_answer().value_or(Answer{}).status, 201) << "nobody waits";
  Peer old(port());
  ASSERT_TRUE(old.write(head("1.0", body.size())));
  EXPECT_EQ(get(port(), "/health").status, 200);  // the head above has been read
  ASSERT_TRUE(old.write(body));
  EXPECT_EQ(old.read_answer().value_or(Answer{}).status, 201) << "HTTP/1.0 knows no 100";
  Peer large(port());
  ASSERT_TRUE(large.write(head("1.1", 10'000'000)));
  EXPECT_EQ(large.read_answer().value_or(Answer{}).status, 413) << "before the body is sent for nothing";
}

TEST_F(Protocol, TakesWholeUrlsAsTargets) {
  EXPECT_EQ(get(port(), "http://auction.example:80/health").status, 200);
  EXPECT_EQ(get(port(), "HTTP://auction.example/bids?drill=none").header("content-type"), "application/x-ndjson");
  EXPECT_EQ(get(port(), "http://auction.example").status, 404);
}

TEST_F(Protocol, AnswersGarbageAndGoesOn) {
  const std::string garbage[] = {
      "hello\r\n\r\n",
      std::string(64, '\0') + "\r\n\r\n",
      "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST /auctions/1/bids HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  for (const auto& bytes : garbage) {
    Peer peer(port());
    ASSERT_TRUE(peer.write(bytes));
    EXPECT_EQ(peer.read_answer().value_or(Answer{}).status, 400) << bytes;
  }
  Peer endless(port());
  endless.write("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x'));
  EXPECT_EQ(endless.read_answer().value_or(Answer{}).status, 431);
  EXPECT_EQ(get(port(), "/health").status, 200);
}

TEST_F(Protocol, TellsHealthAndMetrics) {
  const auto health = get(port(), "/health").json();
  EXPECT_EQ(health.at("status"), "UP");
  EXPECT_EQ(health.at("components").at("db").at("status"), "UP");
  ASSERT_EQ(post(port(), "/auctions/1/bids", bid_body(6, 1, 2, 3)).status, 201);
  const auto metrics = get(port(), "/metrics");
  EXPECT_TRUE(metrics.header("content-type").starts_with("text/plain"));
  for (const char* line : {"# TYPE http_requests_total counter", "http_requests_total{status=\"201\"} ",
                           "http_request_duration_seconds_bucket{le=\"+Inf\"} ", "bids_total{outcome=\"stored\"} ",
                           "store_batch_size_count ", "store_up 1"}) {
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line;
  }
  const auto store = get(platform_->primary->port(), "/metrics");
  EXPECT_NE(store.body.find("replication_lag 0"), std::string::npos);
}

}  // namespace
}  // namespace blackstart::auction
