// What the virtual world is not told, and is refused for.

#include "scenarios/sim_needs.h"

#include "good_specs.h"

#include <filesystem>

namespace blackstart {
namespace {

using Sets = std::vector<std::pair<std::string, std::string>>;

std::string refusals(const std::string& file, Sets sets = {}) {
  return all_errors(sim_refusals(load_good(file, std::move(sets))));
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A part of the target as YAML, without the word.
Sets part(const std::string& service, const std::string& yaml) { return {{"target.sim." + service, yaml}}; }

TEST(SimNeeds, AWholeTargetIsTakenAsItIs) { EXPECT_EQ(refusals("every-part.yaml"), ""); }

TEST(SimNeeds, EveryServiceThatTakesPartNeedsItsPart) {
  const std::string text = refusals("database-failure.yaml");
  EXPECT_FALSE(says(text, "auction-api takes part"));
  EXPECT_FALSE(says(text, "database takes part"));
  EXPECT_TRUE(says(text, "cache takes part in the drill (auction-api needs it)"));
  EXPECT_TRUE(says(text, "add `stream:` under `sim:`, as docs/targets.md has it for kind stream"));
  EXPECT_FALSE(says(text, "analytics")) << "nobody needs or names it";
}

TEST(SimNeeds, WhoIsNamedTakesPart) {
  const auto why = [](Sets sets) { return refusals("database-failure.yaml", std::move(sets)); };
  EXPECT_TRUE(says(why({{"faults.0.kill", "{service: analytics}"}}), "analytics takes part in the drill (fault"));
  EXPECT_TRUE(says(why({{"detection.0.tcp", "{service: analytics}"}}), "(\"database health\" looks at it)"));
  EXPECT_TRUE(says(why({{"recovery.steps.2.action", "{warm: {service: cache, from: analytics}}"}}),
                   "analytics takes part in the drill (step \"Update connection strings\" names it)"));
  EXPECT_TRUE(says(why({{"validation.0.check", "{services: [analytics], is: up}"}}), "(validation \"bids reconcile\""));
  EXPECT_TRUE(says(why({{"faults.0",
                         "{name: cut, for: 1s, partition: {between: [analytics, {service: "
                         "auction-notifications}]}}"}}),
                   "auction-notifications takes part"));
  EXPECT_TRUE(
      says(why({{"canaries", "{a: {write: {exec: ./a}, read: {sql: analytics}, every: 1s}}"}}), "(canary a uses it)"));
}

TEST(SimNeeds, ActionsNeedTheirTimes) {
  const auto step = [](const std::string& action, Sets sets = {}) {
    sets.emplace_back("recovery.steps.3.action", action);
    return refusals("every-part.yaml", std::move(sets));
  };
  const Sets bare = part("store", "{commit: 1ms}");
  for (const auto& [action, lacks] :
       std::vector<std::pair<std::string, std::string>>{{"{start: {service: store}}", "start"},
                                                        {"{restart: {service: store}}", "start"},
                                                        {"{scale: {services: [store], to: 3}}", "start"},
                                                        {"{promote: {service: store, role: standby}}", "promote"},
                                                        {"{failover: {service: store, to: east}}", "failover"},
                                                        {"{restore: {service: store}}", "restore"},
                                                        {"{rebuild: {service: store, role: standby}}", "rebuild"},
                                                        {"{rollback: {service: store, of: release}}", "rollback"},
                                                        {"{rotate: {credential: store-password}}", "rotate"}}) {
    EXPECT_TRUE(says(step(action, bare), "add `" + lacks + ":` to sim.store")) << action;
    EXPECT_EQ(step(action, part("store",
                                "{commit: 1ms, start: 1s, promote: 1s, restore: 1s, rebuild: 1s, rollback: 1s, "
                                "rotate: 1s}")),
              "")
        << action << ", and promote is failover's default";
  }
  for (const char* free :
       {"{stop: {service: store}}", "{scale: {services: [store], to: 0}}", "{repoint: {services: [store], to: cache}}",
        "{fence: {service: store}}", "{isolate: {service: store}}", "{notify: {audience: all, channel: chat}}"}) {
    EXPECT_FALSE(says(step(free, bare), "step \"Restore\"")) << free;
  }
  EXPECT_TRUE(says(step("{rotate: {credential: all}}", bare), "performs rotate on store"));
}

TEST(SimNeeds, CommandsSayWhatTheyTake) {
  const auto step = [](const std::string& action) {
    return refusals("every-part.yaml", {{"recovery.steps.3.action", action},
                                        {"target.services.pictures.backups", "{full: {every: 24h}}"}});
  };
  EXPECT_TRUE(says(step("{run: ./x.sh}"), "add `takes:` (and `like:` with what it does) beside `run:`"));
  EXPECT_EQ(step("{run: ./x.sh, takes: 5s}"), "");
  EXPECT_EQ(step("{run: ./x.sh, takes: 5s, like: {restore: {service: pictures}}}"), "") << "its own time counts";
  EXPECT_TRUE(says(step("{restore: {service: pictures}}"), "add `restore:` to sim.pictures"));
}

TEST(SimNeeds, ACommandThatRestoresNeedsABackup) {
  EXPECT_TRUE(
      says(refusals("every-part.yaml",
                    {{"recovery.steps.3.action", "{run: ./x.sh, takes: 5s, like: {restore: {service: pictures}}}"}}),
           "is like a restore of pictures, which has no backups; declare them under `backups:` of the service"));
}

TEST(SimNeeds, NestedStepsAreLookedAtToo) {
  for (const char* path : {"recovery.steps.1.options.0", "validation.0.otherwise.0"}) {
    EXPECT_TRUE(says(refusals("every-part.yaml", {{path, "{title: Deep, action: {run: ./x.sh}}"}}), "step \"Deep\""))
        << path;
  }
}

TEST(SimNeeds, RecordsStandInADnsService) {
  const Sets known = {{"recovery.steps.3.action", "{dns: {record: www.every-part.com, to: west}}"}};
  EXPECT_EQ(refusals("every-part.yaml", known), "");
  EXPECT_TRUE(says(refusals("every-part.yaml", {{"recovery.steps.3.action", "{dns: {record: x.org, to: west}}"}}),
                   "no service of kind dns has it"));
  EXPECT_TRUE(says(refusals("database-failure.yaml", {{"recovery.steps.2.action", "{dns: {record: x.org, to: west}}"}}),
                   "the target has no service of kind dns"));
}

TEST(SimNeeds, ExpectedBreakersStandSomewhere) {
  EXPECT_TRUE(says(refusals("trademaster-external-service-outage.yaml"), "a breaker to market-data is expected"));
  EXPECT_TRUE(says(refusals("every-part.yaml", {{"target.sim.api.calls.rates", "{timeout: 1s}"}}),
                   "a breaker to rates is expected, and no service has one; add `calls: {rates: {breaker: {…}}}`"));
}

TEST(SimNeeds, EveryDrillOfTheCatalogueSaysEnough) {
  const std::filesystem::path folder = std::filesystem::path{BLACKSTART_SOURCE_DIR} / "scenarios/catalog";
  LoadOptions options;
  options.live = false;
  int drills = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator{folder}) {
    if (file.path().extension() != ".yaml") continue;
    const auto loaded = load_spec(file.path().string(), options);
    ASSERT_TRUE(loaded.has_value()) << all_errors(loaded.error().errors);
    EXPECT_EQ(all_errors(sim_refusals(*loaded)), "") << file.path();
    ++drills;
  }
  EXPECT_GE(drills, 20);
}

TEST(SimNeeds, FindsTheServiceThatTakesBids) {
  EXPECT_EQ(bid_service(load_good("every-part.yaml").target), "edge");
  EXPECT_EQ(bid_service(load_good("shop.yaml").target), "shop");
  const Spec spec = load_good("shop.yaml", {{"target.load.http.url", "http://127.0.0.1:8080/orders"}});
  EXPECT_EQ(bid_service(spec.target), "");
  EXPECT_TRUE(says(all_errors(sim_refusals(spec)), "does not say which service bids go to"));
}

}  // namespace
}  // namespace blackstart
