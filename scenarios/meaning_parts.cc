// What several checks of meaning share.

#include "scenarios/meaning_parts.h"

#include "base/text.h"
#include "base/units.h"
#include "scenarios/expression.h"
#include "scenarios/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace blackstart {
namespace {

void check_order(const Node& low, const Node& high, const std::string& what, const std::string& allowed,
                 const Spot& spot, Diagnostics& diagnostics) {
  const auto from = parse_duration(low.scalar);
  const auto to = parse_duration(high.scalar);
  if (from && to && *from > *to) diagnostics.add(spot, what, allowed);
}

void check_samples(const Node& file, const Spot& spot, const std::string& folder, Diagnostics& diagnostics) {
  if (!file.is_scalar() || file.scalar.empty() || diagnostics.is_broken(file.where)) return;
  const auto path = std::filesystem::path{folder} / file.scalar;
  const auto samples = read_samples(path.lexically_normal().string());
  if (samples) return;
  diagnostics.add(spot, fmt::format("{}: {}", describe_found(file), samples.error().message),
                  "a CSV file with one time a line, named from the folder of this file");
}

}  // namespace

void check_unique_names(const Node* list, const char* key, const Spot& spot, Diagnostics& diagnostics) {
  if (list == nullptr) return;
  std::map<std::string, int> lines;
  for (std::size_t index = 0; index < list->items.size(); ++index) {
    const Node* name = list->items[index].find(key);
    if (name == nullptr || !name->is_scalar()) continue;
    const auto [known, fresh] = lines.try_emplace(name->scalar, name->where.line);
    if (fresh) continue;
    diagnostics.add(spot.child(name->where, fmt::format("{}.{}", index, key)),
                    fmt::format("{} a second time", describe_found(*name)),
                    fmt::format("names that differ (line {} has it already)", known->second));
  }
}

void check_conditions_meaning(const Node* list, const Spot& spot, Diagnostics& diagnostics) {
  if (list == nullptr) return;
  const std::vector<std::string>& known = drill_phases();
  for (std::size_t index = 0; index < list->items.size(); ++index) {
    const Node* when = list->items[index].find("when");
    const auto condition = Expression::parse(when == nullptr ? "" : when->scalar);
    if (!condition) continue;  // which is said elsewhere
    const Spot here = spot.child(when->where, fmt::format("{}.when", index)).named_after(list->items[index]);
    for (const std::string& phase : condition->phases()) {
      if (std::find(known.begin(), known.end(), phase) != known.end()) continue;
      diagnostics.add(here, fmt::format("\"{}\"", printable(phase)),
                      join(known, ", ") + " (the phases of a drill; in quotes where there is a space)", phase, known);
    }
  }
}

void check_communications_meaning(const Node* list, const Spot& spot, Diagnostics& diagnostics) {
  if (list == nullptr) return;
  check_conditions_meaning(list, spot, diagnostics);
  for (std::size_t index = 0; index < list->items.size(); ++index) {
    const Node* until = list->items[index].find("until");
    if (until == nullptr || list->items[index].find("every") != nullptr) continue;
    diagnostics.add(spot.child(until->where, fmt::format("{}.until", index)), "until without every",
                    "until beside every");
  }
}

void check_distributions(const Node& node, const Spot& spot, const std::string& folder, Diagnostics& diagnostics) {
  const Spot here = spot.named_after(node);
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    check_distributions(node.items[index], here.child(node.items[index].where, std::to_string(index)), folder,
                        diagnostics);
  }
  for (const Node::Entry& entry : node.entries) {
    check_distributions(entry.value, here.child(entry.value.where, entry.key), folder, diagnostics);
  }
  const Node* median = node.find("median");
  const Node* p95 = node.find("p95");
  if (median != nullptr && p95 != nullptr) {
    check_order(*median, *p95, fmt::format("a p95 of {} below the median of {}", p95->scalar, median->scalar),
                fmt::format("{{median: {}, p95: {}}}, or {} alone where it never varies", p95->scalar, median->scalar,
                            median->scalar),
                here, diagnostics);
  }
  const Node* uniform = node.find("uniform");
  if (uniform != nullptr && uniform->items.size() == 2) {
    const std::string& from = uniform->items[0].scalar;
    const std::string& to = uniform->items[1].scalar;
    check_order(uniform->items[0], uniform->items[1], fmt::format("from {} to {}", from, to),
                fmt::format("{{uniform: [{}, {}]}}", to, from), here, diagnostics);
  }
  const Node* samples = node.find("samples");
  if (samples != nullptr && !folder.empty())
    check_samples(*samples, here.child(samples->where, "samples"), folder, diagnostics);
}

void report_unknown(const Node& found, const Spot& spot, const std::vector<std::string>& known, const std::string& none,
                    Diagnostics& diagnostics) {
  if (std::find(known.begin(), known.end(), found.scalar) != known.end()) return;
  diagnostics.add(spot, describe_found(found), known.empty() ? none : join(known, ", "), found.scalar, known);
}

bool some_fault_heals(const Node& scenario) {
  const Node* faults = scenario.find("faults");
  if (faults == nullptr || faults->items.empty()) return true;  // which is said elsewhere
  return std::any_of(faults->items.begin(), faults->items.end(),
                     [](const Node& fault) { return fault.text("until") != "end"; });
}

}  // namespace blackstart
