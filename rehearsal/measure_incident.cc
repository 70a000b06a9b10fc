#include "rehearsal/measure_incident.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "rehearsal/measure_recovery.h"

namespace blackstart {
namespace {

std::vector<Bin> bins_between(const std::vector<Bin>& bins, Instant begin, Instant end) {
  std::vector<Bin> found;
  for (const Bin& bin : bins)
    if (bin.end() > begin && bin.start < end) found.push_back(bin);
  return found;
}

/// Whether a fault at `at` belongs to the incident that began at `begin` and whose last fault so far was at `previous`.
bool joins(const std::vector<Bin>& bins, Instant begin, Instant previous, Instant at, Duration hold) {
  const std::vector<Bin> before = bins_between(bins, begin, at);
  const auto impact = find_impact(before, begin);
  if (!impact) return at - previous <= hold;
  return !find_restored(before, *impact, hold);
}

/// Intended start of the first acknowledged bid from the begin of the outage's last bad bin on.
std::optional<Instant> first_success(const std::vector<Bin>& bins, Instant impact, Instant restored) {
  const auto outage_end = std::find_if(bins.begin(), bins.end(), [&](const Bin& bin) { return bin.start >= restored; });
  auto from = bins.begin();
  for (auto bin = bins.begin(); bin != outage_end; ++bin)
    if (!bin->ok && bin->end() > impact) from = bin;
  const auto success = std::find_if(from, bins.end(), [](const Bin& bin) { return bin.first_acknowledged != kNever; });
  return success == bins.end() ? std::nullopt : std::optional(success->first_acknowledged);
}

Duration bad_time(const std::vector<Bin>& bins, Instant from) {
  Duration total{};
  for (const Bin& bin : bins)
    if (!bin.ok) total += bin.end() - std::max(bin.start, from);
  return total;
}

/// When the last fault was proven gone; empty while one is not. `in_time`: only what was healed before the verdict.
std::optional<Instant> healed_at(const IncidentInput& input, const IncidentWindow& window, bool in_time) {
  std::optional<Instant> healed;
  for (const std::size_t index : window.faults) {
    const FaultRecord& fault = input.measurement.faults[index];
    if (!fault.healed || (in_time && !input.facts.healed_before_verdict.contains(fault.id))) return std::nullopt;
    healed = std::max(healed.value_or(*fault.healed), *fault.healed);
  }
  return healed;
}

}  // namespace

std::vector<std::size_t> acted_faults(const Measurement& measurement) {
  std::vector<std::size_t> acted;
  for (std::size_t index = 0; index < measurement.faults.size(); ++index)
    if (measurement.faults[index].acted) acted.push_back(index);
  std::stable_sort(acted.begin(), acted.end(), [&](std::size_t a, std::size_t b) {
    return *measurement.faults[a].acted < *measurement.faults[b].acted;
  });
  return acted;
}

void mark_faults(const IncidentInput& input, const IncidentWindow& window, Incident& incident) {
  for (const std::size_t index : window.faults) {
    const FaultRecord& fault = input.measurement.faults[index];
    incident.faults.push_back(fault.id);
    incident.evidence.insert(incident.evidence.end(), fault.evidence.begin(), fault.evidence.end());
  }
  const FaultRecord& first = input.measurement.faults[window.faults.front()];
  incident.timeline.fault = window.begin;
  incident.timeline.effective = first.effective;
  if (!first.effective && !first.provable) incident.timeline.effective = incident.timeline.impact;
  incident.timeline.healed = healed_at(input, window, false);
}

void count_rto(const IncidentInput& input, const IncidentWindow& window, Instant restored_or_bound, RtoFigure& rto) {
  Instant from = window.begin;
  if (input.rto && input.rto->from_healed) {
    const auto healed = healed_at(input, window, true);
    if (!healed) {
      rto.why_unknown = "the objective counts from the fault's healing, and not every fault was proven healed in time";
      return;
    }
    from = *healed;
  }
  rto.achieved = std::max(Duration{}, restored_or_bound - from);
}

namespace {

/// What `restored` is, or the bound below which it cannot lie.
struct Restoration {
  std::optional<Instant> restored;
  Instant bound;
};

Restoration find_restoration(const IncidentInput& input, const IncidentWindow& window, const std::vector<Bin>& bins,
                             Instant impact) {
  const Duration hold = input.measurement.hold;
  const auto restored = find_restored(bins, impact, hold);
  if (!restored) return {std::nullopt, earliest_possible_restored(bins, impact, hold)};
  const FurtherRecovery further = find_further_recovery(input.measurement, window, *restored);
  if (!further.any) return {restored, *restored};
  const Instant end = bins.back().end();
  if (!further.finished || !further.validates) return {std::nullopt, std::max(end, *restored)};
  const auto again = find_restored(bins, further.end, hold);
  if (again) return {again, *again};
  return {std::nullopt, further.end >= end ? further.end : earliest_possible_restored(bins, further.end, hold)};
}

Duration rto_uncertainty(const IncidentInput& input, const Timeline& timeline) {
  const Duration proof = timeline.effective ? *timeline.effective - *timeline.fault : Duration{};
  return input.measurement.bin_length + std::max(Duration{}, proof);
}

void measure_absorbed(const IncidentInput& input, const IncidentWindow& window, const std::vector<Bin>& bins,
                      Incident& incident) {
  const Instant last_fault = *input.measurement.faults[window.faults.back()].acted;
  const bool observed = !bins.empty() && bins.back().end() - last_fault >= input.measurement.hold;
  incident.rto.absorbed = observed;
  incident.rto.censored = !observed;
  incident.rto.achieved = Duration{};
  if (!observed) return;
  incident.downtime_regulatory = Duration{};
  incident.wrt_known = true;
}

void measure_outage(const IncidentInput& input, const IncidentWindow& window, const std::vector<Bin>& bins,
                    Incident& incident) {
  Timeline& timeline = incident.timeline;
  const Restoration found = find_restoration(input, window, bins, *timeline.impact);
  timeline.restored = found.restored;
  incident.rto.censored = !found.restored;
  count_rto(input, window, found.bound, incident.rto);
  if (!found.restored) return;
  timeline.first_success = first_success(bins, *timeline.impact, *found.restored);
  incident.rto.relapsed = find_impact(bins, *found.restored).has_value();
  timeline.drained = find_drained(input.facts.traffic.all, *found.restored, input.measurement.hold, input.steady_p99);
  if (timeline.drained && *timeline.drained + input.measurement.hold > window.end) timeline.drained.reset();
  if (timeline.drained) incident.downtime_regulatory = *timeline.drained - *timeline.impact;
}

double share_of(const std::optional<Duration>& achieved, const std::optional<Duration>& target) {
  if (!achieved || !target) return 0;
  if (*achieved == Duration{}) return 0;
  if (*target == Duration{}) return std::numeric_limits<double>::infinity();
  return to_seconds(*achieved) / to_seconds(*target);
}

/// What makes one incident worse than another, most weighty first.
auto badness(const Incident& incident, const std::optional<RtoObjective>& rto, const std::optional<Duration>& rpo) {
  const auto rto_target = rto ? std::optional(rto->within) : std::nullopt;
  const double share = std::max(share_of(incident.rto.achieved, rto_target), share_of(incident.rpo.achieved, rpo));
  const bool missed = incident.rto.relapsed || share > 1;
  const int unknown = (incident.rto.censored || !incident.rto.achieved ? 2 : 0) +
                      (incident.rpo.censored || !incident.rpo.achieved ? 1 : 0);
  return std::tuple(missed, unknown, share, incident.rto.achieved.value_or(Duration{}),
                    incident.rpo.achieved.value_or(Duration{}));
}

}  // namespace

std::size_t find_worst(const std::vector<Incident>& incidents, const std::optional<RtoObjective>& rto,
                       const std::optional<Duration>& rpo) {
  std::size_t worst = 0;
  for (std::size_t index = 1; index < incidents.size(); ++index)
    if (badness(incidents[worst], rto, rpo) < badness(incidents[index], rto, rpo)) worst = index;
  return worst;
}

std::vector<IncidentWindow> group_incidents(const Measurement& measurement, std::optional<Instant> end,
                                            const JoinsIncident& joins) {
  std::vector<IncidentWindow> windows;
  for (const std::size_t index : acted_faults(measurement)) {
    const Instant at = *measurement.faults[index].acted;
    if (!windows.empty()) {
      IncidentWindow& open = windows.back();
      if (joins(open.begin, *measurement.faults[open.faults.back()].acted, at)) {
        open.faults.push_back(index);
        continue;
      }
      open.end = at;
      open.last = false;
    }
    windows.push_back({{index}, at, std::max(at, end.value_or(at)), true});
  }
  return windows;
}

std::vector<IncidentWindow> group_incidents(const Measurement& measurement, const std::vector<Bin>& bins) {
  return group_incidents(measurement, measurement.observation_end, [&](Instant begin, Instant previous, Instant at) {
    return joins(bins, begin, previous, at, measurement.hold);
  });
}

Incident measure_incident(const IncidentInput& input, const IncidentWindow& window) {
  const std::vector<Bin> bins = bins_between(input.bins, window.begin, window.end);
  Incident incident;
  incident.timeline.impact = find_impact(bins, window.begin);
  mark_faults(input, window, incident);
  if (incident.timeline.impact)
    measure_outage(input, window, bins, incident);
  else
    measure_absorbed(input, window, bins, incident);
  incident.rto.uncertainty = rto_uncertainty(input, incident.timeline);
  incident.downtime_service_level = bad_time(bins, window.begin);
  mark_recovery(input, window, incident);
  return incident;
}

Instant earliest_possible_restored(const std::vector<Bin>& bins, Instant impact, Duration hold) {
  const Instant end = bins.back().end();
  Instant earliest = end;
  std::size_t bad = 0;
  const Duration length = std::max(bins.back().length, Duration{1});
  const std::size_t allowed = std::max<std::size_t>(1, static_cast<std::size_t>(hold / length) / 100);
  for (std::size_t index = bins.size(); index-- > 0;) {
    const Bin& bin = bins[index];
    if (bin.start < impact || (index + 1 < bins.size() && bin.end() != bins[index + 1].start)) break;
    if (bin.ok)
      earliest = bin.start;
    else if (++bad > allowed)
      break;
  }
  return earliest;
}

}  // namespace blackstart
