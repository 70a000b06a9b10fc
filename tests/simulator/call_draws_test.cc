#include "simulator/call_draws.h"

#include "tests/simulator/kolmogorov.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

namespace blackstart {
namespace {

constexpr int kBids = 200'000;

double uniform_cdf(double x) { return x; }

std::vector<double> of_bids(const std::function<double(CallKey)>& draw) {
  std::vector<double> draws;
  for (std::uint64_t bid = 0; bid < kBids; ++bid) draws.push_back(draw(key_of_attempt(1, bid, 0)));
  return draws;
}

/// In standard deviations of what it is for independent ones.
double correlation(const std::vector<double>& left, const std::vector<double>& right) {
  double sum = 0;
  for (std::size_t i = 0; i < left.size(); ++i) sum += (left[i] - 0.5) * (right[i] - 0.5);
  return sum / static_cast<double>(left.size()) * 12 * std::sqrt(static_cast<double>(left.size()));
}

double nth(CallKey key, DrawOf of, int n) {
  KeyedStream draws = draws_of(key, of);
  for (int i = 1; i < n; ++i) (void)draws.next();
  return draws.uniform();
}

TEST(CallDraws, AreUniformOverBidsAttemptsAndNeeds) {
  for (int n = 1; n <= 4; ++n)
    EXPECT_LT(distance(of_bids([n](CallKey key) { return nth(key, DrawOf::kService, n); }), uniform_cdf), 1.95) << n;
  EXPECT_LT(distance(of_bids([](CallKey key) { return nth(key, DrawOf::kWayBack, 1); }), uniform_cdf), 1.95);
  EXPECT_LT(
      distance(of_bids([](CallKey key) { return nth(key_of_need(key, 2, 0), DrawOf::kService, 1); }), uniform_cdf),
      1.95);
  std::vector<double> of_attempts;
  for (std::uint64_t bid = 0; bid < kBids / 4; ++bid)
    for (std::uint32_t attempt = 0; attempt < 4; ++attempt)
      of_attempts.push_back(nth(key_of_attempt(7, bid, attempt), DrawOf::kService, 1));
  EXPECT_LT(distance(of_attempts, uniform_cdf), 1.95);
  EXPECT_GT(distance(of_bids([](CallKey key) { return std::pow(nth(key, DrawOf::kService, 1), 1.02); }), uniform_cdf),
            1.95)
      << "what is a little wrong is told";
}

TEST(CallDraws, AreIndependentOfEachOther) {
  constexpr double kMost = 4;
  const auto first = of_bids([](CallKey key) { return nth(key, DrawOf::kService, 1); });
  const std::function<double(CallKey)> others[] = {
      [](CallKey key) { return nth(key, DrawOf::kService, 2); },
      [](CallKey key) { return nth(key, DrawOf::kService, 3); },
      [](CallKey key) { return nth(key, DrawOf::kWayThere, 1); },
      [](CallKey key) { return nth(key_of_need(key, 0, 0), DrawOf::kService, 1); },
      [](CallKey key) { return nth(key_of_need(key, 0, 1), DrawOf::kService, 1); },
  };
  for (const auto& other : others) EXPECT_LT(std::abs(correlation(first, of_bids(other))), kMost);
  auto next = first;
  std::ranges::rotate(next, next.begin() + 1);
  EXPECT_LT(std::abs(correlation(first, next)), kMost) << "of the next bid";
  EXPECT_GT(correlation(first, first), kMost);
}

TEST(CallDraws, FollowFromTheKeyAlone) {
  EXPECT_EQ(nth(key_of_attempt(1, 5, 0), DrawOf::kService, 1), nth(key_of_attempt(1, 5, 0), DrawOf::kService, 1));
  std::set<CallKey> keys;
  for (std::uint64_t seed = 1; seed <= 4; ++seed)
    for (std::uint64_t bid = 0; bid < 1000; ++bid)
      for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
        const CallKey key = key_of_attempt(seed, bid, attempt);
        keys.insert(key);
        for (std::uint32_t need = 0; need < 3; ++need) keys.insert(key_of_need(key, need, attempt));
      }
  EXPECT_EQ(keys.size(), 4U * 1000 * 3 * 4);
}

}  // namespace
}  // namespace blackstart
