#include "base/random.h"

#include "base/arithmetic.h"
#include "base/check.h"
#include "base/hash.h"

#include <cmath>
#include <limits>

namespace blackstart {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr double kZ95 = 1.6448536269514722;  // standard normal quantile of 0.95

template <class Stream>
std::uint64_t draw_below(Stream& stream, std::uint64_t bound) {
  BS_CHECK(bound >= 1);
  Wide product = static_cast<Wide>(stream.next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t surplus = (0 - bound) % bound;  // 2^64 mod bound: low halves under it would be drawn too often
    while (static_cast<std::uint64_t>(product) < surplus) product = static_cast<Wide>(stream.next()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) : state_{} {
  std::uint64_t word = mix64(seed) ^ hash64(name);
  for (auto& part : state_) part = word = mix64(word);
  if ((state_[0] | state_[1] | state_[2] | state_[3]) == 0) state_[0] = 1;  // the one state that xoshiro never leaves
}

std::uint64_t RandomStream::below(std::uint64_t bound) { return draw_below(*this, bound); }

std::uint64_t KeyedStream::below(std::uint64_t bound) { return draw_below(*this, bound); }

double RandomStream::exponential() { return -stable_log(1.0 - uniform()); }

double RandomStream::normal() {
  for (;;) {  // Marsaglia's polar method; the second value is dropped, so that a draw depends on nothing before it
    const double x = 2 * uniform() - 1;
    const double y = 2 * uniform() - 1;
    const double square = x * x + y * y;
    if (square >= 1 || square == 0) continue;
    return x * std::sqrt(-2 * stable_log(square) / square);
  }
}

double RandomStream::log_normal(double median, double p95) {
  BS_CHECK(median > 0 && p95 >= median);
  const double sigma = stable_log(p95 / median) / kZ95;
  return median * stable_exp(sigma * normal());
}

ZipfTable::ZipfTable(std::uint32_t count, double exponent) : slots_(count) {
  BS_CHECK(count >= 1 && exponent >= 0);
  std::vector<double> share(count);
  double total = 0;
  for (std::uint32_t rank = 0; rank < count; ++rank) {
    share[rank] = stable_pow(static_cast<double>(rank) + 1, -exponent);
    total += share[rank];
  }
  // Vose's alias method: every slot holds 1/count of the probability, of at most two ranks.
  std::vector<std::uint32_t> poor;
  std::vector<std::uint32_t> rich;
  for (std::uint32_t rank = 0; rank < count; ++rank) {
    share[rank] = share[rank] / total * count;
    (share[rank] < 1 ? poor : rich).push_back(rank);
    slots_[rank] = {std::numeric_limits<std::uint32_t>::max(), rank};
  }
  while (!poor.empty() && !rich.empty()) {
    const auto small = poor.back();
    const auto large = rich.back();
    poor.pop_back();
    slots_[small] = {static_cast<std::uint32_t>(share[small] * 0x1p32), large};
    share[large] -= 1 - share[small];
    if (share[large] < 1) {
      rich.pop_back();
      poor.push_back(large);
    }
  }
}

std::uint32_t ZipfTable::draw(std::uint64_t random_bits) const {
  const auto slot = static_cast<std::uint32_t>((random_bits >> 32) * slots_.size() >> 32);
  return static_cast<std::uint32_t>(random_bits) < slots_[slot].threshold ? slot : slots_[slot].alias;
}

}  // namespace blackstart
