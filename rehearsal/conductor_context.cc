#include "rehearsal/conductor_context.h"

#include "base/check.h"
#include "rehearsal/events.h"
#include "scenarios/expression.h"
#include "scenarios/template.h"

#include <algorithm>

namespace blackstart {
namespace {

/// What is still worth writing into a journal with a hole: that everything was healed, and how the drill ended.
bool counts_after_failure(std::string_view type) {
  return type == "fault.healing" || type == "fault.healed" || type == "drill.finished";
}

std::vector<FaultState> states_of(const Plan& plan) {
  std::vector<FaultState> states;
  for (const auto& planned : plan.faults) states.emplace_back().planned = planned;
  return states;
}

}  // namespace

DrillContext::DrillContext(const Plan& plan_in, World& world_in, JournalWriter& journal_in, People* people_in)
    : plan(plan_in),
      world(world_in),
      journal(journal_in),
      people(people_in),
      watch(plan_in.hold, plan_in.steady_length),
      canaries(plan_in.spec.scenario.canaries),
      faults(states_of(plan_in)) {}

std::uint64_t DrillContext::record(std::string_view type, Json body) {
  if (journal_error_ && !counts_after_failure(type)) return 0;
  const Instant at = now();
  note_check_time_ns(to_ns(at));
  const auto seq = journal.append(at, world.clock().wall(), type, std::move(body));
  if (seq) return *seq;
  fail_journal(seq.error());
  return 0;
}

bool DrillContext::keep() {
  if (journal_error_) return false;
  const Status synced = journal.sync();
  if (!synced) fail_journal(synced.error());
  return synced.has_value();
}

void DrillContext::fail_journal(const Error& error) {
  if (!journal_error_) journal_error_ = error;
  end(Ending::kInternal, "the journal cannot be written: " + error.to_string());
}

void DrillContext::enter(std::string_view name, Json fields) {
  BS_CHECK(std::ranges::find(drill_phases(), name) != drill_phases().end());
  phase = name;
  Json body = {{"phase", name}};
  body.update(fields);
  record("phase.entered", std::move(body));
}

void DrillContext::on_interval(const TrafficInterval& interval) {
  record_interval(interval);
  watch.add(interval);
}

void DrillContext::on_notifications(const NotificationInterval& interval) { record_interval(interval); }

template <class Interval>
void DrillContext::record_interval(const Interval& interval) {
  if (journal_error_) return;
  note_check_time_ns(to_ns(now()));
  const auto seq = journal.append_interval(now(), world.clock().wall(), interval);
  if (!seq) fail_journal(seq.error());
}

void DrillContext::end(Ending ending, std::string reason) {
  if (ending_ != Ending::kComplete || judged_) return;
  ending_ = ending;
  reason_ = std::move(reason);
  if (ending == Ending::kPerson || ending == Ending::kCondition)
    record("stop.requested", {{"reason", reason_}, {"by", ending == Ending::kPerson ? "person" : "condition"}});
  std::stop_source kept = active_;  // what it resumes may end this object
  kept.request_stop();
}

int DrillContext::faults_active() const {
  return static_cast<int>(
      std::ranges::count_if(faults, [](const FaultState& fault) { return fault.injection && !fault.healed; }));
}

bool DrillContext::fault_has_begun() const {
  return base && std::ranges::any_of(
                     faults, [this](const FaultState& fault) { return fault.announced && now() >= act_at(fault); });
}

const Injection* DrillContext::first_injection() const {
  const Injection* first = nullptr;
  for (const auto& fault : faults)
    if (fault.injection && (!first || fault.injection->acted < first->acted)) first = &*fault.injection;
  return first;
}

void DrillContext::count_from(Instant instant) {
  base = instant;
  const WallTime wall{world.clock().wall().unix_ns + to_ns(instant - now())};
  for (auto& fault : faults) fault.planned.spec.at = act_after(fault.planned.spec, plan.spec.target, wall);
}

Instant DrillContext::last_act() const {
  Instant last = *base;
  for (const auto& fault : faults) last = std::max(last, act_at(fault));
  return last;
}

Instant DrillContext::observe_until() const { return last_act() + plan.observe; }

ReadBackRequest DrillContext::read_back_request() const {
  ReadBackRequest request;
  for (const auto& fault : faults)
    if (fault.injection) request.fault_acts.push_back(fault.injection->acted);
  std::ranges::sort(request.fault_acts);
  // Without proof of its effect, nothing can be said to have been lost before it took effect: the act is the bound.
  if (const Injection* first = first_injection()) request.effective = first->proven ? first->effective : first->acted;
  request.restored_points = restored_points;
  request.restored_at = restored_at;
  return request;
}

std::string DrillContext::fill(const std::string& text) const {
  std::string known;
  std::size_t done = 0;
  for (const auto& placeholder : find_placeholders(text)) {
    const bool title = placeholder.name == "title";
    if (!title && placeholder.name != "drill.id") continue;
    known += text.substr(done, placeholder.begin - done);
    known += title ? plan.spec.scenario.title : plan.drill_id;
    done = placeholder.end;
  }
  known += text.substr(done);
  const auto filled = world.fill_text(known);
  return filled ? *filled : known;
}

}  // namespace blackstart
