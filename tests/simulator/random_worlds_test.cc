// Whatever the target and the fault: what is foreseen comes to what is played event by event, byte for byte, and every
// bid is accounted for (BidClients::check_accounts and Little's law run along in each).

#include "base/random.h"
#include "tests/simulator/sim_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace blackstart::testing {
namespace {

/// Writes a target and a drill of it.
class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t number) : random_(number, "random world") {
    has_gateway_ = chance(3);
    for (const char* const name : {"cache", "stream", "mail", "quotes", "lookup"})
      if (!chance(3)) others_.emplace_back(name);
    two_regions_ = chance(3);
    synchronous_ = chance(3);
    has_standby_ = synchronous_ || chance(2);
  }

  std::string target() {
    std::string needs = "database";
    for (const auto& name : others_) needs = chance(2) ? needs + ", " + name : name + ", " + needs;
    std::string services =
        fmt::format("  database: {{kind: sql, tier: critical, roles: {{primary: 1{}}}, replication: {}}}\n",
                    has_standby_ ? ", standby: 1" : "", synchronous_ ? "sync" : "async");
    services += fmt::format("  api: {{kind: api, tier: critical, {}, needs: [{}]}}\n", members(), needs);
    if (has_gateway_)
      services += fmt::format("  door: {{kind: gateway, tier: critical, {}, needs: [api]}}\n", members());
    for (const auto& name : others_)
      services +=
          fmt::format("  {}: {{kind: {}, tier: standard, {}{}}}\n", name, kind_of(name), members(), needs_of(name));
    std::string sim =
        fmt::format("  database: {{{}, commit: {}{}{}{}, lag: {}, promote: 1s, start: 1s}}\n", station(false), time(),
                    any({"", ", group: 1", ", group: 3"}), any({"", "", ", connections: 3", ", connections: 20"}),
                    any({"", "", ", commit_delay: 1ms"}), any({"0s", "5ms", "{median: 5ms, p95: 60ms}"}));
    sim += fmt::format("  api: {{{}, start: 1s, calls: {{{}}}}}\n", station(true), calls(needs));
    if (has_gateway_) sim += fmt::format("  door: {{{}, start: 1s, calls: {{{}}}}}\n", station(true), calls("api"));
    for (const auto& name : others_) sim += fmt::format("  {}: {{{}, start: 1s{}}}\n", name, station(true), own(name));
    return fmt::format(
        "blackstart_target: 1\nname: shop\nregions: {{east: {{primary: true, zones: [east-a, east-b]}}, west: {{}}}}\n"
        "services:\n{}load: {{protocol: bids, service: {}}}\ndrivers: {{external: {{}}}}\nsim:\n{}network: "
        "{{{}}}\nproduction: false\n",
        services, has_gateway_ ? "door" : "api", sim, network());
  }

  std::string drill() {
    std::string faults;
    const std::uint64_t faults_count = 1 + random_.below(2), steps_count = 1 + random_.below(3);
    for (std::uint64_t i = 0; i < faults_count; ++i)
      faults += fmt::format("  - {{name: fault {}, at: {}, {}}}\n", i, any({"0s", "700ms", "1500ms"}), fault());
    std::string steps;
    for (std::uint64_t i = 0; i < steps_count; ++i)
      steps += fmt::format("    - {{title: Step {}, {}, budget: 1m}}\n", i, step());
    return fmt::format(R"(blackstart: 1
title: Foreseen and played
target: shop
load:
  bids: {{rate: {}, arrivals: {}, connections: {{max: {}}}, timeout: {}, retry: {{attempts: {}, backoff: {}, jitter: {}{}}}}}
objectives: {{rto: 1m, rpo: 1m, service_level: {{goodput: 1%, hold: 2s}}}}
steady_state: {{for: 1s, within: 3s}}
faults:
{}detection:
  - {{name: front, tcp: {{service: api}}, every: 1s, timeout: 500ms, failures: 2}}
recovery:
  after: {{at: 3s}}
  steps:
{}validation:
  - {{name: bids reconcile, check: {{reconcile: bids}}}}
)",
                       any({"60/s", "300/s", "1000/s", "2500/s"}), any({"poisson", "constant"}),
                       any({"4", "30", "4096"}), any({"7ms", "40ms", "1s"}), any({"0", "1", "2"}), any({"1ms", "20ms"}),
                       any({"none", "full"}), any({"", ", budget: 10%"}), faults, steps);
  }

 private:
  bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }
  const char* any(std::initializer_list<const char*> of) { return of.begin()[random_.below(of.size())]; }
  const std::string& any_other() { return others_[random_.below(others_.size())]; }
  std::string any_service() {
    if (others_.empty() || chance(3)) return any({"api", "database"});
    return any_other();
  }
  bool has(const std::string& name) const { return std::ranges::find(others_, name) != others_.end(); }

  std::string members() {
    if (two_regions_ && chance(2)) return any({"replicas: {east: 1, west: 1}", "replicas: {east: 2, west: 2}"});
    return any({"replicas: 1", "replicas: 2", "replicas: 3"});
  }
  static std::string kind_of(const std::string& name) {
    if (name == "mail") return "api";
    if (name == "quotes") return "external";
    return name == "lookup" ? "search" : name;
  }
  std::string needs_of(const std::string& name) {
    if (name == "mail" && has("quotes") && chance(2)) return ", needs: [quotes]";
    if (name == "lookup" && has("cache") && chance(3)) return ", needs: [cache]";
    return "";
  }
  std::string time() {
    return any({"1ms", "300us", "{median: 400us, p95: 1500us}", "{median: 400us, p95: 1500us}", "{exponential: 500us}",
                "{uniform: [200us, 900us]}", "{erlang: {shape: 3, mean: 600us}}"});
  }
  std::string station(bool serves) {
    std::string words = fmt::format("servers: {}", any({"1", "3", "12", "64", "64"}));
    if (serves || chance(4)) words += fmt::format(", service_time: {}", time());
    if (chance(2)) words += any({"", ", balance: random", ", balance: least_busy"});
    if (!chance(4)) return words;
    words += any({"", "", "", ", queue: 2", ", queue: 30"});
    words += any({"", "", "", ", availability: 98%"});
    words += any({"", "", "", "", ", limit: 200/s"});
    words += any({"", "", "", ", warm_up: {takes: 2s, slower: 3}"});
    words += any({"", "", "", ", health_check: {every: 300ms, timeout: 100ms, failures: 2}"});
    words += any({"", "", "", "", "", ", breakdowns: {every: {exponential: 2s}, last: 100ms}"});
    return words;
  }
  std::string own(const std::string& name) {
    if (name == "cache") {
      std::string words =
          fmt::format(", hit_ratio: {}, warming: {}, warm: 1s", any({"0%", "60%", "95%", "100%"}), any({"0s", "3s"}));
      return words + any({"", ", miss: database", ", miss: database"});
    }
    if (name == "stream")
      return any({"", ", partitions: 5, election: 300ms",
                  ", partitions: 4, replication_factor: 2, min_in_sync: 2, acks: all"});
    return "";
  }
  std::string call() {
    std::string words = fmt::format("timeout: {}", any({"1ms", "4ms", "20ms", "1s", "1s"}));
    words += any({"", "", ", required: false"});
    if (chance(2)) return words;
    words += any({"", "", "", ", share: 40%"});
    words += any({"", "", "", ", wait: false, required: false"});
    words +=
        any({"", "", "", ", retry: {attempts: 1, backoff: 1ms}", ", retry: {attempts: 2, backoff: 2ms, budget: 5%}"});
    words += any({"", "", "", "", ", breaker: {threshold: 50%, calls: 20, open: 500ms, half_open_calls: 3}"});
    words += any({"", "", "", ", fallback: 1ms"});
    return words;
  }
  std::string calls(const std::string& needs) {
    std::string list;
    for (std::size_t at = 0; at < needs.size();) {
      const std::size_t end = std::min(needs.find(", ", at), needs.size());
      std::string words = call();
      if (words.find("required: false, ") != std::string::npos && words.find("wait: false") != std::string::npos)
        words.replace(words.find(", required: false"), 17, "");
      list += fmt::format("{}{}: {{{}}}", list.empty() ? "" : ", ", needs.substr(at, end - at), words);
      at = end + 2;
    }
    return list;
  }
  std::string network() {
    return any({"", "within_zone: {latency: 100us}", "within_zone: {latency: 30ns}, between_zones: {latency: 1us}",
                "within_zone: {latency: {median: 100us, p95: 300us}}, between_regions: {latency: 5ms}",
                "within_zone: {latency: 100us}, between_zones: {latency: 300us, loss: 1%}, clients: {latency: 1ms}",
                "within_zone: {latency: 2ms}, clients: {latency: {median: 3ms, p95: 9ms}}",
                "within_zone: {latency: 100us}, clients: {latency: {median: 3ms, p95: 9ms}, loss: 0.5%}"});
  }
  std::string fault() {
    const char* const form = any({"kill: {{service: {}}}, until: recovered",
                                  "kill: {{service: {}, count: 1}}, until: recovered",
                                  "pause: {{service: {}}}, for: 900ms",
                                  "pause: {{service: {}, count: 1}}, for: 2s",
                                  "crash_loop: {{service: {}, times: 2}}, until: recovered",
                                  "kill: {{service: {}, every: 700ms}}, for: 3s",
                                  "latency: {{service: {}, latency: 3ms}}, for: 2s",
                                  "latency: {{service: {}, latency: 1ms, jitter: 2ms}}, for: 2s",
                                  "loss: {{service: {}, percent: 20%}}, for: 2s",
                                  "reset_peer: {{service: {}, toxicity: 30%}}, for: 2s",
                                  "timeout: {{service: {}, timeout: 0s, toxicity: 30%}}, for: 2s",
                                  "timeout: {{service: {}, timeout: 5ms, toxicity: 30%}}, for: 2s",
                                  "down: {{service: {}}}, for: 1s",
                                  "slow: {{service: {}, factor: 3}}, for: 2s",
                                  "partition: {{between: [api, {}]}}, for: 1s",
                                  "partition: {{between: [api, {}], flap: 300ms}}, for: 2s",
                                  "gray: {{service: {}, share: 30%}}, for: 2s",
                                  "bad_deploy: {{service: {}, version: errs}}, for: 2s",
                                  "dependency_outage: {{service: {}, mode: hang}}, for: 1s",
                                  "surge: {{factor: 2}}, for: 2s",
                                  "zone: {{which: east-b}}, for: 2s"});
    std::string service = any_service();
    if (service == "api" && std::string_view(form).starts_with("partition")) service = "database";
    return fmt::format(fmt::runtime(form), service);
  }
  std::string step() {
    const std::string form =
        any({"action: {{restart: {{service: {}}}}}", "action: {{restart: {{service: {}}}}}",
             "action: {{start: {{service: {}}}}}", "action: {{scale: {{services: [api], to: 3}}}}", "promote", "warm"});
    if (form == "promote")
      return has_standby_ ? "action: {promote: {service: database, role: standby}}"
                          : "action: {restart: {service: database}}";
    if (form == "warm") return has("cache") ? "action: {warm: {service: cache}}" : "action: {restart: {service: api}}";
    return fmt::format(fmt::runtime(form), any_service());
  }

  RandomStream random_;
  bool has_gateway_ = false, two_regions_ = false, synchronous_ = false, has_standby_ = false;
  std::vector<std::string> others_;
};

/// Which worlds are played: BLACKSTART_WORLDS=FIRST..LAST, or these.
std::pair<std::uint64_t, std::uint64_t> numbers() {
  std::pair<std::uint64_t, std::uint64_t> range{1, 250};
  if (const char* const wanted = std::getenv("BLACKSTART_WORLDS"); wanted != nullptr) {
    char* end = nullptr;
    range.first = std::strtoull(wanted, &end, 10);
    range.second = std::strtoull(end + std::strspn(end, "."), nullptr, 10);
  }
  return range;
}

/// The drill with foresight. REQUIRES: nothing has failed.
PlayedDrill expect_the_same(std::uint64_t number, std::uint64_t seed) {
  RandomWorld world(number);
  const std::string target = world.target(), drill = world.drill();
  SCOPED_TRACE(
      fmt::format("BLACKSTART_WORLDS={0}..{0} build/release/bin/simulator_test --gtest_filter='RandomWorlds.*'"
                  " plays this alone\n{1}{2}",
                  number, target, drill));
  const Spec spec = spec_of(drill, target);
  if (::testing::Test::HasFailure()) return {};
  PlayedDrill with = play(spec, seed);
  const PlayedDrill without = play(spec, seed, false);
  EXPECT_EQ(without.foreseen_events, 0U);
  EXPECT_TRUE(with.journal == without.journal);
  return with;
}

TEST(RandomWorlds, ForeseenAndPlayedComeToTheSame) {
  const auto [first, last] = numbers();
  std::uint64_t foreseen = 0, hit = 0;
  for (std::uint64_t number = first; number <= last && !HasFailure(); ++number) {
    const PlayedDrill played = expect_the_same(number, number);
    foreseen += played.foreseen_events;
    hit += played.last("fault.effective") != nullptr ? 1 : 0;
  }
  EXPECT_GT(foreseen, (last - first) * 5'000) << "or hardly anything was foreseen";
  EXPECT_GE(hit, (last - first) / 2) << "or there were hardly any faults";
}

/// Two tries of one call are committed in one group, and go on at one instant.
TEST(RandomWorlds, OneThatWasFoundByChance) { expect_the_same(21'140, 1); }

}  // namespace
}  // namespace blackstart::testing
