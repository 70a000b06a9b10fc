// What audit() finds in a runbook, rule by rule: each has a drill in which it must find something, and the same drill
// put right, in which it must not. Then the contradictions of the catalogue's runbooks.

#include "scenarios/audit.h"
#include "tests/scenarios/good_specs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace blackstart {
namespace {

using Weight = Finding::Weight;

constexpr const char* kToday = "2026-11-28";

const char* kTarget = R"(
blackstart_target: 1
name: shop
regions: {east: {primary: true}, west: {}}
services:
  api: {kind: api, tier: critical, needs: [database], url: "http://api.test"}
  database:
    kind: sql
    tier: critical
    roles: {primary: {east: 1}, standby: {west: 1}}
    replication: async
    backups:
      full: {every: 24h, at: "02:00 UTC", takes: 10m}
      log: {every: 1m}
  reports: {kind: api, tier: low, url: "http://reports.test"}
load: {protocol: bids, service: api}
drivers: {external: {}}
production: false
)";

/// A drill in which nothing is wrong.
const char* kScenario = R"(
blackstart: 1
title: Database lost
severity: P1
target: shop
load: {bids: {rate: 100/s}}
objectives: {rto: 15m, rpo: 5m}
faults:
  - {name: primary lost, at: 0s, kill: {service: database, role: primary}, until: recovered}
detection:
  - {name: database down, tcp: {service: database, role: primary}, every: 5s, failures: 3}
people:
  acknowledge: {median: 1m, p95: 2m}
recovery:
  after: detection
  steps:
    - {title: Preserve evidence, action: {run: "./logs.sh", takes: 1m}, budget: 2m}
    - {title: Promote, action: {promote: {service: database, role: standby}}, budget: 3m, otherwise: [{title: Restore, action: {restore: {service: database, from: latest}}, budget: 3m}]}
    - {title: Repoint, action: {repoint: {services: [api], to: database}}, budget: 1m}
    - {title: Restart, action: {restart: {service: api}}, budget: 1m}
validation:
  - {name: bids reconcile, check: {reconcile: bids}}
)";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

Spec spec_of(const std::string& scenario, const std::string& target = kTarget) {
  const auto drill = parse_yaml(scenario, "drill.yaml"), system = parse_yaml(target, "target.yaml");
  EXPECT_TRUE(drill && system);
  auto spec = load_resolved(*drill, *system, "drill");
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : all_errors(spec.error().errors));
  return spec ? *spec : Spec{};
}

std::string spell(const Finding& finding) { return finding.rule + ": " + finding.what + "\n"; }

/// The findings of one rule.
std::vector<Finding> found(const Spec& spec, const std::string& rule) {
  std::vector<Finding> findings = audit(spec, kToday);
  std::erase_if(findings, [&](const Finding& finding) { return finding.rule != rule; });
  return findings;
}

/// Exactly one finding of `rule`, whose sentence holds each of `parts`; nothing else is found.
void expect_only(const Spec& spec, const std::string& rule, Weight weight, const std::vector<std::string>& parts) {
  const auto all = audit(spec, kToday);
  std::string text;
  for (const Finding& finding : all) text += spell(finding);
  ASSERT_EQ(all.size(), 1U) << text;
  EXPECT_EQ(all.front().rule, rule);
  EXPECT_EQ(all.front().weight, weight);
  for (const std::string& part : parts)
    EXPECT_NE(all.front().what.find(part), std::string::npos) << part << " in " << text;
  EXPECT_FALSE(all.front().advice.empty());
}

TEST(Audit, ADrillThatHoldsTogetherHasNoFindings) {
  for (const Finding& finding : audit(spec_of(kScenario), kToday)) ADD_FAILURE() << spell(finding);
}

TEST(Audit, BudgetsThatAddUpToMoreThanTheRto) {
  // detection 10 s + people 1 min + steps 2 + 3 + 1 + 1 min
  expect_only(spec_of(with(kScenario, "rto: 15m", "rto: 8m")), "budgets", Weight::kContradiction,
              {"detection 10.00 s", "people 1m 00s", "7m 00s", "8m 10s", "RTO of 8m"});
  expect_only(spec_of(with(kScenario, "rto: 15m", "rto: 10m")), "budgets", Weight::kWarning,
              {"followed by its alternative 10m 00s", "11m 10s"});
  expect_only(spec_of(with(with(kScenario, "p95: 2m", "p95: 6m"), "rto: 15m", "rto: 12m")), "budgets", Weight::kWarning,
              {"people who are slow", "13m 10s"});
}

TEST(Audit, StepsTogetherTakeAsLongAsTheLongest) {
  const std::string together =
      with(kScenario, "    - {title: Repoint, action: {repoint: {services: [api], to: database}}, budget: 1m}\n",
           "    - title: Both\n      together:\n"
           "        - {title: Repoint, action: {repoint: {services: [api], to: database}}, budget: 1m}\n"
           "        - {title: Announce, action: {run: \"./announce.sh\", takes: 6m}}\n");
  const auto budgets = found(spec_of(with(together, "rto: 15m", "rto: 12m")), "budgets");
  ASSERT_EQ(budgets.size(), 1U);
  EXPECT_NE(budgets.front().what.find("12m 00s = 13m 10s"), std::string::npos) << budgets.front().what;
}

TEST(Audit, APhaseThatBeginsAfterTheRto) {
  const std::string phases = "phases: [{name: recovery, from: 15m, to: 25m}]\nvalidation:";
  const std::string steps =
      with(with(kScenario, "validation:", phases), "budget: 3m, otherwise", "budget: 3m, phase: recovery, otherwise");
  expect_only(spec_of(steps), "phases", Weight::kContradiction, {"\"recovery\"", "15m"});
  EXPECT_TRUE(audit(spec_of(with(steps, "from: 15m", "from: 5m")), kToday).empty());
}

TEST(Audit, AnEstimateAboveTheObjective) {
  expect_only(spec_of(with(kScenario, "rpo: 5m}", "rpo: 5m, expected: {rto: 10m..20m}}")), "estimate",
              Weight::kContradiction, {"10m to 20m", "RTO of 15m"});
  EXPECT_TRUE(audit(spec_of(with(kScenario, "rpo: 5m}", "rpo: 5m, expected: {rto: 10m..15m}}")), kToday).empty());
}

TEST(Audit, KpisThatContradictTheObjectives) {
  Spec spec = spec_of(kScenario);
  spec.organisation.emplace();
  spec.organisation->kpis.mttr = std::chrono::minutes{30};
  expect_only(spec, "kpis", Weight::kContradiction, {"30m", "RTO of 15m"});
  spec.organisation->kpis.mttr = std::chrono::minutes{15};
  EXPECT_TRUE(audit(spec, kToday).empty());
  spec.organisation->kpis.availability = Share{0.9999};
  expect_only(spec, "kpis", Weight::kWarning, {"99.99 %", "4m 19s", "15m"});
}

TEST(Audit, BackupsThatAreRarerThanTheRpo) {
  const std::string no_log = with(kTarget, "      log: {every: 1m}\n", "");
  expect_only(spec_of(kScenario, no_log), "backups", Weight::kWarning,
              {"\"Restore\"", "full backups every 1d", "24h 10m", "RPO of 5m"});
  const std::string first =
      with(kScenario, "promote: {service: database, role: standby}", "restore: {service: database}");
  expect_only(spec_of(with(first, "rto: 15m", "rto: 20m"), with(no_log, "takes: 10m", "takes: 10m, keep: 7d")),
              "backups", Weight::kContradiction, {"\"Promote\""});
}

TEST(Audit, AComponentFromBidsThatNoBidPassesThrough) {
  const std::string component = with(
      kScenario, "rpo: 5m}", "rpo: 5m, components: {all: {covers: {services: [api, reports]}, from: bids, rto: 15m}}}");
  expect_only(spec_of(component), "evidence", Weight::kWarning, {"no bid passes through reports"});
  EXPECT_TRUE(audit(spec_of(with(component, "[api, reports]", "[api, database]")), kToday).empty());
}

TEST(Audit, AnRpoThatNobodyLooksAt) {
  expect_only(spec_of(with(kScenario, "check: {reconcile: bids}", "tcp: {service: api}")), "validation",
              Weight::kWarning, {"looks at the data"});
}

TEST(Audit, EvidenceThatIsDestroyedBeforeItIsPreserved) {
  const std::string late = with(with(kScenario, "Preserve evidence", "Triage"), "- {title: Restart,",
                                "- {title: Isolate, action: {scale: {services: [api], to: 0}}, budget: 1m}\n"
                                "    - {title: Preserve evidence, check: {service: api, is: down}, budget: 1m}\n"
                                "    - {title: Restart,");
  expect_only(spec_of(late), "preservation", Weight::kContradiction, {"\"Isolate\"", "\"Preserve evidence\""});
}

TEST(Audit, AnOldPrimaryThatIsNotFenced) {
  const std::string region = with(kScenario, "kill: {service: database, role: primary}, until: recovered",
                                  "region: {which: east}, until: end");
  expect_only(spec_of(region), "fencing", Weight::kWarning, {"\"Promote\"", "\"primary lost\""});
  const std::string fenced =
      with(region, "- {title: Repoint,",
           "- {title: Fence, action: {fence: {service: database, region: east}}, budget: 1m}\n    - {title: Repoint,");
  EXPECT_TRUE(audit(spec_of(fenced), kToday).empty());
}

TEST(Audit, ARestoreBehindTheServiceThatNeedsIt) {
  const std::string behind =
      with(kScenario, "budget: 1m}\nvalidation:",
           "budget: 1m}\n    - {title: Bring back, action: {restore: {service: database}}, budget: "
           "3m}\nvalidation:");
  expect_only(spec_of(behind), "restore-order", Weight::kWarning, {"\"Restart\"", "\"Bring back\""});
}

TEST(Audit, AnAlertThatReadsLikeAShare) {
  const auto alert = [](const std::string& when) {
    return spec_of(with(kScenario, "tcp: {service: database, role: primary}, every: 5s, failures: 3",
                        "alert: {when: \"" + when + "\", every: 5s, source: target}"));
  };
  expect_only(alert("rate(http_requests_total{status=~'5..'}[5m]) > 0.05"), "alerts", Weight::kWarning,
              {"errors a second of one series"});
  for (const char* right : {"sum(rate(http_5xx[5m])) / sum(rate(http_all[5m])) > 0.05", "rate(http_5xx[5m]) > 10",
                            "rate(http_requests_total[5m]) < 0.5", "mysql_up == 0"})
    EXPECT_TRUE(found(alert(right), "alerts").empty()) << right;
}

TEST(Audit, ARecoveryThatNothingSetsOff) {
  const std::string blind = with(
      kScenario,
      "detection:\n  - {name: database down, tcp: {service: database, role: primary}, every: 5s, failures: 3}\n", "");
  expect_only(spec_of(blind), "alerts", Weight::kContradiction, {"no rule detects"});
}

TEST(Audit, SomebodyWhoWorksBusinessHours) {
  const std::string told =
      with(kScenario, "validation:", "communications: [{audience: Security, channel: email, within: 5m}]\nvalidation:");
  Spec spec = spec_of(told);
  spec.organisation.emplace();
  spec.organisation->contacts = {{"security", "Security Lead", "email", true}};
  expect_only(spec, "hours", Weight::kWarning, {"told within 5m", "Security Lead"});
  spec.organisation->contacts.front().business_hours = false;
  EXPECT_TRUE(audit(spec, kToday).empty());
  spec.organisation->contacts.front().business_hours = true;
  spec.scenario.severity = "P3";
  EXPECT_TRUE(audit(spec, kToday).empty());
}

TEST(Audit, AReviewThatHasPassed) {
  Spec spec = spec_of(kScenario);
  spec.organisation.emplace();
  spec.organisation->review = {"2026-08-01", "2026-11-27"};
  expect_only(spec, "review", Weight::kWarning, {"2026-11-27", "2026-08-01"});
  spec.organisation->review.next = kToday;
  EXPECT_TRUE(audit(spec, kToday).empty());
}

// ---- the catalogue ----

Spec catalogued(const std::string& name) {
  LoadOptions options;
  options.targets_folder = std::string(BLACKSTART_SOURCE_DIR) + "/scenarios/targets";
  options.live = false;
  auto spec = load_spec(std::string(BLACKSTART_SOURCE_DIR) + "/scenarios/catalog/" + name + ".yaml", options);
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : all_errors(spec.error().errors));
  return spec ? *spec : Spec{};
}

struct Contradiction {
  const char* drill;
  const char* rule;
  const char* part;  // of the sentence
};

class RunbookContradictions : public ::testing::TestWithParam<Contradiction> {};

TEST_P(RunbookContradictions, AreFoundByName) {
  const auto findings = found(catalogued(GetParam().drill), GetParam().rule);
  std::string text;
  for (const Finding& finding : findings) text += spell(finding);
  EXPECT_NE(text.find(GetParam().part), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(
    All, RunbookContradictions,
    ::testing::Values(Contradiction{"buildnest/database-failure", "budgets", "RTO of 15m"},
                      Contradiction{"buildnest/database-failure", "backups", "RPO of 5m"},
                      Contradiction{"buildnest/database-failure", "alerts", "rate(http_requests_total"},
                      Contradiction{"buildnest/database-failure", "kpis", "30m"},
                      Contradiction{"buildnest/cluster-failure", "budgets", "RTO of 1h"},
                      Contradiction{"buildnest/security-breach", "preservation", "Isolate affected services"},
                      Contradiction{"buildnest/security-breach", "preservation", "Revoke all active sessions"},
                      Contradiction{"trademaster/database-corruption", "phases", "RTO of 5m"},
                      Contradiction{"trademaster/complete-failure", "estimate", "5m to 10m"},
                      Contradiction{"platform/kubernetes-cluster-failure", "backups", "application-state"},
                      Contradiction{"platform/region-outage", "review", "2024-04-15"},
                      Contradiction{"trademaster/deployment-failure", "review", "2025-04-17"}));

}  // namespace
}  // namespace blackstart
