// The contradictions of the five runbooks, each found by its rule in the drill that shows it: docs/catalog.md, "Where
// the runbooks contradict themselves". Whoever changes a drill so that one of them goes away has to say so here.

#include "scenarios/audit.h"

#include "scenarios/loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace blackstart {
namespace {

namespace fs = std::filesystem;
constexpr const char* kToday = "2026-11-28";

std::vector<Finding> findings_of(const std::string& drill) {
  LoadOptions options;
  options.live = false;
  const fs::path file = fs::path{BLACKSTART_SOURCE_DIR} / "scenarios/catalog" / (drill + ".yaml");
  const auto spec = load_spec(file.string(), options);
  if (spec) return audit(*spec, kToday);
  for (const Error& error : spec.error().errors) ADD_FAILURE() << error.to_string();
  return {};
}

struct Contradiction {
  const char* drill;
  const char* rule;
  const char* says;
};

void expect_found(const std::vector<Contradiction>& contradictions) {
  for (const auto& [drill, rule, says] : contradictions) {
    const auto findings = findings_of(drill);
    const bool found = std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.rule == rule && finding.what.find(says) != std::string::npos && finding.where.line > 0;
    });
    std::string all;
    for (const Finding& finding : findings) all += finding.rule + ": " + finding.what + "\n";
    EXPECT_TRUE(found) << drill << ": " << rule << ": " << says << "\nfound:\n" << all;
  }
}

TEST(CatalogueAudit, FindsWhereBuildNestContradictsItself) {
  expect_found({
      {"buildnest/database-failure", "budgets-over-rto", "against an RTO of 15m"},
      {"buildnest/database-failure", "restore-older-than-rpo",
       "up to 1h3m are lost (1d20m by full alone), against an RPO of 5m"},
      {"buildnest/database-failure", "alert-is-no-ratio", "above 0.05 errors a second of one series, not above 5 %"},
      {"buildnest/database-failure", "kpi-over-objective", "a mean time to recovery of 30m"},
      {"buildnest/database-failure", "review-passed", "was due on 2026-03-01"},
      {"buildnest/cluster-failure", "nothing-left",
       "leaves nothing of an RTO of 1h for detection (15s), people (50s) and \"Update DNS\""},
      {"buildnest/cluster-failure", "budgets-over-rto", "\"Update DNS\" has no time"},
      {"buildnest/cluster-failure", "restore-older-than-rpo", "against an RPO of 5m"},
      {"buildnest/cluster-failure", "fault-not-undone", "kill of elasticsearch"},
      {"buildnest/cluster-failure", "kpi-over-objective", "99.9% leaves 43m 12s"},
      {"buildnest/security-breach", "evidence-destroyed", "\"Isolate affected services\" ends the processes"},
      {"buildnest/security-breach", "evidence-destroyed", "\"Revoke all active sessions\" flushes"},
      {"buildnest/security-breach", "contact-asleep", "tells security, who keeps business hours"},
      {"buildnest/redis-failure", "cadence-missing", "not in the calendar of BuildNest"},
  });
}

TEST(CatalogueAudit, FindsWhereTradeMasterContradictsItself) {
  expect_found({
      {"trademaster/database-corruption", "phases-over-rto", "begins 15m after the fault"},
      {"trademaster/complete-failure", "phases-over-rto", "the RTO of 5m is over by then"},
      {"trademaster/complete-failure", "estimate-over-objective",
       "an RTO of 5m to 10m is expected, against an RTO of 5m"},
      {"trademaster/complete-failure", "review-passed", "was due on 2025-04-17"},
  });
}

TEST(CatalogueAudit, FindsWhereThePlatformContradictsItself) {
  expect_found({
      {"platform/kubernetes-cluster-failure", "backups-rarer-than-rpo",
       "an RPO of 1h for application-state, and of state there are only the backups daily (every 1d) and weekly (every "
       "1w)"},
      {"platform/kubernetes-cluster-failure", "backups-rarer-than-rpo", "an RPO of 1h for persistent-volumes"},
      {"platform/kubernetes-cluster-failure", "restore-older-than-rpo", "restores cluster from weekly"},
      {"platform/kubernetes-cluster-failure", "budgets-over-rto", "an RTO of 30m for kubernetes-configuration"},
      {"platform/kubernetes-cluster-failure", "started-before-restored", "restores state, which it needs"},
      {"platform/database-failure", "restore-older-than-rpo", "\"Restore from snapshot if needed\""},
      {"platform/data-corruption", "restore-older-than-rpo", "\"Restore specific tables\" restores database from full"},
      {"platform/region-outage", "review-passed", "was due on 2024-04-15"},
  });
}

TEST(CatalogueAudit, FindsWhereMykadooAndAuctionFlowAreLate) {
  expect_found({
      {"mykadoo/full-database-restore", "restore-older-than-rpo", "up to 1d25m are lost, against an RPO of 1d"},
      {"mykadoo/point-in-time-recovery", "review-passed", "was due on 2026-03-28"},
      {"auction-flow/database-failure", "restore-older-than-rpo", "restores database from full"},
      {"auction-flow/service-failure", "review-passed", "was due on 2026-09-30"},
  });
}

/// A rule that speaks up in a drill where nothing is wrong is worse than none: these have no contradiction.
TEST(CatalogueAudit, RaisesNoFalseAlarm) {
  for (const char* drill :
       {"auction-flow/service-failure", "auction-flow/cache-failure", "auction-flow/region-failure",
        "auction-flow/event-stream-failure", "auction-flow/security-incident", "auction-flow/data-corruption",
        "platform/region-outage", "buildnest/security-breach", "trademaster/external-service-outage",
        "mykadoo/full-database-restore", "mykadoo/point-in-time-recovery", "mykadoo/file-storage-restore",
        "mykadoo/complete-environment-recovery"}) {
    for (const Finding& finding : findings_of(drill)) {
      const bool known = finding.rule == "evidence-destroyed";
      EXPECT_TRUE(known || finding.weight != Finding::Weight::kContradiction)
          << drill << ": " << finding.rule << ": " << finding.what;
    }
  }
}

}  // namespace
}  // namespace blackstart
