#pragma once
// Fast draws for the virtual world's many: standard normal and exponential by ziggurat, e^x by table. About one draw of
// the stream and a few nanoseconds each. The same bits on every machine and compiler: only IEEE operations in a fixed
// order, and tables made by base/arithmetic.h. They draw other values than RandomStream::normal() and exponential(),
// which the live side's schedule uses and which stay as they are. Thread-safe.

#include "base/random.h"

namespace blackstart {

/// Standard normal.
double draw_normal(RandomStream& stream);
/// Exponential with mean 1.
double draw_exponential(RandomStream& stream);
/// Gamma of a whole `shape` >= 1 and mean `shape` (Erlang: a sum of `shape` exponentials of mean 1).
double draw_erlang(RandomStream& stream, int shape);
/// e^x, relative error below 1e-15; x outside [-700, 700] counts as the nearer end.
double fast_exp(double x);

}  // namespace blackstart
