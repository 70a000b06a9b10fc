#include "rehearsal/service_watch.h"

#include "rehearsal/measurement.h"

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBinsKept = 90s;       // beside hold: what a slow proof of effect may look back over
constexpr Duration kIntervalsKept = 10s;  // beside twice hold

/// What is looked at here: not the large histograms that nobody asks for.
TrafficInterval slim(const TrafficInterval& interval) {
  TrafficInterval copy;
  copy.start = interval.start;
  copy.length = interval.length;
  copy.offered = interval.offered;
  copy.acknowledged = interval.acknowledged;
  copy.bins = interval.bins;
  copy.latency = interval.latency.packed();
  return copy;
}

}  // namespace

ServiceWatch::ServiceWatch(Duration hold, Duration steady_length) : hold_(hold), steady_length_(steady_length) {}

void ServiceWatch::add(const TrafficInterval& interval) {
  bins_.insert(bins_.end(), interval.bins.begin(), interval.bins.end());
  intervals_.push_back(slim(interval));
  evaluate();
  forget();
}

/// Drops what no later call looks at, in large pieces.
void ServiceWatch::forget() {
  if (bins_.empty()) return;
  const Instant end = bins_.back().end();
  const Duration keep = std::max(hold_, steady_length_);
  if (bins_.front().start + 2 * (keep + kBinsKept) < end)
    std::erase_if(bins_, [&](const Bin& bin) { return bin.end() < end - keep - kBinsKept; });
  if (intervals_.front().start + 2 * (2 * keep + kIntervalsKept) < end)
    std::erase_if(intervals_,
                  [&](const TrafficInterval& kept) { return kept.end() < end - 2 * keep - kIntervalsKept; });
}

bool ServiceWatch::steady() const { return !bins_.empty() && steady_holds(bins_, bins_.back().end(), steady_length_); }

void ServiceWatch::take_as_steady() {
  Histogram latency;
  const auto end = known_until();
  for (const auto& interval : intervals_)
    if (end && interval.end() > *end - steady_length_) latency.add(interval.latency);
  steady_p99_ = latency.percentile(99);
}

std::optional<Instant> ServiceWatch::known_from() const {
  return bins_.empty() ? std::nullopt : std::optional(bins_.front().start);
}

std::optional<Instant> ServiceWatch::known_until() const {
  return bins_.empty() ? std::nullopt : std::optional(bins_.back().end());
}

const TrafficInterval* ServiceWatch::latest() const { return intervals_.empty() ? nullptr : &intervals_.back(); }

void ServiceWatch::fault_acted(Instant at) {
  restored_from_ = at;
  // Within `hold` of a fault whose impact is not known (yet), it joins that fault's incident.
  const bool joins = fault_ && !restored_ && (impact_ || at - *fault_ <= hold_);
  if (!joins) {
    fault_ = at;
    impact_.reset();
  }
  restored_.reset();
  drained_.reset();
  evaluate();
}

void ServiceWatch::look_again(Instant at) {
  restored_from_ = std::max(restored_from_, at);
  restored_.reset();
  drained_.reset();
  evaluate();
}

void ServiceWatch::evaluate() {
  if (!fault_) return;
  if (!impact_) impact_ = find_impact(bins_, *fault_);
  if (impact_ && !restored_) restored_ = find_restored(bins_, std::max(*impact_, restored_from_), hold_);
  if (!restored_ || drained_) return;
  std::vector<const TrafficInterval*> intervals;
  for (const TrafficInterval& interval : intervals_) intervals.push_back(&interval);
  drained_ = find_drained(intervals, *restored_, hold_, steady_p99_);
}

Duration ServiceWatch::outage(Instant now) const {
  if (!impact_) return {};
  return std::max(Duration{}, restored_.value_or(now) - *impact_);
}

bool ServiceWatch::quiet_since(Instant from) const {
  const auto end = known_until();
  return !impact_ && end && *end >= from + hold_;
}

}  // namespace blackstart
