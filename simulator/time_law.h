#pragma once
// How long something takes in the virtual world: draws from a Distribution of the language. Immutable values; the
// randomness is the caller's stream.

#include "base/random.h"
#include "base/time.h"
#include "scenarios/values.h"

#include <vector>

namespace blackstart {

class TimeLaw {
 public:
  /// Always nothing.
  TimeLaw() = default;
  /// REQUIRES: what the loader checks of a Distribution; samples, where it has that form.
  explicit TimeLaw(const Distribution& distribution);

  [[nodiscard]] Duration draw(RandomStream& stream) const;
  [[nodiscard]] bool is_zero() const { return form_ == Distribution::Form::kConstant && first_ == 0; }

 private:
  Distribution::Form form_ = Distribution::Form::kConstant;
  double first_ = 0;   // ns: constant, median, lower end, mean (of a stage)
  double second_ = 0;  // ns; of the log-normal form: sigma
  double p_ = 1;
  int shape_ = 1;
  std::vector<Duration> samples_;
};

}  // namespace blackstart
