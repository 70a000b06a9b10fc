// The generator end to end, against a server that misbehaves by script: every count must be the server's.
#include "load/generator.h"

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
  EXPECT_EQ(all.latency.count(), all.acknowledged + all.timed_out);
  std::uint64_t in_bins = 0;
  for (const Bin& bin : all.bins) in_bins += bin.offered;
  EXPECT_EQ(in_bins, all.offered);
}

/// Lets `run` offer until the server has received `bids`, then stops it.
TrafficInterval run_until_received(TrafficRun& run, ScriptedServer& server, std::uint64_t bids) {
  run.start();
  EXPECT_TRUE(wait_until_true([&] { return server.truth()["received"].get<std::uint64_t>() >= bids; }));
  run.stop();
  TrafficInterval all = total_of(run.intervals());
  expect_conserved(all);
  EXPECT_EQ(all.offered, run.end.bids);
  return all;
}

TEST(Generator, EveryBidReachesAHealthyServerAndIsFoundAgain) {
  ScriptedServer server;
  TrafficRun run(constant_load(2000), protocol_mapping(server.url()));
  const TrafficInterval all = run_until_received(run, server, 3000);
  EXPECT_EQ(all.acknowledged, server.truth()["acknowledged"]);
  EXPECT_EQ(all.acknowledged, all.offered);
  EXPECT_EQ(all.attempts, all.offered);
  EXPECT_EQ(run.end.generator.lateness.count(), all.lateness.count());
  EXPECT_GT(run.end.generator.cpu_s, 0);
  EXPECT_GE(run.end.generator.connections_peak, 64);
  const auto back = run.read();
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->complete) << back->why_incomplete;
  EXPECT_EQ(back->kept, all.acknowledged);
  EXPECT_EQ(back->lost + back->corrupted + back->phantom + back->duplicated, 0U);
}

TEST(Generator, SeveralWorkersShareOneSchedule) {
  ScriptedServer server;
  GeneratorConfig config;
  config.workers = 3;
  BidLoad load = constant_load(3000);
  load.arrivals = Arrivals::kPoisson;
  load.connections_max = 50;
  TrafficRun run(load, protocol_mapping(server.url()), config);
  const TrafficInterval all = run_until_received(run, server, 3000);
  EXPECT_EQ(all.acknowledged, all.offered);
  EXPECT_LE(run.end.generator.connections_peak, 50);
  const auto back = run.read();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kept, all.offered);
}

TEST(Generator, AStallIsFeltByEveryBidThatWasDueInIt) {
  ScriptedServer server;
  TrafficRun run(constant_load(1000), protocol_mapping(server.url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 300; }));
  server.act({{"stall_ms", 1000}});
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 2000; }));
  run.stop();
  const TrafficInterval all = total_of(run.intervals());
  expect_conserved(all);
  EXPECT_EQ(all.acknowledged, server.truth()["acknowledged"]);
  // Open loop: the bids of the stall's first half waited at least half of it, though no answer told anyone to send
  // them.
  EXPECT_GE(all.latency.max(), milliseconds(950));
  EXPECT_GE(all.latency.count() - all.latency.count_at_or_below(milliseconds(500)), 450U);
}

TEST(Generator, NobodyListeningIsRefused) {
  std::string url;
  {
    ScriptedServer server;
    url = server.url();
  }
  TrafficRun run(constant_load(500), protocol_mapping(url));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return run.intervals().size() >= 1; }));
  run.stop();
  const TrafficInterval all = total_of(run.intervals());
  expect_conserved(all);
  EXPECT_EQ(all.refused, all.offered);
  EXPECT_FALSE(all.bins.front().ok);
}

TEST(Generator, EveryKindOfAnswerIsCounted) {
  ScriptedServer server;
  server.act({{"fail", 20},
              {"refuse", 7},
              {"refuse_stored", 5},
              {"unavailable", 6},
              {"garbage", 4},
              {"close", 3},
              {"huge", 2},
              {"hang", 8}});
  BidLoad load = constant_load(1000);
  load.timeout = milliseconds(500);
  TrafficRun run(load, protocol_mapping(server.url()));
  const TrafficInterval all = run_until_received(run, server, 500);
  const auto truth = server.truth();
  EXPECT_EQ(all.refused, 7U + 5U + 6U);
  EXPECT_EQ(all.timed_out, 8U);
  EXPECT_EQ(all.indeterminate, 20U + 4U + 3U + 2U + 8U);
  EXPECT_EQ(all.acknowledged, truth["acknowledged"]);
  const auto back = run.read();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->recovered, truth["fail_stored"]);
  EXPECT_EQ(back->recovered, 10U);
  EXPECT_EQ(back->not_lost, 10U + 4U + 3U + 2U + 8U);
  EXPECT_EQ(back->resurrected, 5U);
  EXPECT_EQ(back->lost + back->phantom + back->duplicated + back->corrupted, 0U);
}

TEST(Generator, PlantedBugsAreFoundExactly) {
  ScriptedServer server;
  TrafficRun run(constant_load(1000), protocol_mapping(server.url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 700; }));
  const Instant fault = run.now();
  server.act({{"lose_last_ms", 300}, {"drop", 13}, {"corrupt", 5}, {"duplicate", 4}, {"phantoms", 3}});
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 1200; }));
  run.stop();
  ReadBackRequest request;
  request.fault_acts = {fault};
  request.effective = fault;
  const auto back = run.read(request);
  ASSERT_TRUE(back);
  const auto truth = server.truth();
  EXPECT_TRUE(back->complete) << back->why_incomplete;
  EXPECT_GT(truth["lost"], 100);
  EXPECT_EQ(back->lost, truth["lost"].get<std::uint64_t>() + 13);
  EXPECT_EQ(back->corrupted, 5U);
  EXPECT_EQ(back->duplicated, 4U);
  EXPECT_EQ(back->phantom, 3U);
  EXPECT_GE(back->lost_after_fault, 1U);
  EXPECT_LE(back->lost_after_fault, 13U);  // bids on their way at the fault were intended before it
  EXPECT_EQ(back->read, truth["stored"]);
}

TEST(Generator, LimitedPoolLeavesBidsUnsentWithoutFault) {
  ScriptedServer server;
  BidLoad load = constant_load(1000);
  load.connections_max = 4;
  load.timeout = milliseconds(200);
  TrafficRun run(load, protocol_mapping(server.url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 100; }));
  server.act({{"stall_ms", 1000}});
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 600; }));
  run.stop();
  const TrafficInterval all = total_of(run.intervals());
  expect_conserved(all);
  EXPECT_GT(all.unsent_no_connection, 100U);
  EXPECT_LE(run.end.generator.connections_peak, 4);
  const auto back = run.read();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->lost + back->phantom, 0U);
}

TEST(Generator, BidsNeverLookedAtInTimeAreTheGeneratorsFault) {
  ScriptedServer server;
  GeneratorConfig config;
  BidLoad load = constant_load(100);
  load.timeout = milliseconds(300);
  TrafficRun run(load, protocol_mapping(server.url()), config, instant_from_ns(-5'000'000'000));
  const TrafficInterval all = run_until_received(run, server, 50);
  EXPECT_GE(all.unsent_generator, 400U);
  EXPECT_GE(all.lateness.max(), seconds(4));
  EXPECT_EQ(all.acknowledged, server.truth()["acknowledged"]);
}

TEST(Generator, RetriesAreAttemptsOfOneBid) {
  ScriptedServer server;
  server.act({{"fail", 40}, {"refuse", 10}});
  BidLoad load = constant_load(1000);
  load.retry = {2, milliseconds(5), Retry::Jitter::kFull, {1.0}};
  TrafficRun run(load, protocol_mapping(server.url()));
  const TrafficInterval all = run_until_received(run, server, 1000);
  const auto truth = server.truth();
  EXPECT_EQ(all.refused, 10U);  // 422 is a settled no: not asked again
  EXPECT_EQ(all.acknowledged + 10 + all.indeterminate, all.offered);
  EXPECT_EQ(all.attempts, truth["received"]);
  EXPECT_GT(all.attempts, all.offered);
  const auto back = run.read();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kept, all.acknowledged);
  // A 500 that was stored, tried again: two stored attempts, one duplicated bid.
  EXPECT_EQ(back->read, back->kept + truth["fail_stored"].get<std::uint64_t>());
  EXPECT_GT(back->duplicated, 0U);
  EXPECT_LE(back->duplicated, 20U);
}

TEST(Generator, RetryBudgetBoundsAStorm) {
  ScriptedServer server;
  server.act({{"fail", 1'000'000}});
  BidLoad load = constant_load(1000);
  load.retry = {5, milliseconds(1), Retry::Jitter::kNone, {0.1}};
  TrafficRun run(load, protocol_mapping(server.url()));
  const TrafficInterval all = run_until_received(run, server, 1000);
  EXPECT_EQ(all.acknowledged, 0U);
  EXPECT_LE(all.attempts, all.offered + all.offered / 10);
  EXPECT_GT(all.attempts, all.offered);
}

TEST(Generator, ComesBackWhenTheServerDoes) {
  auto server = std::make_unique<ScriptedServer>();
  const std::uint16_t port = server->port();
  TrafficRun run(constant_load(1000), protocol_mapping(server->url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return server->truth()["received"] >= 200; }));
  const auto before = server->truth()["acknowledged"].get<std::uint64_t>();
  server->stop();
  const auto last = server->truth()["acknowledged"].get<std::uint64_t>();
  server = std::make_unique<ScriptedServer>(ScriptedServer::Options{port, 4096});
  ASSERT_TRUE(wait_until_true([&] { return server->truth()["received"] >= 200; }));
  run.stop();
  const TrafficInterval all = total_of(run.intervals());
  expect_conserved(all);
  EXPECT_GE(last, before);
  // Answers on their way when the first server died may have been lost: acknowledged by it, indeterminate here.
  const auto told = last + server->truth()["acknowledged"].get<std::uint64_t>();
  EXPECT_LE(all.acknowledged, told);
  EXPECT_LE(told, all.acknowledged + all.indeterminate);
}

TEST(Generator, CutsBinsWhereItIsTold) {
  ScriptedServer server;
  TrafficRun run(constant_load(500), protocol_mapping(server.url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return run.intervals().size() >= 1; }));
  const Instant cut = run.now();
  run.generator->cut_bins(cut);
  ASSERT_TRUE(wait_until_true([&] { return run.intervals().size() >= 4; }));
  run.stop();
  const auto intervals = run.intervals();
  EXPECT_TRUE(std::any_of(intervals.begin(), intervals.end(), [&](const TrafficInterval& one) {
    return one.start == cut && one.length == seconds(1) && one.bins.front().start == cut;
  }));
  Instant edge = intervals.front().start;
  for (const TrafficInterval& one : intervals) {
    EXPECT_EQ(one.start, edge);
    edge = one.end();
  }
}

TEST(Generator, SpeaksOtherPeoplesApi) {
  ScriptedServer server;
  BidMapping mapping;
  mapping.protocol_bids = false;
  mapping.url = server.url() + "/api/orders";
  mapping.body = R"({"ref":"{{drill.id}}-{{bid.id}}","sku":{{bid.auction}},"note":"{{bid.crc}}"})";
  mapping.acknowledged = {201};
  mapping.refused = {422};
  mapping.read_back = LoadMapping::ReadBackKind::kHttp;
  mapping.read_back_url = server.url() + "/api/orders?limit=100&after={{cursor}}";
  mapping.items = "$.orders";
  mapping.id = "$.ref";
  mapping.crc = "$.note";
  mapping.next = "$.next";
  server.act({{"refuse", 5}});
  TrafficRun run(constant_load(1000), mapping);
  const TrafficInterval all = run_until_received(run, server, 600);
  EXPECT_EQ(all.refused, 5U);
  server.act({{"phantoms", 2}});  // bare numbers: nobody of ours
  const auto back = run.read();
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->complete) << back->why_incomplete;
  EXPECT_EQ(back->kept, all.acknowledged);
  EXPECT_EQ(back->phantom, 0U);
}

TEST(Generator, StopIsIdempotentAndAnUnstartedOneEndsQuietly) {
  ScriptedServer server;
  TrafficRun run(constant_load(100), protocol_mapping(server.url()));
  EXPECT_FALSE(run.generator->stop());
  run.start();
  run.stop();
  const std::uint64_t bids = run.end.bids;
  run.stop();
  EXPECT_EQ(run.end.bids, bids);
}

TEST(Generator, StopWaitsForAnswersThatComeLate) {
  // More than an interval and its margin pass between the last offered bid and its time-out.
  ScriptedServer server;
  BidLoad load = constant_load(500);
  load.timeout = milliseconds(1600);
  TrafficRun run(load, protocol_mapping(server.url()));
  run.start();
  ASSERT_TRUE(wait_until_true([&] { return server.truth()["received"] >= 200; }));
  server.act({{"stall_ms", 4000}});
  const Instant stalled = run.now();
  ASSERT_TRUE(wait_until_true([&] { return run.now() >= stalled + milliseconds(300); }));
  run.stop();
  const TrafficInterval all = total_of(run.intervals());
  expect_conserved(all);
  EXPECT_EQ(all.offered, run.end.bids);
  EXPECT_GE(all.timed_out, 100U);
}

TEST(Generator, WrongConfigurationIsAnErrorBeforeAnythingStarts) {
  const auto error_of = [](BidLoad load, BidMapping mapping) {
    GeneratorConfig config;
    config.load = std::move(load);
    config.mapping = std::move(mapping);
    const auto made = Generator::create(config);
    return made ? std::string("none") : made.error().message;
  };
  const BidMapping right = protocol_mapping("http://127.0.0.1:1");
  EXPECT_NE(error_of(constant_load(1), protocol_mapping("nowhere")).find("nowhere"), std::string::npos);
  EXPECT_NE(error_of(constant_load(1), protocol_mapping("http://no-such-host.invalid")).find("no-such-host.invalid"),
            std::string::npos);
  BidLoad load = constant_load(1);
  load.timeout = Duration::zero();
  EXPECT_NE(error_of(load, right).find("timeout"), std::string::npos);
  load = constant_load(1);
  load.arrivals = Arrivals::kReplay;
  load.replay_file = "/nonexistent.csv";
  EXPECT_NE(error_of(load, right).find("/nonexistent.csv"), std::string::npos);
}

}  // namespace
}  // namespace blackstart::testing
