// Rules of audit() about the order of steps.

#include "base/text.h"
#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace blackstart {
namespace {

using Weight = Finding::Weight;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string command_of(const Step& step) {
  return step.action && step.action->word == "run" ? lower(text_argument(*step.action, "")) : "";
}

bool preserves(const Step& step) {
  const std::string title = lower(step.title);
  return has(title, "evidence") || has(title, "forensic") || has(title, "preserve");
}

/// What the step takes from those who look for traces; empty where nothing.
std::string destroys(const Step& step) {
  const std::string command = command_of(step);
  for (const std::string_view word : {"flushall", "flushdb", "drop table", "truncate "})
    if (has(command, word)) return fmt::format("runs {}", word);
  const auto effect = effect_of_step(step);
  if (!effect) return {};
  if (effect->word == "scale" && text_argument(*effect, "to") == "0") return "scales to zero, with what ran in memory";
  if (effect->word == "stop" || effect->word == "restart") return "ends processes, with what they had in memory";
  if (effect->word == "restore") return "overwrites the data";
  return {};
}

bool cuts_off(const FaultSpec& fault) {
  const std::string& kind = fault.kind.word;
  return kind == "region" || kind == "zone" || kind == "partition" || kind == "pause" || kind == "host";
}

/// Whether `service` needs `other`, through others too.
bool needs(const Target& target, const std::string& service, const std::string& other) {
  std::vector<std::string> reached = {service};
  for (std::size_t index = 0; index < reached.size(); ++index) {
    const ServiceSpec* spec = target.find_service(reached[index]);
    if (spec == nullptr) continue;
    for (const std::string& needed : spec->needs) {
      if (needed == other) return true;
      if (std::ranges::find(reached, needed) == reached.end()) reached.push_back(needed);
    }
  }
  return false;
}

/// Services that the step brings (back) into service.
std::vector<std::string> brings_up(const Step& step) {
  const auto effect = effect_of_step(step);
  if (!effect) return {};
  if (effect->word == "start" || effect->word == "restart") return {text_argument(*effect, "service")};
  if (effect->word == "scale" && text_argument(*effect, "to") != "0") return list_argument(*effect, "services");
  return {};
}

}  // namespace

void audit_preservation(const AuditInput& input, Findings& findings) {
  const auto steps = flat_steps(input.spec.scenario);
  const auto kept = std::ranges::find_if(steps, [](const FlatStep& flat) { return preserves(*flat.step); });
  for (auto flat = steps.begin(); flat != kept && kept != steps.end(); ++flat) {
    const std::string what = destroys(*flat->step);
    if (what.empty()) continue;
    findings.push_back({Weight::kContradiction, "",
                        fmt::format("step \"{}\" {}, before step \"{}\"", flat->step->title, what, kept->step->title),
                        "preserve evidence first: isolate by the network, take logs and images, then stop and flush",
                        flat->step->where});
  }
}

void audit_fencing(const AuditInput& input, Findings& findings) {
  const Scenario& scenario = input.spec.scenario;
  const auto fault = std::ranges::find_if(scenario.faults, cuts_off);
  if (fault == scenario.faults.end()) return;
  const FlatStep* taken_over = nullptr;
  const auto steps = flat_steps(scenario);
  for (const FlatStep& flat : steps) {
    const auto effect = effect_of_step(*flat.step);
    if (!effect) continue;
    if (effect->word == "fence" || effect->word == "isolate") return;
    const ServiceSpec* service = input.spec.target.find_service(text_argument(*effect, "service"));
    const bool moves = effect->word == "promote" || effect->word == "failover";
    if (moves && service != nullptr && service->kind == "sql" && taken_over == nullptr) taken_over = &flat;
  }
  if (taken_over == nullptr) return;
  findings.push_back(
      {Weight::kWarning, "",
       fmt::format("step \"{}\" gives the data another primary, and nothing fences the old one, which \"{}\" "
                   "only cuts off: when it comes back it may take writes that are lost",
                   taken_over->step->title, fault->name),
       "add a step {fence: {service: …}} before the new primary takes writes", taken_over->step->where});
}

void audit_restore_order(const AuditInput& input, Findings& findings) {
  const auto steps = flat_steps(input.spec.scenario);
  for (auto later = steps.begin(); later != steps.end(); ++later) {
    const auto effect = effect_of_step(*later->step);
    if (!effect || effect->word != "restore") continue;
    const std::string store = text_argument(*effect, "service");
    for (auto earlier = steps.begin(); earlier != later; ++earlier) {
      if (earlier->depth != later->depth) continue;
      for (const std::string& service : brings_up(*earlier->step)) {
        if (!needs(input.spec.target, service, store)) continue;
        findings.push_back(
            {Weight::kWarning, "",
             fmt::format("step \"{}\" brings {} up before step \"{}\" restores {}: what it takes in between is "
                         "rolled back",
                         earlier->step->title, service, later->step->title, store),
             "restore the data first, or keep traffic out until it is restored", earlier->step->where});
      }
    }
  }
}

}  // namespace blackstart
