#include "base/statistics.h"

#include "base/arithmetic.h"
#include "base/check.h"

#include <algorithm>
#include <cmath>

namespace blackstart {
namespace {

constexpr double kNormal975 = 1.959963984540054;  // 97.5 % of a standard normal lie below
constexpr double kTail = 0.025;

/// P(a binomial of n and p <= k), for k = 0, 1, ... n.
std::vector<double> binomial_distribution(std::size_t n, double p) {
  const double odds_log = stable_log(p) - stable_log(1 - p);
  double log_mass = static_cast<double>(n) * stable_log(1 - p);
  double below = 0;
  std::vector<double> distribution;
  distribution.reserve(n + 1);
  for (std::size_t k = 0; k <= n; ++k) {
    below += stable_exp(log_mass);
    distribution.push_back(below);
    if (k < n) log_mass += stable_log(static_cast<double>(n - k) / static_cast<double>(k + 1)) + odds_log;
  }
  return distribution;
}

double covariance_sum(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  double sum = 0;
  for (std::size_t index = 0; index < a.size(); ++index) sum += (a[index] - mean_a) * (b[index] - mean_b);
  return sum;
}

}  // namespace

ShareEstimate wilson_95(std::uint64_t successes, std::uint64_t n) {
  BS_CHECK(successes <= n);
  if (n == 0) return {};
  const double runs = static_cast<double>(n);
  const double share = static_cast<double>(successes) / runs;
  const double square = kNormal975 * kNormal975;
  const double scale = 1 + square / runs;
  const double middle = (share + square / (2 * runs)) / scale;
  const double reach = kNormal975 * std::sqrt(share * (1 - share) / runs + square / (4 * runs * runs)) / scale;
  return {share, successes == 0 ? 0 : std::max(0.0, middle - reach),
          successes == n ? 1 : std::min(1.0, middle + reach)};
}

double proven_share_95(std::uint64_t n) { return n == 0 ? 0 : stable_pow(0.05, 1 / static_cast<double>(n)); }

QuantileRanks quantile_ranks_95(std::size_t n, double p) {
  BS_CHECK(n >= 1 && p > 0 && p < 1);
  QuantileRanks ranks;
  const double exact = p * static_cast<double>(n);
  // A product that is a whole number but for rounding is that number.
  ranks.point = std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(exact - 1e-9)), 1, n);
  const std::vector<double> distribution = binomial_distribution(n, p);
  // The rank l is above the quantile with probability P(B <= l - 1), the rank u below it with 1 - P(B <= u - 1).
  for (std::size_t rank = 1; rank <= n && distribution[rank - 1] <= kTail; ++rank) ranks.low = rank;
  for (std::size_t rank = n; rank >= 1 && distribution[rank - 1] >= 1 - kTail; --rank) ranks.high = rank;
  return ranks;
}

std::vector<QuantileEstimate> BoundedSample::quantiles(const std::vector<double>& shares) const {
  if (size() == 0) return {};
  // Each value that is only bounded lies between its bound and infinity: sorted by the one, every order statistic is
  // at least what stands there; sorted by the other, at most.
  std::vector<std::int64_t> values = values_, least = values_;
  least.insert(least.end(), bounds_.begin(), bounds_.end());
  std::sort(values.begin(), values.end());
  std::sort(least.begin(), least.end());
  const auto at_most = [&](std::size_t rank) {
    return rank <= values.size() ? std::optional(values[rank - 1]) : std::nullopt;
  };
  std::vector<QuantileEstimate> estimates;
  for (const double share : shares) {
    const QuantileRanks ranks = quantile_ranks_95(size(), share);
    QuantileEstimate estimate;
    estimate.value = least[ranks.point - 1];
    estimate.censored = at_most(ranks.point) != estimate.value;
    if (ranks.low) estimate.low = least[*ranks.low - 1];
    if (ranks.high) estimate.high = at_most(*ranks.high);
    estimates.push_back(estimate);
  }
  return estimates;
}

std::int64_t BoundedSample::min() const {
  BS_CHECK(size() > 0);
  if (values_.empty()) return *std::min_element(bounds_.begin(), bounds_.end());
  const std::int64_t least = *std::min_element(values_.begin(), values_.end());
  return bounds_.empty() ? least : std::min(least, *std::min_element(bounds_.begin(), bounds_.end()));
}

std::int64_t BoundedSample::max() const {
  BS_CHECK(size() > 0);
  if (values_.empty()) return *std::max_element(bounds_.begin(), bounds_.end());
  const std::int64_t most = *std::max_element(values_.begin(), values_.end());
  return bounds_.empty() ? most : std::max(most, *std::max_element(bounds_.begin(), bounds_.end()));
}

double mean_of(const std::vector<double>& values) {
  if (values.empty()) return 0;
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  return std::sqrt(covariance_sum(values, values) / static_cast<double>(values.size() - 1));
}

std::vector<double> variance_shares(const std::vector<std::vector<double>>& parts, const std::vector<double>& whole) {
  const double variance = covariance_sum(whole, whole);
  std::vector<double> shares;
  for (const auto& part : parts) {
    BS_CHECK(part.size() == whole.size());
    shares.push_back(variance > 0 ? covariance_sum(part, whole) / variance : 0);
  }
  return shares;
}

}  // namespace blackstart
