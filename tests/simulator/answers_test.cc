// What a probe expects of an answer is held to what the model knows of it.

#include "simulator/sim_probes.h"
#include "tests/simulator/world_script.h"
#include "tests/support/files.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

namespace blackstart::testing {
namespace {

const char* const kAnswersTarget = R"(
blackstart_target: 1
name: answers
services:
  rates: {kind: external, tier: external}
  store: {kind: sql, tier: critical}
  cache: {kind: cache, tier: critical}
  api: {kind: api, tier: critical, needs: [store, rates]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api:
    servers: 64
    service_time: 1ms
    start: 1s
    calls: {rates: {timeout: 100ms, fallback: 1ms, breaker: {calls: 10, threshold: 50%, open: 1h, half_open_calls: 3}}}
  store: {servers: 64, commit: 1ms, start: 1s}
  cache: {servers: 64, service_time: 1ms, hit_ratio: 90%, start: 1s}
  rates: {servers: 64, service_time: 1ms, start: 1s}
production: false
)";

struct Answers : ::testing::Test {
  explicit Answers(const std::string& fault = "dependency_outage: {service: rates, mode: errors}")
      : world(spec_of(scenario_with("{rate: 200/s}", "  - {name: x, at: 0s, " + fault + ", until: end}"),
                      kAnswersTarget)) {
    world.start();
    world.pass(2s);
  }
  bool http(const std::string& expected) {
    return world.probe("{http: {url: '{{services.api.url}}/x', " + expected + "}}").ok;
  }
  bool sql(const std::string& query, const std::string& is) {
    return world.probe("{sql: {service: store, query: \"" + query + "\", is: '" + is + "'}}").ok;
  }

  ScriptedWorld world;
};

struct ErringAnswers : Answers {
  ErringAnswers() : Answers("bad_deploy: {service: api, version: errs}") {}
};

TEST(ServiceOfUrl, IsTheNameBeforeSimAndTheRoleBeforeThat) {
  using Place = std::pair<std::string_view, std::string_view>;
  EXPECT_EQ(service_of_url("http://api.sim/health"), Place("api", ""));
  EXPECT_EQ(service_of_url("http://primary.database.sim:80/replication"), Place("database", "primary"));
  EXPECT_EQ(service_of_url("http://primary.of.database.sim"), Place("database", "primary"));
  for (const char* const other : {"", "sim", "http://sim/", "https://example.com/api.sim", "http://api.simple/"})
    EXPECT_EQ(service_of_url(other), Place()) << other;
}

TEST_F(Answers, OfABreakerAreItsState) {
  const std::string path = "json: {'$.circuitBreakers.rates.state': ";
  EXPECT_TRUE(http(path + "CLOSED}"));
  EXPECT_FALSE(http(path + "OPEN}"));
  world.inject(0);
  world.pass(5s);
  EXPECT_FALSE(http(path + "CLOSED}"));
  EXPECT_TRUE(http(path + "OPEN}"));
  world.stop_and_read();
}

TEST_F(Answers, OfAHealthyMemberAreNotThoseOfAnUnhealthyOne) {
  EXPECT_TRUE(http("status: 201"));
  EXPECT_TRUE(http("status: [404, 200]"));
  EXPECT_FALSE(http("status: 404"));
  EXPECT_FALSE(http("status: [500, 503]"));
  EXPECT_TRUE(http("json: {'$.status': UP}"));
  EXPECT_FALSE(http("json: {'$.status': DOWN}"));
  world.stop_and_read();
}

TEST_F(ErringAnswers, AreErrors) {
  world.inject(0);
  EXPECT_FALSE(http("status: 200"));
  EXPECT_TRUE(http("status: 503, json: {'$.status': DOWN}"));
  EXPECT_FALSE(http("status: 503, json: {'$.status': UP}"));
  world.stop_and_read();
}

TEST_F(Answers, OfQueriesThatTheModelKnows) {
  EXPECT_TRUE(sql("SELECT 1", "1"));
  EXPECT_FALSE(sql("select 1;", "2"));
  EXPECT_TRUE(sql("SELECT count(*) > 0 FROM bids", "t"));
  EXPECT_FALSE(sql("SELECT count(*) > 0 FROM bids", "f"));
  EXPECT_FALSE(sql("SELECT pg_is_in_recovery()", "true"));
  EXPECT_TRUE(sql("SELECT count(*) FROM bids WHERE NOT valid", "0"));
  EXPECT_TRUE(world.probe("{redis: {service: cache, command: PING, is: PONG}}").ok);
  EXPECT_FALSE(world.probe("{redis: {service: cache, command: PING, is: LOADING}}").ok);
  world.stop_and_read();
}

TEST(Refusals, ADatabaseByItsDsnIsRefusedByName) {
  const std::string dsn = "{dsn: 'postgres://x', query: 'SELECT 1', is: '1'}";
  const Spec spec = spec_of(scenario_with("{rate: 20/s}", "  - {name: x, at: 0s, kill: {service: api}, until: end}") +
                                "detection:\n  - {name: seen, sql: " + dsn + ", every: 1s}\n" +
                                "validation:\n  - {name: kept, sql: " + dsn + "}\n",
                            kAnswersTarget);
  const auto refused = SimWorld({.plan = make_plan(spec, {.seed = 1, .world = "sim"})}).refusals(spec);
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_NE(refused[0].message.find("detection \"seen\" asks a database by its dsn"), std::string::npos);
  EXPECT_NE(refused[1].message.find("validation \"kept\" asks a database by its dsn"), std::string::npos);
}

/// The alerts of the page's table are understood as they stand there, and so are the metrics that they name.
struct AlertsOfThePage : ::testing::Test {
  static std::vector<std::string> conditions() {
    const std::string page = read_file(std::string{BLACKSTART_SOURCE_DIR} + "/docs/simulator.md");
    const auto begin = page.find("## What alerts see"), end = page.find("\n## ", begin + 1);
    std::vector<std::string> found;
    for (auto at = page.find("\n| `", begin); at < end; at = page.find("\n| `", at + 1))
      found.push_back(page.substr(at + 4, page.find('`', at + 4) - at - 4));
    return found;
  }
};

TEST_F(AlertsOfThePage, AreUnderstood) {
  const Spec spec = spec_of(scenario_with("{rate: 200/s}", "  - {name: x, at: 0s, kill: {service: api}, until: end}"),
                            kAnswersTarget);
  ScriptedWorld world(spec);
  world.start();
  world.pass(2s);
  int understood = 0;
  for (std::string condition : conditions()) {
    const auto name = condition.find("NAME");
    if (name != std::string::npos) condition.replace(name, 4, "api");
    if (condition.find("replication_lag") != std::string::npos) continue;  // this target has no replica
    const Observation seen = world.probe("{alert: {when: '" + condition + "', every: 1s}}");
    EXPECT_TRUE(seen.ok) << condition << ": " << seen.detail;
    ++understood;
  }
  EXPECT_GE(understood, 5);
}

/// What counts calls looks back: it is sampled where an alert of the scenario asks for it.
TEST(Alerts, OfCountedCallsFireOnErrors) {
  for (const std::string condition : {R"(rate(http_requests_total{status=~"5.."}[30s]) > 0.05)",
                                      "rate(http_5xx[30s]) > 0.05", "increase(http_5xx[30s]) > 1"}) {
    const std::string alert = "{alert: {when: '" + condition + "', every: 1s}}";
    const std::string faults = "  - {name: x, at: 0s, bad_deploy: {service: api, version: errs}, until: end}\n";
    const std::string detection = "detection:\n  - {name: errors, alert: {when: '" + condition + "', every: 1s}}\n";
    ScriptedWorld world(spec_of(scenario_with("{rate: 200/s}", faults + detection), kAnswersTarget));
    world.start();
    world.pass(5s);
    EXPECT_TRUE(world.probe(alert).ok) << condition;
    world.inject(0);
    world.pass(5s);
    EXPECT_FALSE(world.probe(alert).ok) << condition;
  }
}

}  // namespace
}  // namespace blackstart::testing
