// The audit: a clean runbook yields nothing, each planted mistake is found by its rule and by no other than those that
// follow from it, and what only looks like a mistake is not. The catalogue's own findings: tests/catalog/audit_test.cc.

#include "scenarios/audit.h"

#include "scenarios/audit_path.h"
#include "scenarios/audit_text.h"
#include "scenarios/loader.h"
#include "tests/support/files.h"
#include "tests/support/scratch_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace blackstart {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Changes = std::vector<std::pair<std::string, std::string>>;

const fs::path kClean = fs::path{BLACKSTART_SOURCE_DIR} / "tests/scenarios/audit";
constexpr const char* kToday = "2026-02-01";

/// The clean runbook with each text changed once, wherever it stands in scenario, target or organisation.
Spec changed(const Changes& changes) {
  const ScratchFolder scratch;
  const fs::path folder = scratch.path();
  std::vector<std::pair<std::string, std::string>> files;
  for (const char* name : {"clean.yaml", "targets/shop.yaml", "organisations/shop.yaml"}) {
    files.emplace_back(name, read_file(kClean / name));
  }
  for (const auto& [from, to] : changes) {
    std::size_t found = 0;
    for (auto& file : files) {
      const std::size_t at = file.second.find(from);
      if (at == std::string::npos || found++ > 0) continue;
      file.second.replace(at, from.size(), to);
    }
    EXPECT_EQ(found, 1U) << "the change of \"" << from << "\" is in so many files";
  }
  for (const auto& [name, text] : files) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream{folder / name} << text;
  }
  LoadOptions options;
  options.live = false;
  auto spec = load_spec((folder / "clean.yaml").string(), options);
  if (spec) return std::move(*spec);
  for (const Error& error : spec.error().errors) ADD_FAILURE() << error.to_string();
  return {};
}

/// The whole line that holds `text`.
std::string line_with(const std::string& text, const char* file = "clean.yaml") {
  std::istringstream lines{read_file(kClean / file)};
  for (std::string line; std::getline(lines, line);) {
    if (line.find(text) != std::string::npos) return line + "\n";
  }
  ADD_FAILURE() << file << " has no line with " << text;
  return {};
}

std::string all_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += std::string{spell(finding.weight)} + " " + finding.rule + " " + finding.where.to_string() + ": " +
            finding.what + "\n";
  }
  return text;
}

struct Planted {
  const char* rule;
  Finding::Weight weight;
  Changes changes;
  const char* says;                       // part of its sentence
  const char* in = "clean.yaml";          // the file it stands in
  std::vector<const char*> besides = {};  // rules that the same mistake sets off as well
};
constexpr auto kContradiction = Finding::Weight::kContradiction;
constexpr auto kWarning = Finding::Weight::kWarning;
constexpr auto kNote = Finding::Weight::kNote;

const char* const kOrganisation = "organisations/shop.yaml";
const std::string kDatabase = "  database:\n    kind: sql\n";  // in the target
const std::string kStart = "{title: Start the server, action: {start: {service: database}}";
const std::string kPromote = "{title: Start the server, action: {promote: {service: database, role: standby}}";
const std::string kRebuild = "    - {title: Again two, action: {rebuild: {service: database, role: standby}}";

std::vector<Planted> planted_budgets() {
  return {
      {"budgets-over-rto",
       kContradiction,
       {{"budget: 20m", "budget: 32m"}},
       "detection 15s + people 3m + steps 42m (1m + 1m + 3m + 2m + 32m + 1m + 2m) = 45m15s against an RTO of 45m"},
      {"budgets-over-rto",
       kContradiction,
       {{"budget: 20m", "budget: 29m"}},
       "steps 42m (1m + 1m + 3m + 2m + 29m + 1m + 2m + 1m + 2m) = 45m15s against an RTO of 45m, where \"Quick look\" "
       "fails"},
      {"budgets-over-rto",
       kContradiction,
       {{"rto: 60m", "rto: 30m"}},
       "detection 15s + people 3m + steps 27m (1m + 1m + 3m + 2m + 20m) = 30m15s against an RTO of 30m for search "
       "(until "
       "\"Restore\", the last that changes it; 33m15s with what follows)"},
      {"budgets-over-rto",
       kWarning,
       {{"{median: 2m, p95: 5m}", "{median: 2m, p95: 12m}"}, {"within: 10m, of", "within: 20m, of"}},
       "at the 95th percentile of people and commands: detection 15s + people 15m + steps 33m = 48m15s against an RTO "
       "of "
       "45m, 36m15s as a rule"},
      {"budgets-over-rto",
       kWarning,
       {{"hold: 30m, after: end", "hold: 30m, budget: 10m"}},
       "without what follows \"Start the api\", the last that changes anything, 36m15s"},
      {"budgets-over-rto",
       kWarning,
       {{"Restart the server, action: {restart: {service: database}}, budget: 2m",
         "Restart the server, action: {restart: {service: database}}, budget: 2m, otherwise: [{title: Another server, "
         "action: "
         "{restart: {service: api}}, budget: 10m}]"}},
       "where \"Quick look\" and \"Restart the server\" fail"},
      {"budgets-over-mtd",
       kContradiction,
       {{"mtd: 4h", "mtd: 46m"}, {"hold: 30m, after: end", "budget: 10m"}},
       "= 46m15s against an MTD of 46m",
       "clean.yaml",
       {"budgets-over-rto"}},
      {"budgets-over-mtd", kContradiction, {{"mtd: 4h", "mtd: 40m"}}, "an MTD of 40m is shorter than the RTO of 45m"},
      {"nothing-left",
       kContradiction,
       {{"expected: {rto: 20m..30m}", "expected: {rto: 45m..45m}"}},
       "the estimate of 45m leaves nothing of an RTO of 45m for detection (15s) and people (3m)"},
      {"nothing-left",
       kContradiction,
       {{"expected: {rto: 20m..30m}", "expected: {rto: 45m..45m}"},
        {"action: {start: {service: api}}, budget: 2m", "action: {start: {service: api}}"}},
       "for detection (15s), people (3m) and \"Start the api\"",
       "clean.yaml",
       {"step-without-budget"}},
      {"nothing-left",
       kWarning,
       {{"expected: {rto: 20m..30m}", "expected: {rto: 20m..43m}"}},
       "the estimate of 20m to 43m leaves 2m of an RTO of 45m"},
      {"nothing-left",
       kContradiction,
       {{"  after: detection\n", "  after: {at: 0s}\n"}, {"rto: 45m", "rto: 33m"}, {"mttr: 40m", "mttr: 30m"}},
       "are the RTO itself: nothing is left for detection and people"},
      {"estimate-over-objective",
       kContradiction,
       {{"expected: {rto: 20m..30m}", "expected: {rto: 40m..50m}"}},
       "an RTO of 40m to 50m is expected, against an RTO of 45m"},
      {"step-without-budget",
       kNote,
       {{"action: {stop: {service: api}}, budget: 1m", "action: {stop: {service: api}}"}},
       "1 of 9 steps without a budget: \"Stop the api\""},
  };
}

std::vector<Planted> planted_clocks() {
  return {
      {"phases-over-rto",
       kContradiction,
       {{"name: recovery, from: 10m, to: 40m", "name: recovery, from: 45m, to: 60m"}},
       "\"recovery\" begins 45m after the fault, and with it \"Start the server\""},
      {"deadline-too-tight",
       kContradiction,
       {{"within: 10m, of: detected", "within: 1m, of: detected"}},
       "\"answered\" is due 1m after the detection; people and budgets until then take 2m"},
      {"deadline-too-tight",
       kWarning,
       {{"mark: acknowledged, within: 10m, of: detected", "mark: contained, within: 6m, of: fault"}},
       "take 5m15s, at their 95th percentile 10m15s"},
      {"told-too-late",
       kWarning,
       {{"within: 90m, when: outage > 1h", "within: 90m, when: outage > 10m"}},
       "customers may be told by status-page within 1h30m, when an outage that keeps its RTO of 45m is over",
       kOrganisation},
  };
}

std::vector<Planted> planted_backups() {
  return {
      {"backups-rarer-than-rpo",
       kContradiction,
       {{"full: {every: 4h, keep: 7d, takes: 10m}", "full: {every: 6h, keep: 7d, takes: 10m}"}},
       "an RPO of 5h for search, and of search there are only the backups full (every 6h), and no replica"},
      {"restore-older-than-rpo",
       kContradiction,
       {{"from: latest, to: \"{{steps.moment}}\"", "from: full"}},
       "\"Database\" restores database from full, one every 1d that takes up to 20m: up to 1d20m are lost, against an "
       "RPO "
       "of 5m"},
      {"restore-older-than-rpo",
       kContradiction,
       {{"log: {every: 1m, keep: 7d}", "log: {every: 6m, keep: 7d}"},
        {"tier: critical\n    backups",
         "tier: critical\n    roles: {primary: 1, standby: 1}\n    replication: async\n    backups"}},
       "restores database from log, one every 6m: up to 6m are lost (1d20m by full alone), against an RPO of 5m"},
      {"backups-rarer-than-rpo",
       kContradiction,
       {{"log: {every: 1m, keep: 7d}", "log: {every: 6m, keep: 7d}"}},
       "an RPO of 5m, and of database there are only the backups full (every 1d) and log (every 6m)"},
      {"restore-older-than-rpo",
       kWarning,
       {{"full: {every: 4h, keep: 7d, takes: 10m}", "full: {every: 5h, keep: 7d, takes: 10m}"}},
       "up to 5h10m are lost, against an RPO of 5h for search"},
  };
}

std::vector<Planted> planted_evidence() {
  return {
      {"recovery-without-detection",
       kWarning,
       {{"  after: detection\n", "  after: {at: 2m}\n"},
        {"detection:\n", ""},
        {line_with("name: errors"), ""},
        {line_with("name: health"), ""},
        {"deadlines:\n", ""},
        {line_with("name: answered"), ""},
        {"mttd: 1m", "mttd: 3m"}},
       "the recovery begins by the clock"},
      {"alert-is-no-ratio",
       kWarning,
       {{" / sum(rate(http_requests_total[5m]))", ""}},
       "errors fires above 0.05 errors a second of one series, not above 5 %: one error in 20 s, at 100/s that is 0.05 "
       "%"},
      {"rpo-without-read-back",
       kWarning,
       {{"  read_back:\n", "  read_back: none\n"}, {line_with("cursor", "targets/shop.yaml"), ""}},
       "an RPO, and shop has no read_back"},
      {"rpo-out-of-sight",
       kWarning,
       {{"covers: {services: [search]}", "covers: {services: [api]}"}, {"for: 6h", "for: 4h"}},
       "traffic runs for 4h before the fault, shorter than the RPO of 5h for search"},
      {"canary-too-coarse",
       kContradiction,
       {{"every: 30s}", "every: 60m}"}},
       "index is written every 1h: it cannot show whether search keeps its RTO of 1h"},
      {"validation-ignores-data",
       kWarning,
       {{"check: {reconcile: bids}", "http: {url: \"{{services.api.url}}/health\", status: 200}"},
        {"check: {exec: \"./count.sh\"}", "check: {service: database, is: up}"}},
       "an RPO, and nothing looks at the data"},
  };
}

std::vector<Planted> planted_order() {
  return {
      {"fault-not-undone",
       kWarning,
       {{"  - {name: index gone",
         "  - {name: bad configuration, at: 0s, bad_config: {service: api, key: a, value: b}, until: recovered}\n  - "
         "{name: index gone"}},
       "\"bad configuration\" (bad_config of api) lasts until the recovery ends it, and no step does"},
      {"left-alone",
       kContradiction,
       {{kDatabase, kDatabase + "    roles: {primary: 1}\n    replication: sync\n"}},
       "database is replicated synchronously, and has no standby",
       "targets/shop.yaml"},
      {"left-alone",
       kContradiction,
       {{kDatabase, kDatabase + "    roles: {primary: 1, standby: 1}\n    replication: sync\n"},
        {kStart, kPromote},
        {"    - {title: Watch, ", kRebuild + ", after: end}\n    - {title: Watch, "}},
       "\"Start the server\" takes the one standby of database"},
      {"started-before-restored",
       kWarning,
       {{"    - {title: Start the server, ",
         "    - {title: Let them in, action: {start: {service: api}}, budget: 1m}\n    - {title: Start the server, "}},
       "\"Let them in\" starts api before \"Restore\" restores database, which it needs"},
      {"evidence-destroyed",
       kContradiction,
       {{"    - {title: Start the server, ",
         "    - {title: Keep the logs as evidence, manual: true, budget: 1m}\n    - {title: Start the server, "}},
       "before \"Keep the logs as evidence\": \"Stop the api\" ends the processes and their logs"},
      {"evidence-destroyed",
       kWarning,
       {{"  - {name: index gone",
         "  - {name: keys out, at: 0s, leak_credentials: {which: api-keys, service: api}, until: recovered}\n  - "
         "{name: index gone"},
        {"    - {title: Start the server, ",
         "    - {title: New keys, action: {rotate: {credential: api-keys}}, budget: 1m}\n    - {title: Start the "
         "server, "}},
       "credentials have leaked, and no step preserves evidence"},
  };
}

std::vector<Planted> planted_organisation() {
  return {
      {"kpi-over-objective",
       kContradiction,
       {{"mttr: 40m", "mttr: 50m"}},
       "a mean time to recovery of 50m is allowed, and no recovery may take longer than its RTO of 45m",
       kOrganisation},
      {"kpi-over-objective",
       kContradiction,
       {{"mttd: 1m", "mttd: 10s"}},
       "a mean time to detect of 10s, and errors takes 15s to fire",
       kOrganisation},
      {"kpi-over-objective",
       kWarning,
       {{"availability: 99%", "availability: 99.9%"}},
       "an availability of 99.9% leaves 43m 12s of outage in 30 days, less than one outage of the RTO of 45m",
       kOrganisation},
      {"contact-asleep",
       kWarning,
       {{"dba@shop.example}", "dba@shop.example, hours: business}"}},
       "a P1 drill waits for dba, who keeps business hours"},
      {"cadence-missing",
       kWarning,
       {{"cadence: quarterly\n", ""}, {"drill: clean", "drill: another"}},
       "no cadence, and no entry in a calendar"},
      {"cadence-missing", kNote, {{"drill: clean", "drill: another"}}, "quarterly, and not in the calendar of Shop"},
      {"review-passed",
       kWarning,
       {{"next: 2026-04-15", "next: 2026-01-31"}},
       "the next review of Shop's plan was due on 2026-01-31 (the last was on 2026-01-15), and today is 2026-02-01",
       kOrganisation},
      {"review-passed",
       kWarning,
       {{", next: 2026-04-15", ""}},
       "Shop has no date for the next review of its plan",
       kOrganisation},
  };
}

std::vector<Planted> all_planted() {
  std::vector<Planted> all;
  for (const auto& some : {planted_budgets(), planted_clocks(), planted_backups(), planted_evidence(), planted_order(),
                           planted_organisation()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

TEST(Audit, HasNothingToSayOfACleanRunbook) { EXPECT_EQ(all_of(audit(changed({}), kToday)), ""); }

TEST(Audit, FindsEveryPlantedMistakeAndNoOther) {
  for (const Planted& planted : all_planted()) {
    SCOPED_TRACE(std::string{planted.rule} + ": " + planted.says);
    const auto findings = audit(changed(planted.changes), kToday);
    bool found = false;
    for (const Finding& finding : findings) {
      found =
          found || (finding.rule == planted.rule && finding.weight == planted.weight &&
                    finding.what.find(planted.says) != std::string::npos && finding.where.file.ends_with(planted.in) &&
                    finding.where.line > 1 && finding.where.column > 0 && finding.remedy.size() > 10 &&
                    finding.drills == std::vector<std::string>{"clean"});
      const bool follows =
          std::find(planted.besides.begin(), planted.besides.end(), finding.rule) != planted.besides.end();
      EXPECT_TRUE(finding.rule == planted.rule || follows) << "found besides: " << finding.rule << ": " << finding.what;
    }
    EXPECT_TRUE(found) << all_of(findings);
  }
}

TEST(Audit, EveryRuleHasAMistakeThatItMustFind) {
  std::set<std::string> planted;
  for (const Planted& each : all_planted()) planted.insert(each.rule);
  std::set<std::string> rules;
  for (const AuditRule& rule : audit_rules()) {
    EXPECT_TRUE(rules.insert(std::string{rule.name}).second) << rule.name << " stands in the list twice";
  }
  EXPECT_EQ(planted, rules);
}

/// What looks like one of the mistakes and is none.
TEST(Audit, IsSilentWhereNothingIsWrong) {
  const std::vector<Changes> harmless = {
      {{"budget: 20m", "budget: 23m"}},
      {{"rto: 45m", "rto: {within: 10m, from: healed}"}, {"expected: {rto: 20m..30m}", "expected: {rto: 5m..9m}"}},
      {{"next: 2026-04-15", "next: 2026-02-01"}},
      {{" / sum(rate(http_requests_total[5m])) > 0.05", " > 5"}},
      {{"rate(http_requests_total{status=~'5..'}[5m])", "rate(orders[5m])"},
       {" / sum(rate(http_requests_total[5m])) > 0.05", " < 0.05"}},
      {{"dba@shop.example}", "dba@shop.example, hours: business}"}, {"severity: P1", "severity: P3"}},
      {{"cadence: quarterly\n", ""}},
      {{"calendar:\n", ""}, {line_with("drill: ", "organisations/shop.yaml"), ""}},
      {{"    - {title: Stop the api,",
        "    - {title: Cut it off, action: {isolate: {service: api}}, budget: 1m}\n    - {title: Keep evidence, "
        "manual: true, budget: 1m}\n    - {title: Stop the api,"}},
      {{"  - {name: index gone",
        "  - {name: bad configuration, at: 0s, bad_config: {service: api, key: a, value: b}, until: end}\n  - {name: "
        "index gone"}},
      {{"  - {name: index gone",
        "  - {name: bad configuration, at: 0s, bad_config: {service: api, key: a, value: b}, until: recovered}\n  - "
        "{name: index gone"},
       {"like: {restore: {service: database, from: latest, to: \"{{steps.moment}}\"}}",
        "like: {restore: {service: database, from: latest}}"},
       {"check: {exec: \"./count.sh\"}", "action: {run: \"./what-it-does-nobody-says.sh\"}"}},
      {{"name: recovery, from: 10m, to: 40m", "name: recovery, from: 44m, to: 60m"}},
      {{"mttr: 40m", "mttr: 45m"}},
      {{"full: {every: 4h, keep: 7d, takes: 10m}", "full: {every: 4h50m, keep: 7d, takes: 10m}"}},
      {{kDatabase, kDatabase + "    roles: {primary: 1, standby: 2}\n    replication: sync\n"}, {kStart, kPromote}},
      {{kDatabase, kDatabase + "    roles: {primary: 1, standby: 1}\n    replication: sync\n"},
       {kStart, kPromote},
       {"    - title: Quick look", kRebuild + ", budget: 1m}\n    - title: Quick look"}},
  };
  for (const Changes& changes : harmless) {
    SCOPED_TRACE(changes.front().first + " -> " + changes.front().second);
    EXPECT_EQ(all_of(audit(changed(changes), kToday)), "");
  }
}

TEST(Audit, AddsUpTheLongestWay) {
  const Spec spec = changed({});
  EXPECT_EQ(fallback_depth(spec.scenario), 1);
  const auto straight = longest_path(spec, 0);
  ASSERT_EQ(straight.size(), 7U) << "on success the thorough look is skipped";
  EXPECT_EQ(straight.back().end.median, 30min);
  EXPECT_EQ(straight.back().step->title, "Start the api") << "what comes after the end counts nothing";
  const auto fallen = longest_path(spec, 1);
  ASSERT_EQ(fallen.size(), 9U);
  EXPECT_TRUE(fallen[5].falls_back);
  EXPECT_EQ(fallen[6].step->title, "Restart the server");
  EXPECT_EQ(fallen[7].step->title, "Thorough look") << "a look that failed skips nothing";
  EXPECT_EQ(fallen.back().end.median, 33min);
  const Spec unbudgeted = changed({{"    - title: Restore\n      budget: 20m\n", "    - title: Restore\n"}});
  EXPECT_EQ(longest_path(unbudgeted, 0).back().end.median, 25min) << "together: the longest, by what it takes";
}

TEST(Audit, OneWayThroughManyFallbacksIsQuick) {
  std::string steps;
  for (int index = 0; index < 60; ++index) {
    const std::string name = std::to_string(index);
    steps += "    - {title: s" + name + ", action: {restart: {service: api}}, budget: 1s, otherwise: [{title: o" +
             name + ", action: {restart: {service: api}}, budget: 1s}]}\n";
  }
  const Spec spec = changed({{"    - {title: Is it the disk", steps + "    - {title: Is it the disk"}});
  EXPECT_EQ(longest_path(spec, 1).back().end.median, 35min) << "2^60 ways, of which each step's rest is looked at once";
}

TEST(Audit, WhatSeveralDrillsSayAlikeStandsOnce) {
  const Finding own{kWarning, "rule-a", {"one"}, {"one.yaml", 3, 1}, "own", "do"};
  const Finding shared{kContradiction, "rule-b", {"one"}, {"organisation.yaml", 9, 4}, "shared", "do"};
  Finding again = shared;
  again.drills = {"two"};
  Finding other = shared;
  other.what = "shared, by another figure";
  other.drills = {"two"};
  const auto merged = merge_findings({{own, shared}, {again, other}});
  ASSERT_EQ(merged.size(), 3U);
  EXPECT_EQ(merged[1].drills, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(merged[2].drills, std::vector<std::string>{"two"});
  EXPECT_EQ(count_findings(merged), (std::array<std::size_t, 3>{2, 1, 0}));
  const std::string text = audit_text({"one", "two"}, merged);
  EXPECT_NE(text.find("one\n  warning rule-a\n    one.yaml:3:1: own\n    -> do.\n"), std::string::npos) << text;
  EXPECT_NE(text.find("several drills\n  contradiction rule-b\n"), std::string::npos) << text;
  EXPECT_NE(text.find("in one, two\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("2 drills: 2 contradictions, 1 warning, 0 notes\n")) << text;
  const auto json = audit_json({"one", "two"}, merged, kToday);
  EXPECT_EQ(json["contradictions"], 2);
  EXPECT_EQ(json["findings"][1]["at"], "organisation.yaml:9:4");
  EXPECT_EQ(json["findings"][1]["drills"].size(), 2U);
  EXPECT_EQ(json["today"], kToday);
}

TEST(Audit, KnowsADay) {
  for (const char* day : {"2026-01-31", "2024-02-29", "1999-12-31"}) EXPECT_TRUE(is_date(day)) << day;
  for (const char* text : {"", "2026-02-29", "2026-13-01", "2026-1-31", "31.01.2026", "2026-01-31T00", "2026-01-+1"}) {
    EXPECT_FALSE(is_date(text)) << text;
  }
}

TEST(Audit, ThePageNamesEveryRule) {
  const std::string page = read_file(fs::path{BLACKSTART_SOURCE_DIR} / "docs/audit.md");
  for (const AuditRule& rule : audit_rules()) {
    EXPECT_NE(page.find("| `" + std::string{rule.name} + "` | "), std::string::npos) << rule.name;
  }
}

}  // namespace
}  // namespace blackstart
