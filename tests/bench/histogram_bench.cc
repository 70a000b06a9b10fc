// What a histogram costs. The floor of a record is BM_floor: finding the cell and counting, without extremes and sum.

#include "base/histogram.h"

#include "base/random.h"

#include <benchmark/benchmark.h>

#include <bit>
#include <cmath>
#include <vector>

namespace blackstart {
namespace {

constexpr std::size_t kValues = 1 << 14;  // in the first-level caches, as the bids of some ticks are

/// Latencies of a healthy service: log-normal around 400 us.
const std::vector<Duration>& latencies() {
  static const auto values = [] {
    RandomStream stream{1, "bench"};
    std::vector<Duration> made(kValues);
    for (auto& value : made) value = from_seconds(stream.log_normal(400e-6, 2e-3));
    return made;
  }();
  return values;
}

/// Prints the time of one value: a pass goes over all of them.
void per_value(benchmark::State& state) {
  state.counters["per_value"] = benchmark::Counter(static_cast<double>(state.iterations()) * kValues,
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_floor(benchmark::State& state) {
  std::vector<std::uint64_t> counts(23'552);
  for (auto _ : state) {
    for (const auto value : latencies()) {
      const auto units = static_cast<std::uint64_t>(value.count()) / 1'000;
      const int doubling = static_cast<int>(std::bit_width(units | 2'047)) - 11;
      ++counts[(static_cast<std::size_t>(doubling) << 10) + (units >> doubling)];
    }
    benchmark::DoNotOptimize(counts.data());
  }
  per_value(state);
}
BENCHMARK(BM_floor);

void BM_record(benchmark::State& state) {
  Histogram histogram;
  for (auto _ : state) {
    for (const auto value : latencies()) histogram.record(value);
    benchmark::DoNotOptimize(histogram.count());
  }
  per_value(state);
}
BENCHMARK(BM_record);

Histogram filled() {
  Histogram histogram;
  for (const auto value : latencies()) histogram.record(value);
  return histogram;
}

void BM_percentile_99(benchmark::State& state) {
  const auto histogram = filled();
  for (auto _ : state) benchmark::DoNotOptimize(histogram.percentile(99));
}
BENCHMARK(BM_percentile_99);

void BM_add(benchmark::State& state) {
  const auto histogram = filled();
  Histogram sum;
  for (auto _ : state) sum.add(histogram);
  benchmark::DoNotOptimize(sum.count());
}
BENCHMARK(BM_add);

void BM_encode(benchmark::State& state) {
  const auto histogram = filled();
  for (auto _ : state) benchmark::DoNotOptimize(histogram.encode());
}
BENCHMARK(BM_encode);

void BM_decode(benchmark::State& state) {
  const auto text = filled().encode();
  for (auto _ : state) benchmark::DoNotOptimize(Histogram::decode(text));
}
BENCHMARK(BM_decode);

}  // namespace
}  // namespace blackstart
