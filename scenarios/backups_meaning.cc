// `backups:` of a target's services: what can never be restored, or leaves gaps. And what a scenario does with backups
// that nobody makes.

#include "base/text.h"
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

/// --set and --what-if override what is there: a path into a backup that is not would make a full one of any name.
void check_override(const Node::Entry& backup, const Node& backups, const Spot& spot, Diagnostics& diagnostics) {
  const std::string& option = backup.where.file;
  if (!option.starts_with("--set ") || option.ends_with("." + backup.key)) return;
  if (kind_of(backup) != "full" || backup.key == "full" || backup.value.find("kind") != nullptr) return;
  std::vector<std::string> known;
  for (const Node::Entry& each : backups.entries)
    if (&each != &backup) known.push_back(each.key);
  diagnostics.add(Spot{backup.where, spot.path, spot.item},
                  fmt::format("\"{}\", which is not there to override", backup.key),
                  fmt::format("{}; a new one says its kind, as --set target.{}.{}='{{kind: log, every: 1m}}'",
                              known.empty() ? "none" : join(known, ", "), spot.path, backup.key),
                  backup.key, known);
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
    check_override(backup, *backups, spot, diagnostics);
    check_backup(backup, at, diagnostics);
  }
}

/// Restores, and faults of backups, name a service that has backups, and one of them.
class BackupsUsed {
 public:
  BackupsUsed(const Node& scenario, const Node& target, Diagnostics& diagnostics)
      : scenario_(scenario), target_(target), diagnostics_(diagnostics) {}

  void check() {
    if (const Node* faults = scenario_.find("faults")) check_items(*faults, "faults", {}, &BackupsUsed::check_fault);
    const Node* recovery = scenario_.find("recovery");
    if (const Node* steps = recovery != nullptr ? recovery->find("steps") : nullptr)
      check_items(*steps, "recovery.steps", {}, &BackupsUsed::check_step);
    const Node* validation = scenario_.find("validation");
    if (validation == nullptr) return;
    for (std::size_t index = 0; index < validation->items.size(); ++index)
      if (const Node* otherwise = validation->items[index].find("otherwise"))
        check_items(*otherwise, fmt::format("validation.{}.otherwise", index), {}, &BackupsUsed::check_step);
  }

 private:
  using Check = void (BackupsUsed::*)(const Node&, const Spot&);

  void check_items(const Node& list, const std::string& path, const std::string& item, Check check) {
    const Spot spot{list.where, path, item};
    for (std::size_t index = 0; index < list.items.size(); ++index) {
      const Node& one = list.items[index];
      (this->*check)(one, spot.child(one.where, std::to_string(index)).named_after(one));
    }
  }

  void check_fault(const Node& fault, const Spot& spot) {
    for (const char* word : {"corrupt_backup", "missing_log", "lose_key"}) {
      const Node* const call = fault.find(word);
      if (call == nullptr) continue;
      const Spot at = spot.child(call->where, word);
      if (const Node* const backups = backups_of(*call, at, word == std::string_view{"missing_log"}))
        check_name(*backups, *call, word == std::string_view{"corrupt_backup"} ? "which" : "", at);
    }
  }

  void check_step(const Node& step, const Spot& spot) {
    const Node* const action = step.find("action");
    if (const Node* const call = action != nullptr ? action->find("restore") : nullptr) {
      const Spot at = spot.child(call->where, "action.restore");
      if (const Node* const backups = backups_of(*call, at, false)) check_name(*backups, *call, "from", at);
    }
    for (const char* key : {"together", "options", "otherwise"})
      if (const Node* const nested = step.find(key))
        check_items(*nested, spot.child(nested->where, key).path, spot.item, &BackupsUsed::check_step);
  }

  static const Node* made_of(const Node& service, bool log) {
    const Node* const backups = service.find("backups");
    if (backups == nullptr || !backups->is_map() || backups->entries.empty()) return nullptr;
    const bool logs = std::any_of(backups->entries.begin(), backups->entries.end(),
                                  [](const Node::Entry& backup) { return kind_of(backup) == "log"; });
    return log && !logs ? nullptr : backups;
  }

  /// The backups of the service that the call names; null, and said, where nobody makes any (with `log`: of its log).
  const Node* backups_of(const Node& call, const Spot& spot, bool log) {
    const Node* const name = call.find("service");
    const Node* const services = target_.find("services");
    const Node* const service = name != nullptr && services != nullptr ? services->find(name->scalar) : nullptr;
    if (service == nullptr) return nullptr;  // which is said elsewhere
    if (const Node* const backups = made_of(*service, log)) return backups;
    std::vector<std::string> known;
    for (const Node::Entry& each : services->entries)
      if (made_of(each.value, log) != nullptr) known.push_back(each.key);
    const std::string what = log ? "a log among its backups" : "backups";
    const std::string allowed =
        known.empty() ? fmt::format("none, as no service of {} has {}", target_.text("name"), what)
                      : fmt::format("{} (the services of {} with {})", join(known, ", "), target_.text("name"), what);
    diagnostics_.add(spot.child(name->where, "service"),
                     fmt::format("{}, which has no {}", describe_found(*name), log ? "log among its backups" : what),
                     fmt::format("{}; declare them under `backups:` of the target's service", allowed), name->scalar,
                     known);
    return nullptr;
  }

  /// `from` may name a full backup; a backup of its own has an id, its service and name first.
  void check_name(const Node& backups, const Node& call, const char* key, const Spot& spot) {
    const Node* const name = call.find(key);
    if (name == nullptr || !name->is_scalar() || name->scalar == "latest") return;
    if (name->scalar.find("{{") != std::string::npos) return;  // known only while the drill runs
    const std::string service = call.text("service");
    std::vector<std::string> known = {"latest"};
    for (const Node::Entry& backup : backups.entries) {
      if (name->scalar.starts_with(fmt::format("{}-{}-", service, backup.key))) return;
      if (kind_of(backup) == "full" && key == std::string_view{"from"}) known.push_back(backup.key);
    }
    if (std::find(known.begin(), known.end(), name->scalar) != known.end()) return;
    diagnostics_.add(spot.child(name->where, key), describe_found(*name),
                     fmt::format("{}, or a backup's id, as {}-{}-20000101T020000Z", join(known, ", "), service,
                                 backups.entries.front().key),
                     name->scalar, known);
  }

  const Node& scenario_;
  const Node& target_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_backups_used(const Node& scenario, const Node& target, Diagnostics& diagnostics) {
  BackupsUsed{scenario, target, diagnostics}.check();
}

void check_backups_meaning(const Node& target, Diagnostics& diagnostics) {
  const Node* services = target.find("services");
  if (services == nullptr) return;
  for (const Node::Entry& service : services->entries) check_service(service, diagnostics);
}

}  // namespace blackstart
