#include "coverage.h"

#include "base/check.h"

#include <gtest/gtest.h>

#include <cmath>

namespace blackstart {
namespace {

constexpr double kPlantedLoad = 1.05;
constexpr double kStudent19 = 2.093024;  // 0.975 quantile, 19 degrees of freedom

}  // namespace

bool BatchMeans::holds(double expected) const {
  BS_CHECK(full());
  double sum = 0;
  for (std::size_t i = 0; i < kBatches; ++i) sum += means_[i];
  const double mean = sum / kBatches;
  double squares = 0;
  for (std::size_t i = 0; i < kBatches; ++i) squares += (means_[i] - mean) * (means_[i] - mean);
  return std::abs(mean - expected) <= kStudent19 * std::sqrt(squares / (kBatches - 1) / kBatches);
}

void expect_covered(const Oracle& oracle) {
  const std::size_t count = oracle.figures.size();
  std::vector<int> covered(count);
  std::vector<int> planted(count);
  for (std::uint64_t seed = 1; seed <= kCoverageSeeds; ++seed) {
    std::vector<BatchMeans> seen(count, BatchMeans{oracle.batch, oracle.batch});
    oracle.run(seed, seen);
    for (std::size_t i = 0; i < count; ++i) {
      covered[i] += seen[i].holds(oracle.figures[i].expected(oracle.rho)) ? 1 : 0;
      planted[i] += seen[i].holds(oracle.figures[i].expected(oracle.rho * kPlantedLoad)) ? 1 : 0;
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = oracle.figures[i].name;
    EXPECT_GE(covered[i], kCoveredLeast) << name << " at utilisation " << oracle.rho;
    EXPECT_LT(planted[i], kPlantedMost) << name << ": a load 5 % higher would pass too";
  }
}

}  // namespace blackstart
