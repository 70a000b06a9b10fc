#include "load/watchers.h"

#include "tests/load/traffic_run.h"
#include "tests/support/scripted_server.h"
#include "tests/support/wait.h"

#include <gtest/gtest.h>

#include <atomic>

namespace blackstart::testing {
namespace {

/// Watchers of every auction, and traffic for them.
struct Watched {
  explicit Watched(ScriptedServer& server, int watching = 50) : run(load(), protocol_mapping(server.url())) {
    WatchersConfig config;
    config.url = server.url();
    config.count = watching;
    config.auctions = 5;
    config.origin = run.origin();
    auto started = Watchers::start(config, run.generator->ledger(), [this](const NotificationInterval& interval) {
      events += interval.events;
      const std::lock_guard lock(mutex);
      delay.add(interval.delay);
      last_end = interval.start + interval.length;
    });
    if (!started) throw std::runtime_error(started.error().to_string());
    watchers = std::move(*started);
  }
  static BidLoad load() {
    BidLoad made = constant_load(200);
    made.auctions = 5;
    return made;
  }
  TrafficRun run;
  std::atomic<std::uint64_t> events{0};
  std::mutex mutex;
  Histogram delay;
  Instant last_end;
  std::unique_ptr<Watchers> watchers;
};

TEST(Watchers, FeelTheDelayFromAcknowledgementToEvent) {
  ScriptedServer server;
  Watched watched(server);
  watched.run.start();
  EXPECT_TRUE(wait_until_true([&] { return watched.events > 500; }));
  watched.run.stop();
  watched.watchers->stop();
  watched.watchers->stop();
  EXPECT_EQ(watched.delay.count(), watched.events);
  EXPECT_LT(watched.delay.percentile(50), std::chrono::seconds(1));
}

TEST(Watchers, ComeBackWhenTheServerDoes) {
  auto server = std::make_unique<ScriptedServer>();
  const std::uint16_t port = server->port();
  Watched watched(*server);
  watched.run.start();
  ASSERT_TRUE(wait_until_true([&] { return watched.events > 50; }));
  server->stop();
  server = std::make_unique<ScriptedServer>(ScriptedServer::Options{port, 4096});
  const std::uint64_t before = watched.events;
  EXPECT_TRUE(wait_until_true([&] { return watched.events > before + 500; }));
  watched.run.stop();
}

TEST(Watchers, ServerThatIsNotThereIsNoError) {
  ScriptedServer server;
  Watched watched(server);
  server.stop();
  watched.watchers->stop();
  EXPECT_EQ(watched.events, 0U);
}

}  // namespace
}  // namespace blackstart::testing
