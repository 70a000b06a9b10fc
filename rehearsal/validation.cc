#include "rehearsal/validation.h"

#include "rehearsal/checks.h"
#include "rehearsal/conductor_limits.h"
#include "rehearsal/measurement.h"
#include "rehearsal/reconcile_check.h"
#include "rehearsal/recovery.h"
#include "rehearsal/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace blackstart {
namespace {

constexpr std::array<std::string_view, 7> kOfReadBack = {"lost",    "lost_after_fault", "rolled_back", "corrupted",
                                                         "phantom", "duplicated",       "resurrected"};

bool is_of_read_back(const Threshold& threshold) {
  return std::ranges::find(kOfReadBack, threshold.metric) != kOfReadBack.end();
}

/// Whether only the last read-back can answer it.
bool is_final(const ValidationCheck& check) {
  return (check.check && is_reconcile(*check.check)) || std::ranges::any_of(check.thresholds, is_of_read_back);
}

/// What the last read-back answers is asked before only to know whether there is more to do.
bool is_asked_under_traffic(const ValidationCheck& check) {
  if (!is_final(check)) return true;
  return check.check && (!is_reconcile(*check.check) || !check.otherwise.empty());
}

/// Whether the probe of a check that the read-back answers in part has failed under traffic.
bool failed_under_traffic(const DrillContext& drill, const ValidationCheck& check) {
  if (!check.check || is_reconcile(*check.check)) return false;
  const auto& events = drill.journal.events();
  const auto last = std::find_if(events.rbegin(), events.rend(), [&](const Event& event) {
    return event.type == "check.result" && event.body["of"] == "validation" && event.body["name"] == check.name;
  });
  return last == events.rend() || !last->body["passed"].get<bool>();
}

void record_result(DrillContext& drill, const ValidationCheck& check, const CheckAnswer& answer) {
  drill.record("check.result",
               {{"name", check.name}, {"of", "validation"}, {"passed", answer.passed}, {"detail", answer.detail}});
}

/// Adds what one threshold says to `answer`.
void judge_threshold(const Threshold& threshold, const Measurement& measurement, CheckAnswer& answer) {
  const auto value = threshold_value(threshold, measurement);
  const bool holds = value && threshold_holds(threshold, *value);
  if (!holds) answer.passed = false;
  if (!answer.detail.empty()) answer.detail += "; ";
  answer.detail += fmt::format("{}: {}", threshold.text, value ? threshold_text(threshold, *value) : "not measured");
}

CheckAnswer judge_thresholds(DrillContext& drill, const ValidationCheck& check) {
  const auto measured = measure(drill.plan.spec, drill.journal.events(), &drill.steady_sums);
  if (!measured) return {false, "the journal could not be measured: " + measured.error().to_string()};
  CheckAnswer answer{true, ""};
  for (const auto& threshold : check.thresholds) judge_threshold(threshold, *measured, answer);
  return answer;
}

/// A probe or state may need a moment after the recovery; a reconcile is looked at once.
Task<CheckAnswer> look_at(DrillContext* drill, const ValidationCheck* check) {
  CheckAnswer answer{true, ""};
  const Call& call = *check->check;
  const int looks = is_reconcile(call) || is_canary(call) ? 1 : limits::kValidationLooks;
  const Duration time = is_reconcile(call) ? limits::kReadBackProvisional
                        : is_canary(call)  ? canary_time(*drill, call)
                                           : limits::kCheckOnce;
  for (int look = 1; look <= looks; ++look) {
    Limit limit = drill->within(time);
    answer = co_await look_once(drill, *check->check, std::move(limit));
    if (answer.passed || look == looks) break;
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + limits::kCheckPause, drill->active());
    if (!woken) break;
  }
  co_return answer;
}

Task<CheckAnswer> answer_check(DrillContext* drill, const ValidationCheck* check) {
  CheckAnswer answer{true, ""};
  if (check->check) answer = co_await look_at(drill, check);
  if (answer.passed && !check->thresholds.empty() && !is_final(*check)) {
    const CheckAnswer thresholds = judge_thresholds(*drill, *check);
    answer.passed = thresholds.passed;
    answer.detail += (answer.detail.empty() ? "" : "; ") + thresholds.detail;
  }
  co_return answer;
}

/// One round over all checks; the first failed one that still has an alternative, or null.
Task<const ValidationCheck*> check_all(DrillContext* drill, const std::set<const ValidationCheck*>* used) {
  const ValidationCheck* to_mend = nullptr;
  for (const auto& check : drill->plan.spec.scenario.validation) {
    if (drill->ended()) co_return nullptr;
    const bool mendable = !check.otherwise.empty() && !used->contains(&check);
    if (!is_asked_under_traffic(check)) continue;
    const CheckAnswer answer = co_await answer_check(drill, &check);
    if (drill->ended()) co_return nullptr;
    record_result(*drill, check, answer);
    if (!answer.passed && mendable && !to_mend) to_mend = &check;
  }
  co_return to_mend;
}

Duration budget_of(const std::vector<Step>& steps) {
  Duration sum{};
  for (const auto& step : steps) sum += step.budget.value_or(Duration{}) + step.hold;
  return sum;
}

Task<bool> mend(DrillContext* drill, const ValidationCheck* check) {
  std::vector<const Step*> steps;
  for (const auto& step : check->otherwise) steps.push_back(&step);
  Limit limit = drill->within(budget_of(check->otherwise) + limits::kFurtherRecovery);
  const StepEnd end = co_await run_steps(drill, std::move(steps), std::move(limit));
  drill->watch.look_again(drill->now());
  co_return end.done;
}

/// After a further recovery: until service is restored and drained once more, or not in time.
Task<void> wait_until_drained(DrillContext* drill) {
  const Limit limit = drill->within(drill->plan.hold + limits::kFurtherRecovery);
  const Instant began = drill->now();
  while (drill->now() < limit.deadline && !drill->watch.drained() && !drill->watch.quiet_since(began)) {
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + limits::kPoll, limit.stop);
    if (!woken) co_return;
  }
}

}  // namespace

Task<void> validate_under_traffic(DrillContext* drill) {
  std::set<const ValidationCheck*> used;
  while (!drill->ended()) {
    const ValidationCheck* to_mend = co_await check_all(drill, &used);
    if (!to_mend) co_return;
    used.insert(to_mend);
    (void)co_await mend(drill, to_mend);
    co_await wait_until_drained(drill);
  }
}

void validate_read_back(DrillContext& drill, const ReadBackResult& read_back) {
  const Injection* first = drill.first_injection();
  for (const auto& check : drill.plan.spec.scenario.validation) {
    if (!is_final(check)) continue;
    CheckAnswer answer{!failed_under_traffic(drill, check), ""};
    if (!answer.passed) answer.detail = "its probe did not pass under traffic";
    if (check.check && is_reconcile(*check.check)) {
      const auto held =
          reconcile_holds(read_back, drill.plan.spec.scenario.objectives.rpo, first ? first->acted : kNever);
      answer = {held.passed, held.detail};
    }
    if (!check.thresholds.empty()) {
      const CheckAnswer thresholds = judge_thresholds(drill, check);
      answer.passed = answer.passed && thresholds.passed;
      answer.detail += (answer.detail.empty() ? "" : "; ") + thresholds.detail;
    }
    record_result(drill, check, answer);
  }
}

}  // namespace blackstart
