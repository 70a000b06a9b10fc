#include "tests/rehearsal/drill_fixture.h"

#include <algorithm>

namespace blackstart::testing {
namespace {

Node scalar(std::string text) {
  Node node;
  node.kind = Node::Kind::kScalar;
  node.scalar = std::move(text);
  return node;
}

Node empty_map() {
  Node node;
  node.kind = Node::Kind::kMap;
  return node;
}

}  // namespace

Call call(std::string word, std::vector<std::pair<std::string, std::string>> arguments) {
  Call made;
  made.word = std::move(word);
  made.arguments = empty_map();
  for (auto& [key, value] : arguments) made.arguments.entries.push_back({key, {}, scalar(value)});
  return made;
}

Step action_step(std::string id, std::string title, std::optional<Duration> budget) {
  Step step;
  step.id = std::move(id);
  step.title = std::move(title);
  step.action = call("run");
  step.budget = budget;
  return step;
}

Step check_step(std::string id, std::string title, std::string word, std::optional<Duration> budget) {
  Step step = action_step(std::move(id), std::move(title), budget);
  step.action.reset();
  step.check = call(std::move(word));
  return step;
}

FaultSpec fault(std::string name, Duration at, FaultClass fault_class, FaultEnd end, Duration length) {
  FaultSpec spec;
  spec.name = std::move(name);
  spec.at = at;
  spec.kind = call(fault_class == FaultClass::kDamage ? "kill" : "partition");
  spec.fault_class = fault_class;
  spec.end = end;
  spec.length = length;
  return spec;
}

ProbeRule rule(std::string name, Duration every, int failures) {
  ProbeRule made;
  made.name = std::move(name);
  made.probe = call("tcp");
  made.every = every;
  made.failures = failures;
  return made;
}

Threshold threshold(std::string metric, std::string phase, std::string comparison, double bound) {
  Threshold made;
  made.metric = std::move(metric);
  made.phase = std::move(phase);
  made.aggregate = made.metric == "bid_latency" ? "p" : "count";
  made.percentile = 99;
  made.comparison = std::move(comparison);
  made.bound = bound;
  made.text = made.metric;
  return made;
}

Spec database_failure() {
  Spec spec;
  Scenario& scenario = spec.scenario;
  scenario.name = "auction-flow/database-failure";
  scenario.title = "Primary lost";
  scenario.resolved = empty_map();
  spec.target.resolved = empty_map();
  spec.target.name = "auction-flow";
  scenario.load.bids.profile = {{1h, {1000}, {1000}}};
  scenario.objectives.rto = RtoObjective{.within = 1min};
  scenario.objectives.rpo = 1min;
  scenario.objectives.service_level.hold = 5s;
  scenario.steady_state = SteadyState{.length = 5s, .within = 30s, .probes = {rule("healthy")}};
  scenario.faults = {fault("primary lost", 1s, FaultClass::kDamage, FaultEnd::kRecovered)};
  scenario.detection = {rule("database health")};
  scenario.recovery = Recovery{};
  scenario.recovery->steps = {check_step("1", "confirm down", "down", 30s), action_step("2", "promote", 30s),
                              action_step("3", "rebuild")};
  scenario.recovery->steps[1].contains_outage = true;
  scenario.recovery->steps[2].after_end = true;
  ValidationCheck reconcile{
      .name = "bids reconcile", .check = call("reconcile"), .thresholds = {}, .otherwise = {}, .where = {}};
  ValidationCheck endpoint{.name = "endpoint", .check = call("http"), .thresholds = {}, .otherwise = {}, .where = {}};
  scenario.validation = {reconcile, endpoint};
  scenario.observe = 2min;
  return spec;
}

Script promote_restores() {
  Script script;
  script.actions["promote"] = {.takes = 3s, .ok = true, .restores = true};
  script.checks["down"] = [] { return true; };
  script.read_back.kept = 1000;
  return script;
}

int Drilled::exit_code() const { return result && *result ? (*result)->exit_code : -1; }

std::vector<std::string> Drilled::types() const {
  std::vector<std::string> types;
  for (const auto& event : events) types.push_back(event.type);
  return types;
}

std::vector<std::string> Drilled::phases() const {
  std::vector<std::string> phases;
  for (const auto& event : events)
    if (event.type == "phase.entered") phases.push_back(event.body["phase"]);
  return phases;
}

const Event* Drilled::first(const std::string& type, const std::string& key, const Json& value) const {
  for (const auto& event : events)
    if (event.type == type && (key.empty() || event.body.value(key, Json()) == value)) return &event;
  return nullptr;
}

int Drilled::count(const std::string& type) const {
  return static_cast<int>(std::ranges::count(events, type, &Event::type));
}

Measurement Drilled::measured(const Spec& spec) const {
  auto measured = measure(spec, events);
  EXPECT_TRUE(measured.has_value()) << (measured ? "" : measured.error().to_string());
  return measured ? *measured : Measurement{};
}

Drilled run_drill(FakeWorld& world, const Spec& spec, DrillOptions options) {
  const Plan plan = make_plan(
      spec, {.seed = 7, .world = "sim", .started = {}, .dry = options.dry, .assume_manual = options.assume_manual});
  const bool in_memory = options.sink == nullptr;
  auto journal = in_memory ? *JournalWriter::create("") : JournalWriter::to(std::move(options.sink));
  std::stop_source stop, hurry;
  if (options.stop_at) world.time.post_at(at(*options.stop_at), [&stop] { stop.request_stop(); });
  if (options.hurry_at) world.time.post_at(at(*options.hurry_at), [&hurry] { hurry.request_stop(); });
  Drilled drilled;
  drilled.result =
      run_in(world, conduct(plan, world, journal, options.people, DrillFacts{}, stop.get_token(), hurry.get_token()));
  EXPECT_TRUE(drilled.result.has_value()) << "the drill hung";
  drilled.events = journal.events();
  if (!in_memory) return drilled;
  auto read = read_journal(journal.text(), "journal.jsonl");
  EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().to_string());
  if (read) drilled.journal = std::move(*read);
  return drilled;
}

void expect_left_clean(const FakeWorld& world, const Drilled& drilled, const std::string& what) {
  EXPECT_TRUE(world.acting.empty()) << what << ": a fault outlived its drill";
  EXPECT_FALSE(world.up) << what << ": the target still stands";
  EXPECT_FALSE(world.traffic) << what << ": traffic still runs";
  for (const auto id : world.ever_acted)
    EXPECT_NE(drilled.first("fault.injecting", "id", id), nullptr) << what << ": fault " << id << " was not announced";
}

}  // namespace blackstart::testing
