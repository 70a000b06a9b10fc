#pragma once
// Fast draws where there are many: standard normal and exponential by ziggurat, e^x by table. About one draw of the
// stream and a few nanoseconds each. The same bits on every machine and compiler: only IEEE operations in a fixed
// order, and tables made by base/arithmetic.h. They draw other values than RandomStream::normal() and exponential().
// Of a RandomStream or a KeyedStream. Thread-safe.

#include "base/random.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace blackstart {

namespace draw_tables {

// Marsaglia and Tsang's ziggurat: the density under 256 layers of equal area. Layer 0 is the base strip with the tail;
// x[i] is the right edge of layer i, and x[256] = 0.
inline constexpr std::size_t kLayers = 256;
struct Ziggurat {
  std::array<double, kLayers + 1> x;
  std::array<double, kLayers + 1> y;  // the density at x
};
/// Made before main(): nothing draws while global objects are being made.
extern const Ziggurat kNormal;

inline constexpr int kExpSteps = 128;             // an octave
extern const std::array<double, kExpSteps> kExp;  // e^(step ln 2 / 128)

extern const Ziggurat kExponential;

/// A normal draw whose first bits fell beside their layer's rectangle.
template <class Stream>
double normal_beside(Stream& stream, std::uint64_t bits);
/// The same, exponential.
template <class Stream>
double exponential_beside(Stream& stream, std::uint64_t bits);

}  // namespace draw_tables

/// Standard normal.
template <class Stream>
double draw_normal(Stream& stream) {
  const draw_tables::Ziggurat& table = draw_tables::kNormal;
  const std::uint64_t bits = stream.next();  // 8 bits for the layer, 1 for the sign, 53 for the place
  const std::size_t layer = bits & (draw_tables::kLayers - 1);
  const double x = unit_of(bits) * table.x[layer];
  if (x >= table.x[layer + 1]) [[unlikely]]
    return draw_tables::normal_beside(stream, bits);
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) | (bits & draw_tables::kLayers) << 55);  // x is >= 0
}
/// Exponential with mean 1.
template <class Stream>
double draw_exponential(Stream& stream) {
  const draw_tables::Ziggurat& table = draw_tables::kExponential;
  const std::uint64_t bits = stream.next();
  const std::size_t layer = bits & (draw_tables::kLayers - 1);
  const double x = unit_of(bits) * table.x[layer];
  if (x >= table.x[layer + 1]) [[unlikely]]
    return draw_tables::exponential_beside(stream, bits);
  return x;
}
/// Gamma of a whole `shape` >= 1 and mean `shape` (Erlang: a sum of `shape` exponentials of mean 1).
template <class Stream>
double draw_erlang(Stream& stream, int shape);
/// e^x, relative error below 1e-15; x outside [-700, 700] counts as the nearer end.
inline double fast_exp(double x) {
  constexpr double kMost = 700;
  constexpr double kStepsAnE = draw_tables::kExpSteps / 0x1.62e42fefa39efp-1;  // over ln 2
  constexpr double kStepHigh = 0x1.62e42fee00000p-8;  // ln 2 / 128 in two parts: a whole multiple of the first is exact
  constexpr double kStepLow = 0x1.a39ef35793c76p-40;
  constexpr double kToWhole = 0x1.8p52;  // so large that what is added to it is rounded to a whole number
  x = std::clamp(x, -kMost, kMost);
  const double shifted = x * kStepsAnE + kToWhole;
  const auto steps = static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(shifted));  // its lower bits
  const double whole = shifted - kToWhole;
  const double r = (x - whole * kStepHigh) - whole * kStepLow;  // |r| <= ln 2 / 256
  const double square = r * r;
  const double power = (1 + r) + square * ((0.5 + r * (1.0 / 6)) + square * (1.0 / 24 + r * (1.0 / 120)));
  const double scale = std::bit_cast<double>(static_cast<std::uint64_t>((steps >> 7) + 1023) << 52);
  return draw_tables::kExp[static_cast<std::size_t>(steps & (draw_tables::kExpSteps - 1))] * scale * power;
}

}  // namespace blackstart
