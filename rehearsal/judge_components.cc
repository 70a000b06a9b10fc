#include "rehearsal/judge_parts.h"

#include <algorithm>

namespace blackstart {
namespace {

constexpr const char* kGroup = "component";

std::string prefix_of(const std::string& component) { return component + " "; }

}  // namespace

void judge_components(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements) {
  const ComponentRecord none;
  for (const Component& component : spec.scenario.objectives.components) {
    const auto found = std::ranges::find(measurement.components, component.name, &ComponentRecord::name);
    const ComponentRecord& record = found == measurement.components.end() ? none : *found;
    RecoveryTargets targets;
    targets.prefix = prefix_of(component.name);
    targets.group = kGroup;
    targets.incidents = &record.incidents;
    targets.worst = record.worst;
    targets.rto = component.rto;
    targets.rpo = component.rpo;
    targets.mtd = component.mtd;
    targets.by_bids = component.evidence == Component::Evidence::kBids;
    targets.why_unknown = record.why_unknown;
    targets.rpo_evidence = record.evidence;
    if (targets.by_bids && measurement.read_back_evidence != 0) targets.rpo_evidence = {measurement.read_back_evidence};
    judge_targets(targets, measurement, judgements);
  }
}

std::vector<const Judgement*> component_judgements(const Verdict& verdict, const std::string& name) {
  std::vector<const Judgement*> found;
  for (const Judgement& judgement : verdict.judgements) {
    if (judgement.group != kGroup) continue;
    const bool of_it = judgement.name == prefix_of(name) + "rto" || judgement.name == prefix_of(name) + "rpo" ||
                       judgement.name == prefix_of(name) + "mtd";
    if (of_it) found.push_back(&judgement);
  }
  return found;
}

}  // namespace blackstart
