// Calls that are foreseen come to what they come to when they are played event by event, byte for byte: where a service
// is too small, answers come too late, what is called dies, hangs, slows down, or is cut off.

#include "base/random.h"
#include "tests/simulator/sim_fixture.h"
#include "tests/simulator/world_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace blackstart::testing {
namespace {

struct ForesightCase {
  const char* name = "";
  const char* rate = "2000/s";
  const char* cache_servers = "64";
  const char* cache_timeout = "20ms";
  const char* network = "within_zone: {latency: 100us}";
  const char* faults = "kill: {service: cache}, until: recovered";
  const char* mail = "";  // more of the service `mail`
  const char* time = "";  // of every service; empty: they vary, each in its own way
  const char* arrivals = "poisson";
  const char* store_timeout = "1s";
  const char* mail_required = "false";
  const char* store_servers = "64";
  const char* commit = "{median: 500us, p95: 2ms}";  // and more of the service `database`
  const char* database = "roles: {primary: 1}";
  const char* connections = "4096";
  const char* patience = "1s";  // of the clients
  const char* cache_retry = "attempts: 0";
  const char* needs = "cache, database, mail, stream";  // of the api, in the order of its calls
  const char* reads = "";                               // more of the service `database`: what a read takes, say
  const char* api_balance = "round_robin";
  const char* cache_balance = "round_robin";
};

std::ostream& operator<<(std::ostream& out, const ForesightCase& each) { return out << each.name; }

std::string target_of(const ForesightCase& each) {
  const auto time = [&each](const char* varying) { return *each.time == '\0' ? varying : each.time; };
  return fmt::format(R"(
blackstart_target: 1
name: shop
services:
  database: {{kind: sql, tier: critical, {}}}
  cache: {{kind: cache, tier: critical, replicas: 2}}
  stream: {{kind: stream, tier: standard, replicas: 3}}
  mail: {{kind: api, tier: standard, replicas: 1}}
  api: {{kind: api, tier: critical, replicas: 2, needs: [{}]}}
load: {{protocol: bids, service: api}}
drivers: {{external: {{}}}}
sim:
  api:
    servers: 512
    balance: {}
    service_time: {}
    start: 1s
    calls:
      cache: {{timeout: {}, required: false, retry: {{{}}}}}
      database: {{timeout: {}}}
      stream: {{timeout: 2s, wait: false, required: false}}
      mail: {{timeout: 5ms, share: 50%, required: {}, retry: {{attempts: 1, backoff: 1ms}}}}
  cache: {{servers: {}, balance: {}, service_time: {}, hit_ratio: 90%, warming: 5s, warm: 1s, miss: database, start: 1s}}
  database: {{servers: {}, commit: {}, start: 1s{}}}
  mail: {{servers: 8, service_time: {}, start: 1s{}}}
  stream: {{servers: 16, service_time: {}, partitions: 6, replication_factor: 3, min_in_sync: 2, acks: all, election: 500ms, start: 1s}}
network: {{{}}}
production: false
)",
                     each.database, each.needs, each.api_balance, time("{median: 400us, p95: 1200us}"),
                     each.cache_timeout, each.cache_retry, each.store_timeout, each.mail_required, each.cache_servers,
                     each.cache_balance, time("{median: 300us, p95: 2ms}"), each.store_servers, each.commit, each.reads,
                     time("{median: 1ms, p95: 3ms}"), each.mail, time("{median: 400us, p95: 1500us}"), each.network);
}

std::string scenario_of(const ForesightCase& each) {
  return fmt::format(R"(
blackstart: 1
title: Foreseen and played
target: shop
load:
  bids: {{rate: {}, arrivals: {}, connections: {{max: {}}}, timeout: {}, retry: {{attempts: 1, backoff: 50ms}}}}
objectives: {{rto: 1m, rpo: 1m, service_level: {{goodput: 90%, hold: 2s}}}}
steady_state: {{for: 2s}}
faults:
  - {{name: it, at: 0s, {}}}
detection:
  - {{name: api, tcp: {{service: api}}, every: 1s, timeout: 500ms, failures: 3}}
  - {{name: cache, tcp: {{service: cache}}, every: 1s, timeout: 500ms, failures: 2}}
recovery:
  steps:
    - {{title: Warm, action: {{warm: {{service: cache}}}}, budget: 1m}}
    - {{title: Restart, action: {{restart: {{service: cache}}}}, budget: 1m, contains: true}}
    - {{title: Warm again, action: {{warm: {{service: cache}}}}, budget: 1m}}
validation:
  - {{name: bids reconcile, check: {{reconcile: bids}}}}
)",
                     each.rate, each.arrivals, each.connections, each.patience, each.faults);
}

/// What the seed is for `each`, played with foresight and without.
std::pair<PlayedDrill, PlayedDrill> both(const ForesightCase& each, std::uint64_t seed) {
  const Spec spec = spec_of(scenario_of(each), target_of(each));
  return {play(spec, seed), play(spec, seed, false)};
}

class Foresight : public ::testing::TestWithParam<ForesightCase> {};

TEST_P(Foresight, ChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const auto [with, without] = both(GetParam(), seed);
    EXPECT_TRUE(with.journal == without.journal) << "seed " << seed;
    EXPECT_EQ(without.foreseen_events, 0U);
    EXPECT_GT(with.foreseen_events, 10'000U);
  }
}

/// What each service has answered by instants that fall anywhere in the course of bids: before a fault, while it acts,
/// and after it.
std::vector<std::vector<ServedCalls>> served_of(const ForesightCase& each, std::uint64_t seed, bool foresees) {
  ScriptedWorld script(spec_of(scenario_of(each), target_of(each)), seed, foresees);
  RandomStream random{seed, "reading"};
  std::vector<std::vector<ServedCalls>> read;
  const auto read_on = [&] {
    for (int i = 0; i < 40; ++i) {
      script.pass(i % 2 == 0 ? Duration{random.below(30'000'000)} : std::chrono::milliseconds{10});
      read.push_back(script.world.served());
    }
  };
  script.start();
  read_on();
  script.inject(0);
  read_on();
  script.heal(0);
  read_on();
  EXPECT_EQ(script.world.foreseen_events() > 0, foresees);
  return read;
}

TEST_P(Foresight, CountsTheCallsThatEachServiceHasServed) {
  const auto with = served_of(GetParam(), 1, true), without = served_of(GetParam(), 1, false);
  ASSERT_EQ(with.size(), without.size());
  for (std::size_t i = 0; i < with.size(); ++i)
    for (std::size_t service = 0; service < with[i].size(); ++service) {
      EXPECT_EQ(with[i][service].well, without[i][service].well) << "service " << service << ", reading " << i;
      EXPECT_EQ(with[i][service].errors, without[i][service].errors) << "service " << service << ", reading " << i;
    }
  for (const ServedCalls& service : with.back()) EXPECT_GT(service.well, 0U);
}

constexpr const char* kWhole = "within_zone: {latency: 1ms}, clients: {latency: 1ms}";
constexpr const char* kFarClients = "within_zone: {latency: 100us}, clients: {latency: {median: 2ms, p95: 5ms}}";
constexpr const char* kSync = "roles: {primary: 1, standby: 1}, replication: sync";
constexpr const char* kStoreFirst = "database, cache, mail, stream";
constexpr const char* kFarMembers = "within_zone: {latency: {median: 3ms, p95: 5ms}}";
constexpr const char* kJitter = "within_zone: {latency: {median: 100us, p95: 300us}}";
INSTANTIATE_TEST_SUITE_P(
    All, Foresight,
    ::testing::Values(
        ForesightCase{.name = "a_death"}, ForesightCase{.name = "a_queue", .cache_servers = "1"},
        ForesightCase{.name = "late_answers", .cache_timeout = "700us"},
        ForesightCase{.name = "no_time_between", .network = ""},
        ForesightCase{.name = "ways_that_vary", .network = kJitter},
        ForesightCase{.name = "a_caller_that_hangs", .faults = "pause: {service: api}, for: 2s"},
        ForesightCase{.name = "a_caller_that_dies", .faults = "kill: {service: api, count: 1}, until: recovered"},
        ForesightCase{.name = "a_leader_lost", .faults = "kill: {service: stream, count: 1}, until: recovered"},
        ForesightCase{.name = "a_service_that_grows",
                      .mail = ", autoscaling: {min: 1, max: 4, target: 10%, every: 1s, cooldown: 2s}"},
        ForesightCase{.name = "a_limit", .mail = ", limit: 900/s"},
        ForesightCase{.name = "a_budget_of_retries",
                      .cache_timeout = "3ms",
                      .cache_retry = "attempts: 2, backoff: 1ms, budget: 0.5%"},
        ForesightCase{.name = "a_slow_start",
                      .faults = "kill: {service: mail}, until: recovered",
                      .mail = ", warm_up: {takes: 3s, slower: 4}, health_check: {every: 500ms}"},
        ForesightCase{.name = "a_crash_loop", .faults = "crash_loop: {service: cache, times: 3}, until: recovered"},
        ForesightCase{.name = "late_commits", .store_timeout = "2ms"},
        ForesightCase{
            .name = "commits_too_late_for_all", .store_timeout = "700us", .commit = "{median: 800us, p95: 9ms}"},
        ForesightCase{.name = "small_groups",
                      .rate = "3000/s",
                      .store_timeout = "9ms",
                      .commit = "{median: 500us, p95: 2ms}, group: 2"},
        ForesightCase{.name = "chosen_by_chance", .api_balance = "random", .cache_balance = "random"},
        ForesightCase{.name = "who_is_least_busy", .cache_servers = "2", .cache_balance = "least_busy"},
        ForesightCase{.name = "few_servers_of_the_store", .network = kFarClients, .store_servers = "3"},
        ForesightCase{.name = "a_store_that_is_too_small", .network = kFarMembers, .store_servers = "1"},
        ForesightCase{.name = "few_servers_for_calls_from_afar",
                      .cache_servers = "3",
                      .network = kFarMembers,
                      .store_servers = "4",
                      .needs = kStoreFirst},
        ForesightCase{.name = "few_connections_of_the_store", .commit = "{median: 500us, p95: 2ms}, connections: 4"},
        ForesightCase{.name = "lost_behind_the_store",
                      .faults = "kill: {service: mail}, until: recovered",
                      .mail_required = "true"},
        ForesightCase{.name = "ways_that_take_longer",
                      .network = kJitter,
                      .faults = "latency: {service: api, latency: 3ms, jitter: 2ms}, for: 2s"},
        ForesightCase{.name = "ways_that_take_time_for_a_while",
                      .network = "",
                      .faults = "latency: {service: api, latency: 3ms, jitter: 2ms}, for: 2s"},
        ForesightCase{.name = "a_store_that_hangs", .faults = "pause: {service: database}, for: 2s"},
        ForesightCase{.name = "a_synchronous_store", .network = kFarMembers, .database = kSync},
        ForesightCase{.name = "a_synchronous_store_that_hangs",
                      .network = kFarMembers,
                      .faults = "pause: {service: database, role: primary}, for: 2s",
                      .database = kSync},
        ForesightCase{.name = "a_standby_that_hangs",
                      .network = kFarMembers,
                      .faults = "pause: {service: database, role: standby}, for: 2s",
                      .database = kSync},
        ForesightCase{.name = "a_standby_that_dies",
                      .network = kFarMembers,
                      .faults = "kill: {service: database, role: standby}, until: recovered",
                      .database = kSync},
        ForesightCase{.name = "a_store_that_dies", .faults = "kill: {service: database}, until: recovered"},
        ForesightCase{.name = "few_connections", .connections = "7"},
        ForesightCase{.name = "connections_just_enough", .network = kFarClients, .connections = "24"},
        ForesightCase{.name = "clients_give_up", .network = kFarClients, .patience = "9ms"}),
    [](const auto& info) { return std::string(info.param.name); });

// A cache behind the store asks it for what it does not hold.
INSTANTIATE_TEST_SUITE_P(
    Misses, Foresight,
    ::testing::Values(ForesightCase{.name = "behind_the_store", .needs = kStoreFirst},
                      ForesightCase{.name = "far_away", .network = kFarMembers, .needs = kStoreFirst},
                      ForesightCase{.name = "too_late", .cache_timeout = "900us", .needs = kStoreFirst},
                      ForesightCase{.name = "of_a_store_that_dies",
                                    .faults = "kill: {service: database}, until: recovered",
                                    .needs = kStoreFirst},
                      ForesightCase{.name = "of_a_store_that_hangs",
                                    .network = kJitter,
                                    .faults = "pause: {service: database}, for: 2s",
                                    .needs = kStoreFirst},
                      ForesightCase{.name = "reads_that_take_time",
                                    .network = kJitter,
                                    .needs = kStoreFirst,
                                    .reads = ", service_time: {median: 200us, p95: 900us}"},
                      ForesightCase{.name = "reads_that_fill_the_store",
                                    .rate = "600/s",
                                    .network = kJitter,
                                    .commit = "{median: 500us, p95: 2ms}, connections: 8",
                                    .needs = kStoreFirst,
                                    .reads = ", service_time: {median: 5ms, p95: 40ms}"}),
    [](const auto& info) { return std::string(info.param.name); });

/// What happens to a bid falls on the very instants when something changes.
ForesightCase on_the_instant(ForesightCase each) {
  each.time = "1ms";
  each.arrivals = "constant";
  return each;
}

constexpr const char* kDeathOfACaller = "kill: {service: api, count: 1}, until: recovered";
constexpr const char* kDeathOfTheStore = "kill: {service: database}, until: recovered";
INSTANTIATE_TEST_SUITE_P(
    AtOneInstant, Foresight,
    ::testing::Values(
        on_the_instant({.name = "ends_at_a_death", .rate = "1000/s", .network = ""}),
        on_the_instant({.name = "arrivals_at_a_death", .rate = "1000/s", .network = kWhole}),
        on_the_instant({.name = "ends_at_a_callers_death", .rate = "1000/s", .network = "", .faults = kDeathOfACaller}),
        on_the_instant(
            {.name = "arrivals_at_a_callers_death", .rate = "1000/s", .network = kWhole, .faults = kDeathOfACaller}),
        on_the_instant({.name = "crowds_at_an_arrival", .rate = "5000/s", .network = kWhole}),
        on_the_instant({.name = "crowds_at_an_end", .rate = "10000/s", .network = ""}),
        on_the_instant({.name = "crowds_at_an_arrival_at_the_store",
                        .rate = "5000/s",
                        .network = kWhole,
                        .store_servers = "5",
                        .commit = "1ms"}),
        on_the_instant({.name = "just_enough_at_one_instant",
                        .rate = "4000/s",
                        .cache_servers = "2",
                        .network = kWhole,
                        .store_servers = "8",
                        .commit = "1ms",
                        .needs = kStoreFirst}),
        on_the_instant({.name = "misses_at_a_death",
                        .rate = "1000/s",
                        .network = "within_zone: {latency: 1ms}",
                        .needs = kStoreFirst}),
        on_the_instant({.name = "misses_at_the_death_of_whom_they_ask",
                        .rate = "1000/s",
                        .network = kWhole,
                        .faults = kDeathOfTheStore,
                        .commit = "1ms",
                        .needs = kStoreFirst}),
        on_the_instant({.name = "misses_without_time_between",
                        .rate = "1000/s",
                        .network = "",
                        .faults = kDeathOfTheStore,
                        .commit = "1ms",
                        .needs = kStoreFirst}),
        on_the_instant({.name = "arrivals_at_a_pause",
                        .rate = "1000/s",
                        .network = kWhole,
                        .faults = "pause: {service: api}, for: 2s"})),
    [](const auto& info) { return std::string(info.param.name); });

/// Cases in which two things fell on one instant and decided something, each found by chance.
TEST(ForesightOfOneInstant, ChangesNothing) {
  const auto expect_the_same = [](const ForesightCase& each, std::uint64_t seed) {
    const auto [with, without] = both(each, seed);
    EXPECT_TRUE(with.journal == without.journal) << each.name;
  };
  expect_the_same({.name = "a call and the bid that made it are given up",
                   .rate = "1000/s",
                   .cache_servers = "1",
                   .cache_timeout = "3ms",
                   .network = "",
                   .faults = "kill: {service: database, every: 700ms}, for: 5s",
                   .mail = ", warm_up: {takes: 3s, slower: 4}, health_check: {every: 500ms}",
                   .store_servers = "5",
                   .commit = "1ms",
                   .connections = "5",
                   .patience = "8ms",
                   .cache_retry = "attempts: 2, backoff: 500us, budget: 1%",
                   .reads = ", service_time: {median: 200us, p95: 900us}",
                   .api_balance = "random"},
                  10392713555586119217U);
  expect_the_same({.name = "who is least busy is asked as one of them ends",
                   .rate = "3000/s",
                   .cache_servers = "2",
                   .cache_timeout = "3ms",
                   .network = "within_zone: {latency: 30ns}",
                   .faults = "kill: {service: stream, count: 1}, until: recovered",
                   .mail = ", availability: 99%",
                   .mail_required = "true",
                   .store_servers = "2",
                   .commit = "{median: 500us, p95: 2ms}, connections: 3",
                   .needs = "mail, database, stream, cache",
                   .api_balance = "random",
                   .cache_balance = "least_busy"},
                  16178546809894278647U);
  expect_the_same({.name = "both attempts of a bid go on as their caller no longer hangs",
                   .rate = "100/s",
                   .faults = "dependency_outage: {service: api, mode: hang}, for: 2s",
                   .mail = ", autoscaling: {min: 1, max: 4, target: 10%, every: 1s, cooldown: 2s}",
                   .time = "1ms",
                   .arrivals = "constant",
                   .mail_required = "true",
                   .store_servers = "5",
                   .database = kSync,
                   .connections = "40",
                   .patience = "8ms",
                   .cache_retry = "attempts: 1, backoff: 1ms",
                   .needs = "mail, database, stream, cache",
                   .reads = ", service_time: {median: 200us, p95: 900us}",
                   .cache_balance = "random"},
                  10621443710608895972U);
}

/// The same for whatever target and fault.
TEST(ForesightOfAnything, ChangesNothing) {
  constexpr int kCases = 25;
  RandomStream random{1, "cases"};
  std::uint64_t foreseen = 0;
  const auto any = [&random](std::initializer_list<const char*> of) { return of.begin()[random.below(of.size())]; };
  for (int i = 0; i < kCases; ++i) {
    ForesightCase each;
    each.rate = any({"100/s", "700/s", "1000/s", "3000/s"});
    each.arrivals = any({"poisson", "constant"});
    each.time = any({"", "", "1ms"});
    each.cache_servers = any({"1", "2", "3", "6", "64"});
    each.store_servers = any({"2", "5", "64"});
    each.needs = any({"cache, database, mail, stream", kStoreFirst, "mail, database, stream, cache"});
    each.reads = any({"", "", ", service_time: {median: 200us, p95: 900us}"});
    each.cache_timeout = any({"300us", "700us", "3ms", "20ms"});
    each.mail_required = any({"true", "false"});
    each.connections = any({"5", "40", "4096"});
    each.patience = any({"8ms", "30ms", "1s"});
    each.store_timeout = any({"1500us", "4ms", "1s"});
    each.network =
        any({"", "within_zone: {latency: 100us}", "within_zone: {latency: 30ns}",
             "within_zone: {latency: 2ms}, clients: {latency: {median: 8ms, p95: 20ms}}",
             "within_zone: {latency: 100us}, clients: {latency: 1ms}",
             "within_zone: {latency: {median: 100us, p95: 300us}}, clients: {latency: {median: 3ms, p95: 9ms}}"});
    each.mail = any({"", ", autoscaling: {min: 1, max: 4, target: 10%, every: 1s, cooldown: 2s}",
                     ", warm_up: {takes: 3s, slower: 4}, health_check: {every: 500ms}", ", availability: 99%"});
    each.database = any({"roles: {primary: 1}", kSync});
    each.commit = any({"{median: 500us, p95: 2ms}", "1ms", "{median: 500us, p95: 2ms}, connections: 3"});
    each.api_balance = any({"round_robin", "random"});
    each.cache_balance = any({"round_robin", "random", "least_busy"});
    each.cache_retry = any({"attempts: 0", "attempts: 1, backoff: 1ms", "attempts: 2, backoff: 500us, budget: 1%"});
    const char* const fault = any(
        {"kill: {{service: {}}}, until: recovered", "kill: {{service: {}, count: 1}}, until: recovered",
         "pause: {{service: {}}}, for: 1500ms", "pause: {{service: {}, count: 1}}, for: 3s",
         "crash_loop: {{service: {}, times: 3}}, until: recovered", "kill: {{service: {}, every: 700ms}}, for: 5s"});
    const std::string faults = fmt::format(fmt::runtime(fault), any({"api", "cache", "database", "mail", "stream"}));
    each.faults = faults.c_str();
    const auto [with, without] = both(each, random.next());
    foreseen += with.foreseen_events;
    EXPECT_TRUE(with.journal == without.journal)
        << each.rate << ' ' << each.arrivals << ", each " << each.time << ", cache of " << each.cache_servers << " in "
        << each.cache_timeout << ", database of " << each.store_servers << " in " << each.store_timeout << ", "
        << each.connections << " connections, clients of " << each.patience << ", network {" << each.network
        << "}, mail {" << each.mail << "}, balance " << each.api_balance << " and " << each.cache_balance
        << ", database {" << each.database << "}"
        << ", needs " << each.needs << each.reads << ", again {" << each.cache_retry << "}, commit " << each.commit
        << ", " << each.faults;
  }
  EXPECT_GT(foreseen, 1'000'000U);
}

}  // namespace
}  // namespace blackstart::testing
