#include "tests/simulator/sim_fixture.h"

#include "rehearsal/events.h"
#include "scenarios/loader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

Node yaml(const std::string& text, const std::string& name) {
  auto node = parse_yaml(text, name);
  if (node) return *node;
  for (const auto& error : node.error()) ADD_FAILURE() << error.to_string();
  return {};
}

}  // namespace

Spec spec_of(const std::string& scenario, const std::string& target) {
  auto spec = load_resolved(yaml(scenario, "drill.yaml"), yaml(target, "target.yaml"), "drill");
  if (spec) return *spec;
  for (const auto& error : spec.error().errors) ADD_FAILURE() << error.to_string();
  return {};
}

Incident PlayedDrill::incident() const {
  EXPECT_FALSE(measurement.incidents.empty());
  return measurement.incidents.empty() ? Incident{} : measurement.incidents[measurement.worst];
}

const Event* PlayedDrill::last(const std::string& type) const {
  for (auto event = events.rbegin(); event != events.rend(); ++event)
    if (event->type == type) return &*event;
  return nullptr;
}

ReadBackResult PlayedDrill::read_back() const {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    if (event->type != "read_back.finished" || event->body.value("provisional", false)) continue;
    if (auto result = read_back_from_json(event->body)) return *result;
  }
  ADD_FAILURE() << "nothing was read back";
  return {};
}

std::vector<TrafficInterval> PlayedDrill::intervals() const {
  std::vector<TrafficInterval> list;
  for (const auto& event : events) {
    if (const auto* interval = std::get_if<TrafficInterval>(&event.value)) list.push_back(*interval);
  }
  return list;
}

PlayedDrill play(const Spec& spec, std::uint64_t seed, bool foresees) {
  PlayedDrill played;
  const Plan plan = make_plan(spec, {.seed = seed, .world = "sim"});
  SimWorld world({.plan = plan, .foresees = foresees});
  for (const auto& refused : world.refusals(spec)) ADD_FAILURE() << refused.to_string();
  auto journal = JournalWriter::create("");
  EXPECT_TRUE(journal.has_value());
  DrillFacts facts;
  facts.tool_version = "test";
  auto result = world.run(conduct(plan, world, *journal, world.people(), std::move(facts), {}));
  EXPECT_TRUE(result.has_value());
  if (result) played.result = *result;
  played.journal = journal->text();
  played.events = journal->events();
  played.bid_events = world.bid_events();
  played.foreseen_events = world.foreseen_events();
  auto measured = measure(spec, played.events);
  EXPECT_TRUE(measured.has_value());
  if (measured) played.measurement = *measured;
  return played;
}

std::string pair_target(const std::string& replication, const std::string& lag) {
  return fmt::format(R"(
blackstart_target: 1
name: pair
services:
  database: {{kind: sql, tier: critical, roles: {{primary: 1, standby: 1}}, replication: {}}}
  api: {{kind: api, tier: critical, needs: [database]}}
load: {{protocol: bids, service: api}}
drivers: {{external: {{}}}}
sim:
  api: {{servers: 4096, service_time: {{median: 400us, p95: 1200us}}, start: 1s}}
  database: {{servers: 64, commit: {{median: 1ms, p95: 3ms}}, lag: {}, promote: 2s, rebuild: 5s, start: 1s}}
production: false
)",
                     replication, lag);
}

std::string failover_scenario(const std::string& rate) {
  return fmt::format(R"(
blackstart: 1
title: Primary lost
target: pair
load: {{bids: {{rate: {}, timeout: 2s}}}}
objectives: {{rto: 1m, rpo: 1m, service_level: {{goodput: 99%, hold: 5s}}}}
steady_state: {{for: 5s}}
faults:
  - {{name: primary lost, at: 0s, kill: {{service: database, role: primary}}, until: recovered}}
detection:
  - {{name: database, tcp: {{service: database, role: primary}}, every: 1s, timeout: 500ms, failures: 3}}
recovery:
  steps:
    - {{title: Promote, action: {{promote: {{service: database, role: standby}}}}, budget: 1m}}
    - {{title: Repoint, action: {{repoint: {{services: [api], to: database}}}}, budget: 1m, contains: true}}
    - {{title: Rebuild, action: {{rebuild: {{service: database, role: standby}}}}, budget: 1m}}
validation:
  - {{name: bids reconcile, check: {{reconcile: bids}}}}
)",
                     rate);
}

}  // namespace blackstart::testing
