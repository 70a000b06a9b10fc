#include "base/units.h"
#include "scenarios/meaning.h"
#include "scenarios/meaning_parts.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

/// A level takes over from the one before it.
void check_escalation(const Node* levels, const Spot& spot, Diagnostics& diagnostics) {
  if (levels == nullptr) return;
  check_unique_names(levels, "level", spot, diagnostics);
  for (std::size_t index = 1; index < levels->items.size(); ++index) {
    const Node& level = levels->items[index];
    const Node& before = levels->items[index - 1];
    const auto from = parse_duration(level.text("from"));
    const auto earlier = parse_duration(before.text("from"));
    if (!from || !earlier || *from > *earlier) continue;
    diagnostics.add(
        spot.child(level.find("from")->where, fmt::format("{}.from", index)),
        fmt::format("{}, and {} begins at {}", level.text("from"), before.text("level"), before.text("from")),
        fmt::format("more than {}, in the order of escalation", before.text("from")));
  }
}

void check_calendar(const Node* calendar, const Spot& spot, Diagnostics& diagnostics) {
  if (calendar == nullptr) return;
  for (std::size_t index = 0; index < calendar->items.size(); ++index) {
    const Node& entry = calendar->items[index];
    for (std::size_t earlier = 0; earlier < index; ++earlier) {
      const Node& other = calendar->items[earlier];
      const bool same = entry.text("drill") == other.text("drill") && entry.text("window") == other.text("window") &&
                        entry.text("every") == other.text("every") && entry.text("kind") == other.text("kind");
      if (!same || !entry.is_map()) continue;
      diagnostics.add(
          spot.child(entry.where, std::to_string(index)),
          fmt::format("{} a second time in {}", entry.text("drill"), entry.text("window", entry.text("every"))),
          fmt::format("entries that differ (line {} has it already)", other.where.line));
      break;
    }
  }
}

void check_review(const Node* review, const Spot& spot, Diagnostics& diagnostics) {
  if (review == nullptr) return;
  const std::string last = review->text("last");
  const std::string next = review->text("next");
  if (last.empty() || next.empty() || last < next) return;
  diagnostics.add(spot.child(review->find("next")->where, "next"),
                  fmt::format("{}, and the last was on {}", next, last), "a date after the last");
}

}  // namespace

void check_organisation_meaning(const Node& organisation, const Spot& spot, Diagnostics& diagnostics) {
  if (!organisation.is_map()) return;
  const auto below = [&](const char* key) {
    const Node* node = organisation.find(key);
    return spot.child(node != nullptr ? node->where : organisation.where, key);
  };
  check_communications_meaning(organisation.find("communications"), below("communications"), diagnostics);
  check_escalation(organisation.find("escalation"), below("escalation"), diagnostics);
  check_calendar(organisation.find("calendar"), below("calendar"), diagnostics);
  check_review(organisation.find("review"), below("review"), diagnostics);
}

}  // namespace blackstart
