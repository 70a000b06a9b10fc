#include "simulator/duration_sampler.h"

#include "base/arithmetic.h"
#include "base/draws.h"
#include "tests/simulator/kolmogorov.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <vector>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

double erlang_cdf(double x, int shape) {
  double term = 1;
  double sum = 1;
  for (int k = 1; k < shape; ++k) sum += term *= x / k;
  return 1 - std::exp(-x) * sum;
}

template <class Draw>
std::vector<double> draw_many(Draw draw, int count = 400'000) {
  std::vector<double> draws(static_cast<std::size_t>(count));
  for (auto& value : draws) value = draw();
  return draws;
}

TEST(draws, have_their_distributions) {
  RandomStream stream{1, "draws"};
  EXPECT_LT(distance(draw_many([&] { return draw_normal(stream); }), normal_cdf), 1.95);
  EXPECT_LT(distance(draw_many([&] { return draw_exponential(stream); }), [](double x) { return -std::expm1(-x); }),
            1.95);
  for (const int shape : {1, 2, 3, 4, 10, 1000}) {
    const auto below = [shape](double x) {
      if (shape < 1000) return erlang_cdf(x, shape);
      const double third = std::cbrt(x / shape);  // Wilson and Hilferty
      return normal_cdf((third - (1 - 1 / (9.0 * shape))) * std::sqrt(9.0 * shape));
    };
    EXPECT_LT(distance(draw_many([&] { return draw_erlang(stream, shape); }), below), 1.95) << shape;
  }
}

TEST(draws, the_distance_tells_what_is_a_little_wrong) {
  RandomStream stream{2, "draws"};
  EXPECT_GT(distance(draw_many([&] { return 1.01 * draw_normal(stream); }), normal_cdf), 1.95);
  EXPECT_GT(
      distance(draw_many([&] { return 1.01 * draw_exponential(stream); }), [](double x) { return -std::expm1(-x); }),
      1.95);
}

/// The parts of a ziggurat that few draws reach: the tail and the wedges.
TEST(draws, tails_are_as_heavy_as_they_should_be) {
  RandomStream stream{3, "draws"};
  constexpr int kDraws = 8'000'000;
  int normal_beyond = 0;
  int exponential_beyond = 0;
  for (int i = 0; i < kDraws; ++i) {
    if (std::abs(draw_normal(stream)) > 3.8) ++normal_beyond;
    if (draw_exponential(stream) > 9) ++exponential_beyond;
  }
  const auto expect_near = [](int seen, double share, const char* what) {
    const double expected = share * kDraws;
    EXPECT_NEAR(seen, expected, 4 * std::sqrt(expected)) << what;
  };
  expect_near(normal_beyond, 2 * normal_cdf(-3.8), "normal");
  expect_near(exponential_beyond, std::exp(-9.0), "exponential");
}

TEST(draws, are_the_same_everywhere) {
  // Written down: a simulated drill is the same with every compiler and machine. Another value here is another outcome
  // of every seed, and a line in CHANGELOG.md.
  RandomStream stream{42, "draws"};
  std::uint64_t mixed = 0;
  const auto mix = [&mixed](double value) {
    mixed = std::rotl(mixed, 7) * 0x9e3779b97f4a7c15ULL + std::bit_cast<std::uint64_t>(value);
  };
  for (int i = 0; i < 200'000; ++i) {
    mix(draw_normal(stream));
    mix(draw_exponential(stream));
    mix(draw_erlang(stream, 7));
    mix(power_of_steps(draw_normal(stream) * kStepsAnE));
  }
  EXPECT_EQ(mixed, 0x3d9dbb214893730eULL) << std::hex << mixed;
}

TEST(draws, powers_agree_with_the_exact_ones) {
  RandomStream stream{4, "exp"};
  for (int i = 0; i < 200'000; ++i) {
    const double steps = (stream.uniform() - 0.5) * (i % 2 == 0 ? 4'096 : 2e6);
    EXPECT_NEAR(power_of_steps(steps) / std::exp2(steps / 1024), 1, 1e-15) << steps;
  }
  EXPECT_EQ(power_of_steps(0), 1);
  EXPECT_EQ(power_of_steps(1024), 2);
  EXPECT_EQ(power_of_steps(-2048), 0.25);
}

TEST(duration_sampler, no_draw_is_longer_than_its_layer_tells) {
  const auto sampler = DurationSampler::log_normal(400us, 1500us);
  const auto longest = sampler.longest_by_layer();
  constexpr int kDraws = 200'000;
  int bounded = 0;
  double slack = 0;
  for (std::uint64_t key = 0; key < kDraws; ++key) {
    const Duration most = longest[layer_around(KeyedStream{key * 0x9e3779b97f4a7c15ULL}.next())];
    KeyedStream stream{key * 0x9e3779b97f4a7c15ULL};
    const Duration drawn = sampler.draw(stream);
    ASSERT_LE(drawn, most) << key;
    if (most == DurationSampler::kNoBound) continue;
    ++bounded;
    slack += to_seconds(most) / to_seconds(drawn);
  }
  EXPECT_GT(bounded, kDraws * 0.95) << "most are told";
  EXPECT_LT(slack / bounded, 10) << "a bound is of use";
  EXPECT_TRUE(DurationSampler::exponential(1ms).longest_by_layer().empty());
}

TEST(duration_sampler, normal_quantile_inverts_the_distribution_function) {
  for (const double p : {1e-9, 1e-4, 0.01, 0.05, 0.3, 0.5, 0.8, 0.95, 0.999, 1 - 1e-9}) {
    EXPECT_NEAR(normal_cdf(normal_quantile(p)), p, 1e-15 + 1e-7 * std::min(p, 1 - p)) << p;
  }
  EXPECT_NEAR(normal_quantile(0.95), 1.6448536269514722, 1e-9);
}

struct Case {
  const char* name;
  DurationSampler sampler;
};

std::vector<Case> cases() {
  return {{"constant", DurationSampler::constant(400us)},
          {"log-normal", DurationSampler::log_normal(400us, 1200us)},
          {"no spread", DurationSampler::log_normal(3s, 3s)},
          {"exponential", DurationSampler::exponential(1ms)},
          {"uniform", DurationSampler::uniform(1s, 3s)},
          {"erlang", DurationSampler::erlang(4, 1ms)},
          {"long erlang", DurationSampler::erlang(40, 1ms)},
          {"hyperexponential", DurationSampler::hyperexponential(0.9, 1ms, 20ms)},
          {"samples", DurationSampler::samples({5ms, 1ms, 2ms, 2ms})}};
}

TEST(duration_sampler, draws_have_the_mean_and_variation_that_it_tells) {
  for (const Case& each : cases()) {
    RandomStream stream{5, each.name};
    constexpr int kDraws = 400'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double value = to_seconds(each.sampler.draw(stream));
      sum += value;
      squares += value * value;
    }
    const double mean = sum / kDraws;
    EXPECT_NEAR(mean / to_seconds(each.sampler.mean()), 1, 0.02) << each.name;
    EXPECT_NEAR(squares / kDraws / (mean * mean) - 1, each.sampler.squared_variation(),
                0.05 * each.sampler.squared_variation() + 1e-9)
        << each.name;
  }
}

TEST(duration_sampler, as_many_draws_are_below_a_quantile_as_it_says) {
  for (const Case& each : cases()) {
    for (const double p : {0.5, 0.95, 0.99}) {
      const auto quantile = each.sampler.quantile(p);
      if (!quantile) continue;
      RandomStream stream{6, each.name};
      constexpr int kDraws = 100'000;
      int within = 0;
      int below = 0;
      for (int i = 0; i < kDraws; ++i) {
        const Duration draw = each.sampler.draw(stream);
        within += draw <= *quantile ? 1 : 0;
        below += draw < *quantile ? 1 : 0;
      }
      const double room = 4 * std::sqrt(p * (1 - p) * kDraws);
      EXPECT_GE(within, p * kDraws - room) << each.name << p;
      EXPECT_LE(below, p * kDraws + room) << each.name << p;
    }
  }
  EXPECT_FALSE(DurationSampler::erlang(2, 1ms).quantile(0.5).has_value());
  EXPECT_TRUE(DurationSampler::erlang(1, 1ms).quantile(0.5).has_value());
  EXPECT_EQ(DurationSampler::log_normal(20s, 60s).quantile(0.95)->count() / 1'000'000, 60'000);
  EXPECT_EQ(DurationSampler::samples({1ms, 2ms, 3ms, 4ms}).quantile(0.5), 2ms);
  EXPECT_EQ(DurationSampler::samples({1ms, 2ms, 3ms, 4ms}).quantile(0.51), 3ms);
}

TEST(duration_sampler, edges) {
  RandomStream stream{7, "edges"};
  EXPECT_EQ(DurationSampler{}.draw(stream), 0s);
  EXPECT_EQ(DurationSampler{}.mean(), 0s);
  EXPECT_EQ(DurationSampler{}.squared_variation(), 0);
  EXPECT_EQ(DurationSampler::uniform(0s, 0s).squared_variation(), 0);
  const auto wild = DurationSampler::log_normal(1s, 24h * 3650);
  const Duration longest = 24h * 3650 + 60h;  // ten years
  EXPECT_EQ(wild.mean(), longest);
  for (int i = 0; i < 10'000; ++i) {
    const Duration draw = wild.draw(stream);
    ASSERT_GE(draw, 0s);
    ASSERT_LE(draw, longest);
  }
  EXPECT_DEATH(DurationSampler::log_normal(0s, 1s), "median");
  EXPECT_DEATH(DurationSampler::log_normal(2s, 1s), "p95 >= median");
  EXPECT_DEATH(DurationSampler::samples({}), "empty");
  EXPECT_DEATH(DurationSampler::uniform(2s, 1s), "to >= from");
  EXPECT_DEATH(DurationSampler::constant(-1s), "length");
}

}  // namespace
}  // namespace blackstart
