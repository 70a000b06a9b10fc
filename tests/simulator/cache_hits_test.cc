// Hit ratios against what they have to be: closed forms, and caches that are played look-up by look-up.

#include "simulator/cache_hits.h"

#include "base/random.h"
#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace blackstart::testing {
namespace {

TEST(CacheHits, OfKeysThatAreAllAlikeItHoldsItsShare) {
  EXPECT_NEAR(warm_hit_ratio({100, 0, 0}, 50, std::nullopt), 0.5, 1e-9);
  EXPECT_NEAR(warm_hit_ratio({1000, 0, 0}, 10, std::nullopt), 0.01, 1e-9);
  EXPECT_EQ(warm_hit_ratio({100, 1.1, 0}, 100, std::nullopt), 1.0);
  // Each of 10 keys at 5/s, kept for 2 s: 10 of 11 are found.
  EXPECT_NEAR(warm_hit_ratio({10, 0, 50}, std::nullopt, 2s), 10.0 / 11, 1e-12);
  EXPECT_NEAR(warm_hit_ratio({10, 0, 50}, 5, 1h), 0.5, 1e-9) << "evicted long before";
}

/// A cache that is played for 400,000 look-ups, one a millisecond.
double played(std::uint32_t keys, double zipf, std::size_t entries, Duration ttl) {
  constexpr int kWarm = 100'000, kAll = 500'000;
  const ZipfTable table(keys, zipf);
  RandomStream stream(1, "look-ups");
  std::deque<std::pair<int, std::uint32_t>> oldest;  // when each was put in
  std::vector<bool> in(keys, false);
  const int life = static_cast<int>(ttl / 1ms);
  int found = 0;
  for (int now = 0; now < kAll; ++now) {
    while (!oldest.empty() && oldest.front().first + life <= now) {
      in[oldest.front().second] = false;
      oldest.pop_front();
    }
    const std::uint32_t key = table.draw(stream.next());
    found += in[key] && now >= kWarm ? 1 : 0;
    if (in[key]) continue;
    if (oldest.size() == entries) {
      in[oldest.front().second] = false;
      oldest.pop_front();
    }
    in[key] = true;
    oldest.emplace_back(now, key);
  }
  return static_cast<double>(found) / (kAll - kWarm);
}

TEST(CacheHits, AreThoseOfACacheThatIsPlayed) {
  EXPECT_NEAR(warm_hit_ratio({2000, 1.1, 1000}, 200, std::nullopt), played(2000, 1.1, 200, 24h), 0.005);
  EXPECT_NEAR(warm_hit_ratio({2000, 0.7, 1000}, 50, std::nullopt), played(2000, 0.7, 50, 24h), 0.005);
  EXPECT_NEAR(warm_hit_ratio({2000, 1.1, 1000}, std::nullopt, 5s), played(2000, 1.1, 2000, 5s), 0.005);
}

Spec cached(const std::string& of_cache) {
  return spec_of(R"(
blackstart: 1
title: Cached
target: cached
load: {bids: {rate: 1000/s, auctions: {count: 1000, popularity: uniform}}}
objectives: {rto: 1m, service_level: {goodput: 99%, hold: 5s}}
faults: [{name: x, at: 0s, kill: {service: cache}, until: end}]
)",
                 R"(
blackstart_target: 1
name: cached
services:
  cache: {kind: cache, tier: critical, replicas: 2}
  api: {kind: api, tier: critical, needs: [cache]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {servers: 64, service_time: 1ms, start: 1s}
  cache: {servers: 64, service_time: 1ms, start: 1s)" +
                     of_cache + "}\nproduction: false\n");
}

bool hits(const std::string& of_cache, const std::string& share) {
  ScriptedWorld world(cached(of_cache));
  return world.probe("{metric: {of: cache, name: hit_ratio, is: '" + share + "'}}").ok;
}

TEST(CacheHits, FollowFromEntriesAndTtlWhereTheTargetGivesNoRatio) {
  EXPECT_TRUE(hits("", "== 0.9"));
  EXPECT_TRUE(hits(", entries: 250", "> 0.249"));
  EXPECT_TRUE(hits(", entries: 250", "< 0.251"));
  EXPECT_TRUE(hits(", entries: 5000", "== 1"));
  // Each auction is looked for every two seconds at each of the two members.
  EXPECT_TRUE(hits(", ttl: 2s", "> 0.499"));
  EXPECT_TRUE(hits(", ttl: 2s", "< 0.501"));
  EXPECT_TRUE(hits(", entries: 250, hit_ratio: 80%", "== 0.8")) << "what is measured counts";
}

}  // namespace
}  // namespace blackstart::testing
