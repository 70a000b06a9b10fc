#pragma once
// Holds a simulated figure to its closed form: of 200 seeds, so many 95 % intervals (batch means, warm-up left out)
// have to hold the closed form as a binomial of 200 and 0.95 lets expect.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace blackstart {

inline constexpr std::uint64_t kCoverageSeeds = 200;
inline constexpr int kCoveredLeast = 180;  // fewer: one in two thousand, where each holds with probability 0.95
inline constexpr int kPlantedMost = 60;    // of a closed form that is a little off

/// The mean of a correlated sequence with its 95 % interval: 20 batches, as if their means were independent.
class BatchMeans {
 public:
  /// Leaves out the first `warm_up` values; each batch has `batch` values.
  BatchMeans(std::size_t warm_up, std::size_t batch) : skip_(warm_up), batch_(batch) {}

  void add(double value) {
    if (skip_ > 0) {
      --skip_;
      return;
    }
    sum_ += value;
    if (++in_batch_ < batch_) return;
    means_.push_back(sum_ / static_cast<double>(batch_));
    sum_ = 0;
    in_batch_ = 0;
  }
  /// Whether there are enough values.
  [[nodiscard]] bool full() const { return means_.size() >= kBatches; }
  /// Whether the 95 % interval of the mean holds `expected`. REQUIRES full().
  [[nodiscard]] bool holds(double expected) const;

 private:
  static constexpr std::size_t kBatches = 20;

  std::size_t skip_;
  std::size_t batch_;
  double sum_ = 0;
  std::size_t in_batch_ = 0;
  std::vector<double> means_;
};

/// A figure of a station: what theory says of it at a utilisation.
struct Figure {
  std::string name;
  std::function<double(double rho)> expected;
};

struct Oracle {
  double rho = 0;
  std::vector<Figure> figures;
  std::size_t batch = 10'000;  // values, of each of the 20 batches
  /// Simulates until all of `seen` (one a figure) are full.
  std::function<void(std::uint64_t seed, std::vector<BatchMeans>& seen)> run;
};

/// Fails where too few intervals hold the closed form, and where as many would hold that of a load 5 % higher (an
/// oracle that cannot tell the two apart tells nothing).
void expect_covered(const Oracle& oracle);

}  // namespace blackstart
