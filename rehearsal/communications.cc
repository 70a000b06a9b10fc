#include "rehearsal/communications.h"

#include "base/units.h"
#include "rehearsal/conductor_limits.h"
#include "rehearsal/drill_variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace blackstart {
namespace {

bool is_known(const DrillContext& drill) {
  return drill.detected || (drill.plan.spec.scenario.detection.empty() && drill.first_injection());
}

std::string text_of(const DrillContext& drill, const Communication& communication) {
  if (!communication.message.empty()) return drill.fill(communication.message);
  const Duration outage = drill.watch.outage(drill.now());
  if (drill.watch.restored()) return fmt::format("{}: restored", drill.plan.spec.scenario.title);
  return fmt::format("{}: {}", drill.plan.spec.scenario.title,
                     outage > Duration{} ? "failing for " + human_duration(outage) : "no bids fail so far");
}

/// Why a message did not go out: what was tried, and that the drill does not wait for whoever does not answer.
std::string why_undelivered(const Error& error, std::stop_token scope) {
  if (!scope.stop_requested()) return error.to_string();
  return "it was still on its way when the observation ended: " + error.to_string();
}

Task<void> send(DrillContext* drill, std::size_t index, std::optional<Instant> due, std::stop_token scope) {
  const Communication& communication = drill->plan.spec.scenario.communications[index];
  const std::string text = text_of(*drill, communication);
  Status delivered = fail(ErrorCode::kInternal, "");
  for (int tries = 0; !delivered && tries < limits::kNotifyTries && !scope.stop_requested(); ++tries) {
    Communication copy = communication;
    Limit limit{drill->now() + limits::kNotify, scope};
    delivered = co_await drill->world.notify(std::move(copy), text, std::move(limit));
    if (!delivered && tries + 1 < limits::kNotifyTries)
      (void)co_await drill->world.clock().sleep_until(drill->now() + limits::kHealPause, scope);
  }
  drill->record("notification.sent", {{"index", index},
                                      {"audience", communication.audience},
                                      {"channel", communication.channel},
                                      {"message", text},
                                      {"due_ns", due ? Json(to_ns(*due)) : Json(nullptr)},
                                      {"delivered", delivered.has_value()},
                                      {"detail", delivered ? "" : why_undelivered(delivered.error(), scope)}});
}

/// Due times of one communication: the first counted from the first fault's act, a repetition from the message before.
struct Schedule {
  std::optional<Duration> within, every;
  std::optional<Instant> last_sent;

  [[nodiscard]] bool exhausted() const { return last_sent && !every; }
  /// The next message's due time.
  [[nodiscard]] std::optional<Instant> due(Instant fault) const {
    if (last_sent) return *last_sent + *every;
    if (within || every) return fault + (within ? *within : *every);
    return std::nullopt;
  }
  /// From when on it goes out: the first at once, a repetition a moment before it is due.
  [[nodiscard]] Instant send_from(Instant fault) const {
    if (!last_sent) return fault;
    return *due(fault) - std::min<Duration>(std::chrono::seconds{1}, *every / 10);
  }
};

/// When to look again whether a message is to go out: every kPoll, but for what is not to be repeated yet.
Instant next_look(const DrillContext& drill, const Schedule& schedule) {
  const Instant next = drill.now() + limits::kPoll;
  const Injection* fault = drill.first_injection();
  if (!schedule.last_sent || !fault) return next;
  const Instant from = schedule.send_from(fault->acted);
  return from <= next ? next : next + (from - next + limits::kPoll - Duration{1}) / limits::kPoll * limits::kPoll;
}

Task<void> run_communication(DrillContext* drill, std::size_t index, std::stop_token scope) {
  const Communication& communication = drill->plan.spec.scenario.communications[index];
  Schedule schedule{communication.within, communication.every, std::nullopt};
  while (!schedule.exhausted()) {
    const auto woken = co_await drill->world.clock().sleep_until(next_look(*drill, schedule), scope);
    if (!woken) co_return;
    const Injection* fault = drill->first_injection();
    if (!fault || !is_known(*drill)) continue;
    if (communication.every && communication.until == "restored" && drill->watch.restored()) co_return;
    if (drill->now() < schedule.send_from(fault->acted)) continue;
    if (communication.when && !condition_holds(*drill, *communication.when)) continue;
    co_await send(drill, index, schedule.due(fault->acted), scope);
    schedule.last_sent = drill->now();
  }
}

}  // namespace

Task<void> run_communications(DrillContext* drill, std::stop_token scope) {
  TaskGroup group;
  for (std::size_t index = 0; index < drill->plan.spec.scenario.communications.size(); ++index)
    group.spawn(run_communication(drill, index, scope));
  co_await group.join();
}

Task<void> run_injects(DrillContext* drill, std::stop_token scope) {
  const auto& injects = drill->plan.spec.scenario.injects;
  std::vector<std::size_t> order(injects.size());
  for (std::size_t index = 0; index < order.size(); ++index) order[index] = index;
  std::ranges::stable_sort(order, {}, [&](std::size_t index) { return injects[index].at; });
  for (const std::size_t index : order) {
    const auto woken = co_await drill->world.clock().sleep_until(*drill->base + injects[index].at, scope);
    if (!woken) co_return;
    drill->record("inject.delivered",
                  {{"index", index}, {"text", drill->fill(injects[index].text)}, {"to", injects[index].to}});
  }
}

}  // namespace blackstart
