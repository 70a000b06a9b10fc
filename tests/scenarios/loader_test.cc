#include "scenarios/loader.h"

#include "scenarios/arguments.h"
#include "spec_text.h"

#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

const std::string kGood = std::string{BLACKSTART_SOURCE_DIR} + "/tests/scenarios/good/";

std::string said(const LoadResult<Spec>& loaded) {
  std::string text;
  if (loaded.has_error()) {
    for (const Error& error : loaded.error().errors) text += error.to_string() + "\n";
  }
  return text;
}

Spec load(const std::string& name, const LoadOptions& options = {}) {
  auto loaded = load_spec(kGood + name, options);
  EXPECT_TRUE(loaded.has_value()) << said(loaded);
  return loaded ? *loaded : Spec{};
}

LoadOptions with_set(const std::string& path, const std::string& value) {
  LoadOptions options;
  options.sets.emplace_back(path, value);
  return options;
}

TEST(Loader, BindsTheCoreScenario) {
  const Scenario scenario = load("database-failure.yaml").scenario;
  EXPECT_EQ(scenario.name, "database-failure");
  EXPECT_EQ(scenario.title, "PostgreSQL primary lost");
  EXPECT_EQ(scenario.runbook->section, "Database Failure Recovery");
  ASSERT_EQ(scenario.load.bids.profile.size(), 1U);
  EXPECT_EQ(scenario.load.bids.profile[0].to.per_second, 10000);
  EXPECT_EQ(scenario.load.bids.timeout, 2s);
  EXPECT_EQ(scenario.load.watchers, 1000);
  EXPECT_EQ(scenario.objectives.rto->within, 4h);
  EXPECT_EQ(scenario.objectives.service_level.latency_percentile, 99);
  EXPECT_EQ(scenario.objectives.service_level.latency_bound, 100ms);
  EXPECT_EQ(scenario.objectives.thresholds.size(), 4U);
  EXPECT_EQ(scenario.steady_state->length, 15s);
  EXPECT_EQ(scenario.steady_state->within, 75s);
  EXPECT_EQ(scenario.observe, 30min);
  EXPECT_EQ(scenario.judge.deadlines, Judge::kFail);
  EXPECT_EQ(scenario.communications[1].until, "restored");
  EXPECT_EQ(scenario.communications[0].message, "Bidding is down: PostgreSQL primary lost");
  EXPECT_EQ(scenario.injects[0].at, 6min);
}

TEST(Loader, BindsFaultsProbesAndSteps) {
  const Scenario scenario = load("database-failure.yaml").scenario;
  const FaultSpec& fault = scenario.faults.at(0);
  EXPECT_EQ(fault.kind.word, "kill");
  EXPECT_EQ(text_argument(fault.kind, "signal"), "KILL");
  EXPECT_EQ(fault.fault_class, FaultClass::kDamage);
  EXPECT_EQ(fault.end, FaultEnd::kRecovered);
  const ProbeRule& rule = scenario.detection.at(0);
  EXPECT_EQ(rule.probe.word, "tcp");
  EXPECT_EQ(rule.failures, 3);
  EXPECT_EQ(rule.timeout, 500ms);
  const auto& steps = scenario.recovery->steps;
  ASSERT_EQ(steps.size(), 5U);
  EXPECT_EQ(steps[0].check->word, "state");
  EXPECT_EQ(text_argument(*steps[0].check, "is"), "down");
  EXPECT_EQ(steps[1].action->word, "promote");
  EXPECT_EQ(steps[1].id, "2");
  EXPECT_EQ(steps[1].otherwise.at(0).id, "2.otherwise.1");
  EXPECT_EQ(steps[1].otherwise.at(0).budget, 1h);
  EXPECT_EQ(list_argument(*steps[2].action, "services"), std::vector<std::string>{"auction-api"});
  EXPECT_TRUE(steps[2].contains_outage);
  EXPECT_EQ(steps[3].check->word, "reconcile");
  EXPECT_EQ(text_argument(*steps[3].check, "up_to"), "fault");
  EXPECT_TRUE(steps[4].after_end);
  EXPECT_EQ(scenario.validation.at(1).thresholds.size(), 1U);
  EXPECT_EQ(scenario.validation.at(2).check->word, "http");
}

TEST(Loader, BindsTheTarget) {
  const Target target = load("database-failure.yaml").target;
  EXPECT_EQ(target.regions, (std::vector<std::string>{"east", "west"}));
  EXPECT_EQ(target.find_service("auction-api")->replicas, 2);
  const auto& roles = target.find_service("database")->roles;
  ASSERT_EQ(roles.size(), 2U);
  EXPECT_EQ(roles[1].role + "@" + roles[1].region, "standby@west");
  EXPECT_EQ(target.drivers, (std::vector<std::string>{"local", "compose", "kubernetes", "external"}));
  const LocalService* database = target.find_local("database");
  ASSERT_NE(database, nullptr);
  EXPECT_TRUE(database->ready_tcp);
  EXPECT_EQ(database->promote->method, "POST");
  EXPECT_EQ(target.find_local("auction-api")->ready_http, "/health");
  EXPECT_TRUE(target.load.protocol_bids);
  EXPECT_EQ(target.load.read_back, LoadMapping::ReadBackKind::kBids);
}

TEST(Loader, BindsOtherPeoplesTargets) {
  const Spec spec = load("shop.yaml");
  const LoadMapping& mapping = spec.target.load;
  EXPECT_FALSE(mapping.protocol_bids);
  EXPECT_EQ(mapping.http.method, "POST");
  EXPECT_EQ(mapping.http.headers.at(0).second, "Bearer {{env.TOKEN}}");
  EXPECT_EQ(mapping.acknowledged, (std::vector<int>{200, 201, 202}));
  EXPECT_EQ(mapping.degraded_when.at(0).first, "$.source");
  EXPECT_EQ(mapping.read_back, LoadMapping::ReadBackKind::kHttp);
  EXPECT_EQ(mapping.read_back_arguments.text("id"), "$.ref");
  EXPECT_EQ(spec.target.find_service("shop")->url, "http://127.0.0.1:8080");
  EXPECT_EQ(spec.scenario.faults[0].fault_class, FaultClass::kDamage);
  EXPECT_EQ(spec.scenario.faults[1].fault_class, FaultClass::kActing);
  EXPECT_EQ(spec.scenario.faults[0].length, 30s);
  EXPECT_EQ(spec.scenario.recovery->at, 10s);
  EXPECT_EQ(spec.scenario.load.bids.popularity_zipf, 0);
  EXPECT_EQ(spec.scenario.load.bids.arrivals, Arrivals::kReplay);
  EXPECT_EQ(spec.scenario.load.bids.retry.jitter, Retry::Jitter::kNone);
  EXPECT_EQ(spec.scenario.load.bids.profile[1].to.per_second, 500);
  const Call& run = *spec.scenario.recovery->steps[2].action;
  EXPECT_EQ(text_argument(run, ""), "docker start {{steps.Find the id.output}}");
  EXPECT_EQ(run.arguments.find("like")->entries[0].key, "start");
}

TEST(Loader, EveryGoodFileIsRight) {
  for (const char* folder : {"", "targets/"}) {
    for (const auto& file : std::filesystem::directory_iterator{kGood + folder}) {
      if (file.path().extension() != ".yaml") continue;
      for (const Error& error : validate_file(file.path().string(), {})) ADD_FAILURE() << error.to_string();
    }
  }
}

TEST(Loader, EveryScenarioOfTheProjectIsRight) {
  int files = 0;
  for (const char* folder : {"scenarios/catalog", "scenarios/targets", "examples"}) {
    for (const auto& file :
         std::filesystem::recursive_directory_iterator{std::string{BLACKSTART_SOURCE_DIR} + "/" + folder}) {
      if (file.path().extension() != ".yaml") continue;
      ++files;
      for (const Error& error : validate_file(file.path().string(), {})) ADD_FAILURE() << error.to_string();
    }
  }
  EXPECT_GE(files, 5);
}

TEST(Loader, NamesTheFoldersOfTheCatalogue) {
  const ScratchFolder scratch;
  const std::filesystem::path root = scratch.path();
  std::filesystem::create_directories(root / "catalog/shop");
  const auto file = root / "catalog/shop/outage.yaml";
  std::filesystem::copy_file(kGood + "shop.yaml", file, std::filesystem::copy_options::overwrite_existing);
  LoadOptions options = with_set("load.bids.arrivals", "poisson");
  options.targets_folder = kGood + "targets";
  const auto loaded = load_spec(file.string(), options);
  ASSERT_TRUE(loaded.has_value()) << said(loaded);
  EXPECT_EQ(loaded->scenario.name, "shop/outage");
}

TEST(Loader, TargetsOfOnesOwnGoBeforeThoseThatCameWithTheTool) {
  const ScratchFolder scratch;
  const std::filesystem::path root = scratch.path();
  std::filesystem::create_directories(root / "drills");
  std::filesystem::create_directories(root / "scenarios/targets");
  const auto file = root / "drills/outage.yaml";
  std::filesystem::copy_file(kGood + "shop.yaml", file);
  LoadOptions options = with_set("load.bids.arrivals", "poisson");
  EXPECT_TRUE(load_spec(file.string(), options).has_error()) << "there is no target of that name yet";
  options.targets_last = kGood + "targets";
  const auto shipped = load_spec(file.string(), options);
  ASSERT_TRUE(shipped.has_value()) << said(shipped);
  EXPECT_TRUE(std::filesystem::equivalent(shipped->target.file, kGood + "targets/shop.yaml")) << shipped->target.file;
  std::filesystem::copy_file(kGood + "targets/shop.yaml", root / "scenarios/targets/shop.yaml");
  const auto own = load_spec(file.string(), options);
  ASSERT_TRUE(own.has_value()) << said(own);
  EXPECT_EQ(own->target.file, (root / "scenarios/targets/shop.yaml").string());
}

TEST(Loader, WithoutDetectionARecoveryNeedsNoRule) {
  LoadOptions options = with_set("detection", "[]");
  options.sets.emplace_back("recovery", "{steps: [{title: Restart, action: {restart: {service: auction-api}}}]}");
  const Scenario scenario = load("database-failure.yaml", options).scenario;
  EXPECT_TRUE(scenario.detection.empty());
  ASSERT_TRUE(scenario.recovery.has_value());
  EXPECT_TRUE(scenario.recovery->after_detection) << "it has nothing to wait for, and begins with the first fault";
}

// ---- overrides -------------------------------------------------------------------------------------------------

TEST(Overrides, SetReachesMapsListsAndNames) {
  LoadOptions options;
  options.sets = {{"load.bids.rate", "5/s"},
                  {"faults.0.at", "3s"},
                  {"detection.database health.failures", "7"},
                  {"objectives.thresholds.bid_latency.steady", "[\"p(50)<9ms\"]"},
                  {"recovery.steps.Promote the read replica.otherwise.0.budget", "9m"},
                  {"tags", "[a, b]"},
                  {"load.bids.retry.attempts", "2"},
                  {"target.services.database.replication", "sync"}};
  const Spec spec = load("database-failure.yaml", options);
  EXPECT_EQ(spec.scenario.load.bids.profile[0].from.per_second, 5);
  EXPECT_EQ(spec.scenario.faults[0].at, 3s);
  EXPECT_EQ(spec.scenario.detection[0].failures, 7);
  EXPECT_EQ(spec.scenario.objectives.thresholds[0].text, "bid_latency.steady: p(50)<9ms");
  EXPECT_EQ(spec.scenario.recovery->steps[1].otherwise[0].budget, 9min);
  EXPECT_EQ(spec.scenario.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(spec.scenario.load.bids.retry.attempts, 2);
  EXPECT_EQ(spec.target.find_service("database")->replication, "sync");
  EXPECT_NE(to_yaml_with_origins(spec.scenario.resolved).find("rate: 5/s  # --set load.bids.rate"), std::string::npos);
}

TEST(Overrides, TheNearestWins) {
  const auto rate_of = [](const LoadOptions& options) {
    return load("shop.yaml", options).scenario.load.bids.profile[0].from.per_second;
  };
  LoadOptions options;
  EXPECT_EQ(rate_of(options), 500);
  options.vars = {{"rate", "600/s"}};
  EXPECT_EQ(rate_of(options), 600);
  options.sets = {{"vars.rate", "700/s"}};
  EXPECT_EQ(rate_of(options), 700);
  options.vars.clear();
  options.sets = {{"load.bids.profile.0.rate", "800/s"}};
  EXPECT_EQ(rate_of(options), 800);
  EXPECT_EQ(
      load("shop.yaml", with_set("load.bids.profile.0.rate", "{{rate}}")).scenario.load.bids.profile[0].from.per_second,
      500);
}

TEST(Overrides, VariablesOfTheTargetAreOverriddenToo) {
  LoadOptions options;
  options.vars = {{"port", "9999"}};
  EXPECT_EQ(load("shop.yaml", options).target.find_service("shop")->url, "http://127.0.0.1:9999");
}

TEST(Overrides, ExtendMergesMapsAndReplacesLists) {
  const Spec base = load("shop.yaml");
  const Spec spec = load("shop-faster.yaml");
  EXPECT_EQ(spec.scenario.title, "The shop's process is stopped at a higher rate");
  EXPECT_EQ(spec.scenario.load.bids.profile[0].from.per_second, 900);
  EXPECT_EQ(spec.scenario.faults.size(), 1U);
  EXPECT_EQ(text_argument(spec.scenario.faults[0].kind, "inject"), "docker stop shop");
  EXPECT_TRUE(spec.scenario.detection.empty());
  EXPECT_EQ(spec.scenario.objectives.rto->within, base.scenario.objectives.rto->within);
  EXPECT_EQ(spec.scenario.resolved.find("extend"), nullptr);
  EXPECT_EQ(spec.scenario.resolved.find("vars"), nullptr);
}

TEST(Overrides, SecretsStayUnread) {
  ::setenv("TOKEN", "hunter2", 1);
  const Spec spec = load("shop.yaml");
  EXPECT_EQ(spec_text(spec).find("hunter2"), std::string::npos);
  EXPECT_NE(spec_text(spec).find("{{env.TOKEN}}"), std::string::npos);
}

TEST(Overrides, BytesThatAreNoTextAreRefused) {
  LoadOptions options = with_set("title", "\xff");
  EXPECT_TRUE(load_spec(kGood + "database-failure.yaml", options).has_error());
  options = {};
  options.vars = {{"rate", "\x01"}};
  EXPECT_TRUE(load_spec(kGood + "shop.yaml", options).has_error());
}

// ---- worlds and drivers ----------------------------------------------------------------------------------------

TEST(Worlds, OneMachineHoldsAsManyWatchersAsTheScenarioSays) {
  EXPECT_EQ(load("database-failure.yaml", with_set("load.watchers", "{count: 50}")).scenario.load.watchers_live, 50);
  const Spec both = load("database-failure.yaml", with_set("load.watchers", "{count: 1000000, live: 200}"));
  EXPECT_EQ(both.scenario.load.watchers, 1'000'000);
  EXPECT_EQ(both.scenario.load.watchers_live, 200);
  EXPECT_EQ(
      load("database-failure.yaml", with_set("load.watchers", "{count: 5, live: 200}")).scenario.load.watchers_live, 5)
      << "never more than there are";
}

TEST(Worlds, OnlyTheDriverInUseIsLookedAt) {
  LoadOptions options = with_set("target.drivers.compose", "{fle: x}");
  EXPECT_TRUE(load_spec(kGood + "database-failure.yaml", options).has_error());
  options.driver = "local";
  EXPECT_TRUE(load_spec(kGood + "database-failure.yaml", options).has_value());
  options.driver = "compose";
  EXPECT_TRUE(load_spec(kGood + "database-failure.yaml", options).has_error());
  options.live = false;
  const auto simulated = load_spec(kGood + "database-failure.yaml", options);
  ASSERT_TRUE(simulated.has_value()) << said(simulated);
  EXPECT_TRUE(simulated->target.local.empty());
}

TEST(Worlds, ExternalNeedsItsPort) {
  LoadOptions options;
  options.driver = "external";
  EXPECT_TRUE(load_spec(kGood + "database-failure.yaml", options).has_error());
  options.vars = {{"port", "8080"}};
  options.sets = {{"target.services.database.url", "http://127.0.0.1:5432"}};
  const auto loaded = load_spec(kGood + "database-failure.yaml", options);
  ASSERT_TRUE(loaded.has_value()) << said(loaded);
  EXPECT_EQ(loaded->target.find_service("auction-api")->url, "http://127.0.0.1:8080");
}

// ---- what a journal keeps --------------------------------------------------------------------------------------

TEST(Resolved, LoadsAgainToTheSameSpec) {
  for (const char* file : {"database-failure.yaml", "shop.yaml", "shop-faster.yaml", "auction-flow-region-failure.yaml",
                           "buildnest-deployment-failure.yaml", "mykadoo-point-in-time-recovery.yaml",
                           "trademaster-external-service-outage.yaml", "every-part.yaml"}) {
    const Spec spec = load(file);
    const std::string scenario = to_json(spec.scenario.resolved).dump();
    const std::string target = to_json(spec.target.resolved).dump();
    const auto again =
        load_resolved(node_from_json(nlohmann::ordered_json::parse(scenario), "journal"),
                      node_from_json(nlohmann::ordered_json::parse(target), "journal"), spec.scenario.name);
    ASSERT_TRUE(again.has_value()) << file << "\n" << said(again);
    EXPECT_EQ(spec_text(*again), spec_text(spec)) << file;
    EXPECT_EQ(again->scenario.name, spec.scenario.name);
  }
}

TEST(Resolved, LoadsFromItsYamlToo) {
  const Spec spec = load("shop.yaml");
  const auto scenario = parse_yaml(to_yaml(spec.scenario.resolved), "scenario.resolved.yaml");
  const auto target = parse_yaml(to_yaml(spec.target.resolved), "target.resolved.yaml");
  ASSERT_TRUE(scenario.has_value() && target.has_value());
  const auto again = load_resolved(*scenario, *target, "shop");
  ASSERT_TRUE(again.has_value()) << said(again);
  EXPECT_EQ(spec_text(*again), spec_text(spec));
}

TEST(Resolved, AWrongTreeIsRefused) {
  Spec spec = load("shop.yaml");
  spec.scenario.resolved.find("load")->find("bids")->find("profile")->items.clear();
  EXPECT_TRUE(load_resolved(spec.scenario.resolved, spec.target.resolved, "shop").has_error());
}

}  // namespace
}  // namespace blackstart
