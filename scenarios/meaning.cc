#include "scenarios/meaning.h"

#include "base/text.h"
#include "base/units.h"
#include "scenarios/meaning_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

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
      check_unique_names(scenario_.find(list), "name", Spot{{}, list, ""}, diagnostics_);
    }
    if (steady != nullptr) {
      check_unique_names(steady->find("probes"), "name", Spot{{}, "steady_state.probes", ""}, diagnostics_);
    }
    check_steady_state(steady);
    check_load();
    check_faults();
    check_objectives();
    check_communications_meaning(scenario_.find("communications"), Spot{{}, "communications", ""}, diagnostics_);
    check_conditions_meaning(scenario_.find("stop_conditions"), Spot{{}, "stop_conditions", ""}, diagnostics_);
    check_detection(scenario_.find("detection"));
    check_recovery_meaning(scenario_, diagnostics_);
    check_evidence_meaning(scenario_, diagnostics_);
    if (target_ != nullptr) check_backups_used(scenario_, *target_, diagnostics_);
    check_distributions(scenario_, Spot{scenario_.where, "", ""}, folder_, diagnostics_);
    const Node* organisation = scenario_.find("organisation");
    if (organisation != nullptr && organisation->is_map()) {
      check_organisation_meaning(*organisation, Spot{organisation->where, "organisation", ""}, diagnostics_);
    }
  }

 private:
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
      const Node& fault = faults->items[index];
      const Node* at = fault.find("at");
      const Node* before = at != nullptr ? at->find("before") : nullptr;
      const Spot spot{fault.where, fmt::format("faults.{}", index), fault.text("name")};
      if (before != nullptr && before->is_scalar()) check_before(*before, *at, spot.child(at->where, "at"));
      if (const Node* outage = fault.find("dependency_outage")) check_outage(*outage, spot);
      const Node* loss = fault.find("loss");
      if (loss != nullptr && loss->find("pb") != nullptr && loss->find("pg") == nullptr) {
        diagnostics_.add(spot.child(loss->where, "loss.pg"), "nothing, and pb needs it",
                         "pg beside pb: how likely it is to get from bad to good again");
      }
    }
  }

  /// What each mode of a dependency's outage takes.
  void check_outage(const Node& outage, const Spot& spot) {
    const std::string mode = outage.text("mode");
    const Node* latency = outage.find("latency");
    const Node* status = outage.find("status");
    if (mode == "latency" && latency == nullptr) {
      diagnostics_.add(spot.child(outage.where, "dependency_outage.latency"), "nothing, and mode: latency needs it",
                       "how much later answers come, such as 2s");
    }
    if (latency != nullptr && (mode == "errors" || mode == "hang")) {
      diagnostics_.add(spot.child(latency->where, "dependency_outage.latency"),
                       fmt::format("latency with mode: {}", mode), "latency beside mode: latency");
    }
    if (status != nullptr && (mode == "latency" || mode == "hang")) {
      diagnostics_.add(spot.child(status->where, "dependency_outage.status"), fmt::format("status with mode: {}", mode),
                       "status beside mode: errors");
    }
  }

  /// at: {before: SERVICE.backups.NAME, by: 1m}
  void check_before(const Node& before, const Node& at, const Spot& spot) {
    if (target_ == nullptr || before.scalar.find(".backups.") == std::string::npos) return;
    std::vector<std::string> backups;
    const Node* found = nullptr;
    if (const Node* services = target_->find("services")) {
      for (const Node::Entry& service : services->entries) {
        const Node* own = service.value.find("backups");
        if (own == nullptr) continue;
        for (const Node::Entry& backup : own->entries) {
          backups.push_back(fmt::format("{}.backups.{}", service.key, backup.key));
          if (backups.back() == before.scalar) found = &backup.value;
        }
      }
    }
    if (found == nullptr) {
      return diagnostics_.add(
          spot.child(before.where, "before"), describe_found(before),
          backups.empty() ? "no backup, as no service of the target has backups" : join(backups, ", "), before.scalar,
          backups);
    }
    const auto by = parse_duration(at.text("by"));
    const auto every = parse_duration(found->text("every"));
    if (!by || !every || *by < *every) return;
    diagnostics_.add(spot.child(at.find("by")->where, "by"),
                     fmt::format("{} before a backup that is made every {}", at.text("by"), found->text("every")),
                     fmt::format("by less than {}", found->text("every")));
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
                         "degraded where the target's load.http.degraded says how to see it, or a call of its sim part "
                         "has a fallback");
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
    if (http != nullptr && http->find("degraded") != nullptr) return true;
    const Node* sim = target_->find("sim");
    if (sim == nullptr) return false;
    return std::any_of(sim->entries.begin(), sim->entries.end(), [](const Node::Entry& part) {
      const Node* calls = part.value.find("calls");
      return calls != nullptr && std::any_of(calls->entries.begin(), calls->entries.end(), [](const Node::Entry& call) {
               return call.value.find("fallback") != nullptr;
             });
    });
  }

  // ---- the rest ------------------------------------------------------------------------------------------------

  /// An alert says itself how often it is looked at and how long it must last.
  void check_detection(const Node* rules) {
    if (rules == nullptr) return;
    for (std::size_t index = 0; index < rules->items.size(); ++index) {
      const Node& rule = rules->items[index];
      const Node* alert = rule.find("alert");
      if (alert == nullptr) continue;
      for (const auto& [outside, inside] : {std::pair{"every", "every"}, {"hold", "for"}}) {
        const Node* twice = rule.find(outside);
        if (twice == nullptr || alert->find(inside) == nullptr) continue;
        diagnostics_.add(Spot{twice->where, fmt::format("detection.{}.{}", index, outside), rule.text("name")},
                         fmt::format("{} beside the alert's own {}", outside, inside), "one of the two");
      }
    }
  }

  const Node& scenario_;
  const Node* target_;
  const std::string folder_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_scenario_meaning(const Node& scenario, const Node* target, const std::string& folder,
                            Diagnostics& diagnostics) {
  if (scenario.is_map()) Meaning{scenario, target, folder, diagnostics}.check();
}

}  // namespace blackstart
