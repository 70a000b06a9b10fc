#include "simulator/time_law.h"

#include "base/arithmetic.h"
#include "base/check.h"

namespace blackstart {
namespace {

using Form = Distribution::Form;

constexpr double kZ95 = 1.6448536269514722;  // standard normal quantile of 0.95
constexpr double kLongestNs = 9e17;          // some 28 years

Duration whole(double ns) {
  if (ns <= 0) return {};
  return Duration{static_cast<std::int64_t>(ns < kLongestNs ? ns + 0.5 : kLongestNs)};
}

double in_ns(Duration length) { return static_cast<double>(to_ns(length)); }

}  // namespace

TimeLaw::TimeLaw(const Distribution& distribution)
    : form_(distribution.form),
      first_(in_ns(distribution.first)),
      second_(in_ns(distribution.second)),
      p_(distribution.p),
      shape_(distribution.shape),
      samples_(distribution.samples) {
  if (form_ == Form::kErlang) first_ /= shape_;
  if (form_ != Form::kLogNormal) return;
  if (first_ <= 0) {  // nothing can be lognormal around nothing
    form_ = Form::kConstant;
    first_ = 0;
    return;
  }
  BS_CHECK(second_ >= first_);
  second_ = stable_log(second_ / first_) / kZ95;
}

Duration TimeLaw::draw(RandomStream& stream) const {
  switch (form_) {
    case Form::kConstant:
      break;
    case Form::kLogNormal:
      return whole(first_ * stable_exp(second_ * stream.normal()));
    case Form::kExponential:
      return whole(first_ * stream.exponential());
    case Form::kUniform:
      return whole(first_ + (second_ - first_) * stream.uniform());
    case Form::kErlang: {
      double sum = 0;
      for (int stage = 0; stage < shape_; ++stage) sum += stream.exponential();
      return whole(first_ * sum);
    }
    case Form::kHyperexponential: {
      const double mean = stream.uniform() < p_ ? first_ : second_;
      return whole(mean * stream.exponential());
    }
    case Form::kSamples:
      return samples_.empty() ? Duration{} : samples_[stream.below(samples_.size())];
  }
  return whole(first_);
}

}  // namespace blackstart
