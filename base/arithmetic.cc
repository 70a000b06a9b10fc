#include "base/arithmetic.h"

#include "base/check.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace blackstart {
namespace {

constexpr double kLn2High = 0x1.62e42fee00000p-1;  // 33 bits: k * kLn2High is exact for every binary exponent k
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kSqrt2 = 0x1.6a09e667f3bcdp+0;
constexpr std::uint64_t kMantissa = 0x000fffffffffffffULL;
constexpr std::uint64_t kOneBits = 0x3ff0000000000000ULL;

/// ln m for m near 1: 2 artanh(s) with s = (m - 1) / (m + 1); |s| <= 0.1716, and eleven terms reach 1e-18.
constexpr double log_by_series(double m) {
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  double series = 1.0 / 23;
  for (int odd = 21; odd >= 3; odd -= 2) series = series * z + 1.0 / odd;
  return 2 * s + 2 * s * z * series;
}

// Centres c = i / 128 between 1 / sqrt 2 and sqrt 2, with ln c and 1 / c.
constexpr int kCentresAnUnit = 128;
constexpr int kFirstCentre = 90;
constexpr int kLastCentre = 182;
struct Centre {
  double log, inverse;
};
constexpr auto kCentres = [] {
  std::array<Centre, kLastCentre - kFirstCentre + 1> centres{};
  for (int i = kFirstCentre; i <= kLastCentre; ++i) {
    const double c = static_cast<double>(i) / kCentresAnUnit;
    centres[static_cast<std::size_t>(i - kFirstCentre)] = {log_by_series(c), 1 / c};
  }
  return centres;
}();

}  // namespace

double stable_log(double x) {
  BS_CHECK(x > 0 && x <= std::numeric_limits<double>::max());
  int exponent = 0;
  if (x < std::numeric_limits<double>::min()) {  // subnormal: scale into the normal range, exactly
    x *= 0x1p54;
    exponent = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1023;
  auto mantissa = std::bit_cast<double>((bits & kMantissa) | kOneBits);
  if (mantissa > kSqrt2) {
    mantissa *= 0.5;
    ++exponent;
  }
  // ln m = ln c + ln(1 + z) with z = (m - c) / c for the nearest centre: m - c is exact, |z| <= 1/180, and eight terms
  // reach 1e-19.
  const int nearest = (static_cast<int>(mantissa * (2 * kCentresAnUnit)) + 1) / 2;
  const Centre& centre = kCentres[static_cast<std::size_t>(nearest - kFirstCentre)];
  const double z = (mantissa - static_cast<double>(nearest) / kCentresAnUnit) * centre.inverse;
  const double z2 = z * z;
  const double first = -1.0 / 2 + z * (1.0 / 3);
  const double second = -1.0 / 4 + z * (1.0 / 5);
  const double third = -1.0 / 6 + z * (1.0 / 7);
  const double tail = z2 * (first + z2 * (second + z2 * (third + z2 * (-1.0 / 8))));
  return (exponent * kLn2High + centre.log) + (z + (tail + exponent * kLn2Low));
}

double stable_exp(double x) {
  if (x != x) return x;
  if (x > 709.782712893384) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0;
  const double scaled = x * 1.4426950408889634;
  const auto k = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
  const double r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= 0.3466
  double series = 1;
  for (int n = 14; n >= 1; --n) series = 1 + series * r / n;
  return std::ldexp(series, k);  // exact, but for the one rounding of a subnormal
}

double stable_pow(double base, double exponent) { return exponent == 0 ? 1 : stable_exp(exponent * stable_log(base)); }

}  // namespace blackstart
