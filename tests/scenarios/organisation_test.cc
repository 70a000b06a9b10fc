// What is said once for all drills of an organisation.

#include "good_specs.h"
#include "scenarios/document.h"

#include "tests/support/scratch_folder.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

TEST(Organisation, IsBound) {
  const Spec spec = load_good("every-part.yaml");
  ASSERT_TRUE(spec.organisation.has_value());
  const Organisation& organisation = *spec.organisation;
  EXPECT_EQ(organisation.name, "auction-flow") << "its file's";
  EXPECT_EQ(spec.scenario.organisation, "auction-flow");
  EXPECT_TRUE(organisation.file.ends_with("organisations/auction-flow.yaml"));
  EXPECT_EQ(organisation.find_severity("P1")->response, 15min);
  EXPECT_TRUE(organisation.find_severity("P1")->postmortem_required);
  EXPECT_EQ(organisation.find_severity("P1")->channel, "pager");
  EXPECT_FALSE(organisation.find_severity("P2")->postmortem_required);
  EXPECT_EQ(organisation.find_severity("P4"), nullptr);
  ASSERT_EQ(organisation.escalation.size(), 2U);
  EXPECT_EQ(organisation.escalation[1].role, "platform lead");
  EXPECT_EQ(organisation.escalation[1].from, 15min);
  ASSERT_EQ(organisation.contacts.size(), 1U);
  EXPECT_EQ(organisation.contacts[0].name, "security");
  EXPECT_TRUE(organisation.contacts[0].business_hours);
  EXPECT_EQ(organisation.postmortem.scheduled, 24h);
  EXPECT_EQ(organisation.postmortem.summary, 24h);
  EXPECT_EQ(organisation.postmortem.document, 72h);
  EXPECT_EQ(organisation.postmortem.actions, 168h);
  EXPECT_EQ(organisation.postmortem.check_ins, "weekly");
  EXPECT_EQ(organisation.postmortem.trends, "monthly");
  EXPECT_EQ(organisation.postmortem.signoff, (std::vector<std::string>{"DevOps lead", "DBA"}));
  EXPECT_EQ(organisation.kpis.backup_success->value, 1.0);
  EXPECT_EQ(organisation.kpis.availability->value, 0.999);
  EXPECT_EQ(organisation.kpis.backup_duration, 30min);
  EXPECT_EQ(organisation.kpis.mttd, 1min);
  EXPECT_EQ(organisation.kpis.mttr, 5min);
  EXPECT_EQ(organisation.kpis.validation, 10min);
  ASSERT_EQ(organisation.calendar.size(), 2U);
  EXPECT_EQ(organisation.calendar[0].window, "2026-Q1");
  EXPECT_EQ(organisation.calendar[0].notice, 168h);
  EXPECT_TRUE(organisation.calendar[0].time_hidden);
  EXPECT_EQ(organisation.calendar[1].every, "annually");
  EXPECT_EQ(organisation.calendar[1].kind, "simulation");
  EXPECT_EQ(organisation.review.next, "2026-03-01");
  EXPECT_FALSE(load_good("database-failure.yaml").organisation.has_value());
}

TEST(Organisation, ItsCommunicationsAreThoseOfDrillsWithoutTheirOwn) {
  const Scenario taken = load_good("every-part.yaml").scenario;
  ASSERT_EQ(taken.communications.size(), 3U);
  EXPECT_EQ(taken.communications[0].message, "Bidding is down: The store is lost before its backup");
  EXPECT_EQ(taken.communications[1].until, "restored");
  EXPECT_TRUE(taken.communications[0].where.file.ends_with("organisations/auction-flow.yaml"));
  const Scenario own = load_good("auction-flow-region-failure.yaml").scenario;
  EXPECT_EQ(own.communications.size(), 5U);
  EXPECT_TRUE(load_good("every-part.yaml", {{"communications", "[]"}}).scenario.communications.empty());
}

TEST(Organisation, StandsInTheResolvedScenario) {
  const Spec spec = load_good("every-part.yaml");
  const Node* held = spec.scenario.resolved.find("organisation");
  ASSERT_TRUE(held != nullptr && held->is_map());
  const std::string shown = to_yaml_with_origins(spec.scenario.resolved);
  EXPECT_NE(shown.find("response: 15m  # "), std::string::npos);
  EXPECT_NE(shown.find("organisations/auction-flow.yaml:2"), std::string::npos);
  const auto json = nlohmann::ordered_json::parse(to_json(spec.scenario.resolved).dump());
  const auto again = load_resolved(node_from_json(json, "journal"), spec.target.resolved, spec.scenario.name);
  ASSERT_TRUE(again.has_value());
  ASSERT_TRUE(again->organisation.has_value());
  EXPECT_EQ(again->organisation->kpis.mttr, 5min);
  EXPECT_EQ(again->scenario.communications.size(), 3U);
}

TEST(Organisation, IsOverridden) {
  const Spec spec = load_good("every-part.yaml", {{"organisation.severities.P1.response", "5m"},
                                                  {"organisation.communications.0.within", "3m"}});
  EXPECT_EQ(spec.organisation->find_severity("P1")->response, 5min);
  EXPECT_EQ(spec.scenario.communications[0].within, 3min) << "what the drill takes of it";
  const Spec other = load_good("every-part.yaml", {{"organisation", "buildnest"}});
  EXPECT_EQ(other.organisation->name, "buildnest");
  EXPECT_EQ(other.scenario.communications.size(), 1U);
  const Spec by_variable =
      load_good("every-part.yaml", {{"organisation", "\"{{whose}}\""}, {"vars", "{whose: mykadoo}"}});
  EXPECT_EQ(by_variable.organisation->name, "mykadoo");
  const Spec by_path = load_good("every-part.yaml", {{"organisation", "organisations/../organisation.yaml"}});
  EXPECT_EQ(by_path.organisation->name, "organisation");
}

TEST(Organisation, MayStandInTheScenario) {
  const Spec spec =
      load_good("every-part.yaml",
                {{"organisation",
                  "{blackstart_organisation: 1, name: ours, communications: [{audience: all, channel: chat, within: "
                  "1m}]}"}});
  EXPECT_EQ(spec.scenario.organisation, "ours");
  EXPECT_EQ(spec.organisation->name, "ours");
  EXPECT_EQ(spec.scenario.communications.size(), 1U);
}

TEST(Organisation, IsLookedForBesideTheTargets) {
  LoadOptions options;
  options.targets_folder = kGoodFolder + "targets";
  const auto found = load_spec(kGoodFolder + "every-part.yaml", options);
  ASSERT_TRUE(found.has_value()) << all_errors(found.error().errors);
  const ScratchFolder scratch;
  const std::filesystem::path folder = scratch.path();
  std::filesystem::create_directories(folder / "targets");
  std::filesystem::copy(kGoodFolder + "targets", folder / "targets");
  options.targets_folder = (folder / "targets/").string();
  const auto none = load_spec(kGoodFolder + "every-part.yaml", options);
  ASSERT_TRUE(none.has_error());
  EXPECT_NE(all_errors(none.error().errors).find("a name in scenarios/organisations/ (it holds none)"),
            std::string::npos);
}

}  // namespace
}  // namespace blackstart
