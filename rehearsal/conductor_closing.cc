// The closing part of a drill: from lifting the acting faults to the end. Nothing here can be cut short but the
// read-back.

#include "rehearsal/conductor_faults.h"
#include "rehearsal/conductor_limits.h"
#include "rehearsal/conductor_phases.h"
#include "rehearsal/events.h"
#include "rehearsal/linked_stop.h"
#include "rehearsal/protection.h"
#include "rehearsal/recovery.h"
#include "rehearsal/stop_conditions.h"
#include "rehearsal/validation.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

namespace blackstart {
namespace {

/// Ends the traffic and settles every attempt; why that failed, or an empty text.
Task<std::string> settle(DrillContext* drill) {
  drill->enter("settle");
  const Duration longest = limits::kStopTraffic + drill->plan.spec.scenario.load.bids.timeout;
  Limit limit = drill->surely_within(longest);
  auto end = co_await drill->world.stop(std::move(limit));
  if (!end) {  // it is idempotent, and the read-back counts only after it
    Limit again = drill->surely_within(longest);
    end = co_await drill->world.stop(std::move(again));
  }
  drill->traffic_ended = true;
  if (!end) co_return "traffic could not be ended: " + end.error().to_string();
  drill->record("generator.measured", to_json(*end));
  co_return std::string{};
}

/// Whether there was anything to tell: not before it has begun, and never where the world does not say.
bool tell_progress(DrillContext& drill, const ReadBackProgress& progress, std::optional<Instant> cut_at) {
  const int pass = progress.pass;
  if (pass == 0) return false;
  drill.record("read_back.progress",
               {{"pass", pass}, {"read", progress.read.load()}, {"cut_at_ns", instant_json(cut_at.value_or(kNever))}});
  return true;
}

/// Tells how far the read-back has come, and fires `cut` some time after a person has asked to stop; sooner after a
/// second wish.
Task<void> attend(DrillContext* drill, StopWishes wishes, std::shared_ptr<ReadBackProgress> progress, LinkedStop* cut,
                  std::stop_token read) {
  std::optional<Instant> deadline;
  bool hurried = false;
  Instant tell_at = drill->now() + limits::kReadBackTold;
  while (!deadline || drill->now() < *deadline) {
    if (!deadline && (wishes.stop.stop_requested() || drill->ended())) {
      tell_at = drill->now();
      deadline = tell_at + limits::kReadBackStopped;
    }
    if (!hurried && wishes.hurry.stop_requested()) {
      hurried = true;
      tell_at = drill->now();
      deadline = tell_at + limits::kReadBackHurried;
    }
    if (drill->now() >= tell_at && tell_progress(*drill, *progress, deadline))
      tell_at = drill->now() + limits::kReadBackTold;
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + limits::kPoll, read);
    if (!woken) co_return;
  }
  cut->request();
}

Task<void> read_all(DrillContext* drill, std::shared_ptr<ReadBackProgress> progress, std::stop_token cut,
                    LinkedStop* read, Result<ReadBackResult>* result) {
  Limit limit{drill->now() + limits::kReadBack, cut};
  ReadBackRequest request = drill->read_back_request();
  request.progress = std::move(progress);
  *result = co_await drill->world.read_back(std::move(request), std::move(limit));
  read->request();
}

std::string why_unread(const Error& error) {
  return error.code == ErrorCode::kCancelled ? "it was cut short because the drill was stopped" : error.to_string();
}

/// Reads everything back and journals it, with the checks that it answers. `unsettled` says why it cannot count.
Task<void> read_back(DrillContext* drill, StopWishes wishes, std::string unsettled) {
  drill->enter("read back");
  Result<ReadBackResult> result = fail(ErrorCode::kFailed, unsettled);
  if (unsettled.empty()) {
    LinkedStop cut{std::stop_token{}}, read{std::stop_token{}};
    const auto progress = std::make_shared<ReadBackProgress>();
    TaskGroup group;
    group.spawn(attend(drill, wishes, progress, &cut, read.token()));
    group.spawn(read_all(drill, progress, cut.token(), &read, &result));
    co_await group.join();
  }
  if (!result) {
    ReadBackResult incomplete;
    incomplete.why_incomplete = why_unread(result.error());
    result = incomplete;
  }
  Json body = to_json(*result);
  body["provisional"] = false;
  drill->record("read_back.finished", std::move(body));
  validate_read_back(*drill, *result);
}

/// Without a journal nothing is measured any more: everything is healed as fast as it can be.
bool measures(const DrillContext& drill) { return !drill.journal_error(); }

/// Steps after the end mostly bring redundancy back. They may take hours: stop conditions go on to hold.
Task<void> finish_recovery(DrillContext* drill) {
  LinkedStop scope(drill->active());
  ProtectionWatch protection(*drill);
  TaskGroup group;
  group.spawn(protection.run(scope.token()));
  group.spawn(watch_stop_conditions(drill, scope.token()));
  co_await run_steps_after_end(drill);
  scope.request();
  co_await group.join();
  co_await protection.look_last();  // the last step ends between two looks
}

Task<void> close_traffic(DrillContext* drill, StopWishes wishes) {
  std::string unsettled = co_await settle(drill);
  if (!measures(*drill)) co_return;
  if (drill->base && !drill->plan.dry) co_await finish_recovery(drill);
  if (measures(*drill)) co_await finish_canaries(drill);
  if (measures(*drill)) co_await read_back(drill, std::move(wishes), std::move(unsettled));
}

void record_judgement(DrillContext& drill, const Judgement& judgement) {
  drill.record("objective.judged", {{"name", judgement.name},
                                    {"group", judgement.group},
                                    {"target", judgement.target},
                                    {"achieved", judgement.achieved},
                                    {"uncertainty", judgement.uncertainty},
                                    {"verdict", to_string(judgement.outcome)},
                                    {"counts", judgement.counts},
                                    {"reached", judgement.reached},
                                    {"why", judgement.why},
                                    {"evidence", judgement.evidence}});
}

/// Measures, judges and journals the verdict; after it, nothing that happens changes what was measured.
Verdict judge_drill(DrillContext& drill) {
  drill.enter("verdict");
  Verdict verdict;
  auto measured = measure(drill.plan.spec, drill.journal.events(), &drill.steady_sums);
  if (measured) {
    if (drill.ending() == Ending::kTarget || drill.ending() == Ending::kInternal)
      measured->abort_reason = drill.reason();
    verdict = judge(drill.plan.spec, *measured);
  } else {
    drill.end(Ending::kInternal, "the journal could not be measured: " + measured.error().to_string());
    verdict.reasons = {drill.reason()};
  }
  for (const auto& judgement : verdict.judgements) record_judgement(drill, judgement);
  drill.record("drill.judged", {{"verdict", to_string(verdict.outcome)}, {"reasons", verdict.reasons}});
  drill.judged();
  (void)drill.journal.sync();  // a full disk shows at the next append; the drill goes on healing in any case
  return verdict;
}

Residue unhealed(const FaultState& fault) {
  return {fmt::format("fault \"{}\" ({}) has no proof of healing: {}", fault.planned.spec.name,
                      fault.planned.spec.kind.word, fault.heal_problem),
          "blackstart recover"};
}

Task<std::vector<Residue>> look_for_residues(DrillContext* drill) {
  std::vector<Residue> residues;
  for (const auto& fault : drill->faults)
    if (fault.begun && !fault.healed) residues.push_back(unhealed(fault));
  Limit limit = drill->surely_within(limits::kResidues);
  const auto found = co_await drill->world.residues(std::move(limit));
  if (found)
    residues.insert(residues.end(), found->begin(), found->end());
  else
    residues.push_back({"what the drill may have left behind could not be looked for: " + found.error().to_string(),
                        "blackstart recover"});
  co_return residues;
}

Task<void> tear_down(DrillContext* drill, std::vector<Residue>* residues) {
  drill->enter("tear down");
  Limit limit = drill->surely_within(limits::kTearDown);
  auto down = co_await drill->world.tear_down(std::move(limit));
  if (!down) {
    Limit again = drill->surely_within(limits::kTearDown);
    down = co_await drill->world.tear_down(std::move(again));
  }
  if (!down)
    residues->push_back({"the target could not be torn down: " + down.error().to_string(), "blackstart recover"});
}

}  // namespace

Task<Closing> play_closing_part(DrillContext* drill, StopWishes wishes) {
  Closing closing;
  if (drill->traffic_started) {
    drill->enter("lift");
    co_await heal_faults(drill, HealWhich::kActing);
    co_await close_traffic(drill, std::move(wishes));
  }
  if (measures(*drill)) closing.verdict = judge_drill(*drill);
  drill->enter("undo");
  co_await heal_faults(drill, HealWhich::kAll);
  closing.residues = co_await look_for_residues(drill);
  if (drill->target_up) co_await tear_down(drill, &closing.residues);
  co_return closing;
}

}  // namespace blackstart
