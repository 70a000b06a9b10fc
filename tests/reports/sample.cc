#include "tests/reports/sample.h"

#include <gtest/gtest.h>

#include "scenarios/document.h"

namespace blackstart::test {
namespace {

constexpr const char* kScenario = R"(
blackstart: 1
title: PostgreSQL primary lost
runbook: {document: auction-flow.md, section: Database Failure Recovery}
target: auction-flow
load: {bids: {rate: 1000/s, timeout: 2s}}
objectives:
  rto: 30s
  rpo: 1s
  mtd: 5m
  service_level: {goodput: 99%, latency: p(99)<100ms, hold: 10s}
  thresholds:
    bid_latency.steady: ["p(99)<100ms"]
    bid_failed.steady: ["rate<0.1%"]
faults:
  - {name: primary lost, at: 0s, kill: {service: database, role: primary, signal: KILL}, until: recovered}
detection:
  - {name: database health, tcp: {service: database, role: primary}, every: 1s, timeout: 500ms, failures: 3}
recovery:
  after: detection
  steps:
    - {title: Confirm that the primary is unavailable, check: {service: database, role: primary, is: down}, budget: 2m}
    - {title: Promote the read replica, action: {promote: {service: database, role: standby}}, budget: 5m, contains: true}
    - {title: Rebuild replicas, action: {rebuild: {service: database, role: standby}}, after: end}
validation:
  - {name: bids reconcile, check: {reconcile: bids}}
communications:
  - {audience: engineering, channel: slack, within: 1m, message: "Bidding is down: {{title}}"}
)";

constexpr const char* kTarget = R"(
blackstart_target: 1
name: auction-flow
services:
  auction-api: {kind: api, needs: [database], url: "http://127.0.0.1:9"}
  database: {kind: sql, roles: {primary: 1, standby: 1}, replication: async}
load: {protocol: bids, service: auction-api}
drivers:
  external: {}
)";

Json json_of(const char* yaml, const char* name) {
  const auto node = parse_yaml(yaml, name);
  EXPECT_TRUE(node.has_value());
  return node ? to_json(*node) : Json();
}

ReadBackResult sample_loss() {
  ReadBackResult result =
      lost_in({stretch(at(0s), at(20s), 20000, 180, at(19800ms), at(19995ms)), stretch(at(20s), at(44s), 18000)});
  result.recovered = 12;
  result.not_lost = 7;
  result.first_lost_id = 19801;
  result.last_lost_id = 19990;
  return result;
}

}  // namespace

std::string journal_text(const Drill& drill) {
  auto writer = JournalWriter::create("");
  EXPECT_TRUE(writer.has_value());
  for (Event event : drill.events()) {
    if (event.type == "drill.started") {
      event.body["scenario"] = json_of(kScenario, "scenario.yaml");
      event.body["target"] = json_of(kTarget, "target.yaml");
      event.body["scenario_sha256"] = std::string(64, '5');
      event.body["target_sha256"] = std::string(64, '7');
    }
    EXPECT_TRUE(writer->append(event.at, event.wall, event.type, event.body).has_value());
  }
  return writer->text();
}

Journal journal_of(const Drill& drill) {
  auto journal = read_journal(journal_text(drill), "journal.jsonl", Intervals::kAsValues);
  EXPECT_TRUE(journal.has_value()) << (journal ? "" : journal.error().to_string());
  return journal ? std::move(*journal) : Journal{};
}

ReportData report_of(const Drill& drill) {
  auto data = load_report(journal_of(drill));
  EXPECT_TRUE(data.has_value()) << (data ? "" : data.error().to_string());
  return data ? std::move(*data) : ReportData{};
}

Drill sample_passed() {
  auto drill = Drill().watchers(1s, 20ms).steady(20s).fault("primary lost").bad(3s).detected("database health");
  drill.notified(0, at(80s)).bad(200ms);
  drill.step("Confirm that the primary is unavailable", 100ms, {.id = "1", .budget = 2min}).bad(300ms);
  drill.step("Promote the read replica", 2s,
             {.id = "2",
              .budget = 5min,
              .contains = true,
              .recovery_point = Json{{"service", "database"},
                                     {"kind", "promote"},
                                     {"backup_id", nullptr},
                                     {"sha256", nullptr},
                                     {"newest_ns", to_ns(at(19800ms))}},
              .command = "POST /promote"});
  drill.bad(2500ms).slow(1s, 40ms).good(17s).lift().generator();
  drill.step("Rebuild replicas", 4s, {.id = "3", .after_end = true});
  return drill.read_back(sample_loss()).validation("bids reconcile", true, "180 lost, within the RPO").end();
}

Drill sample_failed() {
  auto drill = Drill().steady(20s).fault("primary lost").bad(70s).detected("database <health> & \"co\"");
  drill.notified(0, at(80s));
  drill.step("Promote | the `read` replica <b>", 7min,
             {.id = "2", .outcome = "over budget", .budget = 5min, .command = "./x.sh \"$A\" ]]> \x1b[31m \xff"});
  drill.bad(5s).good(12s).lift().generator();
  auto loss = lost_in({stretch(at(0s), at(20s), 20000, 9000, at(11s), at(19995ms)), stretch(at(20s), at(107s), 12000)});
  loss.corrupted = 3;
  drill.read_back(loss).validation("bids reconcile", false, "9000 lost\n\x07 & 3 \"corrupted\" <bids> | *bold*");
  return drill.end(true, "", Json::array({{{"what", "process 4312 <stopped>"}, {"how_to_heal", "kill -CONT 4312"}}}));
}

Drill sample_inconclusive() {
  return Drill().bad(45s).steady_failed("12 % of the bins of the last 10 s were bad").lift().end();
}

}  // namespace blackstart::test
