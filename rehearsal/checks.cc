#include "rehearsal/checks.h"

#include "base/units.h"
#include "rehearsal/conductor_limits.h"
#include "rehearsal/events.h"
#include "rehearsal/reconcile_check.h"
#include "scenarios/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace blackstart {
namespace {

constexpr std::array<std::string_view, 8> kProbes = {"http", "tcp",   "exec",  "process",
                                                     "sql",  "redis", "kafka", "metric"};

bool is_probe(const Call& check) { return std::ranges::find(kProbes, check.word) != kProbes.end(); }

Instant first_fault(const DrillContext& drill) {
  const Injection* first = drill.first_injection();
  return first ? first->acted : kNever;
}

ReadBackRequest provisional_request(const DrillContext& drill, const Call& check) {
  ReadBackRequest request = drill.read_back_request();
  request.passes = 1;
  const bool to_fault = text_argument(check, "up_to") == "fault" && first_fault(drill) != kNever;
  request.acknowledged_before = to_fault ? first_fault(drill) : drill.now();
  return request;
}

Task<CheckAnswer> reconcile_now(DrillContext* drill, Call check, Limit limit) {
  limit.deadline = std::min(limit.deadline, drill->now() + limits::kReadBackProvisional);
  ReadBackRequest request = provisional_request(*drill, check);
  auto result = co_await drill->world.read_back(std::move(request), std::move(limit));
  if (!result) co_return CheckAnswer{false, "the bids could not be read back: " + result.error().to_string()};
  Json body = to_json(*result);
  body["provisional"] = true;
  drill->record("read_back.finished", std::move(body));
  const auto answer = reconcile_holds(*result, drill->plan.spec.scenario.objectives.rpo, first_fault(*drill));
  co_return CheckAnswer{answer.passed, "provisional: " + answer.detail};
}

std::uint64_t records_of(const Call& check) {
  return static_cast<std::uint64_t>(std::max(1.0, number_argument(check, "count", 1)));
}

Task<CheckAnswer> look_at_canary(DrillContext* drill, Call check, Duration hold, Limit limit) {
  std::string name = text_argument(check, "canary");
  const auto answer = co_await wait_for_canary(drill, std::move(name), records_of(check), hold, std::move(limit));
  co_return CheckAnswer{answer.passed, answer.detail};
}

/// When to look again at what does not hold: the last look leaves an answer some time. Empty: not before `deadline`.
std::optional<Instant> next_look(Instant now, Instant deadline) {
  const Instant last = deadline - limits::kCheckLast;
  if (now >= last) return std::nullopt;
  return std::min(now + limits::kCheckPause, last);
}

}  // namespace

bool is_reconcile(const Call& check) { return check.word == "reconcile"; }

bool is_canary(const Call& check) { return check.word == "canary"; }

Duration canary_time(const DrillContext& drill, const Call& check) {
  const std::string name = text_argument(check, "canary");
  for (const Canary& canary : drill.plan.spec.scenario.canaries)
    if (canary.name == name)
      return (static_cast<std::int64_t>(records_of(check)) + 1) * canary.every + canary.within + limits::kCheckOnce;
  return limits::kCheckOnce;
}

Task<CheckAnswer> look_once(DrillContext* drill, Call check, Limit limit) {
  if (is_reconcile(check)) co_return co_await reconcile_now(drill, std::move(check), std::move(limit));
  if (is_canary(check)) co_return co_await look_at_canary(drill, std::move(check), Duration{}, std::move(limit));
  limit.deadline = std::min(limit.deadline, drill->now() + limits::kCheckOnce);
  const bool probe = is_probe(check);
  Result<Observation> seen = fail(ErrorCode::kInternal, "");
  if (probe)
    seen = co_await drill->world.probe(check, std::move(limit));
  else
    seen = co_await drill->world.check(check, std::move(limit));
  if (!seen) co_return CheckAnswer{false, seen.error().to_string()};
  co_return CheckAnswer{seen->ok, seen->detail};
}

Task<CheckAnswer> look_until_holds(DrillContext* drill, Call check, Duration hold, Limit limit) {
  if (is_reconcile(check)) co_return co_await reconcile_now(drill, std::move(check), std::move(limit));
  if (is_canary(check)) co_return co_await look_at_canary(drill, std::move(check), hold, std::move(limit));
  const Instant began = drill->now();
  std::optional<Instant> holds_since;
  while (true) {
    const Instant looked = drill->now();
    CheckAnswer answer = co_await look_once(drill, check, limit);
    if (!answer.passed) holds_since.reset();
    if (answer.passed && !holds_since) holds_since = looked;
    if (answer.passed && drill->now() - *holds_since >= hold) co_return answer;
    const auto next = next_look(drill->now(), limit.deadline);
    const auto woken = co_await drill->world.clock().sleep_until(next.value_or(limit.deadline), limit.stop);
    if (next && woken) continue;
    answer.passed = false;
    answer.detail =
        fmt::format("{} within {}; last seen: {}", holds_since ? "did not hold long enough" : "did not hold",
                    human_duration(drill->now() - began), answer.detail);
    co_return answer;
  }
}

}  // namespace blackstart
