// How old what is restored may be, against the RPO.

#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace blackstart::audit_rule {
namespace {

using Weight = Finding::Weight;

/// An RPO that a service's data answer for.
struct RpoLimit {
  std::string name;  // "" for the whole
  Duration rpo{};
  Position where;
};

bool covers(const Component& component, const std::string& service) {
  return std::find(component.services.begin(), component.services.end(), service) != component.services.end();
}

/// What is stored there is nowhere else: not an index, a cache or a configuration, which can be had again. Those answer
/// for an RPO where a component says so alone.
bool keeps_the_only_copy(const std::string& service, const Target& target) {
  const ServiceSpec* spec = target.find_service(service);
  if (spec == nullptr) return false;
  for (const char* kind : {"sql", "stream", "files", "objects"}) {
    if (spec->kind == kind) return true;
  }
  return false;
}

/// The components that measure the service's data by themselves; where none does, the bids: the strictest of theirs.
std::vector<RpoLimit> limits_of(const std::string& service, const Spec& spec) {
  std::vector<RpoLimit> own;
  std::optional<RpoLimit> bids;
  const Objectives& objectives = spec.scenario.objectives;
  if (objectives.rpo && keeps_the_only_copy(service, spec.target))
    bids = RpoLimit{"", *objectives.rpo, place_of(spec, "objectives.rpo")};
  for (const Component& component : objectives.components) {
    if (!component.rpo || !covers(component, service)) continue;
    const Position where = place_of(spec, fmt::format("objectives.components.{}.rpo", component.name));
    const RpoLimit limit{component.name, *component.rpo, where};
    if (component.evidence != Component::Evidence::kBids) {
      own.push_back(limit);
    } else if (!bids || limit.rpo < bids->rpo) {
      bids = limit;
    }
  }
  if (own.empty() && bids) own.push_back(*bids);
  return own;
}

std::string spell_limit(const RpoLimit& limit) {
  return limit.name.empty() ? fmt::format("an RPO of {}", spell_duration(limit.rpo))
                            : fmt::format("an RPO of {} for {}", spell_duration(limit.rpo), limit.name);
}

/// Age at worst: just before the next one can be read.
Duration age_of(const BackupSpec& backup) { return backup.every + span_of(backup.takes).p95; }

const BackupSpec* freshest(const std::vector<const BackupSpec*>& backups) {
  const auto least = std::min_element(backups.begin(), backups.end(),
                                      [](const BackupSpec* a, const BackupSpec* b) { return age_of(*a) < age_of(*b); });
  return least == backups.end() ? nullptr : *least;
}

std::string spell_backup(const BackupSpec& backup) {
  const Duration takes = span_of(backup.takes).p95;
  return fmt::format("{}, one every {}{}", backup.name, spell_duration(backup.every),
                     takes > Duration::zero() ? fmt::format(" that takes up to {}", spell_duration(takes)) : "");
}

/// What `from:` may restore: a backup of that name, or the newest of all with the increments and the log.
std::vector<const BackupSpec*> restorable(const Call& restore, const ServiceSpec& service) {
  const std::string from = text_argument(restore, "from", "latest");
  std::vector<const BackupSpec*> backups;
  for (const BackupSpec& backup : service.backups) {
    if (from == "latest" || from == backup.name) backups.push_back(&backup);
  }
  return backups;
}

/// What is lost where the increments are not restored as well.
std::string spell_full_alone(const std::vector<const BackupSpec*>& backups, const BackupSpec& used) {
  if (used.kind == BackupSpec::Kind::kFull) return "";
  std::vector<const BackupSpec*> full;
  for (const BackupSpec* backup : backups) {
    if (backup->kind == BackupSpec::Kind::kFull) full.push_back(backup);
  }
  const BackupSpec* newest = freshest(full);
  return newest == nullptr ? "" : fmt::format(" ({} by {} alone)", spell_duration(age_of(*newest)), newest->name);
}

bool rarer_than(const ServiceSpec& service, Duration rpo) {
  return !service.backups.empty() && service.replication.empty() &&
         std::all_of(service.backups.begin(), service.backups.end(),
                     [&](const BackupSpec& backup) { return backup.every > rpo; });
}

/// Faults that take data away, not only what serves it.
std::vector<std::string> services_without_data(const Spec& spec) {
  static const std::set<std::string> kTakesData = {"bit_flip",    "truncate",     "misdirect",   "delete_file",
                                                   "restore_old", "corrupt_rows", "delete_rows", "lost_fsync"};
  std::vector<std::string> services;
  for (const FaultSpec& fault : spec.scenario.faults) {
    if (!kTakesData.contains(fault.kind.word)) continue;
    const std::string service = text_argument(fault.kind, "service");
    if (std::find(services.begin(), services.end(), service) == services.end()) services.push_back(service);
  }
  return services;
}

struct Restore {
  const Step* step = nullptr;
  Call call;
  int nested = 0;
};
std::vector<Restore> restores_of(const Spec& spec) {
  std::vector<Restore> restores;
  for (const AnyStep& any : all_steps(spec.scenario)) {
    if (!any.step->together.empty() || !any.step->options.empty()) continue;  // those inside come by themselves
    for (Call& effect : effects_of(*any.step)) {
      if (effect.word == "restore") restores.push_back({any.step, std::move(effect), any.nested});
    }
  }
  return restores;
}

void look_at(const Restore& restore, const Spec& spec, std::set<std::string>& seen, Findings& findings) {
  const ServiceSpec* service = spec.target.find_service(text_argument(restore.call, "service"));
  if (service == nullptr) return;
  const auto backups = restorable(restore.call, *service);
  const BackupSpec* backup = freshest(backups);
  if (backup == nullptr) return;  // a backup by its id: nobody knows how old
  for (const RpoLimit& limit : limits_of(service->name, spec)) {
    if (age_of(*backup) <= limit.rpo || rarer_than(*service, limit.rpo)) continue;
    if (!seen.insert(fmt::format("{}/{}/{}", limit.name, service->name, backup->name)).second) continue;
    const bool always = backup->every > limit.rpo;
    const char* nested = restore.nested == 0 ? "" : ", where the recovery falls back on it";
    findings.add(
        always ? Weight::kContradiction : Weight::kWarning, restore.step->where,
        fmt::format("\"{}\" restores {} from {}: up to {} are lost{}, against {}{}", restore.step->title, service->name,
                    spell_backup(*backup), spell_duration(age_of(*backup)), spell_full_alone(backups, *backup),
                    spell_limit(limit), nested),
        always ? "Restore with the log to a moment (restore with to:), back up more often, or promise less"
               : "Leave room for the time that a backup takes: until it is finished the one before is the newest");
  }
}

}  // namespace

/// No backup that the service has could keep the RPO.
void backups_rarer_than_rpo(const AuditSubject& subject, Findings& findings) {
  const Spec& spec = subject.spec;
  for (const std::string& name : services_without_data(spec)) {
    const ServiceSpec* service = spec.target.find_service(name);
    if (service == nullptr) continue;
    for (const RpoLimit& limit : limits_of(name, spec)) {
      if (!rarer_than(*service, limit.rpo)) continue;
      std::vector<std::string> all;
      for (const BackupSpec& backup : service->backups) {
        all.push_back(fmt::format("{} (every {})", backup.name, spell_duration(backup.every)));
      }
      findings.add(Weight::kContradiction, limit.where,
                   fmt::format("{}, and of {} there are only the backups {}, and no replica", spell_limit(limit), name,
                               plain_list(all)),
                   "Back up more often than the RPO, archive the log, replicate, or promise what the backups can keep");
    }
  }
}

/// What a step of the recovery restores is older than the RPO allows.
void restore_older_than_rpo(const AuditSubject& subject, Findings& findings) {
  std::set<std::string> seen;
  for (const Restore& restore : restores_of(subject.spec)) look_at(restore, subject.spec, seen, findings);
}

}  // namespace blackstart::audit_rule
