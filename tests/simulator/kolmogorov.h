#pragma once
// How far draws are from their distribution.

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace blackstart {

/// Kolmogorov and Smirnov's distance of `draws` from a distribution function, times the root of their number:
/// above 1.95 in one of a thousand samples.
inline double distance(std::vector<double> draws, const std::function<double(double)>& below) {
  std::sort(draws.begin(), draws.end());
  const auto count = static_cast<double>(draws.size());
  double most = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double expected = below(draws[i]);
    most = std::max({most, std::abs(expected - static_cast<double>(i) / count),
                     std::abs(expected - static_cast<double>(i + 1) / count)});
  }
  return most * std::sqrt(count);
}

}  // namespace blackstart
