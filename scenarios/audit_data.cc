// Rules of audit() about data: what can be lost, and who would notice.

#include "base/text.h"
#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

using Weight = Finding::Weight;

/// How old the newest of a service's backups may be that `from` names: "latest" takes the log and the increments too.
struct Staleness {
  Duration most{};
  const BackupSpec* backup = nullptr;
};

std::optional<Staleness> staleness(const ServiceSpec& service, const std::string& from) {
  std::optional<Staleness> best;
  const bool named = std::ranges::any_of(service.backups, [&](const auto& backup) { return backup.name == from; });
  for (const BackupSpec& backup : service.backups) {
    if (named && backup.name != from) continue;
    const Duration takes = backup.takes.form == Distribution::Form::kUniform ? backup.takes.second : backup.takes.first;
    const Staleness one{backup.every + takes, &backup};
    if (!best || one.most < best->most) best = one;
  }
  return best;
}

/// An RPO, and the services whose data it is about.
struct DataObjective {
  Duration rpo{};
  std::string component;
  std::vector<std::string> services;
};

std::vector<DataObjective> data_objectives(const Spec& spec) {
  std::vector<DataObjective> all;
  const Objectives& objectives = spec.scenario.objectives;
  if (objectives.rpo) all.push_back({*objectives.rpo, "", services_of_bids(spec.target)});
  for (const Component& component : objectives.components) {
    if (!component.rpo) continue;
    const bool of_bids = component.evidence == Component::Evidence::kBids;
    all.push_back({*component.rpo, component.name, of_bids ? services_of_bids(spec.target) : component.services});
  }
  return all;
}

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::ranges::find(list, word) != list.end();
}

/// Members that hold the same data elsewhere, which a promotion may save.
bool has_copies(const ServiceSpec& service) { return !service.replication.empty() || service.kind == "stream"; }

/// A restore that a step does: of which service, from which backup.
struct Restore {
  const FlatStep* at;
  std::string service, from;
};

std::vector<Restore> restores(const std::vector<FlatStep>& steps) {
  std::vector<Restore> all;
  for (const FlatStep& flat : steps) {
    const auto effect = effect_of_step(*flat.step);
    if (effect && effect->word == "restore")
      all.push_back({&flat, text_argument(*effect, "service"), text_argument(*effect, "from", "latest")});
  }
  return all;
}

std::string which(const Staleness& stale) {
  return fmt::format("{} backups every {}", stale.backup->name, spell_duration(stale.backup->every));
}

void audit_restore(const AuditInput& input, const Restore& restore, const DataObjective& objective,
                   Findings& findings) {
  const ServiceSpec* service = input.spec.target.find_service(restore.service);
  if (service == nullptr || !contains(objective.services, restore.service)) return;
  const auto stale = staleness(*service, restore.from);
  if (!stale || stale->most <= objective.rpo) return;
  findings.push_back(
      {restore.at->depth == 0 ? Weight::kContradiction : Weight::kWarning, "",
       fmt::format("step \"{}\" restores {} from {} ({}): up to {} old, against {}", restore.at->step->title,
                   restore.service, restore.from, which(*stale), human_duration(stale->most),
                   spell_objective("RPO", objective.rpo, objective.component)),
       "back up more often, archive the log, or state the RPO that the backups can hold", restore.at->step->where});
}

/// A component whose services have nothing but backups, and these are too rare, whatever the recovery does.
void audit_component(const AuditInput& input, const std::vector<Restore>& done, const DataObjective& objective,
                     Findings& findings) {
  for (const std::string& name : objective.services) {
    const ServiceSpec* service = input.spec.target.find_service(name);
    if (service == nullptr || service->backups.empty() || has_copies(*service)) continue;
    if (std::ranges::any_of(done, [&](const Restore& restore) { return restore.service == name; })) continue;
    const auto stale = staleness(*service, "latest");
    if (!stale || stale->most <= objective.rpo) continue;
    findings.push_back(
        {Weight::kWarning, "",
         fmt::format("{} has only {}: up to {} old, against {}", name, which(*stale), human_duration(stale->most),
                     spell_objective("RPO", objective.rpo, objective.component)),
         "back up more often, or replicate", service->where});
  }
}

}  // namespace

void audit_backups(const AuditInput& input, Findings& findings) {
  const auto steps = flat_steps(input.spec.scenario);
  const auto done = restores(steps);
  for (const DataObjective& objective : data_objectives(input.spec)) {
    for (const Restore& restore : done) audit_restore(input, restore, objective, findings);
    if (!objective.component.empty()) audit_component(input, done, objective, findings);
  }
}

void audit_evidence(const AuditInput& input, Findings& findings) {
  const Target& target = input.spec.target;
  const Objectives& objectives = input.spec.scenario.objectives;
  const bool reads_back = target.load.protocol_bids || target.load.read_back != LoadMapping::ReadBackKind::kNone;
  if (objectives.rpo && !reads_back)
    findings.push_back({Weight::kContradiction, "",
                        fmt::format("{}, and the target has no read_back: nobody can tell what was lost",
                                    spell_objective("RPO", *objectives.rpo, "")),
                        "give the target's load a read_back (docs/targets.md)",
                        input.spec.scenario.faults.front().where});
  const auto reached = services_of_bids(target);
  for (const Component& component : objectives.components) {
    if (component.evidence != Component::Evidence::kBids) continue;
    std::vector<std::string> unseen;
    for (const std::string& service : component.services)
      if (!contains(reached, service)) unseen.push_back(service);
    if (unseen.empty()) continue;
    findings.push_back(
        {Weight::kWarning, "",
         fmt::format("{} is measured from the bids, and no bid passes through {}", component.name, join(unseen, ", ")),
         "give the component a canary or a probe as evidence, or cover what bids touch", component.where});
  }
}

void audit_validation(const AuditInput& input, Findings& findings) {
  const Scenario& scenario = input.spec.scenario;
  if (!scenario.objectives.rpo) return;
  const auto looks = [](const std::optional<Call>& check) {
    return check &&
           (check->word == "reconcile" || check->word == "sql" || check->word == "exec" || check->word == "canary");
  };
  const auto steps = flat_steps(scenario);
  if (std::ranges::any_of(scenario.validation, [&](const auto& check) { return looks(check.check); }) ||
      std::ranges::any_of(steps, [&](const FlatStep& flat) { return looks(flat.step->check); }))
    return;
  findings.push_back(
      {Weight::kWarning, "",
       fmt::format("{}, and neither a step nor a validation looks at the data before service is declared good",
                   spell_objective("RPO", *scenario.objectives.rpo, "")),
       "add a validation {check: {reconcile: bids}}", scenario.faults.front().where});
}

}  // namespace blackstart
