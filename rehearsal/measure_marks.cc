#include "rehearsal/measurement.h"

#include <algorithm>
#include <deque>

namespace blackstart {
namespace {

constexpr std::size_t kImpactWindow = 10;  // bins
constexpr std::size_t kImpactBad = 3;      // of these

/// The first bin that ends after `at`: bins are in order and do not overlap.
std::size_t first_bin_after(const std::vector<Bin>& bins, Instant at) {
  const auto found = std::partition_point(bins.begin(), bins.end(), [at](const Bin& bin) { return bin.end() <= at; });
  return static_cast<std::size_t>(found - bins.begin());
}

/// A run of contiguous bins, kept as two ends and the number of bad bins between them.
struct Run {
  std::size_t begin = 0, end = 0;  // [begin, end)
  std::size_t bad = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

bool follows(const std::vector<Bin>& bins, std::size_t index) { return bins[index].start == bins[index - 1].end(); }

/// Lets `run` grow until it lasts `hold`; false when the bins end, or leave a gap, before.
bool grow_to(const std::vector<Bin>& bins, Run& run, Duration hold) {
  while (run.size() == 0 || bins[run.end - 1].end() - bins[run.begin].start < hold) {
    if (run.end == bins.size() || (run.size() > 0 && !follows(bins, run.end))) return false;
    if (!bins[run.end].ok) ++run.bad;
    ++run.end;
  }
  return true;
}

void drop_first(const std::vector<Bin>& bins, Run& run) {
  if (run.end == run.begin)
    ++run.end;  // it was empty: the next bin is passed over
  else if (!bins[run.begin].ok)
    --run.bad;
  ++run.begin;
}

bool mostly_good(const Run& run) { return run.bad <= std::max<std::size_t>(1, run.size() / 100); }

Duration drained_limit(Duration steady_p99) {
  return std::max(2 * steady_p99, steady_p99 + std::chrono::milliseconds{5});
}

/// Intervals that make one window, with what of them lies at or below the limit.
struct Window {
  struct Part {
    std::size_t index;
    std::uint64_t all, within;
  };
  std::deque<Part> parts;
  std::uint64_t all = 0, within = 0;

  void push(std::size_t index, const Histogram& latency, Duration limit) {
    parts.push_back({index, latency.count(), latency.count_at_or_below(limit)});
    all += parts.back().all;
    within += parts.back().within;
  }
  void pop() {
    all -= parts.front().all;
    within -= parts.front().within;
    parts.pop_front();
  }
  /// Necessary for "the 99th percentile is within the limit", and cheap.
  [[nodiscard]] bool may_hold() const { return all > 0 && within * 100 >= all * 99; }
};

bool percentile_holds(const std::vector<const TrafficInterval*>& intervals, const Window& window, Duration limit) {
  if (!window.may_hold()) return false;
  Histogram latency;
  for (const auto& part : window.parts) latency.add(intervals[part.index]->latency);
  return latency.percentile(99) <= limit;
}

}  // namespace

std::optional<Instant> find_impact(const std::vector<Bin>& bins, Instant from) {
  std::deque<std::size_t> bad;  // the last kImpactBad bad bins
  for (std::size_t index = first_bin_after(bins, from); index < bins.size(); ++index) {
    if (bins[index].ok) continue;
    bad.push_back(index);
    if (bad.size() > kImpactBad) bad.pop_front();
    if (bad.size() == kImpactBad && bad.back() - bad.front() < kImpactWindow)
      return std::max(from, bins[bad.front()].start);
  }
  return std::nullopt;
}

std::optional<Instant> find_restored(const std::vector<Bin>& bins, Instant impact, Duration hold) {
  const auto from =
      std::partition_point(bins.begin(), bins.end(), [impact](const Bin& bin) { return bin.start < impact; });
  Run run;
  run.begin = run.end = static_cast<std::size_t>(from - bins.begin());
  for (; run.begin < bins.size(); drop_first(bins, run)) {
    if (!bins[run.begin].ok) continue;
    if (grow_to(bins, run, hold)) {
      if (mostly_good(run)) return bins[run.begin].start;
    } else if (run.end == bins.size()) {
      return std::nullopt;  // every later run is shorter still
    }
  }
  return std::nullopt;
}

std::optional<Instant> find_drained(const std::vector<const TrafficInterval*>& intervals, Instant restored,
                                    Duration hold, Duration steady_p99) {
  const Duration limit = drained_limit(steady_p99);
  Window window;
  for (std::size_t index = 0; index < intervals.size(); ++index) {
    const TrafficInterval& interval = *intervals[index];
    if (interval.start < restored) continue;
    if (!window.parts.empty() && interval.start != intervals[index - 1]->end()) window = {};
    window.push(index, interval.latency, limit);
    while (!window.parts.empty()) {
      const Instant start = intervals[window.parts.front().index]->start;
      if (interval.end() - start < hold) break;
      if (percentile_holds(intervals, window, limit)) return start;
      window.pop();
    }
  }
  return std::nullopt;
}

bool steady_holds(const std::vector<Bin>& bins, Instant now, Duration length) {
  const auto last = std::partition_point(bins.begin(), bins.end(), [now](const Bin& bin) { return bin.end() <= now; });
  std::size_t index = static_cast<std::size_t>(last - bins.begin());
  if (index == 0) return false;
  const Instant end = bins[index - 1].end();
  if (end - bins.front().start < length) return false;  // looked at again and again while it is waited for
  std::size_t count = 0, bad = 0;
  std::uint64_t offered = 0;
  while (index > 0) {
    const Bin& bin = bins[--index];
    ++count;
    if (!bin.ok) ++bad;
    offered += bin.offered;
    if (end - bin.start >= length) return bad * 100 <= count && offered > 0;
    if (index > 0 && !follows(bins, index)) return false;
  }
  return false;
}

}  // namespace blackstart
