#pragma once
// Values that scenarios, targets and the virtual world's parts share. Plain, complete, units read. Deterministic.

#include "base/time.h"
#include "base/units.h"

#include <string>
#include <vector>

namespace blackstart {

/// A length of time that varies. The loader has checked it: never negative, median <= p95, from <= to.
struct Distribution {
  enum class Form {
    kConstant,          // 400us
    kLogNormal,         // {median: 20s, p95: 60s}
    kExponential,       // {exponential: 1ms}
    kUniform,           // {uniform: [1s, 3s]}
    kErlang,            // {erlang: {shape: 4, mean: 1ms}}
    kHyperexponential,  // {hyperexponential: {p: 0.9, means: [1ms, 20ms]}}: the first with probability p
    kSamples,           // {samples: file.csv}: each as likely as every other
  };
  Form form = Form::kConstant;
  Duration first{};   // kConstant: itself; kLogNormal: median; kUniform: from; the others: (first) mean
  Duration second{};  // kLogNormal: p95; kUniform: to; kHyperexponential: second mean
  int shape = 1;      // of kErlang
  double p = 1;       // of kHyperexponential
  std::string file;   // of kSamples, as written; beside the file that names it
  std::vector<Duration>
      samples;  // of kSamples, never empty after load_spec; empty after load_resolved (reads no files)

  friend bool operator==(const Distribution&, const Distribution&) = default;
};

/// `constant` as a distribution.
inline Distribution always(Duration constant) {
  Distribution distribution;
  distribution.first = constant;
  return distribution;
}

/// What a caller does after a call that failed.
struct Retry {
  int attempts = 0;  // after the first
  Duration backoff = std::chrono::milliseconds{100};
  enum class Jitter { kNone, kFull } jitter = Jitter::kFull;
  Share budget{1.0};  // retries as a share of first attempts, at most (token bucket); `attempts` is no limit
};

}  // namespace blackstart
