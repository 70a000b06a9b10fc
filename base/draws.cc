#include "base/draws.h"

#include "base/arithmetic.h"
#include "base/check.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace blackstart {
namespace {

using draw_tables::kLayers;
using draw_tables::Ziggurat;

constexpr double kNormalTail = 3.6541528853610088;
constexpr double kNormalArea = 0.00492867323399;
constexpr double kExponentialTail = 7.69711747013104972;
constexpr double kExponentialArea = 0.0039496598225815571993;

double normal_density(double x) { return stable_exp(-0.5 * x * x); }
double normal_edge(double y) { return std::sqrt(-2 * stable_log(y)); }
double exponential_density(double x) { return stable_exp(-x); }
double exponential_edge(double y) { return -stable_log(y); }

template <class Density, class Edge>
Ziggurat make_ziggurat(double tail, double area, Density density, Edge edge) {
  Ziggurat table{};
  table.x[0] = area / density(tail);
  table.y[0] = 0;
  table.x[1] = tail;
  table.y[1] = density(tail);
  for (std::size_t i = 2; i < kLayers; ++i) {
    table.y[i] = table.y[i - 1] + area / table.x[i - 1];
    table.x[i] = edge(table.y[i]);
  }
  table.x[kLayers] = 0;
  table.y[kLayers] = 1;
  for (std::size_t i = 0; i < kLayers; ++i) table.unit[i] = table.x[i] * 0x1p-53;
  return table;
}

/// A draw of the normal's tail beyond kNormalTail.
template <class Stream>
double normal_tail(Stream& stream) {
  for (;;) {
    const double x = -stable_log(1 - stream.uniform()) / kNormalTail;
    const double y = -stable_log(1 - stream.uniform());
    if (y + y >= x * x) return kNormalTail + x;
  }
}

/// Marsaglia and Tsang's method for gamma of shape >= 1.
template <class Stream>
double draw_gamma(Stream& stream, double shape) {
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = draw_normal(stream);
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = 1 - stream.uniform();
    const double square = x * x;
    if (u < 1 - 0.0331 * square * square) return d * v;
    if (stable_log(u) < 0.5 * square + d * (1 - v + stable_log(v))) return d * v;
  }
}

}  // namespace

namespace draw_tables {

const Ziggurat kNormal = make_ziggurat(kNormalTail, kNormalArea, normal_density, normal_edge);
const Ziggurat kExponential = make_ziggurat(kExponentialTail, kExponentialArea, exponential_density, exponential_edge);

const std::array<std::uint64_t, kOctave> kPowers = [] {
  std::array<std::uint64_t, kOctave> table{};
  for (int step = 0; step < kOctave; ++step)
    table[static_cast<std::size_t>(step)] = std::bit_cast<std::uint64_t>(stable_exp(step / kStepsAnE));
  return table;
}();

template <class Stream>
double normal_beside(Stream& stream, std::uint64_t bits) {
  for (;;) {
    const std::size_t layer = Ziggurat::layer_of(bits);
    const double sign = (bits & kLayers) != 0 ? -1.0 : 1.0;
    const double x = kNormal.place_of(bits);
    if (kNormal.is_under(bits, x)) return sign * x;
    if (layer == 0) return sign * normal_tail(stream);
    const double y = kNormal.y[layer] + stream.uniform() * (kNormal.y[layer + 1] - kNormal.y[layer]);
    if (y < normal_density(x)) return sign * x;
    bits = stream.next();
  }
}

template <class Stream>
double exponential_beside(Stream& stream, std::uint64_t bits) {
  double shift = 0;
  for (;;) {
    const std::size_t layer = Ziggurat::layer_of(bits);
    const double x = kExponential.place_of(bits);
    if (kExponential.is_under(bits, x)) return shift + x;
    if (layer == 0) {  // beyond the tail's edge it is the same distribution again
      shift += kExponentialTail;
    } else {
      const double y = kExponential.y[layer] + stream.uniform() * (kExponential.y[layer + 1] - kExponential.y[layer]);
      if (y < exponential_density(x)) return shift + x;
    }
    bits = stream.next();
  }
}

template double normal_beside(RandomStream&, std::uint64_t);
template double normal_beside(KeyedStream&, std::uint64_t);
template double exponential_beside(RandomStream&, std::uint64_t);
template double exponential_beside(KeyedStream&, std::uint64_t);

}  // namespace draw_tables

template <class Stream>
double draw_erlang(Stream& stream, int shape) {
  BS_CHECK(shape >= 1);
  constexpr int kSumMost = 3;  // summing so many costs no more than the gamma's rejection
  if (shape > kSumMost) return draw_gamma(stream, shape);
  double sum = 0;
  for (int stage = 0; stage < shape; ++stage) sum += draw_exponential(stream);
  return sum;
}

template double draw_erlang(RandomStream&, int);
template double draw_erlang(KeyedStream&, int);

}  // namespace blackstart
