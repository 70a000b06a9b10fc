#pragma once
// Draws lengths of time: the distributions of the drill language (docs/language.md), made ready for a hundred million
// draws, with what is known of them in closed form. Immutable values; the randomness is the caller's stream, and a
// sampler draws the same from it on every machine and compiler.

#include "base/draws.h"
#include "base/random.h"
#include "base/time.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace blackstart {

class DurationSampler {
 public:
  /// Always nothing.
  DurationSampler() = default;

  /// `length` >= 0.
  static DurationSampler constant(Duration length);
  /// Log-normal by its median and 95th percentile: 0 < median <= p95.
  static DurationSampler log_normal(Duration median, Duration p95);
  /// `mean` > 0.
  static DurationSampler exponential(Duration mean);
  /// 0 <= from <= to.
  static DurationSampler uniform(Duration from, Duration to);
  /// A sum of `shape` >= 1 equal exponential stages, of `mean` > 0 together.
  static DurationSampler erlang(int shape, Duration mean);
  /// Exponential, of mean `first` with probability `p` in [0, 1], else of mean `second`; both > 0.
  static DurationSampler hyperexponential(double p, Duration first, Duration second);
  /// Each of `lengths` (not empty, all >= 0) as likely as every other.
  static DurationSampler samples(std::vector<Duration> lengths);

  /// Never negative; what would be longer than ten years counts as ten years.
  template <class Stream>
  Duration draw(Stream& stream) const {
    if (form_ == Form::kConstant) return whole(first_);
    if (form_ == Form::kLogNormal) return power(first_ + second_ * draw_normal(stream));
    return draw_other(stream);
  }

  [[nodiscard]] Duration mean() const;
  /// Variance over squared mean: 0 for a constant (and where the mean is 0), 1 for an exponential.
  [[nodiscard]] double squared_variation() const;
  /// The length that a draw is at most with `probability` in (0, 1); empty where there is no closed form (Erlang of
  /// more than one stage, hyperexponential). Of samples: the nearest rank.
  [[nodiscard]] std::optional<Duration> quantile(double probability) const;
  /// What a draw is at most, by layer_around() the first bits that its stream gives; kNoBound: whatever there is. Empty
  /// where nothing is known of any.
  [[nodiscard]] std::vector<Duration> longest_by_layer() const;
  static constexpr Duration kNoBound = Duration::max();
  [[nodiscard]] bool is_constant() const { return form_ == Form::kConstant; }

 private:
  static constexpr double kLongestNs = 315'576'000e9;  // ten years
  static Duration whole(double ns) {
    if (!(ns > 0)) return {};
    return Duration{static_cast<std::int64_t>(ns < kLongestNs ? ns + 0.5 : kLongestNs)};
  }
  /// Of a log-normal, by steps of power_of_steps() from 1 ns; below half a nanosecond it is nothing.
  static Duration power(double steps) {
    constexpr double kLongestSteps = 59526;  // a little more than ten years
    constexpr double kLeastSteps = -2 * draw_tables::kOctave;
    steps = std::max(std::min(steps, kLongestSteps), kLeastSteps);
    const double ns = std::min(power_of_steps(steps), kLongestNs) + 0.5;
    return Duration{static_cast<std::int64_t>(ns)};
  }
  template <class Stream>
  [[nodiscard]] Duration draw_other(Stream& stream) const;

  enum class Form { kConstant, kLogNormal, kExponential, kUniform, kErlang, kHyperexponential, kSamples };

  Form form_ = Form::kConstant;
  double first_ =
      0;  // ns: the constant, from, (first) mean, mean of a stage; log-normal: the median, in power()'s steps
  double second_ = 0;  // ns: to, second mean; log-normal: sigma, in steps
  double p_ = 1;
  int shape_ = 1;
  std::vector<Duration> sorted_;
};

/// `factor` >= 0 times as long, to the whole nanosecond below.
inline Duration scaled(Duration length, double factor) {
  return Duration{static_cast<std::int64_t>(static_cast<double>(to_ns(length)) * factor)};
}

/// The standard normal distribution's quantile, `probability` in [1e-9, 1 - 1e-9]; absolute error below 1e-7.
double normal_quantile(double probability);

}  // namespace blackstart
