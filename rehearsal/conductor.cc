#include "rehearsal/conductor.h"

#include "base/check.h"
#include "base/hash.h"
#include "rehearsal/conductor_context.h"
#include "rehearsal/conductor_phases.h"

#include <fmt/format.h>

#include <functional>

namespace blackstart {
namespace {

constexpr int kExitMissed = 1;
constexpr int kExitStopped = 3;
constexpr int kExitResidues = 4;
constexpr int kExitInconclusive = 2;
constexpr int kExitInternal = 255;

Json plan_json(const Plan& plan) {
  Json faults = Json::array();
  for (const auto& fault : plan.faults) {
    faults.push_back({{"id", fault.id},
                      {"name", fault.spec.name},
                      {"kind", fault.spec.kind.word},
                      {"class", fault.spec.fault_class == FaultClass::kDamage ? "damage" : "acting"},
                      {"at_ns", to_ns(fault.spec.at)}});
    if (const auto& before = fault.spec.before) {
      faults.back()["at_ns"] = nullptr;  // known at the end of steady state
      faults.back()["before"] = before->service + ".backups." + before->backup;
      faults.back()["by_ns"] = to_ns(before->by);
    }
  }
  return {{"hold_ns", to_ns(plan.hold)},
          {"bin_ns", to_ns(plan.bin_length)},
          {"observe_ns", to_ns(plan.observe)},
          {"steady_length_ns", to_ns(plan.steady_length)},
          {"steady_within_ns", to_ns(plan.steady_within)},
          {"dry", plan.dry},
          {"faults", std::move(faults)}};
}

void record_start(DrillContext& drill, const DrillFacts& facts) {
  const Spec& spec = drill.plan.spec;
  Json body = {{"journal", 1},
               {"tool", {{"version", facts.tool_version}, {"sha256", facts.tool_sha256}}},
               {"drill", {{"id", drill.plan.drill_id}, {"scenario", spec.scenario.name}, {"target", spec.target.name}}},
               {"seed", drill.plan.seed}};
  if (!facts.host.empty()) body["host"] = facts.host;
  body["world"] = drill.world.name();
  body["driver"] = drill.world.driver();
  body["arguments"] = facts.arguments.is_null() ? Json::object() : facts.arguments;
  if (facts.describes) {
    Json scenario = to_json(spec.scenario.resolved), target = to_json(spec.target.resolved);
    body["scenario_sha256"] = sha256_hex(scenario.dump());
    body["target_sha256"] = sha256_hex(target.dump());
    body["scenario"] = std::move(scenario);
    body["target"] = std::move(target);
  }
  body["plan"] = plan_json(drill.plan);
  drill.record("drill.started", std::move(body));
  if (facts.prediction.is_object()) drill.record("prediction.made", facts.prediction);
}

int exit_code_of(const DrillContext& drill, const Closing& closing) {
  if (!closing.residues.empty()) return kExitResidues;
  switch (drill.ending()) {
    case Ending::kInternal:
      return kExitInternal;
    case Ending::kPerson:
    case Ending::kCondition:
      return kExitStopped;
    case Ending::kTarget:
      return closing.verdict.outcome == Outcome::kFail ? kExitMissed : kExitInconclusive;
    case Ending::kComplete:
      break;
  }
  return drill.journal_error() ? kExitInternal : closing.verdict.exit_code;
}

/// What ended the drill by mistake, for drill.finished; null where nothing did.
Json error_json(const DrillContext& drill) {
  if (drill.ending() == Ending::kTarget || drill.ending() == Ending::kInternal) return drill.reason();
  if (drill.journal_error()) return drill.journal_error()->to_string();
  return nullptr;
}

/// Where chance ended, in sixteen digits a stream: a number of JSON's readers holds 53 bits.
void record_random(DrillContext& drill) {
  Json next = Json::object();
  for (const auto& [stream, draw] : drill.world.next_draws()) next[stream] = fmt::format("{:016x}", draw);
  if (!next.empty()) drill.record("random.finished", {{"next", std::move(next)}});
}

void record_end(DrillContext& drill, const Closing& closing) {
  Json residues = Json::array();
  for (const auto& residue : closing.residues)
    residues.push_back({{"what", residue.what}, {"how_to_heal", residue.how_to_heal}});
  drill.record(
      "drill.finished",
      {{"exit_code", exit_code_of(drill, closing)}, {"residues", std::move(residues)}, {"error", error_json(drill)}});
}

}  // namespace

Task<Result<DrillResult>> conduct(const Plan& plan, World& world, JournalWriter& journal, People* people,
                                  DrillFacts facts, std::stop_token stop, std::stop_token hurry) {
  note_check_seed(plan.seed);
  DrillContext drill(plan, world, journal, people);
  record_start(drill, facts);
  const std::function<void()> end_by_person = [&drill] { drill.end(Ending::kPerson, "a person stopped the drill"); };
  const std::stop_callback<std::function<void()>> on_stop(stop, end_by_person);
  if (!drill.ended()) co_await play_active_part(&drill);
  StopWishes wishes{stop, hurry};
  const Closing closing = co_await play_closing_part(&drill, std::move(wishes));
  record_random(drill);
  record_end(drill, closing);
  if (const auto synced = journal.sync(); !synced && !drill.journal_error()) co_return synced.error();
  const int exit_code = exit_code_of(drill, closing);
  if (drill.journal_error() && exit_code != kExitResidues) co_return *drill.journal_error();
  DrillResult result{closing.verdict, exit_code, std::move(drill.steady_sums)};
  result.verdict.exit_code = exit_code;
  co_return result;
}

}  // namespace blackstart
