#include "rehearsal/step_people.h"

#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNobody = "nobody is there to do it, and --assume-manual was not given";

const std::string& who_decides(const Step& step) {
  static const std::string kPerson = "person";
  return step.decision ? step.decision->by : kPerson;
}

bool is_assumed(const DrillContext& drill) { return drill.plan.assume_manual >= Duration{}; }

/// Lets the time pass that --assume-manual gives; false when there is less.
Task<bool> assumed_time(DrillContext* drill, Limit limit) {
  const Instant until = std::min(drill->now() + drill->plan.assume_manual, limit.deadline);
  const auto woken = co_await drill->world.clock().sleep_until(until, limit.stop);
  co_return woken.has_value() && drill->now() < limit.deadline;
}

std::string assumed_text(const DrillContext& drill) {
  return fmt::format("assumed, not exercised: a person takes {}", human_duration(drill.plan.assume_manual));
}

/// Journals what a person has said since `asked`.
void record_decision(DrillContext& drill, const Step& step, const std::string& text, const Step* option,
                     Instant asked) {
  Json options = Json::array();
  for (const Step& one : step.options) options.push_back(one.title);
  drill.record("decision.taken", {{"step", step.id},
                                  {"title", step.title},
                                  {"by", who_decides(step)},
                                  {"text", text},
                                  {"option", option != nullptr ? Json(option->title) : Json(nullptr)},
                                  {"options", std::move(options)},
                                  {"took_ns", to_ns(drill.now() - asked)},
                                  {"assumed", is_assumed(drill)}});
}

/// The newest moment before any fault that everyone agrees on: a second before the first act; now where none acted.
std::string moment_before_fault(const DrillContext& drill) {
  const Injection* first = drill.first_injection();
  const Instant at = first != nullptr ? first->acted - 1s : drill.now();
  return format_wall({drill.world.clock().wall().unix_ns - to_ns(drill.now() - at)});
}

StepWork cut_short() { return {.ok = false, .detail = "cut short before the time that was assumed"}; }

const Step* likeliest(const Step& step) {
  return &*std::ranges::max_element(step.options, {}, [](const Step& option) { return option.weight; });
}

}  // namespace

void remember_output(DrillContext& drill, const Step& step, const std::string& output) {
  drill.world.remember_output(step.title, output);
  if (!step.output.empty() && step.output != step.title) drill.world.remember_output(step.output, output);
}

Task<StepWork> do_by_hand(DrillContext* drill, const Step* step, Limit limit) {
  if (is_assumed(*drill)) {
    const bool passed = co_await assumed_time(drill, std::move(limit));
    if (!passed) co_return cut_short();
    remember_output(*drill, *step, "");
    co_return StepWork{.detail = assumed_text(*drill)};
  }
  if (!drill->people) co_return StepWork{.ok = false, .detail = kNobody};
  const Instant asked = drill->now();
  const auto said = co_await drill->people->do_by_hand(*step, drill->fill(step->title), std::move(limit));
  if (!said) co_return StepWork{.ok = false, .detail = said.error().to_string()};
  record_decision(*drill, *step, *said, nullptr, asked);
  remember_output(*drill, *step, *said);
  co_return StepWork{.detail = *said};
}

Task<StepWork> decide(DrillContext* drill, const Step* step, Limit limit) {
  const Instant asked = drill->now();
  std::string said;
  if (is_assumed(*drill)) {
    const bool passed = co_await assumed_time(drill, std::move(limit));
    if (!passed) co_return cut_short();
  } else {
    if (!drill->people) co_return StepWork{.ok = false, .detail = kNobody};
    auto answer = co_await drill->people->decide(*step, drill->fill(step->title), std::move(limit));
    if (!answer) co_return StepWork{.ok = false, .detail = answer.error().to_string()};
    said = std::move(*answer);
  }
  if (said.empty() && !step->output.empty()) said = moment_before_fault(*drill);
  record_decision(*drill, *step, said, nullptr, asked);
  remember_output(*drill, *step, said);
  std::string detail =
      is_assumed(*drill) ? assumed_text(*drill)
                         : fmt::format("decided by {} in {}", who_decides(*step), human_duration(drill->now() - asked));
  if (!said.empty()) detail += ": " + said;
  co_return StepWork{.detail = std::move(detail)};
}

Task<const Step*> choose(DrillContext* drill, const Step* step, Limit limit, std::string* why) {
  const Instant asked = drill->now();
  const Step* picked = nullptr;
  if (is_assumed(*drill)) {
    const bool passed = co_await assumed_time(drill, std::move(limit));
    if (passed) picked = likeliest(*step);
    *why = passed ? "assumed, not chosen by a person: the likeliest of the options" : cut_short().detail;
  } else if (!drill->people) {
    *why = kNobody;
  } else {
    const auto position = co_await drill->people->choose(*step, drill->fill(step->title), std::move(limit));
    if (position && *position < step->options.size()) picked = &step->options[*position];
    *why = position ? fmt::format("chosen by {}", who_decides(*step)) : position.error().to_string();
  }
  if (picked == nullptr) co_return nullptr;
  record_decision(*drill, *step, *why, picked, asked);
  remember_output(*drill, *step, picked->title);
  co_return picked;
}

}  // namespace blackstart
