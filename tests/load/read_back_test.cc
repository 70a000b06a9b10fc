// Reading back from a target that does it badly: a read-back is complete or it does not count.
#include "load/http_reader.h"
#include "load/reconcile.h"

#include "tests/load/traffic_run.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/scripted_server.h"
#include "tests/support/wait.h"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace blackstart::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// 100 acknowledged bids in a ledger, and the same ones in a scripted server's store.
class ReadBack : public ::testing::Test {
 protected:
  ReadBack() : content(3, 100, 1.1, 1), ledger(*Ledger::create("", 1)) {
    schedule.arrivals = Arrivals::kConstant;
    schedule.profile = {{std::chrono::seconds(1), {1000}, {1000}}};
    mapping = protocol_mapping("");
    mapping.drill_id = "drill-1";
  }
  void fill(const std::string& folder_of_ids) {
    std::ofstream ids(folder_of_ids + "/ids");
    for (std::uint64_t bid = 0; bid < 100; ++bid) {
      const BidContent made = content.make(bid, 0);
      ledger->set(made.id, AttemptOutcome::kAcknowledged, instant_from_ns(1'000'000));
      ids << "drill-1-" << made.id << " " << made.crc << "\n";
    }
  }
  Result<ReadBackResult> read(std::chrono::milliseconds within = std::chrono::seconds(30), std::stop_token stop = {}) {
    return read_back(mapping, *ledger, content, schedule, std::chrono::milliseconds(100), {},
                     SteadyClock::now() + within, stop);
  }
  std::string run_result(const std::string& command) {
    mapping.protocol_bids = false;
    mapping.body = "{{drill.id}}-{{bid.id}}";
    mapping.read_back = LoadMapping::ReadBackKind::kRun;
    mapping.run = command;
    mapping.folder = folder;
    const auto back = read();
    if (!back) return back.error().message;
    return back->complete ? "kept " + std::to_string(back->kept) + " corrupted " + std::to_string(back->corrupted)
                          : back->why_incomplete;
  }

  ContentMaker content;
  std::unique_ptr<Ledger> ledger;
  ScheduleConfig schedule;
  BidMapping mapping;
  const ScratchFolder scratch;
  std::string folder = scratch.path();
};

TEST_F(ReadBack, BadServersAreIncompleteWithTheReason) {
  ScriptedServer server;
  TrafficRun run(constant_load(1000), protocol_mapping(server.url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 100; }));
  run.stop();
  const struct {
    const char* mode;
    const char* why;
  } cases[] = {{"fail", "answered 500"},
               {"disagree", "disagree"},
               {"garbage", "is no stored bid"},
               {"loop", "repeats itself"},
               {"unframed", "neither Content-Length"},
               {"cut", "closed inside the response"}};
  for (const auto& one : cases) {
    server.act({{"read_back", one.mode}});
    const auto back = run.read();
    ASSERT_TRUE(back) << one.mode;
    EXPECT_FALSE(back->complete) << one.mode;
    EXPECT_NE(back->why_incomplete.find(one.why), std::string::npos) << one.mode << ": " << back->why_incomplete;
    EXPECT_EQ(back->kept + back->lost, one.mode == std::string("disagree") ? back->kept + back->lost : 0U);
  }
  server.act({{"read_back", "ok"}});
  EXPECT_TRUE(run.read()->complete);
}

TEST_F(ReadBack, NobodyThereIsIncomplete) {
  {
    ScriptedServer server;
    mapping.url = mapping.read_back_url = server.url();
  }
  const auto back = read();
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->complete);
  EXPECT_NE(back->why_incomplete.find("could not connect"), std::string::npos) << back->why_incomplete;
}

TEST_F(ReadBack, DeadlineAndStopEndIt) {
  ScriptedServer server;
  mapping.url = mapping.read_back_url = server.url();
  server.act({{"stall_ms", 1500}});
  const auto late = read(std::chrono::milliseconds(200));
  ASSERT_TRUE(late);
  EXPECT_FALSE(late->complete);
  EXPECT_NE(late->why_incomplete.find("not done in time"), std::string::npos) << late->why_incomplete;
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = read(std::chrono::seconds(30), stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST_F(ReadBack, ItemsWithoutAnIdAreOthers) {
  ScriptedServer server;
  TrafficRun run(constant_load(1000), protocol_mapping(server.url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 100; }));
  run.stop();
  mapping.read_back = LoadMapping::ReadBackKind::kHttp;
  mapping.protocol_bids = false;
  mapping.body = "{{bid.id}}";
  mapping.read_back_url = server.url() + "/api/orders?limit=100&after={{cursor}}";
  mapping.items = "$.orders";
  mapping.id = "$.ref";
  mapping.next = "$.next";
  server.act({{"read_back", "foreign"}});
  const auto back = read();
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->complete) << back->why_incomplete;
  EXPECT_GE(back->read, 100U);
  mapping.id = "$.reference";
  const auto mistaken = read();
  ASSERT_TRUE(mistaken);
  EXPECT_FALSE(mistaken->complete) << "a wrong path would make all look lost";
  EXPECT_NE(mistaken->why_incomplete.find("no item has $.reference"), std::string::npos) << mistaken->why_incomplete;
}

/// Answers one request with `head`, and then `piece` every 20 ms.
void drip(int listener, const std::string& head, const std::string& piece, const std::stop_token& stop) {
  const int peer = ::accept(listener, nullptr, nullptr);
  (void)!::send(peer, head.data(), head.size(), MSG_NOSIGNAL);
  pollfd left{peer, POLLRDHUP, 0};
  while (!stop.stop_requested() && ::poll(&left, 1, 20) == 0 &&
         ::send(peer, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
  }
  ::close(peer);
}

void expect_given_up(const std::string& head, const std::string& piece) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::jthread dripping([&, listener](const std::stop_token& stop) { drip(listener, head, piece, stop); });
  HttpReader reader({}, {}, SteadyClock::now() + std::chrono::seconds(60), {}, {std::chrono::milliseconds(300), 1024});
  std::size_t taken = 0;
  const auto got = reader.get("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/", [&](auto part) {
    taken += part.size();
    return ok();
  });
  ::close(listener);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kTimeout);
  EXPECT_NE(got.error().message.find("of a body in 0.3 s"), std::string::npos) << got.error().message;
  EXPECT_LT(taken, 1024U);
}

TEST(HttpReader, GivesUpATargetThatDrips) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  expect_given_up(ok + "Content-Length: 100000\r\n\r\n", "\n");
  expect_given_up(ok + "Transfer-Encoding: chunked\r\n\r\n", "1;" + std::string(200, 'x') + "\r\n\n\r\n");
  expect_given_up("", "HTTP/1.1 100 Continue\r\nX: " + std::string(200, 'x') + "\r\n\r\n");
}

TEST_F(ReadBack, KindsThatAreNotThereSaySo) {
  for (const auto& [kind, word] : {std::pair{LoadMapping::ReadBackKind::kSql, "sql"},
                                   {LoadMapping::ReadBackKind::kKafka, "kafka"},
                                   {LoadMapping::ReadBackKind::kNone, "no read_back"}}) {
    mapping.read_back = kind;
    const auto back = read();
    ASSERT_TRUE(back);
    EXPECT_FALSE(back->complete);
    EXPECT_NE(back->why_incomplete.find(word), std::string::npos) << back->why_incomplete;
  }
}

TEST_F(ReadBack, CommandsOutput) {
  fill(folder);
  EXPECT_EQ(run_result("cat ids"), "kept 100 corrupted 0");
  EXPECT_EQ(run_result("cut -d' ' -f1 ids"), "kept 100 corrupted 0");
  EXPECT_EQ(run_result("sed '1s/ .*/ 12345/' ids"), "kept 99 corrupted 1");
  EXPECT_EQ(run_result("sed 's/ /,/' ids; echo other-drill-5 1"), "kept 100 corrupted 0");
  EXPECT_EQ(run_result("test \"$BLACKSTART_DRILL\" = drill-1 && cat ids"), "kept 100 corrupted 0");
  EXPECT_NE(run_result("cat ids; exit 3").find("exit status 3"), std::string::npos);
  EXPECT_NE(run_result("no-such-command-at-all").find("exit status 127"), std::string::npos);
  EXPECT_NE(run_result("kill -9 $$").find("exit status 137"), std::string::npos);
}

TEST_F(ReadBack, CommandsErrorsAreHandedOnAndNeverPrinted) {
  fill(folder);
  std::string kept;
  mapping.keep_errors = [&kept](std::string_view text, bool cut) {
    EXPECT_FALSE(cut);
    kept += text;
  };
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_result("cat ids; echo connecting as hunter2 >&2"), "kept 100 corrupted 0");
  EXPECT_NE(run_result("echo refused >&2; exit 3").find("exit status 3"), std::string::npos);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_NE(kept.find("connecting as hunter2\n"), std::string::npos) << kept;
  EXPECT_NE(kept.find("refused\n"), std::string::npos) << kept;
}

TEST_F(ReadBack, CommandWithManyErrorsDoesNotStall) {
  fill(folder);
  std::size_t longest = 0;
  bool was_cut = false;
  mapping.keep_errors = [&](std::string_view text, bool cut) {
    longest = std::max(longest, text.size());
    was_cut = was_cut || cut;
  };
  EXPECT_EQ(run_result("head -c 2000000 /dev/zero >&2; cat ids"), "kept 100 corrupted 0");
  EXPECT_TRUE(was_cut);
  EXPECT_GT(longest, 0U);
  EXPECT_LT(longest, 1'000'000U);
}

TEST_F(ReadBack, CommandThatNeverEndsIsKilledWithItsChildren) {
  fill(folder);
  mapping.read_back = LoadMapping::ReadBackKind::kRun;
  mapping.folder = folder;
  mapping.run = "sleep 600 & echo $! > sleeper; wait";
  const auto back = read(std::chrono::milliseconds(1500));
  ASSERT_TRUE(back);
  EXPECT_NE(back->why_incomplete.find("not done in time"), std::string::npos);
  int sleeper = 0;
  std::ifstream(folder + "/sleeper") >> sleeper;
  ASSERT_GT(sleeper, 0);
  EXPECT_TRUE(wait_until_true([&] {
    std::ifstream state("/proc/" + std::to_string(sleeper) + "/stat");
    std::string pid, name, letter;
    state >> pid >> name >> letter;
    return !state || letter == "Z";
  }));
}

}  // namespace
}  // namespace blackstart::testing
