// `backups:` of a target's services: what can never be restored, or leaves gaps.

#include "base/units.h"
#include "scenarios/meaning_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

constexpr Duration kDay = std::chrono::hours{24};

std::string kind_of(const Node::Entry& backup) {
  const std::string name = backup.key == "incremental" || backup.key == "log" ? backup.key : "full";
  return backup.value.text("kind", name);
}

void check_backup(const Node::Entry& backup, const Spot& spot, Diagnostics& diagnostics) {
  const std::string every_text = backup.value.text("every");
  const auto every = parse_duration(every_text);
  if (!every || *every <= Duration::zero()) return;
  const Node* at = backup.value.find("at");
  if (at != nullptr && kDay % *every != Duration::zero() && *every % kDay != Duration::zero()) {
    diagnostics.add(spot.child(at->where, "at"), fmt::format("a time of day, and one every {}", every_text),
                    "an `every` that fits into a day, or into which days fit, as 6h or 1w");
  }
  const Node* keep = backup.value.find("keep");
  const auto kept = keep != nullptr ? parse_duration(keep->scalar) : *every;
  if (kept && *kept > Duration::zero() && *kept < *every) {
    diagnostics.add(spot.child(keep->where, "keep"), fmt::format("{}, with one every {}", keep->scalar, every_text),
                    fmt::format("at least {}, or there is none at times", every_text));
  }
}

void check_service(const Node::Entry& service, Diagnostics& diagnostics) {
  const Node* backups = service.value.find("backups");
  if (backups == nullptr || !backups->is_map()) return;
  const Spot spot{backups->where, fmt::format("services.{}.backups", service.key), service.key};
  const bool has_full = std::any_of(backups->entries.begin(), backups->entries.end(),
                                    [](const Node::Entry& backup) { return kind_of(backup) == "full"; });
  for (const Node::Entry& backup : backups->entries) {
    const Spot at = spot.child(backup.value.where, backup.key);
    if (!has_full && backup.value.is_map()) {
      diagnostics.add(at, fmt::format("a backup of kind {}, and no full one", kind_of(backup)),
                      "a full one beside it, onto which it is restored");
    }
    check_backup(backup, at, diagnostics);
  }
}

}  // namespace

void check_backups_meaning(const Node& target, Diagnostics& diagnostics) {
  const Node* services = target.find("services");
  if (services == nullptr) return;
  for (const Node::Entry& service : services->entries) check_service(service, diagnostics);
}

}  // namespace blackstart
