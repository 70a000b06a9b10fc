#include "scenarios/meaning.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace blackstart {
namespace {

/// The scenario and what is needed to judge it; one method a rule.
class Meaning {
 public:
  Meaning(const Node& scenario, const Node* target, std::string folder, Diagnostics& diagnostics)
      : scenario_(scenario), target_(target), folder_(std::move(folder)), diagnostics_(diagnostics) {}

  void check() {
    const Node* steady = scenario_.find("steady_state");
    for (const char* list : {"faults", "detection", "validation", "stop_conditions", "deadlines", "phases"}) {
      unique_names(scenario_.find(list), Spot{{}, list, ""});
    }
    if (steady != nullptr) unique_names(steady->find("probes"), Spot{{}, "steady_state.probes", ""});
    check_steady_state(steady);
    check_load();
    check_faults();
    check_objectives();
    check_recovery();
    check_communications();
    check_checks(scenario_, Spot{scenario_.where, "", ""});
    check_distributions(scenario_, Spot{scenario_.where, "", ""}, diagnostics_);
  }

 private:
  // ---- names ---------------------------------------------------------------------------------------------------

  void unique_names(const Node* list, const Spot& spot) {
    if (list == nullptr) return;
    std::map<std::string, int> lines;
    for (std::size_t index = 0; index < list->items.size(); ++index) {
      const Node* name = list->items[index].find("name");
      if (name != nullptr && name->is_scalar()) {
        unique(*name, spot.child(name->where, fmt::format("{}.name", index)), lines);
      }
    }
  }

  void unique(const Node& name, const Spot& spot, std::map<std::string, int>& lines) {
    const auto [known, fresh] = lines.try_emplace(name.scalar, name.where.line);
    if (fresh) return;
    diagnostics_.add(spot, fmt::format("{} a second time", describe_found(name)),
                     fmt::format("names that differ (line {} has it already)", known->second));
  }

  // ---- load and steady state -----------------------------------------------------------------------------------

  void check_load() {
    const Node* load = scenario_.find("load");
    const Node* bids = load != nullptr ? load->find("bids") : nullptr;
    const Node* arrivals = bids != nullptr ? bids->find("arrivals") : nullptr;
    const Node* replay = arrivals != nullptr ? arrivals->find("replay") : nullptr;
    if (bids != nullptr) check_profile(bids->find("profile"));
    if (replay == nullptr || !replay->is_scalar() || folder_.empty()) return;
    std::error_code code;
    if (std::filesystem::is_regular_file(std::filesystem::path{folder_} / replay->scalar, code)) return;
    diagnostics_.add(Spot{replay->where, "load.bids.arrivals.replay", ""},
                     fmt::format("{}, and there is no such file in {}", describe_found(*replay), folder_),
                     "a CSV file, named from the scenario's folder");
  }

  void check_profile(const Node* profile) {
    if (profile == nullptr || !profile->is_list() || profile->items.empty()) return;
    const bool silent = std::all_of(profile->items.begin(), profile->items.end(), [](const Node& stage) {
      const std::string rate = stage.text("rate");
      const std::size_t dots = rate.find("..");
      const auto from = parse_rate(std::string_view{rate}.substr(0, dots));
      const auto to = dots == std::string::npos ? from : parse_rate(std::string_view{rate}.substr(dots + 2));
      return from && to && from->per_second == 0 && to->per_second == 0;
    });
    if (silent) {
      diagnostics_.add(Spot{profile->where, "load.bids.profile", ""}, "a rate of 0 in every stage",
                       "a stage that offers bids, as nothing can be measured without them");
    }
  }

  void check_steady_state(const Node* steady) {
    const Node* within = steady != nullptr ? steady->find("within") : nullptr;
    if (within == nullptr) return;
    const auto longest = parse_duration(within->scalar);
    const auto length = parse_duration(steady->text("for"));
    if (longest && length && *longest < *length) {
      diagnostics_.add(Spot{within->where, "steady_state.within", ""}, describe_found(*within),
                       fmt::format("at least {}, which is what `for` asks for", steady->text("for")));
    }
  }

  // ---- faults --------------------------------------------------------------------------------------------------

  void check_faults() {
    const Node* faults = scenario_.find("faults");
    if (faults == nullptr) return;
    for (std::size_t index = 0; index < faults->items.size(); ++index) {
      for (const Node::Entry& entry : faults->items[index].entries) {
        const Node* between = entry.value.find("between");
        if (between == nullptr || between->items.size() <= 2) continue;
        diagnostics_.add(Spot{between->where, fmt::format("faults.{}.{}.between", index, entry.key),
                              faults->items[index].text("name")},
                         describe_found(*between), "two places");
      }
    }
  }

  // ---- objectives ----------------------------------------------------------------------------------------------

  void check_objectives() {
    const Node* objectives = scenario_.find("objectives");
    if (objectives == nullptr) return;
    check_from_healed(objectives->find("rto"));
    check_measured(objectives->find("thresholds"), "objectives.thresholds");
    if (const Node* validation = scenario_.find("validation")) {
      for (std::size_t index = 0; index < validation->items.size(); ++index) {
        check_measured(validation->items[index].find("thresholds"), fmt::format("validation.{}.thresholds", index));
      }
    }
    const Node* components = objectives->find("components");
    if (components == nullptr) return;
    for (const Node::Entry& component : components->entries) check_component(component.key, component.value);
  }

  void check_from_healed(const Node* rto) {
    const Node* from = rto != nullptr ? rto->find("from") : nullptr;
    const Node* faults = scenario_.find("faults");
    if (from == nullptr || from->scalar != "healed" || faults == nullptr || faults->items.empty()) return;
    const bool never = std::all_of(faults->items.begin(), faults->items.end(),
                                   [](const Node& fault) { return fault.text("until") == "end"; });
    if (never) {
      diagnostics_.add(Spot{from->where, "objectives.rto.from", ""},
                       "\"healed\", but no fault heals before the drill's end",
                       "fault, or a fault that ends with for or until: recovered");
    }
  }

  /// Watchers and fallbacks are the only evidence of two of the metrics.
  void check_measured(const Node* thresholds, const std::string& path) {
    if (thresholds == nullptr) return;
    for (const Node::Entry& entry : thresholds->entries) {
      const Spot spot{entry.where, fmt::format("{}.{}", path, entry.key), ""};
      const std::string metric = entry.key.substr(0, entry.key.find('.'));
      if (metric == "notification_delay" && !has_watchers()) {
        diagnostics_.add(spot, "a threshold that nothing measures",
                         "notification_delay where load.watchers has a count");
      } else if (metric == "degraded" && target_ != nullptr && !shows_degraded()) {
        diagnostics_.add(spot, "a threshold that nothing measures",
                         "degraded where the target's load.http.degraded says how to see it");
      }
    }
  }

  [[nodiscard]] bool has_watchers() const {
    const Node* load = scenario_.find("load");
    const Node* watchers = load != nullptr ? load->find("watchers") : nullptr;
    return watchers != nullptr && watchers->text("count", "0") != "0";
  }

  [[nodiscard]] bool shows_degraded() const {
    const Node* load = target_->find("load");
    const Node* http = load != nullptr ? load->find("http") : nullptr;
    return http != nullptr && http->find("degraded") != nullptr;
  }

  void check_component(const std::string& name, const Node& component) {
    const Node* from = component.find("from");
    if (from == nullptr || !from->is_map()) return;
    const Spot spot{{}, fmt::format("objectives.components.{}", name), name};
    const Node* canary = from->find("canary");
    const Node* probe = from->find("probe");
    if (canary != nullptr && canary->is_scalar()) check_canary(*canary, spot.child(canary->where, "from.canary"));
    if (probe == nullptr || !probe->is_scalar()) return;
    const std::vector<std::string> probes = probe_names();
    if (std::find(probes.begin(), probes.end(), probe->scalar) == probes.end()) {
      diagnostics_.add(spot.child(probe->where, "from.probe"), describe_found(*probe),
                       probes.empty() ? "no probe, as steady_state and detection have none" : join(probes, ", "),
                       probe->scalar, probes);
    }
    if (const Node* rpo = component.find("rpo")) {
      diagnostics_.add(spot.child(rpo->where, "rpo"), "an rpo that nothing measures",
                       "rpo from bids or a canary, as a probe shows no loss");
    }
  }

  void check_canary(const Node& name, const Spot& spot) {
    std::vector<std::string> canaries;
    if (const Node* known = scenario_.find("canaries")) {
      for (const Node::Entry& entry : known->entries) canaries.push_back(entry.key);
    }
    if (std::find(canaries.begin(), canaries.end(), name.scalar) != canaries.end()) return;
    diagnostics_.add(spot, describe_found(name),
                     canaries.empty() ? "no canary, as the scenario has no canaries" : join(canaries, ", "),
                     name.scalar, canaries);
  }

  [[nodiscard]] std::vector<std::string> probe_names() const {
    std::vector<std::string> names;
    const Node* steady = scenario_.find("steady_state");
    for (const Node* list : {steady != nullptr ? steady->find("probes") : nullptr, scenario_.find("detection")}) {
      if (list == nullptr) continue;
      for (const Node& probe : list->items) names.push_back(probe.text("name"));
    }
    return names;
  }

  // ---- recovery ------------------------------------------------------------------------------------------------

  void check_recovery() {
    const Node* recovery = scenario_.find("recovery");
    if (recovery == nullptr || !recovery->is_map()) return;
    const Node* after = recovery->find("after");
    const Node* detection = scenario_.find("detection");
    // Without `after` and without a rule it begins as soon as the first fault has acted: there is no time to detect.
    const bool waits = after != nullptr && after->is_scalar() && after->scalar == "detection";
    if (waits && (detection == nullptr || detection->items.empty())) {
      diagnostics_.add(Spot{after->where, "recovery.after", ""},
                       "a recovery that waits for detection, and no detection rule",
                       "a rule under detection, after: {at: 2m}, or no `after`: it then begins with the first fault");
    }
    const Node* steps = recovery->find("steps");
    if (steps == nullptr) return;
    const Spot spot{steps->where, "recovery.steps", ""};
    collect_titles(*steps);
    check_steps(*steps, spot);
  }

  void collect_titles(const Node& steps) {
    for (const Node& step : steps.items) titles_.push_back(step.text("title"));
  }

  void check_steps(const Node& steps, const Spot& spot) {
    for (std::size_t index = 0; index < steps.items.size(); ++index) {
      const Node& step = steps.items[index];
      const Spot here = spot.child(step.where, std::to_string(index)).named_after(step);
      check_step(step, here, index);
      for (const char* key : {"together", "otherwise", "options"}) {
        if (const Node* nested = step.find(key)) check_steps(*nested, here.child(nested->where, key));
      }
    }
  }

  void check_step(const Node& step, const Spot& spot, std::size_t index) {
    const Node* hold = step.find("hold");
    if (hold != nullptr && step.find("check") == nullptr) {
      diagnostics_.add(spot.child(hold->where, "hold"), "hold without a check", "hold beside check");
    }
    const Node* choose = step.find("choose");
    const Node* options = step.find("options");
    if ((choose == nullptr) != (options == nullptr)) {
      const Node& given = choose != nullptr ? *choose : *options;
      diagnostics_.add(spot.child(given.where, choose != nullptr ? "choose" : "options"),
                       "one of choose and options without the other", "both: choose: manual and options");
    }
    if (const Node* output = step.find("output"); output != nullptr && output->is_scalar()) {
      unique(*output, spot.child(output->where, "output"), outputs_);
    }
    check_phase(step, spot);
    check_skip(step, spot, index);
    check_like(step.find("action"), spot);
  }

  void check_phase(const Node& step, const Spot& spot) {
    const Node* phase = step.find("phase");
    if (phase == nullptr || !phase->is_scalar()) return;
    std::vector<std::string> phases;
    if (const Node* list = scenario_.find("phases")) {
      for (const Node& item : list->items) phases.push_back(item.text("name"));
    }
    if (std::find(phases.begin(), phases.end(), phase->scalar) != phases.end()) return;
    diagnostics_.add(spot.child(phase->where, "phase"), describe_found(*phase),
                     phases.empty() ? "no phase, as the scenario has no phases" : join(phases, ", "), phase->scalar,
                     phases);
  }

  void check_skip(const Node& step, const Spot& spot, std::size_t index) {
    const Node* success = step.find("on_success");
    const Node* title = success != nullptr ? success->find("skip_to") : nullptr;
    if (title == nullptr || !title->is_scalar()) return;
    const auto from = static_cast<std::ptrdiff_t>(std::min(index + 1, titles_.size()));
    const std::vector<std::string> later(titles_.begin() + from, titles_.end());
    if (std::find(later.begin(), later.end(), title->scalar) != later.end()) return;
    diagnostics_.add(spot.child(title->where, "on_success.skip_to"), describe_found(*title),
                     later.empty() ? "no step, as none follows" : "a later step: " + join(later, ", "), title->scalar,
                     later);
  }

  void check_like(const Node* action, const Spot& spot) {
    if (action == nullptr || action->find("run") != nullptr) return;
    for (const char* key : {"takes", "like"}) {
      const Node* value = action->find(key);
      if (value == nullptr) continue;
      diagnostics_.add(spot.child(value->where, fmt::format("action.{}", key)), fmt::format("{} without run", key),
                       fmt::format("{} beside run alone, as the target's sim part says it for the other actions", key));
    }
  }

  // ---- the rest ------------------------------------------------------------------------------------------------

  void check_communications() {
    const Node* list = scenario_.find("communications");
    if (list == nullptr) return;
    for (std::size_t index = 0; index < list->items.size(); ++index) {
      const Node* until = list->items[index].find("until");
      if (until == nullptr || list->items[index].find("every") != nullptr) continue;
      diagnostics_.add(Spot{until->where, fmt::format("communications.{}.until", index), ""}, "until without every",
                       "until beside every");
    }
  }

  /// {canary: NAME} wherever a check stands.
  void check_checks(const Node& node, const Spot& spot) {
    const Spot here = spot.named_after(node);
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      check_checks(node.items[index], here.child(node.items[index].where, std::to_string(index)));
    }
    for (const Node::Entry& entry : node.entries) {
      const Spot at = here.child(entry.value.where, entry.key);
      const Node* canary = entry.key == "check" ? entry.value.find("canary") : nullptr;
      if (canary != nullptr && canary->is_scalar()) check_canary(*canary, at.child(canary->where, "canary"));
      check_checks(entry.value, at);
    }
  }

  const Node& scenario_;
  const Node* target_;
  const std::string folder_;
  Diagnostics& diagnostics_;
  std::vector<std::string> titles_;
  std::map<std::string, int> outputs_;
};

void check_order(const Node& low, const Node& high, const char* relation, const Spot& spot, Diagnostics& diagnostics) {
  const auto from = parse_duration(low.scalar);
  const auto to = parse_duration(high.scalar);
  if (from && to && *from > *to) {
    diagnostics.add(spot, fmt::format("{} and {}", describe_found(low), describe_found(high)), relation);
  }
}

}  // namespace

void check_distributions(const Node& node, const Spot& spot, Diagnostics& diagnostics) {
  const Spot here = spot.named_after(node);
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    check_distributions(node.items[index], here.child(node.items[index].where, std::to_string(index)), diagnostics);
  }
  for (const Node::Entry& entry : node.entries) {
    check_distributions(entry.value, here.child(entry.value.where, entry.key), diagnostics);
  }
  const Node* median = node.find("median");
  const Node* p95 = node.find("p95");
  if (median != nullptr && p95 != nullptr) {
    check_order(*median, *p95, "a median that is at most the p95", here, diagnostics);
  }
  const Node* uniform = node.find("uniform");
  if (uniform != nullptr && uniform->items.size() == 2) {
    check_order(uniform->items[0], uniform->items[1], "from and to, with from at most to", here, diagnostics);
  }
}

void check_scenario_meaning(const Node& scenario, const Node* target, const std::string& folder,
                            Diagnostics& diagnostics) {
  if (scenario.is_map()) Meaning{scenario, target, folder, diagnostics}.check();
}

}  // namespace blackstart
