// The order of the steps, and what they leave undone.

#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace blackstart::audit_rule {
namespace {

using Weight = Finding::Weight;

bool preserves_evidence(const Step& step) { return contains_any(lower(step.title), {"evidence", "forensic"}); }

std::string command_of(const Step& step) {
  return step.action && step.action->word == "run" ? text_argument(*step.action, "") : "";
}

/// What an investigator would no longer find; "" for nothing.
std::string destroyed_by(const Step& step) {
  const std::string command = lower(command_of(step));
  if (contains_any(command, {"flushall", "flushdb"})) return "flushes what is kept in memory";
  for (const Call& effect : effects_of(step)) {
    if (effect.word == "scale" && text_argument(effect, "to") == "0") return "ends the processes and their logs";
    if (effect.word == "stop" || effect.word == "restart") return "ends the processes and their logs";
    if (effect.word == "rotate") return "ends what the intruder's credentials still open";
    if (effect.word == "restore" || effect.word == "rebuild") return "writes over the data";
    if (effect.word == "rollback") return "replaces what ran";
  }
  return "";
}

bool leaks(const Scenario& scenario) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(),
                     [](const FaultSpec& fault) { return fault.kind.word == "leak_credentials"; });
}

/// Everything that a service needs, near or far.
std::set<std::string> needs_of(const std::string& name, const Target& target) {
  std::set<std::string> all;
  std::vector<std::string> open = {name};
  while (!open.empty()) {
    const ServiceSpec* service = target.find_service(open.back());
    open.pop_back();
    if (service == nullptr) continue;
    for (const std::string& need : service->needs) {
      if (all.insert(need).second) open.push_back(need);
    }
  }
  return all;
}

bool starts(const Call& effect) {
  if (effect.word == "scale") return text_argument(effect, "to") != "0";
  return effect.word == "start" || effect.word == "restart" || effect.word == "admit";
}

/// Actions after which a fault of a kind is gone, if they act on its service; empty: not ours to judge.
std::vector<std::string> undone_by(const std::string& kind) {
  if (kind == "kill") return {"start", "restart", "scale", "promote", "failover", "rebuild", "restore", "rollback"};
  if (kind == "crash_loop")
    return {"start", "restart", "scale", "promote", "failover", "rebuild", "restore", "rollback"};
  if (kind == "delete_rows" || kind == "corrupt_rows") return {"restore", "replay", "warm"};
  if (kind == "delete_file" || kind == "truncate" || kind == "bit_flip" || kind == "misdirect" ||
      kind == "restore_old") {
    return {"restore", "rebuild", "replay", "warm", "promote", "failover"};
  }
  if (kind == "bad_deploy" || kind == "bad_config") return {"rollback"};
  return {};
}

/// Credentials are rotated by their name.
bool is_undone(const FaultSpec& fault, const std::vector<Call>& effects, const Target& target) {
  if (fault.kind.word == "leak_credentials") {
    const std::string which = text_argument(fault.kind, "which");
    return std::any_of(effects.begin(), effects.end(), [&](const Call& effect) {
      return effect.word == "rotate" && text_argument(effect, "credential") == which;
    });
  }
  const auto words = undone_by(fault.kind.word);
  const std::string service = text_argument(fault.kind, "service");
  if (words.empty() || service.empty()) return true;
  return std::any_of(effects.begin(), effects.end(), [&](const Call& effect) {
    if (std::find(words.begin(), words.end(), effect.word) == words.end() || !brings_back(effect)) return false;
    return acts_on(effect, {service}, target);
  });
}

int standbys_of(const ServiceSpec& service) {
  int standbys = 0;
  for (const RoleCount& one : service.roles) standbys += one.role == service.roles.front().role ? 0 : one.count;
  return standbys;
}

/// The step that promotes the last standby of `service` without another being rebuilt before the end; null: none does.
const Step* takes_the_last_standby(const Spec& spec, const std::string& service) {
  const Step* taken = nullptr;
  for (const PathStep& part : longest_path(spec, 0)) {
    for (const Call& effect : effects_of(*part.step)) {
      if (!acts_on(effect, {service}, spec.target)) continue;
      if (effect.word == "promote" || effect.word == "failover") taken = part.step;
      if (effect.word == "rebuild") taken = nullptr;
    }
  }
  return taken;
}

}  // namespace

void evidence_destroyed(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  if (!scenario.recovery) return;
  std::vector<std::string> destroyed;
  Position first;
  const Step* preserving = nullptr;
  for (const PathStep& part : longest_path(subject.spec, 0)) {
    if (preserves_evidence(*part.step)) {
      preserving = part.step;
      break;
    }
    const std::string how = destroyed_by(*part.step);
    if (how.empty()) continue;
    if (destroyed.empty()) first = part.step->where;
    destroyed.push_back(fmt::format("\"{}\" {}", part.step->title, how));
  }
  if (preserving != nullptr && !destroyed.empty()) {
    findings.add(Weight::kContradiction, first,
                 fmt::format("before \"{}\": {}", preserving->title, plain_list(destroyed)),
                 "Cut the system off first (isolate), then preserve evidence, then stop, rotate and flush");
  } else if (preserving == nullptr && leaks(scenario)) {
    findings.add(Weight::kWarning, place_of(subject.spec, "recovery.steps"),
                 "credentials have leaked, and no step preserves evidence", "Add the step, before anything is stopped");
  }
}

void started_before_restored(const AuditSubject& subject, Findings& findings) {
  const Target& target = subject.spec.target;
  struct Started {
    std::string service;
    const Step* step;
  };
  std::vector<Started> started;
  std::set<std::string> told;
  for (const PathStep& part : longest_path(subject.spec, 1)) {
    const auto effects = effects_of(*part.step);
    for (const Call& effect : effects) {
      if (effect.word != "restore") continue;
      const std::string restored = text_argument(effect, "service");
      for (const Started& each : started) {
        if (!needs_of(each.service, target).contains(restored)) continue;
        if (!told.insert(each.service + "/" + restored).second) continue;
        findings.add(
            Weight::kWarning, part.step->where,
            fmt::format("\"{}\" starts {} before \"{}\" restores {}, which it needs: it works on what the restore "
                        "replaces",
                        each.step->title, each.service, part.step->title, restored),
            "Restore first, then start what works on the data");
      }
    }
    for (const Call& effect : effects) {
      if (!starts(effect)) continue;
      for (const std::string& service : services_of(effect, target)) started.push_back({service, part.step});
    }
  }
}

void left_alone(const AuditSubject& subject, Findings& findings) {
  for (const ServiceSpec& service : subject.spec.target.services) {
    if (service.replication != "sync" || service.roles.empty()) continue;
    const int standbys = standbys_of(service);
    if (standbys == 0)
      findings.add(Weight::kContradiction, service.where,
                   service.name + " is replicated synchronously, and has no standby: it takes nothing",
                   "Give it a standby (roles: {primary: 1, standby: 1}), or replication: async");
    const Step* const taken = standbys == 1 ? takes_the_last_standby(subject.spec, service.name) : nullptr;
    if (taken == nullptr) continue;
    findings.add(Weight::kContradiction, taken->where,
                 fmt::format("\"{}\" takes the one standby of {}, which is replicated synchronously, and no step "
                             "within the outage rebuilds another: it takes nothing until then",
                             taken->title, service.name),
                 "Rebuild a standby before users come back (not after: end), or have two of them");
  }
}

void fault_not_undone(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  if (!scenario.recovery) return;
  std::vector<Call> effects;
  for (const AnyStep& any : all_steps(scenario)) {
    if (is_opaque(*any.step)) return;  // it may be what undoes it
    for (Call& effect : effects_of(*any.step)) effects.push_back(std::move(effect));
  }
  for (const FaultSpec& fault : scenario.faults) {
    if (fault.end != FaultEnd::kRecovered || is_undone(fault, effects, subject.spec.target)) continue;
    const std::string service = text_argument(fault.kind, "service");
    findings.add(Weight::kWarning, fault.where,
                 fmt::format("\"{}\" ({}{}) lasts until the recovery ends it, and no step does", fault.name,
                             fault.kind.word, service.empty() ? "" : " of " + service),
                 "Add the step that brings it back, or say that it stays (until: end)");
  }
}

}  // namespace blackstart::audit_rule
