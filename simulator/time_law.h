#pragma once
// From the language's distributions to samplers. Pure.

#include "scenarios/values.h"
#include "simulator/duration_sampler.h"

namespace blackstart {

/// REQUIRES: what the loader checks of a Distribution; of the form samples, the samples themselves. A spread around
/// nothing is nothing.
DurationSampler sampler_of(const Distribution& distribution);
/// One draw, where few are needed.
Duration draw_from(const Distribution& distribution, RandomStream& stream);

/// Whether it always draws nothing.
inline bool is_nothing(const DurationSampler& sampler) { return sampler.is_constant() && sampler.mean() == Duration{}; }

}  // namespace blackstart
