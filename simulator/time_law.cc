#include "simulator/time_law.h"

namespace blackstart {

DurationSampler sampler_of(const Distribution& distribution) {
  using Form = Distribution::Form;
  const Duration first = distribution.first, second = distribution.second;
  const bool nothing =
      first <= Duration{} && distribution.form != Form::kUniform && distribution.form != Form::kSamples;
  if (nothing) return {};
  switch (distribution.form) {
    case Form::kConstant:
      return DurationSampler::constant(first);
    case Form::kLogNormal:
      return DurationSampler::log_normal(first, second);
    case Form::kExponential:
      return DurationSampler::exponential(first);
    case Form::kUniform:
      return DurationSampler::uniform(first, second);
    case Form::kErlang:
      return DurationSampler::erlang(distribution.shape, first);
    case Form::kHyperexponential:
      return second > Duration{} ? DurationSampler::hyperexponential(distribution.p, first, second) : DurationSampler{};
    case Form::kSamples:
      return distribution.samples.empty() ? DurationSampler{} : DurationSampler::samples(distribution.samples);
  }
  return {};
}

Duration draw_from(const Distribution& distribution, RandomStream& stream) {
  return sampler_of(distribution).draw(stream);
}

}  // namespace blackstart
