#include "tests/conformance/both_worlds.h"

#include "scenarios/loader.h"
#include "simulator/sim_world.h"
#include "targets/live_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace blackstart::testing {
namespace {

const char* const kTarget = R"(
blackstart_target: 1
name: pair
services:
  database: {kind: sql, tier: critical, roles: {primary: 1, standby: 1}, replication: REPLICATION, url: "http://127.0.0.1:{{port}}"}
  api: {kind: api, tier: critical, needs: [database], url: "http://127.0.0.1:{{port}}"}
load: {protocol: bids, service: api}
drivers:
  local:
    database:
      run: "auctiond store --role {{role}} --data {{dir}} --port {{port}} --primary {{services.database.primary.url}} --replication REPLICATION --lag 400ms"
      ready: {http: /health}
      promote: {http: {method: POST, url: "http://{{host}}:{{port}}/promote"}}
    api:
      run: "auctiond api --port {{port}} --store {{services.database.primary.url}}"
      ready: {http: /health}
      repoint: {http: {method: PUT, url: "http://{{host}}:{{port}}/upstreams/{{to.service}}", body: '{"url":"{{to.url}}"}'}}
sim:
  api: {servers: 1000, service_time: {median: 400us, p95: 1200us}, start: 500ms}
  database: {servers: 1000, commit: {median: 1ms, p95: 3ms}, lag: 400ms, promote: 300ms, rebuild: 1s, start: 500ms}
production: false
)";

Node yaml(const std::string& text) {
  auto node = parse_yaml(text, "test");
  EXPECT_TRUE(node.has_value()) << text;
  return node ? *node : Node{};
}

Call call_of(const std::string& text) {
  const Node node = yaml(text);
  return Call{node.entries.front().key, node.entries.front().value, {}};
}

std::string target_with(const std::string& replication) {
  const std::string place = "REPLICATION";
  std::string text = kTarget;
  for (auto at = text.find(place); at != std::string::npos; at = text.find(place))
    text.replace(at, place.size(), replication);
  return text;
}

Spec spec_of(const Drill& drill) {
  const std::string scenario = fmt::format(R"(
blackstart: 1
title: Conformance
target: pair
load: {{bids: {{rate: 100/s, timeout: 1s{}}}}}
objectives: {{rto: 1m}}
faults:
{}
)",
                                           drill.bids, drill.faults);
  auto spec = load_resolved(yaml(scenario), yaml(target_with(drill.replication)), "conformance");
  if (spec) return *spec;
  for (const auto& error : spec.error().errors) ADD_FAILURE() << error.to_string();
  return {};
}

Task<Seen> play_body(Stage* stage, Body body) {
  co_await body(stage);
  co_return stage->seen;
}

Seen play_live(const Spec& spec, const Body& body) {
  static int drills = 0;
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("conformance-{}-{}", ::getpid(), ++drills);
  std::filesystem::create_directories(folder);
  ::setenv("BLACKSTART_STATE", (folder / "state").c_str(), 1);
  LiveOptions options;
  options.plan = make_plan(spec, {.seed = 7});
  options.plan.drill_id = fmt::format("conformance-{}-{}", ::getpid(), drills);
  options.driver = "local";
  options.out_folder = folder.string();
  options.tool = BLACKSTART_TOOL;
  auto world = LiveWorld::create(options);
  EXPECT_TRUE(world.has_value()) << (world ? "" : world.error().to_string());
  Stage stage(world->get(), &spec);
  Seen seen = (*world)->run(play_body(&stage, body));
  world->reset();
  std::filesystem::remove_all(folder);
  return seen;
}

Seen play_in_sim(const Spec& spec, const Body& body) {
  SimWorld world({.plan = make_plan(spec, {.seed = 7, .world = "sim"})});
  Stage stage(&world, &spec);
  return world.run(play_body(&stage, body));
}

}  // namespace

Seen play_on(const std::string& name, const Drill& drill, const Body& body) {
  const Spec spec = spec_of(drill);
  return name == "live" ? play_live(spec, body) : play_in_sim(spec, body);
}

Task<void> Stage::begin() {
  Limit up_limit = within(60s);
  const auto up = co_await world->bring_up(std::move(up_limit));
  if (!up) note("bring up", up.error());
  TrafficRequest request{7, "conformance", world->clock().now()};
  Limit limit = within(30s);
  const auto started = co_await world->start(std::move(request), *this, std::move(limit));
  if (!started) note("start", started.error());
}

Task<void> Stage::pass(Duration length) {
  (void)co_await world->clock().sleep_until(world->clock().now() + length, {});
}

Task<void> Stage::inject(std::size_t index) {
  FaultRequest request;
  request.id = index + 1;
  request.spec = spec->scenario.faults.at(index);
  request.act_at = world->clock().now() + 300ms;
  request.dead_man = 5min;
  std::function<void()> armed = [] {};
  Limit limit = within(30s);
  const auto injection = co_await world->inject(std::move(request), std::move(armed), std::move(limit));
  if (!injection) {
    note("inject", injection.error());
    co_return;
  }
  seen.acted = injection->acted;
  if (!injection->proven) seen.notes.push_back("not proven: " + injection->proof);
}

Task<void> Stage::heal(std::size_t index) {
  Limit limit = within(30s);
  const auto healing = co_await world->heal(index + 1, std::move(limit));
  if (!healing)
    note("heal", healing.error());
  else if (!healing->proven)
    seen.notes.push_back("not proven healed: " + healing->proof);
}

Task<void> Stage::perform(std::string text) {
  Call action = call_of(text);
  Limit limit = within(30s);
  const auto outcome = co_await world->perform(std::move(action), "step", std::move(limit));
  if (!outcome) {
    note(text, outcome.error());
    co_return;
  }
  if (!outcome->ok) seen.notes.push_back(text + ": " + outcome->detail);
  if (outcome->recovery_point) seen.newest = outcome->recovery_point->newest;
}

Task<void> Stage::ask(std::string text) {
  const Call probe = call_of(text);
  Limit limit = within(1s);
  const auto answer = co_await world->probe(probe, std::move(limit));
  seen.answers.push_back(answer && answer->ok);
}

Task<void> Stage::check(std::string text) {
  const Call state{"state", yaml(text), {}};
  Limit limit = within(1s);
  const auto answer = co_await world->check(state, std::move(limit));
  seen.answers.push_back(answer && answer->ok);
}

Task<void> Stage::end() {
  Limit stop_limit = within(60s);
  const auto stopped = co_await world->stop(std::move(stop_limit));
  if (!stopped) note("stop", stopped.error());
  ReadBackRequest request;
  if (seen.acted != Instant{}) request.fault_acts = {seen.acted};
  if (seen.acted != Instant{}) request.effective = seen.acted;
  Limit read_limit = within(60s);
  const auto read = co_await world->read_back(std::move(request), std::move(read_limit));
  if (read)
    seen.read_back = *read;
  else
    note("read back", read.error());
  for (std::size_t index = 0; index < spec->scenario.faults.size(); ++index) co_await heal(index);
  Limit down_limit = within(60s);
  const auto down = co_await world->tear_down(std::move(down_limit));
  if (!down) note("tear down", down.error());
}

}  // namespace blackstart::testing
