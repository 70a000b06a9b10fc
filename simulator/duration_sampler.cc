#include "simulator/duration_sampler.h"

#include "base/arithmetic.h"
#include "base/check.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace blackstart {
namespace {

constexpr double kZ95 = 1.6448536269514722;  // standard normal quantile of 0.95
constexpr double kLnLongestNs = 40.2932;     // its logarithm, rounded up

double in_ns(Duration length) { return static_cast<double>(to_ns(length)); }

/// Standard normal distribution function at x <= 0, by the series of its part between x and 0.
double normal_below(double x) {
  const double square = x * x;
  double term = -x;
  double sum = term;
  for (int odd = 3; term > sum * 1e-18; odd += 2) {
    term *= square / odd;
    sum += term;
  }
  constexpr double kDensityAt0 = 0.3989422804014327;
  return std::max(0.0, 0.5 - kDensityAt0 * stable_exp(-square / 2) * sum);
}

}  // namespace

double normal_quantile(double probability) {
  BS_CHECK(probability > 0 && probability < 1);
  if (probability > 0.5) return -normal_quantile(1 - probability);
  double low = -9;
  double high = 0;
  for (int halving = 0; halving < 60; ++halving) {
    const double middle = (low + high) / 2;
    (normal_below(middle) < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

DurationSampler DurationSampler::constant(Duration length) {
  BS_CHECK(length >= Duration{0});
  DurationSampler sampler;
  sampler.first_ = in_ns(length);
  return sampler;
}

DurationSampler DurationSampler::log_normal(Duration median, Duration p95) {
  BS_CHECK(median > Duration{0} && p95 >= median);
  DurationSampler sampler;
  sampler.form_ = Form::kLogNormal;
  sampler.first_ = stable_log(in_ns(median)) * kStepsAnE;
  sampler.second_ = stable_log(in_ns(p95) / in_ns(median)) / kZ95 * kStepsAnE;
  return sampler;
}

DurationSampler DurationSampler::exponential(Duration mean) {
  BS_CHECK(mean > Duration{0});
  DurationSampler sampler;
  sampler.form_ = Form::kExponential;
  sampler.first_ = in_ns(mean);
  return sampler;
}

DurationSampler DurationSampler::uniform(Duration from, Duration to) {
  BS_CHECK(from >= Duration{0} && to >= from);
  DurationSampler sampler;
  sampler.form_ = Form::kUniform;
  sampler.first_ = in_ns(from);
  sampler.second_ = in_ns(to);
  return sampler;
}

DurationSampler DurationSampler::erlang(int shape, Duration mean) {
  BS_CHECK(shape >= 1 && mean > Duration{0});
  DurationSampler sampler;
  sampler.form_ = Form::kErlang;
  sampler.shape_ = shape;
  sampler.first_ = in_ns(mean) / shape;
  return sampler;
}

DurationSampler DurationSampler::hyperexponential(double p, Duration first, Duration second) {
  BS_CHECK(p >= 0 && p <= 1 && first > Duration{0} && second > Duration{0});
  DurationSampler sampler;
  sampler.form_ = Form::kHyperexponential;
  sampler.p_ = p;
  sampler.first_ = in_ns(first);
  sampler.second_ = in_ns(second);
  return sampler;
}

DurationSampler DurationSampler::samples(std::vector<Duration> lengths) {
  BS_CHECK(!lengths.empty());
  DurationSampler sampler;
  sampler.form_ = Form::kSamples;
  sampler.sorted_ = std::move(lengths);
  std::sort(sampler.sorted_.begin(), sampler.sorted_.end());
  BS_CHECK(sampler.sorted_.front() >= Duration{0});
  return sampler;
}

template <class Stream>
Duration DurationSampler::draw_other(Stream& stream) const {
  switch (form_) {
    case Form::kConstant:
    case Form::kLogNormal:
      break;
    case Form::kExponential:
      return whole(first_ * draw_exponential(stream));
    case Form::kUniform:
      return whole(first_ + (second_ - first_) * stream.uniform());
    case Form::kErlang:
      return whole(first_ * draw_erlang(stream, shape_));
    case Form::kHyperexponential: {
      const double mean = stream.uniform() < p_ ? first_ : second_;
      return whole(mean * draw_exponential(stream));
    }
    case Form::kSamples:
      return sorted_[static_cast<std::size_t>(stream.below(sorted_.size()))];
  }
  return whole(first_);
}

template Duration DurationSampler::draw_other(RandomStream&) const;
template Duration DurationSampler::draw_other(KeyedStream&) const;

Duration DurationSampler::mean() const {
  switch (form_) {
    case Form::kConstant:
    case Form::kExponential:
      break;
    case Form::kLogNormal:
      return whole(stable_exp(std::min((first_ + second_ * second_ / kStepsAnE / 2) / kStepsAnE, kLnLongestNs)));
    case Form::kUniform:
      return whole((first_ + second_) / 2);
    case Form::kErlang:
      return whole(first_ * shape_);
    case Form::kHyperexponential:
      return whole(p_ * first_ + (1 - p_) * second_);
    case Form::kSamples: {
      double sum = 0;
      for (const Duration length : sorted_) sum += in_ns(length);
      return whole(sum / static_cast<double>(sorted_.size()));
    }
  }
  return whole(first_);
}

double DurationSampler::squared_variation() const {
  switch (form_) {
    case Form::kConstant:
      break;
    case Form::kLogNormal:
      return stable_exp(second_ / kStepsAnE * (second_ / kStepsAnE)) - 1;
    case Form::kExponential:
      return 1;
    case Form::kUniform: {
      const double sum = first_ + second_;
      const double width = second_ - first_;
      return sum > 0 ? width * width / (3 * sum * sum) : 0;
    }
    case Form::kErlang:
      return 1.0 / shape_;
    case Form::kHyperexponential: {
      const double mean = p_ * first_ + (1 - p_) * second_;
      return 2 * (p_ * first_ * first_ + (1 - p_) * second_ * second_) / (mean * mean) - 1;
    }
    case Form::kSamples: {
      double sum = 0;
      for (const Duration length : sorted_) sum += in_ns(length);
      const double mean = sum / static_cast<double>(sorted_.size());
      double squares = 0;
      for (const Duration length : sorted_) squares += (in_ns(length) - mean) * (in_ns(length) - mean);
      return mean > 0 ? squares / static_cast<double>(sorted_.size()) / (mean * mean) : 0;
    }
  }
  return 0;
}

std::optional<Duration> DurationSampler::quantile(double probability) const {
  BS_CHECK(probability > 0 && probability < 1);
  switch (form_) {
    case Form::kConstant:
      return whole(first_);
    case Form::kLogNormal:
      return power(first_ + second_ * normal_quantile(probability));
    case Form::kExponential:
      return whole(-first_ * stable_log(1 - probability));
    case Form::kUniform:
      return whole(first_ + (second_ - first_) * probability);
    case Form::kErlang:
      if (shape_ > 1) return std::nullopt;
      return whole(-first_ * stable_log(1 - probability));
    case Form::kHyperexponential:
      return std::nullopt;
    case Form::kSamples: {
      const double rank = std::ceil(probability * static_cast<double>(sorted_.size()));
      return sorted_[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
    }
  }
  return std::nullopt;
}

std::vector<Duration> DurationSampler::longest_by_layer() const {
  if (form_ != Form::kLogNormal) return {};
  constexpr Duration kRounding{1};
  std::vector<Duration> longest{kNoBound};
  for (std::size_t layer = 1; layer <= draw_tables::kLayers; ++layer)
    longest.push_back(power(first_ + second_ * draw_tables::kNormal.x[layer]) + kRounding);
  return longest;
}

}  // namespace blackstart
