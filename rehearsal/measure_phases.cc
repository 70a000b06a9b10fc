#include "rehearsal/measure_phases.h"

#include <algorithm>

namespace blackstart {
namespace {

void add(BidTotals& into, const TrafficInterval& interval) {
  for (const Bin& bin : interval.bins) into.good += bin.good;
  into.offered += interval.offered;
  into.sent += interval.sent;
  into.acknowledged += interval.acknowledged;
  into.degraded += interval.degraded;
  into.refused += interval.refused;
  into.indeterminate += interval.indeterminate;
  into.timed_out += interval.timed_out;
  into.unsent_no_connection += interval.unsent_no_connection;
  into.unsent_generator += interval.unsent_generator;
  into.attempts += interval.attempts;
}

/// The part of `phases` (PhaseBids, PhaseLatency) that stands for `phase`; null for kNone.
template <class Phases>
auto* part_of(Phases& phases, LoadPhase phase) {
  switch (phase) {
    case LoadPhase::kSteady:
      return &phases.steady;
    case LoadPhase::kImpact:
      return &phases.impact;
    case LoadPhase::kAfter:
      return &phases.after;
    case LoadPhase::kNone:
      break;
  }
  return static_cast<decltype(&phases.steady)>(nullptr);
}

/// Until add_up() `all` holds what is of no phase.
void add(PhaseLatency& into, LoadPhase phase, const Histogram& histogram) {
  Histogram* const part = part_of(into, phase);
  (part != nullptr ? *part : into.all).add(histogram);
}

void add_up(PhaseLatency& into) {
  for (const Histogram* part : {&into.steady, &into.impact, &into.after}) into.all.add(*part);
}

bool is_steady(const Measurement& measurement, Instant first_fault, Instant start, Instant end) {
  return measurement.steady_held && end <= first_fault && start >= measurement.steady_from.value_or(kDrillStart);
}

template <class Interval>
std::vector<const Interval*> steady_ones(const Measurement& measurement, Instant first_fault,
                                         const std::vector<const Interval*>& all) {
  std::vector<const Interval*> steady;
  for (const Interval* interval : all)
    if (is_steady(measurement, first_fault, interval->start, interval->start + interval->length))
      steady.push_back(interval);
  return steady;
}

/// One histogram of the intervals added up, from where `known` ends where it is of the first of them.
template <class Interval>
const Histogram& add_up(const std::vector<const Interval*>& intervals, Histogram Interval::*one,
                        SteadySums::Sum& known) {
  const bool goes_on = known.count > 0 && known.count <= intervals.size() && intervals.front()->start == known.first &&
                       intervals[known.count - 1]->start == known.last;
  if (!goes_on) known = {};
  for (; known.count < intervals.size(); ++known.count) known.sum.add(intervals[known.count]->*one);
  if (!intervals.empty()) {
    known.first = intervals.front()->start;
    known.last = intervals.back()->start;
  }
  return known.sum;
}

Instant first_fault_of(const Measurement& measurement) {
  return measurement.incidents.empty() ? kNever : *measurement.incidents.front().timeline.fault;
}

/// Whether [start, end) reaches from the interval that holds `impact` to the one that holds `restored`.
bool in_impact(const Incident& incident, Instant next_fault, Instant start, Instant end) {
  const Timeline& timeline = incident.timeline;
  if (!timeline.impact || end <= *timeline.impact) return false;
  return timeline.restored ? start <= *timeline.restored : start < next_fault;
}

}  // namespace

LoadPhase phase_of(const Measurement& measurement, Instant start, Instant end) {
  const auto& incidents = measurement.incidents;
  if (is_steady(measurement, first_fault_of(measurement), start, end)) return LoadPhase::kSteady;
  LoadPhase phase = LoadPhase::kNone;
  for (std::size_t index = 0; index < incidents.size(); ++index) {
    const Instant next = index + 1 < incidents.size() ? *incidents[index + 1].timeline.fault : kNever;
    if (in_impact(incidents[index], next, start, end)) return LoadPhase::kImpact;
    const Timeline& timeline = incidents[index].timeline;
    if (start < *timeline.fault) continue;
    const bool over = !timeline.impact || (timeline.restored && start > *timeline.restored);
    phase = over ? LoadPhase::kAfter : LoadPhase::kNone;
  }
  return phase;
}

Histogram steady_latency(const Facts& facts, const Measurement& measurement, Instant first_fault,
                         SteadySums::Sum& known) {
  return add_up(steady_ones(measurement, first_fault, facts.traffic.all), &TrafficInterval::latency, known);
}

void measure_phases(const Facts& facts, SteadySums& known, Measurement& measurement) {
  const bool waited = std::ranges::any_of(
      facts.traffic.all, [](const TrafficInterval* interval) { return interval->service_time != interval->latency; });
  for (const TrafficInterval* interval : facts.traffic.all) {
    const LoadPhase phase = phase_of(measurement, interval->start, interval->end());
    add(measurement.bids.all, *interval);
    if (BidTotals* part = part_of(measurement.bids, phase)) add(*part, *interval);
    if (phase != LoadPhase::kSteady) add(measurement.latency, phase, interval->latency);
    if (waited) add(measurement.service_time, phase, interval->service_time);
  }
  for (const NotificationInterval* interval : facts.notifications.all) {
    const LoadPhase phase = phase_of(measurement, interval->start, interval->start + interval->length);
    if (phase != LoadPhase::kSteady) add(measurement.notification_delay, phase, interval->delay);
  }
  const Instant first_fault = first_fault_of(measurement);
  measurement.lateness_steady =
      add_up(steady_ones(measurement, first_fault, facts.traffic.all), &TrafficInterval::lateness, known.lateness);
  measurement.notification_delay.steady = add_up(steady_ones(measurement, first_fault, facts.notifications.all),
                                                 &NotificationInterval::delay, known.notification_delay);
  for (PhaseLatency* latency : {&measurement.latency, &measurement.service_time, &measurement.notification_delay})
    add_up(*latency);
  if (!waited) measurement.service_time = measurement.latency;
}

}  // namespace blackstart
