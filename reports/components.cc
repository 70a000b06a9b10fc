#include "reports/components.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "reports/escape.h"

namespace blackstart {
namespace {

constexpr std::size_t kNameWidth = 18;

/// "rto 3m 22s of 1d", of one judgement.
std::string figure_text(const Judgement& judgement, const std::string& component) {
  const std::string objective = judgement.name.substr(component.size() + 1);
  return fmt::format("{} {} of {}", objective, judgement.achieved, judgement.target);
}

std::string cell_of(const std::vector<const Judgement*>& judgements, const std::string& name) {
  for (const Judgement* judgement : judgements) {
    if (judgement->name != name) continue;
    const std::string margin = judgement->uncertainty.empty() ? "" : " ± " + judgement->uncertainty;
    return fmt::format("{}{} of {}", judgement->achieved, margin, judgement->target);
  }
  return "–";
}

std::string records_text(const ComponentRecord* record) {
  if (record == nullptr || !record->records) return "–";
  const ComponentRecord::Records& records = *record->records;
  const std::string lost = records.lost ? human_count(*records.lost) + " lost" : std::string("loss not known");
  return fmt::format("{} written, {} confirmed, {} late, {}", human_count(records.written),
                     human_count(records.confirmed), human_count(records.late), lost);
}

}  // namespace

const ComponentRecord* find_component(const Measurement& measurement, const std::string& name) {
  const auto found = std::ranges::find(measurement.components, name, &ComponentRecord::name);
  return found == measurement.components.end() ? nullptr : &*found;
}

Outcome component_outcome(const std::vector<const Judgement*>& judgements) {
  if (judgements.empty()) return Outcome::kInconclusive;
  Outcome outcome = Outcome::kPass;
  for (const Judgement* judgement : judgements) outcome = worst(outcome, judgement->outcome);
  return outcome;
}

std::string evidence_name(const Component& component) {
  switch (component.evidence) {
    case Component::Evidence::kBids:
      return "bids";
    case Component::Evidence::kCanary:
      return "canary " + component.source;
    case Component::Evidence::kProbe:
      break;
  }
  return "probe " + component.source;
}

std::string components_markdown(const ReportInput& input) {
  const auto& components = input.spec.scenario.objectives.components;
  if (components.empty()) return "";
  std::string out = "## Components\n\n| component | covers | measured from | RTO | RPO | MTD | records | result |\n";
  out += "|---|---|---|---|---|---|---|---|\n";
  for (const Component& component : components) {
    const auto judgements = component_judgements(input.verdict, component.name);
    const std::vector<std::string> cells = {component.name,
                                            join(component.services, ", "),
                                            evidence_name(component),
                                            cell_of(judgements, component.name + " rto"),
                                            cell_of(judgements, component.name + " rpo"),
                                            cell_of(judgements, component.name + " mtd"),
                                            records_text(find_component(input.measurement, component.name)),
                                            to_string(component_outcome(judgements))};
    for (const std::string& cell : cells) out += "| " + markdown_escape(cell) + " ";
    out += "|\n";
  }
  return out + "\n";
}

std::vector<ComponentLine> component_lines(const ReportInput& input, std::size_t room) {
  std::vector<ComponentLine> lines;
  for (const Component& component : input.spec.scenario.objectives.components) {
    const auto judgements = component_judgements(input.verdict, component.name);
    std::vector<std::string> figures;
    for (const Judgement* judgement : judgements) figures.push_back(figure_text(*judgement, component.name));
    const Outcome outcome = component_outcome(judgements);
    const std::string word = to_string(outcome);
    lines.push_back({fmt::format("{:<12} {:<{}} {}", word, one_line(component.name), kNameWidth, join(figures, "  ")),
                     outcome, word.size()});
  }
  std::ranges::stable_sort(lines, [](const auto& a, const auto& b) { return a.outcome > b.outcome; });
  if (lines.size() <= room) return lines;
  const std::size_t shown = room == 0 ? 0 : room - 1;
  const std::size_t more = lines.size() - shown;
  lines.resize(shown);
  if (room > 0) lines.push_back({fmt::format("and {} more components, in report.md", more), Outcome::kPass, 0});
  return lines;
}

}  // namespace blackstart
