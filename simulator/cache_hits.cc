#include "simulator/cache_hits.h"

#include "base/arithmetic.h"
#include "base/check.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace blackstart {
namespace {

constexpr double kForEver = std::numeric_limits<double>::infinity();

std::vector<double> popularity(const CacheLookUps& look_ups) {
  std::vector<double> shares(look_ups.keys);
  double total = 0;
  for (std::uint32_t rank = 0; rank < look_ups.keys; ++rank) {
    shares[rank] = stable_pow(static_cast<double>(rank) + 1, -look_ups.zipf);
    total += shares[rank];
  }
  for (double& share : shares) share /= total;
  return shares;
}

/// How probably a key is in the cache when an entry lives for `life` look-ups of any key.
double held(double share, double life) { return life == kForEver ? 1 : share * life / (1 + share * life); }

/// After how many look-ups an entry is the oldest of `entries`: as many keys are in the cache then, on average.
/// Newton's steps from below never go beyond it, since ever fewer keys come in.
double life_among(const std::vector<double>& shares, std::uint64_t entries) {
  constexpr int kStepsMost = 100;
  const auto most = static_cast<double>(entries);
  if (most >= static_cast<double>(shares.size())) return kForEver;
  double life = most;
  for (int i = 0; i < kStepsMost; ++i) {
    double in = 0, slope = 0;
    for (const double share : shares) {
      const double misses = 1 / (1 + share * life);
      in += share * life * misses;
      slope += share * misses * misses;
    }
    const double step = (most - in) / slope;
    life += step;
    if (step <= life * 1e-12) break;
  }
  return life;
}

}  // namespace

double warm_hit_ratio(const CacheLookUps& look_ups, std::optional<std::uint64_t> entries, std::optional<Duration> ttl) {
  BS_CHECK(look_ups.keys > 0);
  const std::vector<double> shares = popularity(look_ups);
  double life = entries ? life_among(shares, *entries) : kForEver;
  if (ttl && look_ups.per_second > 0) life = std::min(life, look_ups.per_second * to_seconds(*ttl));
  double found = 0;
  for (const double share : shares) found += share * held(share, life);
  return std::min(found, 1.0);
}

}  // namespace blackstart
