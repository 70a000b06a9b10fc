// From records and looks to outages, and from outages to incidents.

#include "rehearsal/measure_component.h"

#include <algorithm>

#include "rehearsal/measure_recovery.h"

namespace blackstart {
namespace {

using Outage = EvidenceTrack::Outage;

/// One record, as a bin of one bid.
Bin bin_of(const Canary& canary, const CanaryFact& record) {
  Bin bin;
  bin.start = record.written;
  bin.length = canary.every;
  bin.offered = 1;
  bin.ok = record.readable != kNever && record.readable - record.written <= canary.within;
  bin.good = bin.ok ? 1 : 0;
  return bin;
}

std::vector<Outage> outages_of(const std::vector<Bin>& bins) {
  std::vector<Outage> outages;
  bool open = false;
  for (const Bin& bin : bins) {
    if (!bin.ok && !open) outages.push_back({bin.start, kNever});
    if (bin.ok && open) outages.back().end = bin.start;
    open = !bin.ok;
  }
  return outages;
}

/// The first outage that is not over at `from`.
const Outage* outage_after(const EvidenceTrack& track, Instant from, Instant until) {
  for (const Outage& outage : track.outages)
    if (outage.end > from && outage.begin < until) return &outage;
  return nullptr;
}

/// The end of the first outage from `first` on after which nothing fails for `hold`.
std::optional<Instant> find_restored(const EvidenceTrack& track, const Outage* first, Instant end, Duration hold) {
  const Outage* const last = track.outages.data() + track.outages.size();
  for (const Outage* outage = first; outage != last && outage->begin < end; ++outage) {
    if (outage->end >= end) return std::nullopt;
    const Instant next = outage + 1 == last ? end : std::min(end, (outage + 1)->begin);
    if (next - outage->end >= hold) return outage->end;
  }
  return std::nullopt;
}

/// Where observation ended before `hold` was over: the end of the last outage, or the end.
Instant earliest_possible(const EvidenceTrack& track, Instant end) {
  Instant earliest = end;
  for (const Outage& outage : track.outages)
    if (outage.begin < end) earliest = std::min(outage.end, end);
  return earliest;
}

bool relapsed(const EvidenceTrack& track, Instant restored, Instant end) {
  if (track.bins.empty()) return outage_after(track, restored, end) != nullptr;
  std::vector<Bin> bins;
  for (const Bin& bin : track.bins)
    if (bin.start >= restored && bin.start < end) bins.push_back(bin);
  return find_impact(bins, restored).has_value();
}

Duration bad_time(const EvidenceTrack& track, Instant begin, Instant end) {
  Duration total{};
  for (const Outage& outage : track.outages) {
    const Instant from = std::max(outage.begin, begin), to = std::min(outage.end, end);
    if (to > from) total += to - from;
  }
  return total;
}

/// Whether a fault at `at` belongs to the incident that began at `begin` and whose last fault so far was at `previous`.
bool joins(const EvidenceTrack& track, Instant begin, Instant previous, Instant at, Duration hold) {
  const Outage* const outage = outage_after(track, begin, at);
  if (outage == nullptr) return at - previous <= hold;
  return !find_restored(track, outage, at, hold);
}

}  // namespace

EvidenceTrack canary_track(const Canary& canary, const CanaryFacts& facts, Instant lifted) {
  EvidenceTrack track;
  track.grain = canary.every;
  for (const auto& [number, record] : facts.records) {
    if (record.written >= lifted) break;
    const bool open = record.readable > lifted && record.written + canary.within > lifted;
    if (!open) track.bins.push_back(bin_of(canary, record));
  }
  track.outages = outages_of(track.bins);
  if (track.bins.empty()) return track;
  track.from = track.bins.front().start;
  track.until = std::min(lifted, track.bins.back().end());
  return track;
}

EvidenceTrack probe_track(const ProbeRule& rule, const ProbeFacts& facts, Instant lifted) {
  EvidenceTrack track;
  track.grain = rule.every + rule.timeout;
  track.from = *facts.from;
  track.until = std::min(lifted, *facts.until);
  for (const auto& [at, recovered] : facts.changes) {
    if (at > track.until) break;
    if (!recovered)
      track.outages.push_back({at, kNever});
    else if (!track.outages.empty())
      track.outages.back().end = at;
  }
  return track;
}

std::vector<IncidentWindow> group_incidents(const Measurement& measurement, const EvidenceTrack& track) {
  return group_incidents(measurement, track.until, [&](Instant begin, Instant previous, Instant at) {
    return joins(track, begin, previous, at, measurement.hold);
  });
}

Incident measure_incident(const IncidentInput& input, const IncidentWindow& window, const EvidenceTrack& track) {
  Incident incident;
  Timeline& timeline = incident.timeline;
  const Outage* const outage = outage_after(track, window.begin, window.end);
  if (outage != nullptr) timeline.impact = std::max(window.begin, outage->begin);
  mark_faults(input, window, incident);
  if (outage == nullptr) {
    const Instant last_fault = *input.measurement.faults[window.faults.back()].acted;
    incident.rto.absorbed = window.end - last_fault >= input.measurement.hold;
    incident.rto.censored = !incident.rto.absorbed;
    incident.rto.achieved = Duration{};
    incident.wrt_known = incident.rto.absorbed;
  } else {
    timeline.restored = find_restored(track, outage, window.end, input.measurement.hold);
    incident.rto.censored = !timeline.restored;
    count_rto(input, window, timeline.restored.value_or(earliest_possible(track, window.end)), incident.rto);
    if (timeline.restored) incident.rto.relapsed = relapsed(track, *timeline.restored, window.end);
  }
  incident.rto.uncertainty = track.grain;
  incident.downtime_service_level = bad_time(track, window.begin, window.end);
  // The work after it is measured from `restored` alone: this evidence has no latency that could drain.
  timeline.drained = timeline.restored;
  mark_recovery(input, window, incident);
  timeline.drained.reset();
  return incident;
}

}  // namespace blackstart
