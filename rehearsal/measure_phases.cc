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

/// Whether [start, end) reaches from the interval that holds `impact` to the one that holds `restored`.
bool in_impact(const Incident& incident, Instant next_fault, Instant start, Instant end) {
  const Timeline& timeline = incident.timeline;
  if (!timeline.impact || end <= *timeline.impact) return false;
  return timeline.restored ? start <= *timeline.restored : start < next_fault;
}

}  // namespace

LoadPhase phase_of(const Measurement& measurement, Instant start, Instant end) {
  const auto& incidents = measurement.incidents;
  const Instant first_fault = incidents.empty() ? kNever : *incidents.front().timeline.fault;
  if (is_steady(measurement, first_fault, start, end)) return LoadPhase::kSteady;
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

Histogram steady_latency(const Facts& facts, const Measurement& measurement, Instant first_fault) {
  Histogram latency;
  for (const TrafficInterval* interval : facts.traffic.all)
    if (is_steady(measurement, first_fault, interval->start, interval->end())) latency.add(interval->latency);
  return latency;
}

void measure_phases(const Facts& facts, Measurement& measurement) {
  const bool waited = std::ranges::any_of(
      facts.traffic.all, [](const TrafficInterval* interval) { return interval->service_time != interval->latency; });
  for (const TrafficInterval* interval : facts.traffic.all) {
    const LoadPhase phase = phase_of(measurement, interval->start, interval->end());
    add(measurement.bids.all, *interval);
    if (BidTotals* part = part_of(measurement.bids, phase)) add(*part, *interval);
    if (phase != LoadPhase::kSteady) add(measurement.latency, phase, interval->latency);
    if (waited) add(measurement.service_time, phase, interval->service_time);
    if (phase == LoadPhase::kSteady) measurement.lateness_steady.add(interval->lateness);
  }
  for (const NotificationInterval* interval : facts.notifications.all) {
    const LoadPhase phase = phase_of(measurement, interval->start, interval->start + interval->length);
    add(measurement.notification_delay, phase, interval->delay);
  }
  for (PhaseLatency* latency : {&measurement.latency, &measurement.service_time, &measurement.notification_delay})
    add_up(*latency);
  if (!waited) measurement.service_time = measurement.latency;
}

}  // namespace blackstart
