#include "tests/measure/journal_builder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.h"
#include "rehearsal/events.h"

namespace blackstart::test {

Spec simple_spec() {
  Spec spec;
  spec.scenario.name = "auction-flow/database-failure";
  spec.scenario.title = "PostgreSQL primary lost";
  spec.scenario.objectives.rto = RtoObjective{.within = 30s};
  spec.scenario.objectives.rpo = 1s;
  spec.scenario.objectives.mtd = 5min;
  spec.scenario.load.bids.profile = {{1h, Rate{1000}, Rate{1000}}};
  FaultSpec fault;
  fault.name = "primary lost";
  fault.kind.word = "kill";
  fault.fault_class = FaultClass::kDamage;
  spec.scenario.faults = {fault};
  spec.target.name = "auction-flow";
  return spec;
}

Drill::Drill(std::string world) {
  event("drill.started",
        {{"journal", 1},
         {"tool", {{"version", "0.1.0"}, {"sha256", "aa"}}},
         {"drill", {{"id", "d1"}, {"scenario", "auction-flow/database-failure"}, {"target", "auction-flow"}}},
         {"seed", 42},
         {"host", "host-1"},
         {"world", world},
         {"driver", "local"},
         {"arguments", Json::object()},
         {"plan", {{"bin_ns", to_ns(kBin)}}}});
}

Drill& Drill::event(const std::string& type, Json body) {
  Event event;
  event.seq = events_.size() + 1;
  event.at = now_;
  event.wall = WallTime{1'790'000'000'000'000'000 + to_ns(now_)};
  event.type = type;
  event.body = std::move(body);
  events_.push_back(std::move(event));
  return *this;
}

void Drill::flush() {
  if (!open_) return;
  open_->length = now_ - open_->start;
  if (open_->attempts == 0) open_->attempts = open_->sent;
  event("traffic.interval", to_json(*open_));
  open_.reset();
}

void Drill::add_bin(const Bin& bin) {
  if (!open_) {
    open_.emplace();
    open_->start = now_;
  }
  open_->bins.push_back(bin);
  open_->offered += bin.offered;
  now_ = bin.end();
}

Drill& Drill::traffic(Duration length, bool good, Duration latency) {
  for (Duration done{}; done < length;) {
    Bin bin;
    bin.start = now_;
    bin.length = std::min(kBin, length - done);
    bin.offered = kBidsPerBin;
    bin.good = good ? kBidsPerBin : 0;
    bin.percentile = latency;
    bin.ok = good;
    if (good) bin.first_acknowledged = now_ + first_after_;
    add_bin(bin);
    open_->sent += bin.offered;
    (good ? open_->acknowledged : open_->refused) += bin.offered;
    if (good) {
      open_->latency.record(latency, bin.offered);
      open_->service_time.record(latency / 2, bin.offered);
    }
    open_->lateness.record(50us, bin.offered);
    done += bin.length;
    if (now_ - open_->start >= 1s) flush();
  }
  return *this;
}

Drill& Drill::pattern(const std::string& bins) {
  for (const char bin : bins) traffic(kBin, bin == 'o', 1ms);
  return *this;
}

Drill& Drill::first_after(Duration after) {
  first_after_ = after;
  return *this;
}

Drill& Drill::half_bad(Duration after) {
  add_bin({.start = now_,
           .length = kBin,
           .offered = kBidsPerBin,
           .good = kBidsPerBin / 2,
           .percentile = 1ms,
           .ok = false,
           .first_acknowledged = now_ + after});
  open_->sent += kBidsPerBin;
  open_->acknowledged += kBidsPerBin / 2;
  open_->refused += kBidsPerBin / 2;
  return *this;
}

Drill& Drill::late(Duration length, Duration lateness, std::uint64_t unsent) {
  for (Duration done{}; done < length; done += kBin) {
    traffic(kBin, true, 1ms);
    if (!open_) {  // just flushed: the figures go into an interval of their own
      open_.emplace();
      open_->start = now_;
    }
    open_->lateness.record(lateness, kBidsPerBin);
    open_->unsent_generator += unsent;
    open_->offered += unsent;
  }
  return *this;
}

Drill& Drill::counted(Duration length, std::uint64_t degraded, std::uint64_t indeterminate, std::uint64_t attempts) {
  flush();
  traffic(length, true, 1ms);
  BS_CHECK(open_.has_value());  // REQUIRES: length < 1 s
  open_->degraded += degraded;
  open_->acknowledged -= indeterminate;
  open_->indeterminate += indeterminate;
  open_->attempts = attempts;
  flush();
  return *this;
}

Drill& Drill::steady(Duration length) {
  const Instant from = now_;
  good(length);
  flush();
  return event("phase.entered",
               {{"phase", "faults"}, {"steady_from_ns", to_ns(from)}, {"steady_held", true}, {"why", ""}});
}

Drill& Drill::steady_failed(const std::string& why) {
  return event("phase.entered",
               {{"phase", "faults"}, {"steady_from_ns", nullptr}, {"steady_held", false}, {"why", why}});
}

Drill& Drill::fault(const std::string& name, FaultOptions options) {
  flush();
  const std::uint64_t id = ++faults_;
  Json parameters = {{"service", "database"}};
  if (options.kind == "run" && options.with_prove) parameters["prove"] = "true";
  event("fault.injecting", {{"id", id},
                            {"name", name},
                            {"kind", options.kind},
                            {"class", options.fault_class},
                            {"planned_ns", to_ns(now_)},
                            {"parameters", parameters}});
  const bool proven = options.effective_after.has_value();
  event("fault.effective", {{"id", id},
                            {"name", name},
                            {"acted_ns", to_ns(now_)},
                            {"effective_ns", proven ? Json(to_ns(now_ + *options.effective_after)) : Json(nullptr)},
                            {"proven", proven},
                            {"proof", proven ? "process 4312 is gone" : "process 4312 still runs"}});
  unhealed_.push_back(id);
  return *this;
}

Drill& Drill::healed(std::uint64_t id, bool proven) {
  if (proven) std::erase(unhealed_, id);
  return event("fault.healed", {{"id", id},
                                {"name", "fault"},
                                {"healed_ns", proven ? Json(to_ns(now_)) : Json(nullptr)},
                                {"proven", proven},
                                {"proof", proven ? "it runs" : "still stopped"}});
}

Drill& Drill::detected(const std::string& name) {
  return event("detection.fired", {{"name", name}, {"severity", "critical"}, {"detail", "connection refused"}});
}

Drill& Drill::step_started(const std::string& title, StepOptions options) {
  return event("step.started", {{"id", options.id.empty() ? title : options.id},
                                {"title", title},
                                {"budget_ns", options.budget ? Json(to_ns(*options.budget)) : Json(nullptr)},
                                {"after_end", options.after_end},
                                {"contains", options.contains},
                                {"by", options.by}});
}

Drill& Drill::step(const std::string& title, Duration took, StepOptions options) {
  const Instant before = now_;
  const std::string id = options.id.empty() ? title : options.id;
  step_started(title, options);
  now_ += took;
  if (!options.command.empty())
    event("action.output", {{"step", id}, {"command", options.command}, {"exit", 0}, {"output", "done"}});
  event("step.finished", {{"id", id},
                          {"title", title},
                          {"outcome", options.outcome},
                          {"detail", options.outcome == "ok" ? "done" : "exit status 1"},
                          {"contains", options.contains},
                          {"after_end", options.after_end},
                          {"by", options.by},
                          {"recovery_point", options.recovery_point.value_or(Json(nullptr))}});
  now_ = before;
  return *this;
}

Drill& Drill::validation(const std::string& name, bool passed, const std::string& detail) {
  return event("check.result", {{"name", name}, {"of", "validation"}, {"passed", passed}, {"detail", detail}});
}

Drill& Drill::notified(std::size_t index, Instant due, bool delivered) {
  return event("notification.sent", {{"index", index},
                                     {"audience", "engineering"},
                                     {"channel", "slack"},
                                     {"message", "Bidding is down"},
                                     {"due_ns", to_ns(due)},
                                     {"delivered", delivered},
                                     {"detail", ""}});
}

Drill& Drill::watchers(Duration length, Duration delay) {
  Histogram delays;
  delays.record(delay, 10);
  return event("notification.interval",
               {{"start_ns", to_ns(now_)}, {"length_ns", to_ns(length)}, {"events", 10}, {"delay", delays.encode()}});
}

Drill& Drill::stop(const std::string& reason) {
  return event("stop.requested", {{"reason", reason}, {"by", "person"}});
}

Drill& Drill::lift() {
  flush();
  return event("phase.entered", {{"phase", "lift"}});
}

Drill& Drill::generator() {
  GeneratorFigures figures;
  figures.lateness.record(50us, 1000);
  figures.cpu_s = 1.25;
  figures.offered_rate = 1000;
  figures.memory_peak_bytes = 64'000'000;
  figures.connections_max = 4096;
  figures.connections_peak = 64;
  Json body = to_json(figures);
  body["first_intended_ns"] = 0;
  body["last_intended_ns"] = to_ns(now_);
  body["bids"] = 1000;
  body["attempts"] = 1000;
  return event("generator.measured", body);
}

Drill& Drill::read_back(ReadBackResult result, bool provisional) {
  Json body = to_json(result);
  body["provisional"] = provisional;
  return event("read_back.finished", body);
}

Drill& Drill::judged() { return event("drill.judged", {{"verdict", "pass"}, {"reasons", Json::array()}}); }

Drill& Drill::end(bool leave, const std::string& error, const Json& residues) {
  flush();
  judged();
  const auto open = unhealed_;
  for (const std::uint64_t id : open) healed(id, !leave);
  return event("drill.finished",
               {{"exit_code", 0}, {"residues", residues}, {"error", error.empty() ? Json(nullptr) : Json(error)}});
}

Drill& Drill::skip(Duration length) {
  flush();
  now_ += length;
  return *this;
}

std::vector<Event> Drill::events() const {
  Drill copy = *this;
  copy.flush();
  return copy.events_;
}

Measurement Drill::measure(const Spec& spec) const {
  auto measurement = blackstart::measure(spec, events());
  EXPECT_TRUE(measurement.has_value()) << (measurement ? "" : measurement.error().to_string());
  return measurement ? std::move(*measurement) : Measurement{};
}

Verdict Drill::judge(const Spec& spec) const { return blackstart::judge(spec, measure(spec)); }

ReadBackResult kept(std::uint64_t count) {
  ReadBackResult result;
  result.complete = true;
  result.passes = 2;
  result.read = result.kept = count;
  return result;
}

LossStretch stretch(Instant begin, Instant end, std::uint64_t acknowledged, std::uint64_t lost, Instant first,
                    Instant last) {
  LossStretch made;
  made.begin = begin;
  made.end = end;
  made.acknowledged = acknowledged;
  made.lost = lost;
  made.first_lost_ack = first;
  made.last_lost_ack = last == kNever ? first : last;
  return made;
}

ReadBackResult lost_in(std::vector<LossStretch> stretches) {
  ReadBackResult result = kept(0);
  for (const LossStretch& part : stretches) {
    result.kept += part.acknowledged - part.lost;
    result.lost += part.lost;
    result.rolled_back += part.rolled_back;
    result.first_lost_ack = std::min(result.first_lost_ack, part.first_lost_ack);
  }
  result.read = result.kept;
  result.stretches = std::move(stretches);
  return result;
}

Judgement find_judgement(const Verdict& verdict, const std::string& name) {
  static const Judgement kNone;
  for (const Judgement& judgement : verdict.judgements)
    if (judgement.name == name) return judgement;
  ADD_FAILURE() << "no judgement '" << name << "'";
  return kNone;
}

}  // namespace blackstart::test
