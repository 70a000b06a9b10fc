#include "rehearsal/measurement.h"

#include <fmt/format.h>

#include <algorithm>

#include "rehearsal/measure_component.h"
#include "rehearsal/measure_facts.h"
#include "rehearsal/measure_incident.h"
#include "rehearsal/measure_loss.h"
#include "rehearsal/measure_phases.h"
#include "rehearsal/measure_procedure.h"
#include "rehearsal/measure_recovery.h"

namespace blackstart {
namespace {

constexpr double kUnsentByGeneratorMax = 0.001;  // of the offered bids
constexpr Duration kLatenessMax = std::chrono::milliseconds{10};

/// All bins of the traffic in order of time.
std::vector<Bin> all_bins(const Facts& facts) {
  std::vector<Bin> bins;
  for (const TrafficInterval* interval : facts.traffic.all)
    bins.insert(bins.end(), interval->bins.begin(), interval->bins.end());
  if (!std::ranges::is_sorted(bins, {}, &Bin::start)) std::ranges::stable_sort(bins, {}, &Bin::start);
  return bins;
}

/// Sets the end of observation and gives the bins up to there.
std::vector<Bin> observed_bins(const Facts& facts, Measurement& measurement) {
  std::vector<Bin> bins = all_bins(facts);
  if (bins.empty()) return bins;
  const Instant lifted = facts.lifted.value_or(kNever);
  measurement.observation_end = std::min(lifted, bins.back().end());
  while (!bins.empty() && bins.back().start >= lifted) bins.pop_back();
  if (measurement.bin_length == Duration{} && !bins.empty()) measurement.bin_length = bins.front().length;
  return bins;
}

Instant first_act(const Measurement& measurement) {
  Instant first = kNever;
  for (const FaultRecord& fault : measurement.faults) first = std::min(first, fault.acted.value_or(kNever));
  return first;
}

/// A `run` fault without `prove` is proven by the impact that followed its act.
void prove_by_impact(const IncidentWindow& window, const Incident& incident, Measurement& measurement) {
  for (const std::size_t index : window.faults) {
    FaultRecord& fault = measurement.faults[index];
    if (fault.provable || fault.proven || !incident.timeline.impact) continue;
    fault.proven_by_impact = *incident.timeline.impact >= *fault.acted;
  }
}

void age_recovery_points(const std::vector<IncidentWindow>& windows, Measurement& measurement) {
  for (RecoveryPointRecord& point : measurement.recovery_points) {
    if (!point.newest) continue;
    for (const IncidentWindow& window : windows)
      if (point.executed >= window.begin) point.age = window.begin - *point.newest;
  }
}

/// Adds the lines of the intervals that hold the incident's marks.
void cite_intervals(const Facts& facts, Incident& incident) {
  const Timeline& timeline = incident.timeline;
  for (const auto& mark : {timeline.impact, timeline.restored, timeline.drained}) {
    if (!mark) continue;
    const auto after =
        std::ranges::upper_bound(facts.interval_seqs, *mark, {}, &std::pair<Instant, std::uint64_t>::first);
    if (after == facts.interval_seqs.begin()) continue;
    const std::uint64_t seq = std::prev(after)->second;
    if (std::find(incident.evidence.begin(), incident.evidence.end(), seq) == incident.evidence.end())
      incident.evidence.push_back(seq);
  }
}

void measure_incidents(const Spec& spec, const Facts& facts, SteadySums& known, Measurement& measurement) {
  const std::vector<Bin> bins = observed_bins(facts, measurement);
  const std::vector<IncidentWindow> windows = group_incidents(measurement, bins);
  measurement.latency.steady = steady_latency(facts, measurement, first_act(measurement), known.latency);
  const Duration steady_p99 = measurement.latency.steady.percentile(99);
  age_recovery_points(windows, measurement);
  for (const IncidentWindow& window : windows) {
    Incident incident =
        measure_incident({spec, measurement, facts, bins, steady_p99, spec.scenario.objectives.rto}, window);
    incident.rpo = measure_rpo(facts, measurement, window, incident);
    measurement.downtime_service_level += incident.downtime_service_level;
    prove_by_impact(window, incident, measurement);
    cite_intervals(facts, incident);
    measurement.incidents.push_back(std::move(incident));
  }
  const Objectives& objectives = spec.scenario.objectives;
  measurement.worst = find_worst(measurement.incidents, objectives.rto, objectives.rpo);
  measure_components({spec, measurement, facts, bins, steady_p99, std::nullopt}, windows, measurement.components);
}

std::string why_not_steady(const Measurement& measurement, bool empty) {
  if (measurement.steady_held) return "";
  if (!measurement.steady_why.empty()) return measurement.steady_why;
  if (empty) return "the journal is empty";
  return "the drill ended before its steady state was reached";
}

}  // namespace

Result<Measurement> measure(const Spec& spec, const std::vector<Event>& events, SteadySums* known) {
  SteadySums own;
  SteadySums& sums = known != nullptr ? *known : own;
  Measurement measurement;
  measurement.hold = spec.scenario.objectives.service_level.hold;
  measurement.bin_length = spec.scenario.objectives.service_level.bin.value_or(Duration{});
  Facts facts;
  BS_TRY(read_facts(events, measurement, facts));
  measurement.steady_why = why_not_steady(measurement, events.empty());
  if (!facts.interval_seqs.empty())
    measurement.traffic_evidence = {facts.interval_seqs.front().second, facts.interval_seqs.back().second};
  measure_incidents(spec, facts, sums, measurement);
  measure_phases(facts, sums, measurement);
  measurement.communications = collect_communications(spec, measurement, facts);
  measure_procedure(spec, facts, measurement);
  split_time(facts, measurement);
  return measurement;
}

std::string generator_too_slow(const Measurement& measurement) {
  const BidTotals& all = measurement.bids.all;
  const double unsent = static_cast<double>(all.unsent_generator);
  if (all.offered > 0 && unsent > kUnsentByGeneratorMax * static_cast<double>(all.offered))
    return fmt::format("the load generator was too slow to send {} of {} bids ({:.2f} %; more than 0.1 % is too many)",
                       all.unsent_generator, all.offered, 100 * unsent / static_cast<double>(all.offered));
  const Duration lateness = measurement.lateness_steady.percentile(99);
  if (lateness > kLatenessMax)
    return fmt::format(
        "the load generator sent 1 % of the bids at least {} late in steady state (more than 10 ms is too much)",
        human_duration(lateness));
  return "";
}

const CheckRecord* last_validation(const Measurement& measurement, std::string_view name) {
  const auto found = std::find_if(measurement.validations.rbegin(), measurement.validations.rend(),
                                  [name](const CheckRecord& check) { return check.name == name; });
  return found == measurement.validations.rend() ? nullptr : &*found;
}

}  // namespace blackstart
