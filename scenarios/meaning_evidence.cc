// Components and their evidence, expectations, deadlines, phases.

#include "base/text.h"
#include "base/units.h"
#include "scenarios/meaning_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

class Evidence {
 public:
  Evidence(const Node& scenario, Diagnostics& diagnostics) : scenario_(scenario), diagnostics_(diagnostics) {}

  void check() {
    const Node* objectives = scenario_.find("objectives");
    const Node* components = objectives != nullptr ? objectives->find("components") : nullptr;
    if (components != nullptr) {
      for (const Node::Entry& component : components->entries) check_component(component.key, component.value);
    }
    check_checks(scenario_, Spot{scenario_.where, "", ""});
    check_expectations(scenario_.find("expect"));
    check_deadlines(scenario_.find("deadlines"));
    check_phases(scenario_.find("phases"));
  }

 private:
  // ---- components and canaries ---------------------------------------------------------------------------------

  void check_component(const std::string& name, const Node& component) {
    const Spot spot{component.where, fmt::format("objectives.components.{}", name), name};
    check_covered(component.find("covers"), spot);
    const Node* rto = component.find("rto");
    const Node* healed = rto != nullptr ? rto->find("from") : nullptr;
    if (healed != nullptr && healed->scalar == "healed" && !some_fault_heals(scenario_)) {
      diagnostics_.add(spot.child(healed->where, "rto.from"), "\"healed\", but no fault heals before the drill's end",
                       "fault, or a fault that ends with for or until: recovered");
    }
    const Node* from = component.find("from");
    if (from == nullptr || !from->is_map()) return;
    const Node* canary = from->find("canary");
    const Node* probe = from->find("probe");
    if (canary != nullptr && canary->is_scalar()) check_canary(*canary, spot.child(canary->where, "from.canary"));
    if (probe == nullptr || !probe->is_scalar()) return;
    report_unknown(*probe, spot.child(probe->where, "from.probe"), probe_names(),
                   "no probe, as steady_state and detection have none", diagnostics_);
    if (const Node* rpo = component.find("rpo")) {
      diagnostics_.add(spot.child(rpo->where, "rpo"), "an rpo that nothing measures",
                       "rpo from bids or a canary, as a probe shows no loss");
    }
  }

  void check_covered(const Node* covers, const Spot& spot) {
    const Node* services = covers != nullptr ? covers->find("services") : nullptr;
    if (services == nullptr) return;
    for (std::size_t index = 0; index < services->items.size(); ++index) {
      const Node& service = services->items[index];
      const auto same = [&](const Node& other) { return other.scalar == service.scalar; };
      const auto end = services->items.begin() + static_cast<std::ptrdiff_t>(index);
      if (!service.is_scalar() || std::none_of(services->items.begin(), end, same)) continue;
      diagnostics_.add(spot.child(service.where, fmt::format("covers.services.{}", index)),
                       fmt::format("{} a second time", describe_found(service)), "each service once");
    }
  }

  void check_canary(const Node& name, const Spot& spot) {
    std::vector<std::string> canaries;
    if (const Node* known = scenario_.find("canaries")) {
      for (const Node::Entry& entry : known->entries) canaries.push_back(entry.key);
    }
    report_unknown(name, spot, canaries, "no canary, as the scenario has no canaries", diagnostics_);
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

  // ---- expectations --------------------------------------------------------------------------------------------

  /// They are ordered: what one counts from has come before it.
  void check_expectations(const Node* list) {
    if (list == nullptr) return;
    for (std::size_t index = 0; index < list->items.size(); ++index) {
      const Node& item = list->items[index];
      const Node* of = item.find("of");
      if (of == nullptr || !of->is_scalar() || diagnostics_.is_broken(of->where)) continue;
      const Spot spot{of->where, fmt::format("expect.{}.of", index), ""};
      if (of->scalar == "healed" && !some_fault_heals(scenario_)) {
        diagnostics_.add(spot, "\"healed\", but no fault heals before the drill's end",
                         "fault, or a fault that ends with for or until: recovered");
      }
      const bool state = of->scalar == "open" || of->scalar == "half_open" || of->scalar == "closed";
      if (state && !came_before(*list, index, item.text("breaker"), of->scalar)) {
        diagnostics_.add(spot,
                         fmt::format("{}, which {} is not expected to become before", describe_found(*of),
                                     item.text("breaker", "this breaker")),
                         fmt::format("fault, healed, or what an expectation above says that it becomes"));
      }
    }
  }

  static bool came_before(const Node& list, std::size_t index, const std::string& breaker, const std::string& state) {
    return std::any_of(
        list.items.begin(), list.items.begin() + static_cast<std::ptrdiff_t>(index),
        [&](const Node& earlier) { return earlier.text("breaker") == breaker && earlier.text("becomes") == state; });
  }

  // ---- deadlines and phases ------------------------------------------------------------------------------------

  void check_deadlines(const Node* list) {
    if (list == nullptr) return;
    for (std::size_t index = 0; index < list->items.size(); ++index) {
      const Node& item = list->items[index];
      const Node* mark = item.find("mark");
      const std::string of = item.text("of", "fault");
      if (mark == nullptr || !mark->is_scalar() || mark->scalar != of) continue;
      diagnostics_.add(Spot{mark->where, fmt::format("deadlines.{}.mark", index), item.text("name")},
                       fmt::format("{} of {}", describe_found(*mark), of), "two marks that differ");
    }
  }

  void check_phases(const Node* list) {
    if (list == nullptr) return;
    const Node* before = nullptr;
    for (std::size_t index = 0; index < list->items.size(); ++index) {
      const Node& item = list->items[index];
      const Spot spot{item.where, fmt::format("phases.{}", index), item.text("name")};
      const auto from = parse_duration(item.text("from"));
      const auto to = parse_duration(item.text("to"));
      if (from && to && *to <= *from) {
        diagnostics_.add(spot.child(item.find("to")->where, "to"),
                         fmt::format("{}, which is not after {}", item.text("to"), item.text("from")),
                         fmt::format("more than {}, where it begins", item.text("from")));
      }
      const auto end_before = before != nullptr ? parse_duration(before->text("to")) : parse_duration("0s");
      if (from && end_before && *from < *end_before) {
        diagnostics_.add(spot.child(item.find("from")->where, "from"),
                         fmt::format("{}, while \"{}\" goes on until {}", item.text("from"), before->text("name"),
                                     before->text("to")),
                         fmt::format("{} or later: phases follow each other", before->text("to")));
      }
      before = &item;
    }
  }

  const Node& scenario_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_evidence_meaning(const Node& scenario, Diagnostics& diagnostics) { Evidence{scenario, diagnostics}.check(); }

}  // namespace blackstart
