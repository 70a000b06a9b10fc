// What a drill says and the virtual world does not do or know is told by name, with its place.

#include "simulator/sim_notices.h"
#include "tests/simulator/world_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> notices_of(const std::string& target) {
  return find_sim_notices(
      spec_of(scenario_with("{rate: 20/s}", "  - {name: x, at: 0s, surge: {factor: 2}, until: end}"), target));
}

TEST(SimNotices, EachWordWithoutEffectIsToldOnceWithWhoHasIt) {
  EXPECT_THAT(
      notices_of(R"(
blackstart_target: 1
name: idle
regions: {east: {primary: true}, west: {}}
services:
  database: {kind: sql, tier: critical}
  cache: {kind: cache, tier: critical}
  api: {kind: api, tier: critical, needs: [database, cache]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {service_time: 1ms, balance: random}
  database: {connections: 10}
  cache: {hit_ratio: 50%, entries: 5}
network:
  between_regions: {latency: 1ms, bandwidth: 1GB/s}
  clients: {bandwidth: 1GB/s}
  links: [{between: [east, west], bandwidth: 2GB/s}, {between: [clients, west], bandwidth: 1GB/s}]
production: false
)"),
      ElementsAre(EndsWith(":14:36: entries of cache has no effect in the virtual world beside hit_ratio"),
                  EndsWith(": bandwidth of network.clients, network.links has no effect in the virtual world")));
}

TEST(SimNotices, NoneWhereEachWordHasOne) { EXPECT_THAT(notices_of(pair_target("async", "8ms")), IsEmpty()); }

constexpr const char* kAskedTarget = R"(
blackstart_target: 1
name: shop
services:
  database: {kind: sql, tier: critical, roles: {primary: 1, standby: 1}, in_step: {http: {url: "{{services.database.primary.url}}/replication", json: {"$.attached": "true"}}}}
  cache: {kind: cache, tier: standard}
  rates: {kind: external, tier: standard}
  api: {kind: api, tier: critical, needs: [database, cache, rates]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {service_time: 1ms, calls: {rates: {timeout: 1s, breaker: {threshold: 50%, calls: 10, open: 1s, half_open_calls: 1}}}}
production: false
)";

std::vector<std::string> notices_of_probe(const std::string& probe) {
  const std::string scenario = scenario_with("{rate: 20/s}", "  - {name: x, at: 0s, surge: {factor: 2}, until: end}");
  return find_sim_notices(
      spec_of(scenario + "detection:\n  - {name: seen, " + probe + ", every: 1s, timeout: 1s}\n", kAskedTarget));
}

std::string expectation(const std::string& place, const std::string& what, const std::string& as_long = "") {
  return place + ": what detection \"seen\" expects (" + what + ") is taken to hold in the virtual world" + as_long;
}

TEST(SimNotices, WhatAProbeExpectsAndTheWorldDoesNotKnowIsTold) {
  const std::string health = "http: {url: '{{services.api.url}}/health', ";
  EXPECT_THAT(notices_of_probe(health + "json: {'$.status': UP, '$.stored': 'true'}}"),
              ElementsAre(EndsWith(expectation(":10:84", "$.stored: true", " as long as api is well"))));
  EXPECT_THAT(notices_of_probe(health + "within: 2s}"),
              ElementsAre(EndsWith(expectation(":10:69", "within: 2s", " as long as api is well"))));
  EXPECT_THAT(notices_of_probe("http: {url: 'https://elsewhere.example/'}"),
              ElementsAre(EndsWith(expectation(":10:18", "an answer from https://elsewhere.example/"))));
  EXPECT_THAT(notices_of_probe("tcp: {host: elsewhere, port: 80}"),
              ElementsAre(EndsWith(expectation(":10:18", "an answer from elsewhere"))));
  EXPECT_THAT(
      notices_of_probe("sql: {service: database, query: SELECT max(id) FROM bids, is: '5'}"),
      ElementsAre(EndsWith(expectation(":10:80", "is: 5", " as long as database is well and its data are whole"))));
  EXPECT_THAT(
      notices_of_probe("redis: {service: cache, command: DBSIZE, is: '5'}"),
      ElementsAre(EndsWith(expectation(":10:63", "is: 5", " as long as cache is well and its data are whole"))));
  EXPECT_THAT(
      notices_of_probe("exec: ./look.sh"),
      ElementsAre(EndsWith(expectation(":10:18", "exit status 0 of its command", " as long as no data are damaged"))));
}

TEST(SimNotices, WhatTheWorldKnowsIsNotTold) {
  for (const char* known :
       {"http: {url: '{{services.api.url}}/health', status: 200, json: {'$.status': DOWN}}",
        "http: {url: '{{services.api.url}}/health', json: {'$.circuitBreakers.rates.state': CLOSED}}",
        "http: {url: '{{services.database.primary.url}}/replication', json: {'$.attached': 'true'}}",
        "tcp: {service: api}", "process: {service: api}", "sql: {service: database, query: SELECT 1, is: '1'}",
        "sql: {service: database, query: SELECT count(*) > 0 FROM bids, is: t}",
        "redis: {service: cache, command: PING, is: PONG}", "metric: {of: cache, name: hit_ratio, is: '> 50%'}"})
    EXPECT_THAT(notices_of_probe(known), IsEmpty()) << known;
}

TEST(SimNotices, NoneWhereTheTargetIsPlayedLiveAlone) {
  const std::string scenario = scenario_with("{rate: 20/s}", "  - {name: x, at: 0s, surge: {factor: 2}, until: end}") +
                               "detection:\n  - {name: seen, exec: ./look.sh, every: 1s, timeout: 1s}\n";
  const char* const live_alone = R"(
blackstart_target: 1
name: staging
services: {api: {kind: api, tier: critical, url: "http://127.0.0.1:1"}}
load: {protocol: bids, service: api}
drivers: {external: {}}
production: false
)";
  EXPECT_THAT(find_sim_notices(spec_of(scenario, live_alone)), IsEmpty());
}

TEST(SimNotices, WhatIsExpectedInSeveralPlacesIsToldOnceWithTheFirst) {
  const std::string scenario =
      scenario_with("{rate: 20/s}", "  - {name: x, at: 0s, surge: {factor: 2}, until: end}") + R"(steady_state:
  for: 1s
  probes:
    - {name: first, exec: ./look.sh, every: 1s, timeout: 1s}
recovery:
  after: {at: 1s}
  steps:
    - {title: Look, check: {exec: ./look.sh}, otherwise: [{title: Look well, check: {exec: ./look-well.sh}}]}
validation:
  - {name: last, exec: ./look.sh, otherwise: [{title: Look better, check: {exec: ./look-better.sh}}]}
)";
  EXPECT_THAT(find_sim_notices(spec_of(scenario, kAskedTarget)),
              ElementsAre(HasSubstr("steady state probe \"first\" expects"), HasSubstr("step \"Look well\" expects"),
                          HasSubstr("step \"Look better\" expects")));
}

}  // namespace
}  // namespace blackstart::testing
