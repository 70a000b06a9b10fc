#include "rehearsal/measure_facts.h"

#include "rehearsal/events.h"
#include "rehearsal/measure_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace blackstart {
namespace {

constexpr std::int64_t kExitInternal = 255;

/// Reads one event into the records.
struct Reader {
  Measurement& into;
  Facts& facts;

  FaultRecord& fault(std::uint64_t id);
  StepRecord& open_step(const std::string& id);
  StepRecord* last_step(const std::string& id_or_title);

  Status started(const Event& event);
  Status phase(const Event& event);
  Status traffic(const Event& event);
  Status notifications(const Event& event);
  Status generator(const Event& event);
  Status detection(const Event& event);
  Status injecting(const Event& event);
  Status effective(const Event& event);
  Status healed(const Event& event);
  Status step_started(const Event& event);
  Status step_finished(const Event& event);
  Status output(const Event& event);
  Status check(const Event& event);
  Status message(const Event& event);
  Status response(const Event& event);
  Status decision(const Event& event);
  Status expectation(const Event& event);
  Status stop(const Event& event);
  Status read_back(const Event& event);
  Status judged(const Event& event);
  Status finished(const Event& event);

 private:
  Status recovery_point(const Event& event, const Json& part);
};

FaultRecord& Reader::fault(std::uint64_t id) {
  const auto found = std::find_if(into.faults.begin(), into.faults.end(), [id](const auto& f) { return f.id == id; });
  if (found != into.faults.end()) return *found;
  into.faults.emplace_back().id = id;
  return into.faults.back();
}

StepRecord* Reader::last_step(const std::string& id_or_title) {
  const auto found = std::find_if(into.steps.rbegin(), into.steps.rend(), [&](const StepRecord& step) {
    return step.id == id_or_title || step.title == id_or_title;
  });
  return found == into.steps.rend() ? nullptr : &*found;
}

/// The step `id` that has not ended yet; one that never started (skipped) is made.
StepRecord& Reader::open_step(const std::string& id) {
  const auto found = std::find_if(into.steps.rbegin(), into.steps.rend(),
                                  [&](const StepRecord& step) { return step.id == id && !step.ended; });
  if (found != into.steps.rend()) return *found;
  into.steps.emplace_back().id = id;
  return into.steps.back();
}

Status Reader::started(const Event& event) {
  Body body(event);
  facts.people_modelled = facts.in_sim = body.text_or("world", "live") == "sim";
  if (const Json* arguments = body.find("arguments"); arguments != nullptr && arguments->contains("assume_manual"))
    facts.people_modelled = true;
  if (const Json* part = body.find("plan")) {
    Body plan(event, *part);
    into.hold = plan.length("hold_ns").value_or(into.hold);
    into.bin_length = plan.length("bin_ns").value_or(into.bin_length);
    into.dry = plan.flag("dry", false);
    BS_TRY(plan.status());
  }
  return body.status();
}

Status Reader::phase(const Event& event) {
  Body body(event);
  const std::string name = body.text("phase");
  if (name == "faults") {
    into.steady_held = body.flag("steady_held", false);
    into.steady_from = body.instant("steady_from_ns");
    into.steady_why = body.text_or("why", "");
    into.steady_evidence = event.seq;
  }
  if ((name == "lift" || name == "settle") && !facts.lifted) facts.lifted = event.at;
  if (name == "verdict") facts.verdict = event.at;
  return body.status();
}

/// `event`'s interval, a value already or as `from_json` reads it.
template <class Interval>
Status read_interval(const Event& event, Result<Interval> (*from_json)(const Json&), IntervalsRead<Interval>& into) {
  if (const auto* known = std::get_if<Interval>(&event.value)) {
    into.all.push_back(known);
    return ok();
  }
  BS_ASSIGN(Interval interval, from_json(event.body));
  into.from_text.push_back(std::move(interval));
  into.all.push_back(&into.from_text.back());
  return ok();
}

Status Reader::traffic(const Event& event) {
  BS_TRY(read_interval(event, traffic_interval_from_json, facts.traffic));
  facts.interval_seqs.emplace_back(facts.traffic.all.back()->start, event.seq);
  return ok();
}

Status Reader::notifications(const Event& event) {
  return read_interval(event, notification_interval_from_json, facts.notifications);
}

Status Reader::generator(const Event& event) {
  BS_ASSIGN(into.generator, generator_from_json(event.body));
  return ok();
}

Status Reader::detection(const Event& event) {
  Body body(event);
  into.detections.push_back(
      {body.text("name"), body.text_or("severity", ""), body.text_or("detail", ""), event.at, event.seq});
  return body.status();
}

Status Reader::injecting(const Event& event) {
  Body body(event);
  FaultRecord& record = fault(body.count("id"));
  record.name = body.text("name");
  record.kind = body.text("kind");
  record.fault_class = body.text_or("class", "acting") == "damage" ? FaultClass::kDamage : FaultClass::kActing;
  record.planned = instant_from_ns(body.integer("planned_ns"));
  if (const Json* parameters = body.find("parameters"))
    record.provable = record.kind != "run" || parameters->contains("prove");
  record.evidence.push_back(event.seq);
  return body.status();
}

Status Reader::effective(const Event& event) {
  Body body(event);
  FaultRecord& record = fault(body.count("id"));
  if (record.name.empty()) record.name = body.text_or("name", "");
  record.acted = body.instant("acted_ns");
  record.proven = body.flag("proven", false);
  if (record.proven) record.effective = body.instant("effective_ns");
  if (record.proven && !record.effective) body.reject("'effective_ns' is missing, though the fault is proven");
  if (record.effective && record.acted && *record.effective < *record.acted)
    body.reject("'effective_ns' lies before 'acted_ns'");
  record.proof = body.text_or("proof", "");
  record.evidence.push_back(event.seq);
  return body.status();
}

Status Reader::healed(const Event& event) {
  Body body(event);
  FaultRecord& record = fault(body.count("id"));
  record.heal_proven = body.flag("proven", false);
  record.healed = record.heal_proven ? body.instant("healed_ns") : std::nullopt;
  record.heal_proof = body.text_or("proof", "");
  record.evidence.push_back(event.seq);
  if (!facts.judged && record.heal_proven) facts.healed_before_verdict.insert(record.id);
  return body.status();
}

Status Reader::step_started(const Event& event) {
  Body body(event);
  StepRecord record;
  record.id = body.text("id");
  record.title = body.text("title");
  record.started = event.at;
  record.budget = body.length("budget_ns");
  record.after_end = body.flag("after_end", false);
  record.contains_outage = body.flag("contains", false);
  record.by = body.text_or("by", "machine");
  record.evidence = {event.seq};
  into.steps.push_back(std::move(record));
  return body.status();
}

Status Reader::step_finished(const Event& event) {
  Body body(event);
  StepRecord& record = open_step(body.text("id"));
  record.title = body.text_or("title", record.title);
  record.outcome = body.text("outcome");
  record.done = body.flag("done", record.outcome == "ok" || record.outcome == "over budget");
  record.detail = body.text_or("detail", "");
  record.by = body.text_or("by", record.by.empty() ? "machine" : record.by);
  record.after_end = body.flag("after_end", record.after_end);
  record.contains_outage = body.flag("contains", record.contains_outage);
  record.ended = event.at;
  record.evidence.push_back(event.seq);
  if (const Json* part = body.find("recovery_point")) BS_TRY(recovery_point(event, *part));
  return body.status();
}

Status Reader::recovery_point(const Event& event, const Json& part) {
  Body body(event, part);
  RecoveryPointRecord record;
  record.service = body.text_or("service", "");
  record.kind = body.text_or("kind", "");
  record.backup_id = body.text_or("backup_id", "");
  record.sha256 = body.text_or("sha256", "");
  record.newest = body.instant("newest_ns");
  record.executed = event.at;
  record.evidence = event.seq;
  into.recovery_points.push_back(std::move(record));
  return body.status();
}

Status Reader::output(const Event& event) {
  Body body(event);
  StepRecord* step = last_step(body.text("step"));
  const auto exit_status = body.maybe_integer("exit");
  if (step != nullptr) {
    step->command = body.text_or("command", "");
    if (exit_status) step->exit_status = static_cast<int>(*exit_status);
    step->evidence.push_back(event.seq);
  }
  return body.status();
}

Status Reader::check(const Event& event) {
  Body body(event);
  if (body.text_or("of", "") != "validation") return body.status();
  CheckRecord record{body.text("name"), body.text_or("detail", ""), body.flag("passed", false), event.at, event.seq};
  into.validations.push_back(std::move(record));
  return body.status();
}

Status Reader::message(const Event& event) {
  Body body(event);
  SentMessage sent;
  sent.index = body.count("index");
  sent.audience = body.text_or("audience", "");
  sent.channel = body.text_or("channel", "");
  sent.message = body.text_or("message", "");
  sent.due = body.instant("due_ns");
  sent.sent = event.at;
  sent.delivered = body.flag("delivered", false);
  sent.detail = body.text_or("detail", "");
  sent.evidence = event.seq;
  facts.sent.push_back(std::move(sent));
  return body.status();
}

Status Reader::response(const Event& event) {
  Body body(event);
  ResponseRecord record;
  record.assembled = event.type == "people.assembled";
  record.at = event.at;
  record.took = body.length("took_ns").value_or(Duration{});
  record.evidence = event.seq;
  into.responses.push_back(record);
  return body.status();
}

Status Reader::decision(const Event& event) {
  Body body(event);
  DecisionRecord record;
  record.step = body.text("step");
  record.title = body.text_or("title", "");
  record.by = body.text_or("by", "person");
  record.text = body.text_or("text", "");
  record.option = body.text_or("option", "");
  record.assumed = body.flag("assumed", false);
  record.taken = event.at;
  if (const auto took = body.length("took_ns")) record.asked = event.at - *took;
  record.evidence = event.seq;
  into.decisions.push_back(std::move(record));
  return body.status();
}

Status Reader::expectation(const Event& event) {
  Body body(event);
  ExpectationRecord record;
  record.index = body.count("index");
  record.met = event.type == "expectation.met";
  record.from = body.instant("from_ns");
  record.at = body.instant("at_ns");
  record.why = body.text_or("why", "");
  record.evidence = event.seq;
  into.expectations.push_back(std::move(record));
  return body.status();
}

Status Reader::stop(const Event& event) {
  Body body(event);
  if (into.stop_reason.empty()) into.stop_reason = body.text_or("reason", "stopped");
  return body.status();
}

Status Reader::read_back(const Event& event) {
  if (Body body(event); body.flag("provisional", false)) return body.status();
  BS_ASSIGN(into.read_back, read_back_from_json(event.body));
  into.read_back_evidence = event.seq;
  return ok();
}

Status Reader::judged(const Event&) {
  facts.judged = true;
  return ok();
}

Status Reader::finished(const Event& event) {
  Body body(event);
  into.finished = true;
  into.abort_reason = body.text_or("error", "");
  into.internal_error = body.maybe_integer("exit_code") == kExitInternal;
  const Json* residues = body.find("residues");
  if (residues == nullptr) return body.status();
  if (!residues->is_array())
    body.reject("'residues' is no list");
  else
    for (const Json& part : *residues) {
      Body residue(event, part);
      into.residues.push_back({residue.text("what"), residue.text_or("how_to_heal", "")});
      BS_TRY(residue.status());
    }
  return body.status();
}

using Handler = Status (Reader::*)(const Event&);

const std::map<std::string_view, Handler>& handlers() {
  static const std::map<std::string_view, Handler> table = {
      {"drill.started", &Reader::started},
      {"phase.entered", &Reader::phase},
      {"traffic.interval", &Reader::traffic},
      {"notification.interval", &Reader::notifications},
      {"generator.measured", &Reader::generator},
      {"detection.fired", &Reader::detection},
      {"fault.injecting", &Reader::injecting},
      {"fault.effective", &Reader::effective},
      {"fault.healed", &Reader::healed},
      {"step.started", &Reader::step_started},
      {"step.finished", &Reader::step_finished},
      {"action.output", &Reader::output},
      {"check.result", &Reader::check},
      {"notification.sent", &Reader::message},
      {"stop.requested", &Reader::stop},
      {"read_back.finished", &Reader::read_back},
      {"drill.judged", &Reader::judged},
      {"drill.finished", &Reader::finished},
      {"people.acknowledged", &Reader::response},
      {"people.assembled", &Reader::response},
      {"decision.taken", &Reader::decision},
      {"expectation.met", &Reader::expectation},
      {"expectation.missed", &Reader::expectation},
  };
  return table;
}

/// Null: a newer journal's own, or nothing that is measured. Almost all events are intervals: of these the value tells.
Handler handler_of(const Event& event) {
  if (std::holds_alternative<TrafficInterval>(event.value)) return &Reader::traffic;
  if (std::holds_alternative<NotificationInterval>(event.value)) return &Reader::notifications;
  const auto found = handlers().find(event.type);
  return found == handlers().end() ? nullptr : found->second;
}

}  // namespace

Error unreadable_line(const Event& event, Error error) {
  error.code = ErrorCode::kInvalid;
  error.context = fmt::format("journal line {} ({})", event.seq, event.type);
  error.message = fmt::format(
      "cannot be read: {}. It was written by another program or changed since; `blackstart verify` tells which",
      error.message);
  return error;
}

Status read_facts(const std::vector<Event>& events, Measurement& measurement, Facts& facts) {
  Reader reader{measurement, facts};
  for (const Event& event : events) {
    measurement.ended = event.at;
    const Handler handler = handler_of(event);
    if (handler == nullptr) continue;
    if (auto status = (reader.*handler)(event); !status) return unreadable_line(event, status.error());
  }
  std::ranges::stable_sort(facts.traffic.all, {}, &TrafficInterval::start);
  std::ranges::sort(facts.interval_seqs);
  return read_component_facts(events, facts);
}

}  // namespace blackstart
