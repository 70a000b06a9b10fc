// Steps: what skips, chooses, holds, has a phase, names an output.

#include "base/text.h"
#include "scenarios/meaning_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

/// Where a step stands: `top` counts recovery.steps, and is that of the step above it in a nested list.
struct Place {
  std::size_t top = 0;
  bool nested = false;
  const char* no_skip = nullptr;  // why nothing can be skipped from here
};

class Steps {
 public:
  Steps(const Node& scenario, Diagnostics& diagnostics) : scenario_(scenario), diagnostics_(diagnostics) {}

  void check() {
    const Node* recovery = scenario_.find("recovery");
    if (recovery != nullptr && recovery->is_map()) check_recovery(*recovery);
    const Node* validation = scenario_.find("validation");
    if (validation == nullptr) return;
    for (std::size_t index = 0; index < validation->items.size(); ++index) {
      const Node* otherwise = validation->items[index].find("otherwise");
      if (otherwise == nullptr) continue;
      const Spot spot{otherwise->where, fmt::format("validation.{}.otherwise", index), ""};
      check_steps(*otherwise, spot, Place{0, true, "a step of a validation"});
    }
  }

 private:
  void check_recovery(const Node& recovery) {
    const Node* after = recovery.find("after");
    const Node* detection = scenario_.find("detection");
    // Without `after` and without a rule it begins as soon as the first fault has acted: there is no time to detect.
    const bool waits = after != nullptr && after->is_scalar() && after->scalar == "detection";
    if (waits && (detection == nullptr || detection->items.empty())) {
      diagnostics_.add(Spot{after->where, "recovery.after", ""},
                       "a recovery that waits for detection, and no detection rule",
                       "a rule under detection, after: {at: 2m}, or no `after`: it then begins with the first fault");
    }
    const Node* steps = recovery.find("steps");
    if (steps == nullptr) return;
    for (const Node& step : steps->items) titles_.push_back(step.text("title"));
    check_steps(*steps, Spot{steps->where, "recovery.steps", ""}, Place{});
  }

  void check_steps(const Node& steps, const Spot& spot, Place place) {
    for (std::size_t index = 0; index < steps.items.size(); ++index) {
      const Node& step = steps.items[index];
      const Spot here = spot.child(step.where, std::to_string(index)).named_after(step);
      if (!place.nested) place.top = index;
      check_step(step, here, place);
      for (const char* key : {"together", "otherwise", "options"}) {
        const Node* list = step.find(key);
        if (list == nullptr) continue;
        const bool at_once = key == std::string_view{"together"};
        check_steps(*list, here.child(list->where, key),
                    Place{place.top, true, at_once ? "one of several steps at once" : place.no_skip});
      }
    }
  }

  void check_step(const Node& step, const Spot& spot, const Place& place) {
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
    const Node* after = step.find("after");
    if (after != nullptr && place.nested) {
      diagnostics_.add(spot.child(after->where, "after"), "after of a step inside another",
                       "after: end of the steps of recovery.steps, which takes along what is inside them");
    }
    check_output(step.find("output"), spot);
    check_phase(step, spot);
    check_skip(step, spot, place);
    check_like(step.find("action"), spot);
  }

  void check_output(const Node* output, const Spot& spot) {
    if (output == nullptr || !output->is_scalar()) return;
    const auto [known, fresh] = outputs_.try_emplace(output->scalar, output->where.line);
    if (fresh) return;
    diagnostics_.add(spot.child(output->where, "output"), fmt::format("{} a second time", describe_found(*output)),
                     fmt::format("names that differ (line {} has it already)", known->second));
  }

  void check_phase(const Node& step, const Spot& spot) {
    const Node* phase = step.find("phase");
    if (phase == nullptr || !phase->is_scalar()) return;
    std::vector<std::string> phases;
    if (const Node* list = scenario_.find("phases")) {
      for (const Node& item : list->items) phases.push_back(item.text("name"));
    }
    report_unknown(*phase, spot.child(phase->where, "phase"), phases, "no phase, as the scenario has no phases",
                   diagnostics_);
  }

  void check_skip(const Node& step, const Spot& spot, const Place& place) {
    const Node* success = step.find("on_success");
    const Node* title = success != nullptr ? success->find("skip_to") : nullptr;
    if (title == nullptr || !title->is_scalar()) return;
    const Spot at = spot.child(title->where, "on_success.skip_to");
    if (place.no_skip != nullptr) {
      return diagnostics_.add(at, fmt::format("{} that skips others", place.no_skip),
                              "on_success of the steps of recovery.steps, and of their options and otherwise");
    }
    const auto from = titles_.begin() + static_cast<std::ptrdiff_t>(std::min(place.top + 1, titles_.size()));
    const std::vector<std::string> later(from, titles_.end());
    const auto count = std::count(later.begin(), later.end(), title->scalar);
    if (count == 1) return;
    const std::string allowed = later.empty() ? "no step, as none follows"
                                : count > 1   ? "a title that only one of them has"
                                              : "a later step: " + join(later, ", ");
    const bool backwards = count == 0 && std::find(titles_.begin(), from, title->scalar) != from;
    const std::string found = describe_found(*title) + (backwards   ? ", which does not come later"
                                                        : count > 1 ? ", which several steps are called"
                                                                    : "");
    diagnostics_.add(at, found, allowed, backwards || count > 1 ? "" : title->scalar, later);
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

  const Node& scenario_;
  Diagnostics& diagnostics_;
  std::vector<std::string> titles_;
  std::map<std::string, int> outputs_;
};

}  // namespace

void check_recovery_meaning(const Node& scenario, Diagnostics& diagnostics) { Steps{scenario, diagnostics}.check(); }

}  // namespace blackstart
