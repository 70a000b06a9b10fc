// LiveWorld as the Conductor sees it, over the small service: what both worlds have to do alike, and what live alone
// has.

#include "targets/live_world.h"
#include "targets/live_faults.h"
#include "tests/support/wait.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <csignal>
#include <filesystem>

#include <fmt/format.h>

namespace blackstart {
namespace {

using namespace test;

std::string target_text(const std::string& more = {}) {
  return "blackstart_target: 1\nname: t\nservices:\n"
         "  api: {kind: api, url: 'http://127.0.0.1:{{port}}'}\n"
         "  database: {kind: sql, roles: {primary: 1, standby: 1}, replication: async" +
         more +
         "}\n"
         "load: {protocol: bids, service: api}\ndrivers:\n  local:\n" +
         fmt::format(
             "    api: {{run: '{0} {1} --port {{{{port}}}}', ready: {{http: /health}}}}\n"
             "    database: {{run: '{0} {1} --port {{{{port}}}} --role {{{{role}}}} --dir {{{{dir}}}}', "
             "ready: {{http: /health}}, promote: {{http: {{method: POST, url: "
             "'http://{{{{host}}}}:{{{{port}}}}/promote'}}}}}}\n",
             own_program(), kFakeService);
}

Call call_of(const std::string& word, const std::string& arguments) {
  const auto node = parse_yaml(arguments, "call");
  EXPECT_TRUE(node) << arguments;
  return Call{word, *node, {}};
}

class Live : public ::testing::Test {
 protected:
  void make(const std::string& scenario = least_scenario(), const std::string& target = target_text()) {
    PlanOptions options;
    options.seed = 7;
    LiveOptions live;
    live.plan = make_plan(spec_of(scenario, target), options);
    live.plan.drill_id = fmt::format("live-test-{}-{}", ::getpid(), ++drills_);
    live.driver = "local";
    live.out_folder = folder_.path();
    live.tool = own_program();
    auto world = LiveWorld::create(live);
    ASSERT_TRUE(world) << world.error().to_string();
    world_ = std::move(*world);
    spec_ = live.plan.spec;
  }
  void bring_up() {
    const auto up = world_->run(world_->bring_up(limit()));
    ASSERT_TRUE(up) << up.error().to_string();
    values_ = up->values;
  }
  void TearDown() override {
    if (!world_) return;
    EXPECT_TRUE(world_->run(world_->tear_down(limit())));
    const auto residues = world_->run(world_->residues(limit()));
    ASSERT_TRUE(residues);
    for (const Residue& residue : *residues) ADD_FAILURE() << residue.what;
  }
  Limit limit(Duration length = std::chrono::seconds{60}) {
    return {world_->clock().now() + length, stop_.get_token()};
  }
  Observation check(const std::string& arguments) {
    const auto seen = world_->run(world_->check(call_of("state", arguments), limit()));
    EXPECT_TRUE(seen) << seen.error().to_string();
    return seen ? *seen : Observation{};
  }
  Result<Injection> inject(
      const std::string& kind, const std::string& arguments, std::function<void()> armed = [] {}) {
    FaultRequest request;
    request.id = ++faults_;
    request.spec.name = kind;
    request.spec.kind = call_of(kind, arguments);
    request.act_at = world_->clock().now() + std::chrono::milliseconds{300};
    request.dead_man = std::chrono::minutes{5};
    return world_->run(world_->inject(request, std::move(armed), limit()));
  }

  static inline int drills_ = 0;
  ScratchFolder folder_;
  Spec spec_;
  std::stop_source stop_;
  std::uint64_t faults_ = 0;
  std::map<std::string, std::string> values_;
  std::unique_ptr<LiveWorld> world_;
};

TEST_F(Live, TheClockSleepsUntilItsInstantAndStops) {
  make();
  Clock& clock = world_->clock();
  const Instant wake = clock.now() + std::chrono::milliseconds{20};
  ASSERT_TRUE(world_->run(clock.sleep_until(wake, {})));
  EXPECT_GE(clock.now(), wake);
  ASSERT_TRUE(world_->run(clock.sleep_until(kDrillStart, {}))) << "what has passed is at once";
  world_->post([this] { stop_.request_stop(); });
  const Status stopped = world_->run(clock.sleep_until(kNever, stop_.get_token()));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST_F(Live, ALostTerminalIsASignalToStopAndNoEnd) {
  make();
  int got = 0;
  world_->on_signals([&](int signal) {
    got = signal;
    stop_.request_stop();
  });
  world_->post([] { ::raise(SIGHUP); });
  const Status stopped = world_->run(world_->clock().sleep_until(kNever, stop_.get_token()));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(got, SIGHUP);
}

TEST_F(Live, AKillMakesTheServiceRefuseAndAHealIsIdempotent) {
  make();
  bring_up();
  EXPECT_TRUE(check("{service: api, is: healthy}").ok);
  bool announced_before = false;
  const auto injected = inject("kill", "{service: api}", [&] { announced_before = true; });
  ASSERT_TRUE(injected) << injected.error().to_string();
  EXPECT_TRUE(announced_before);
  EXPECT_TRUE(injected->proven) << injected->proof;
  EXPECT_LE(injected->acted, injected->effective);
  EXPECT_TRUE(check("{service: api, is: down}").ok);
  EXPECT_FALSE(world_->run(world_->probe(call_of("tcp", "{service: api}"), limit()))->ok);
  EXPECT_FALSE(world_->run(world_->probe(call_of("process", "{service: api}"), limit()))->ok);
  for (int i = 0; i < 2; ++i) {
    const auto healed = world_->run(world_->heal(1, limit()));
    ASSERT_TRUE(healed) << healed.error().to_string();
    EXPECT_TRUE(healed->proven) << healed->proof;
  }
  EXPECT_TRUE(check("{service: api, is: up}").ok);
  const auto never = world_->run(world_->heal(99, limit()));
  ASSERT_TRUE(never);
  EXPECT_TRUE(never->proven) << "a fault that never was needs no healing";
}

TEST_F(Live, APauseIsFoundAsAResidueUntilItIsHealed) {
  make();
  bring_up();
  const auto injected = inject("pause", "{service: api}");
  ASSERT_TRUE(injected) << injected.error().to_string();
  EXPECT_TRUE(injected->proven) << injected->proof;
  EXPECT_FALSE(world_->run(world_->residues(limit()))->empty()) << "a fault that acts is a residue";
  ASSERT_TRUE(world_->run(world_->heal(1, limit()))->proven);
  EXPECT_TRUE(world_->run(world_->residues(limit()))->empty());
  EXPECT_TRUE(check("{service: api, is: healthy}").ok);
}

TEST_F(Live, AStopBeforeTheActChangesNothing) {
  make();
  bring_up();
  const auto injected = inject("kill", "{service: api}", [this] { stop_.request_stop(); });
  ASSERT_FALSE(injected);
  EXPECT_EQ(injected.error().code, ErrorCode::kCancelled);
  stop_ = std::stop_source();
  EXPECT_TRUE(check("{service: api, is: healthy}").ok);
  EXPECT_TRUE(world_->run(world_->heal(1, limit()))->proven);
}

TEST_F(Live, AKilledPrimaryIsPromotedAndStaysReplaced) {
  make(least_scenario(), target_text(", in_step: {http: {url: '{{services.database.standby.url}}/health'}}"));
  bring_up();
  ASSERT_TRUE(inject("kill", "{service: database, role: primary}"));
  EXPECT_TRUE(check("{service: database, role: primary, is: down}").ok);
  EXPECT_FALSE(check("{service: database, role: standby, is: down}").ok);
  const auto promoted =
      world_->run(world_->perform(call_of("promote", "{service: database, role: standby}"), "Promote", limit()));
  ASSERT_TRUE(promoted && promoted->ok) << promoted.error().to_string();
  ASSERT_TRUE(promoted->recovery_point && promoted->recovery_point->newest);
  EXPECT_LE(*promoted->recovery_point->newest, world_->clock().now());
  EXPECT_GE(*promoted->recovery_point->newest, kDrillStart);
  EXPECT_EQ(*world_->fill_text("{{services.database.primary.url}}"), values_["services.database.standby.url"]);

  const Call in_step = call_of("replication", "{service: database, replication: healthy}");
  EXPECT_FALSE(world_->run(world_->check(in_step, limit()))) << "nobody is standby";
  ASSERT_TRUE(
      world_->run(world_->perform(call_of("rebuild", "{service: database, role: standby}"), "Rebuild", limit())));
  EXPECT_TRUE(world_->run(world_->check(in_step, limit()))->ok);
  const auto healed = world_->run(world_->heal(1, limit()));
  ASSERT_TRUE(healed) << healed.error().to_string();
  EXPECT_TRUE(healed->proven) << healed->proof;
}

TEST_F(Live, RunKeepsOutputAndStatusAndHidesSecrets) {
  ::setenv("BS_TOKEN", "hush-hush", 1);
  make(least_scenario("validation: [{name: x, exec: 'test -n \"{{env.BS_TOKEN}}\"'}]\n"));
  bring_up();
  const auto ran =
      world_->run(world_->perform(call_of("run", "'echo the token is {{env.BS_TOKEN}}; exit 4'"), "Say it", limit()));
  ASSERT_TRUE(ran) << ran.error().to_string();
  EXPECT_FALSE(ran->ok);
  EXPECT_EQ(ran->exit_status, 4);
  EXPECT_EQ(ran->output, "the token is ***\n");
  EXPECT_FALSE(contains(ran->command, "hush-hush")) << ran->command;
  const auto failed = world_->run(world_->perform(call_of("run", "'echo {{env.BS_TOKEN}}; sleep 600'"), "Too long",
                                                  limit(std::chrono::milliseconds{300})));
  ASSERT_TRUE(failed) << failed.error().to_string();
  EXPECT_FALSE(failed->ok);
  EXPECT_FALSE(failed->exit_status) << "it was killed";
  EXPECT_EQ(failed->output, "***\n") << "what it printed until then is kept";
  EXPECT_TRUE(contains(failed->command, "sleep 600")) << failed->command;
  EXPECT_FALSE(failed->environment.empty());
  EXPECT_TRUE(contains(failed->detail, "did not end in time")) << failed->detail;
  EXPECT_FALSE(contains(failed->detail, "hush-hush")) << failed->detail;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
    const bool leaks = entry.is_regular_file() && contains(read_file(entry.path()), "hush-hush");
    EXPECT_FALSE(leaks) << entry.path();
  }
  ::unsetenv("BS_TOKEN");
}

TEST_F(Live, OutputsOfStepsAreFilledIn) {
  make();
  world_->remember_output("Find it", "42\n");
  EXPECT_EQ(*world_->fill_text("{{steps.Find it}} of {{title}}"), "42 of A test");
}

class Told final : public TrafficListener {
 public:
  void on_interval(const TrafficInterval& interval) override {
    EXPECT_GE(interval.start, last_);
    last_ = interval.start;
    offered += interval.offered;
    acknowledged += interval.acknowledged;
  }
  std::uint64_t offered = 0, acknowledged = 0;

 private:
  Instant last_;
};

TEST_F(Live, TrafficIsToldAndReadBackWhole) {
  make();
  bring_up();
  Told told;
  const TrafficRequest request{7, "drill-x", world_->clock().now() + std::chrono::milliseconds{100}};
  const Status started = world_->run(world_->start(request, told, limit()));
  ASSERT_TRUE(started) << started.error().to_string();
  while (told.acknowledged == 0 && world_->clock().now() < kDrillStart + std::chrono::minutes{1}) {
    ASSERT_TRUE(world_->run(world_->clock().sleep_until(world_->clock().now() + std::chrono::milliseconds{20}, {})));
  }
  const auto end = world_->run(world_->stop(limit()));
  ASSERT_TRUE(end) << end.error().to_string();
  EXPECT_EQ(told.offered, end->bids) << "every bid is in an interval when stop() returns";
  ASSERT_GT(told.acknowledged, 0u);
  const auto result = world_->run(world_->read_back({}, limit()));
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_TRUE(result->complete) << result->why_incomplete;
  EXPECT_EQ(result->kept, told.acknowledged);
  EXPECT_EQ(result->lost, 0u);
}

TEST_F(Live, WhatThisVersionCannotDoIsRefusedBeforeAnythingStarts) {
  make(
      least_scenario("faults: [{name: cut, partition: {service: api}, until: end}]\n"
                     "recovery: {after: {at: 1s}, steps: [{title: Restore it, action: {restore: {service: database}}},"
                     " {title: In step, check: {service: database, replication: healthy}}]}\n"
                     "validation: [{name: rows, sql: {service: database, query: q, is: x}}, {name: secret, exec: 'x "
                     "{{env.BS_NOT_SET}}'}]\n"));
  const auto refusals = world_->refusals(spec_);
  std::string all;
  for (const Error& error : refusals) all += error.to_string() + "\n";
  for (const char* part :
       {"fault \"cut\" of kind partition", "kill", "action restore", "promote", "in_step", "check sql", "BS_NOT_SET"}) {
    EXPECT_TRUE(contains(all, part)) << part << " in\n" << all;
  }
}

TEST(ChooseDriver, TakesWhatTheTargetHasAndThisVersionCan) {
  Target target;
  target.name = "t";
  target.drivers = {"compose", "local", "external"};
  EXPECT_EQ(*choose_driver(target, ""), "local");
  EXPECT_EQ(*choose_driver(target, "external"), "external");
  EXPECT_TRUE(contains(choose_driver(target, "compose").error().message, "not part of this version"));
  EXPECT_TRUE(contains(choose_driver(target, "kubernetes").error().message, "has no driver kubernetes"));
  target.drivers = {"compose"};
  EXPECT_FALSE(choose_driver(target, ""));
}

TEST(WaitExactly, NeverEndsEarlyAndCanBeStopped) {
  const auto at = std::chrono::steady_clock::now() + std::chrono::milliseconds{30};
  ASSERT_TRUE(wait_exactly(at, within()));
  EXPECT_GE(std::chrono::steady_clock::now(), at);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(wait_exactly(at + std::chrono::hours{1}, {within().deadline, stop.get_token()}).error().code,
            ErrorCode::kCancelled);
}

}  // namespace
}  // namespace blackstart
