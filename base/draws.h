#pragma once
// Fast draws where there are many: standard normal and exponential by ziggurat, powers of two by table. About one draw
// of the stream and a few nanoseconds each. The same bits on every machine and compiler: only IEEE operations in a
// fixed order, and tables made by base/arithmetic.h. They draw other values than RandomStream::normal() and
// exponential(). Of a RandomStream or a KeyedStream. Thread-safe.

#include "base/random.h"

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
  std::array<double, kLayers> unit;   // 2^-53 of x: what the lowest bit of a place in the layer is worth
  std::array<double, kLayers + 1> y;  // the density at x

  static constexpr std::size_t layer_of(std::uint64_t bits) { return bits & (kLayers - 1); }
  /// Where `bits` fall in their layer: the upper 53 tell.
  [[nodiscard]] double place_of(std::uint64_t bits) const {
    return static_cast<double>(bits >> 11) * unit[layer_of(bits)];
  }
  /// Whether `place` is under the density for certain.
  [[nodiscard]] bool is_under(std::uint64_t bits, double place) const { return place < x[layer_of(bits) + 1]; }
};
/// Made before main(): nothing draws while global objects are being made.
extern const Ziggurat kNormal;

inline constexpr int kOctaveBits = 10;
inline constexpr int kOctave = 1 << kOctaveBits;
extern const std::array<std::uint64_t, kOctave> kPowers;  // the bits of 2^(step / 1024)

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
  const double x = table.place_of(bits);
  if (!table.is_under(bits, x)) [[unlikely]]
    return draw_tables::normal_beside(stream, bits);
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) | (bits & draw_tables::kLayers) << 55);  // x is >= 0
}
/// A layer at whose edge draw_normal() of a stream that gives `bits` first stays within, either side of 0; 0: any may
/// be drawn.
inline std::size_t layer_around(std::uint64_t bits) {
  const draw_tables::Ziggurat& table = draw_tables::kNormal;
  return table.is_under(bits, table.place_of(bits)) ? table.layer_of(bits) + 1 : 0;
}
/// Exponential with mean 1.
template <class Stream>
double draw_exponential(Stream& stream) {
  const draw_tables::Ziggurat& table = draw_tables::kExponential;
  const std::uint64_t bits = stream.next();
  const double x = table.place_of(bits);
  if (!table.is_under(bits, x)) [[unlikely]]
    return draw_tables::exponential_beside(stream, bits);
  return x;
}
/// Gamma of a whole `shape` >= 1 and mean `shape` (Erlang: a sum of `shape` exponentials of mean 1).
template <class Stream>
double draw_erlang(Stream& stream, int shape);
/// So many steps multiply by e.
inline constexpr double kStepsAnE = draw_tables::kOctave / 0x1.62e42fefa39efp-1;  // over ln 2
/// 2^(steps / 1024), relative error below 1e-15. REQUIRES: `steps` in [-1e6, 1e6].
inline double power_of_steps(double steps) {
  constexpr double kStep = 1 / kStepsAnE;  // ln 2 / 1024
  constexpr double kToWhole = 0x1.8p52;    // so large that what is added to it is rounded to a whole number
  const double shifted = steps + kToWhole;
  const auto whole = static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(shifted));  // its lower bits
  const double r = steps - (shifted - kToWhole);                                        // |r| <= 1/2, exact
  const double power = 1 + r * (kStep + r * (kStep * kStep / 2 + r * (kStep * kStep * kStep / 6)));
  const std::uint64_t fraction = draw_tables::kPowers[static_cast<std::size_t>(whole & (draw_tables::kOctave - 1))];
  const std::uint64_t octaves = static_cast<std::uint64_t>(std::int64_t{whole >> draw_tables::kOctaveBits}) << 52;
  return std::bit_cast<double>(fraction + octaves) * power;
}

}  // namespace blackstart
