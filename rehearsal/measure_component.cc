#include "rehearsal/measure_component.h"

#include <algorithm>

namespace blackstart {
namespace {

using Evidence = Component::Evidence;

/// The bids' incidents, counted as this component's objective says.
void measure_by_bids(const IncidentInput& input, const std::vector<IncidentWindow>& windows, ComponentRecord& record) {
  const auto& incidents = input.measurement.incidents;
  for (std::size_t index = 0; index < windows.size(); ++index) {
    Incident incident = measure_incident(input, windows[index]);
    incident.rpo = incidents[index].rpo;
    incident.evidence = incidents[index].evidence;
    record.incidents.push_back(std::move(incident));
  }
  if (input.facts.traffic.all.empty()) record.why_unknown = "no bids were measured";
}

/// Whether the evidence reaches beyond the first fault: without that it says nothing of it.
bool covers_a_fault(const Measurement& measurement, const EvidenceTrack& track) {
  return std::ranges::any_of(measurement.faults, [&](const FaultRecord& fault) {
    return fault.acted && track.from <= *fault.acted && track.until > *fault.acted;
  });
}

void measure_by_track(const IncidentInput& input, const EvidenceTrack& track, ComponentRecord& record) {
  for (const IncidentWindow& window : group_incidents(input.measurement, track)) {
    Incident incident = measure_incident(input, window, track);
    incident.evidence.insert(incident.evidence.end(), record.evidence.begin(), record.evidence.end());
    record.incidents.push_back(std::move(incident));
  }
}

ComponentRecord::Records count_records(const EvidenceTrack& track, const CanaryFacts& facts) {
  ComponentRecord::Records records;
  records.written = std::max<std::uint64_t>(facts.written, facts.records.size());
  for (const auto& [number, fact] : facts.records) records.confirmed += fact.confirmed ? 1 : 0;
  for (const Bin& bin : track.bins) records.late += bin.ok ? 0 : 1;
  if (!facts.read_complete) return records;
  std::uint64_t lost = 0;
  for (const auto& [first, last] : facts.missing) lost += last - first + 1;
  records.lost = lost;
  return records;
}

void measure_by_canary(const IncidentInput& input, const Component& component, Instant lifted,
                       ComponentRecord& record) {
  const auto& canaries = input.spec.scenario.canaries;
  const auto canary = std::ranges::find(canaries, component.source, &Canary::name);
  const auto facts = input.facts.canaries.find(component.source);
  if (canary == canaries.end() || facts == input.facts.canaries.end() || facts->second.records.empty()) {
    record.why_unknown = "no record of the canary " + component.source + " was journalled";
    return;
  }
  const EvidenceTrack track = canary_track(*canary, facts->second, lifted);
  record.evidence = facts->second.evidence;
  record.records = count_records(track, facts->second);
  if (!covers_a_fault(input.measurement, track)) {
    record.why_unknown = "no record of the canary " + component.source + " is known from after the fault";
    return;
  }
  measure_by_track(input, track, record);
  const auto windows = group_incidents(input.measurement, track);
  for (std::size_t index = 0; index < windows.size(); ++index)
    record.incidents[index].rpo =
        measure_canary_rpo(input, windows, index, record.incidents, component, *canary, facts->second);
}

const ProbeRule* find_rule(const std::vector<ProbeRule>& rules, const std::string& name) {
  const auto found = std::ranges::find(rules, name, &ProbeRule::name);
  return found == rules.end() ? nullptr : &*found;
}

void measure_by_probe(const IncidentInput& input, const Component& component, Instant lifted, ComponentRecord& record) {
  const Scenario& scenario = input.spec.scenario;
  const ProbeRule* rule = scenario.steady_state ? find_rule(scenario.steady_state->probes, component.source) : nullptr;
  const char* of = rule != nullptr ? "steady state" : "detection";
  if (rule == nullptr) rule = find_rule(scenario.detection, component.source);
  const auto facts = input.facts.probes.find(component.source + "\n" + of);
  const bool watched =
      rule != nullptr && facts != input.facts.probes.end() && facts->second.from && facts->second.until;
  if (!watched) {
    record.why_unknown = "the journal does not tell from when to when the probe " + component.source + " was looked at";
    return;
  }
  const EvidenceTrack track = probe_track(*rule, facts->second, lifted);
  record.evidence = facts->second.evidence;
  if (!covers_a_fault(input.measurement, track)) {
    record.why_unknown = "the probe " + component.source + " was not looked at after the fault";
    return;
  }
  measure_by_track(input, track, record);
}

}  // namespace

void measure_components(const IncidentInput& drill, const std::vector<IncidentWindow>& windows,
                        std::vector<ComponentRecord>& components) {
  const Instant lifted = drill.facts.lifted.value_or(kNever);
  for (const Component& component : drill.spec.scenario.objectives.components) {
    IncidentInput input{drill.spec, drill.measurement, drill.facts, drill.bins, drill.steady_p99, component.rto};
    ComponentRecord record;
    record.name = component.name;
    if (!windows.empty()) {
      if (component.evidence == Evidence::kBids) measure_by_bids(input, windows, record);
      if (component.evidence == Evidence::kCanary) measure_by_canary(input, component, lifted, record);
      if (component.evidence == Evidence::kProbe) measure_by_probe(input, component, lifted, record);
    }
    record.worst = find_worst(record.incidents, component.rto, component.rpo);
    components.push_back(std::move(record));
  }
}

}  // namespace blackstart
