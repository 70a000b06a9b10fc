// report.json: the stable machine-readable report. Keys are only ever added; every key is always there, null where
// nothing came.

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "reports/components.h"
#include "reports/figures.h"
#include "reports/json_runbook.h"
#include "reports/prediction.h"
#include "reports/report.h"

namespace blackstart {
namespace {

Json ns(const std::optional<Instant>& mark) { return mark ? Json(to_ns(*mark)) : Json(nullptr); }
Json ns(const std::optional<Duration>& length) { return length ? Json(to_ns(*length)) : Json(nullptr); }
Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json timeline_json(const Timeline& t) {
  return {{"fault", ns(t.fault)},
          {"effective", ns(t.effective)},
          {"impact", ns(t.impact)},
          {"detected", ns(t.detected)},
          {"notified", ns(t.notified)},
          {"acknowledged", ns(t.acknowledged)},
          {"declared", ns(t.declared)},
          {"responded", ns(t.responded)},
          {"contained", ns(t.contained)},
          {"first_success", ns(t.first_success)},
          {"healed", ns(t.healed)},
          {"restored", ns(t.restored)},
          {"drained", ns(t.drained)},
          {"validated", ns(t.validated)},
          {"protected", ns(t.protected_again)}};
}

Json verdict_json(const Judgement* judgement) {
  return judgement == nullptr ? Json(nullptr) : Json(to_string(judgement->outcome));
}

Json rto_json(const Incident* incident, const std::optional<Duration>& target, const Judgement* judgement) {
  const RtoFigure rto = incident == nullptr ? RtoFigure{} : incident->rto;
  return {{"target_ns", ns(target)},
          {"achieved_ns", ns(rto.achieved)},
          {"uncertainty_ns", to_ns(rto.uncertainty)},
          {"censored", rto.censored},
          {"absorbed", rto.absorbed},
          {"relapsed", rto.relapsed},
          {"verdict", verdict_json(judgement)}};
}

Json loss_interval(const Measurement& measurement) {
  if (!measurement.read_back || !measurement.read_back->complete) return nullptr;
  const ReadBackResult& read_back = *measurement.read_back;
  return Json::array({read_back.lost, read_back.lost + read_back.not_lost});
}

Json rpo_json(const ReportInput& input, const Incident* incident, const Judgement* judgement) {
  const RpoFigure rpo = incident == nullptr ? RpoFigure{} : incident->rpo;
  return {{"target_ns", ns(input.spec.scenario.objectives.rpo)},
          {"achieved_ns", ns(rpo.achieved)},
          {"uncertainty_ns", to_ns(rpo.uncertainty)},
          {"censored", rpo.censored},
          {"loss_interval", loss_interval(input.measurement)},
          {"verdict", verdict_json(judgement)}};
}

std::optional<Duration> rto_target(const std::optional<RtoObjective>& rto) {
  return rto ? std::optional(rto->within) : std::nullopt;
}

Json wrt_json(const Incident* incident) {
  const bool known = incident != nullptr && incident->wrt_known;
  return {{"achieved_ns", known ? Json(to_ns(incident->wrt)) : Json(nullptr)}};
}

Json mtd_json(const ReportInput& input, const Incident* incident) {
  return {{"target_ns", ns(input.spec.scenario.objectives.mtd)},
          {"achieved_ns", ns(incident == nullptr ? std::nullopt : mtd_achieved(*incident))},
          {"verdict", verdict_json(find_judgement(input.verdict, "objective", "mtd"))}};
}

Json bids_json(const Measurement& measurement) {
  const BidTotals& bids = measurement.bids.all;
  Json json = {{"offered", bids.offered},
               {"sent", bids.sent},
               {"unsent_no_connection", bids.unsent_no_connection},
               {"unsent_generator", bids.unsent_generator},
               {"acknowledged", bids.acknowledged},
               {"refused", bids.refused},
               {"indeterminate", bids.indeterminate}};
  const auto& read_back = measurement.read_back;
  const bool known = read_back && read_back->complete;  // what a part of the store holds says nothing about the rest
  const auto stored = [&](std::uint64_t ReadBackResult::*count) {
    return known ? Json((*read_back).*count) : Json(nullptr);
  };
  json["kept"] = stored(&ReadBackResult::kept);
  json["degraded"] = bids.degraded;
  json["lost"] = stored(&ReadBackResult::lost);
  json["lost_after_fault"] = stored(&ReadBackResult::lost_after_fault);
  json["rolled_back"] = stored(&ReadBackResult::rolled_back);
  json["corrupted"] = stored(&ReadBackResult::corrupted);
  json["recovered"] = stored(&ReadBackResult::recovered);
  json["not_lost"] = stored(&ReadBackResult::not_lost);
  json["resurrected"] = stored(&ReadBackResult::resurrected);
  json["phantom"] = stored(&ReadBackResult::phantom);
  json["duplicated"] = stored(&ReadBackResult::duplicated);
  json["timed_out"] = bids.timed_out;
  json["attempts"] = bids.attempts;
  const auto id = [&](std::uint64_t ReadBackResult::*field) {
    return known && (*read_back).*field != 0 ? Json((*read_back).*field) : Json(nullptr);
  };
  json["first_lost_id"] = id(&ReadBackResult::first_lost_id);
  json["last_lost_id"] = id(&ReadBackResult::last_lost_id);
  json["read_back"] = {{"complete", known},
                       {"passes", read_back ? read_back->passes : 0},
                       {"why_incomplete", read_back ? text_or_null(read_back->why_incomplete) : Json(nullptr)}};
  return json;
}

Json histogram_json(const Histogram& histogram) {
  const auto percentile = [&](double percent) {
    return histogram.empty() ? Json(nullptr) : Json(to_ns(histogram.percentile(percent)));
  };
  const bool any = !histogram.empty();
  return {{"count", histogram.count()},
          {"mean", any ? Json(to_ns(histogram.mean())) : Json(nullptr)},
          {"p50", percentile(50)},
          {"p90", percentile(90)},
          {"p95", percentile(95)},
          {"p99", percentile(99)},
          {"p99_9", percentile(99.9)},
          {"p99_99", percentile(99.99)},
          {"max", any ? Json(to_ns(histogram.max())) : Json(nullptr)}};
}

Json phases_json(const PhaseLatency& latency) {
  return {{"steady", histogram_json(latency.steady)},
          {"impact", histogram_json(latency.impact)},
          {"after", histogram_json(latency.after)},
          {"all", histogram_json(latency.all)}};
}

Json generator_json(const Measurement& measurement) {
  if (!measurement.generator)
    return {{"lateness_ns", {{"p50", nullptr}, {"p99", nullptr}, {"max", nullptr}}},
            {"cpu_s", nullptr},
            {"offered_rate", nullptr},
            {"memory_peak_bytes", nullptr},
            {"connections_max", nullptr},
            {"connections_peak", nullptr}};
  const GeneratorFigures& generator = *measurement.generator;
  return {{"lateness_ns",
           {{"p50", to_ns(generator.lateness.percentile(50))},
            {"p99", to_ns(generator.lateness.percentile(99))},
            {"max", to_ns(generator.lateness.max())}}},
          {"cpu_s", generator.cpu_s},
          {"offered_rate", generator.offered_rate},
          {"memory_peak_bytes", generator.memory_peak_bytes},
          {"connections_max", generator.connections_max},
          {"connections_peak", generator.connections_peak}};
}

Json faults_json(const Measurement& measurement) {
  Json list = Json::array();
  for (const FaultRecord& fault : measurement.faults)
    list.push_back({{"name", fault.name},
                    {"kind", fault.kind},
                    {"at_ns", ns(fault.acted)},
                    {"effective_ns", ns(fault.effective)},
                    {"healed_ns", ns(fault.healed)},
                    {"proof", text_or_null(fault.proof)},
                    {"id", fault.id},
                    {"class", fault.fault_class == FaultClass::kActing ? "acting" : "damage"},
                    {"planned_ns", to_ns(fault.planned)},
                    {"proven", fault.proven || fault.proven_by_impact},
                    {"heal_proof", text_or_null(fault.heal_proof)}});
  return list;
}

Json residues_json(const Measurement& measurement) {
  Json list = Json::array();
  for (const ResidueRecord& residue : measurement.residues)
    list.push_back({{"what", residue.what}, {"how_to_heal", text_or_null(residue.how_to_heal)}});
  return list;
}

Json steps_json(const Measurement& measurement) {
  Json list = Json::array();
  for (const StepRecord& step : measurement.steps)
    list.push_back({{"title", step.title},
                    {"started_ns", ns(step.started)},
                    {"ended_ns", ns(step.ended)},
                    {"budget_ns", ns(step.budget)},
                    {"outcome", text_or_null(step.outcome)},
                    {"by", step.by},
                    {"command", text_or_null(step.command)},
                    {"exit", step.exit_status ? Json(*step.exit_status) : Json(nullptr)},
                    {"evidence", step.evidence},
                    {"id", step.id},
                    {"detail", text_or_null(step.detail)},
                    {"contains", step.contains_outage},
                    {"after_end", step.after_end},
                    {"phase", text_or_null(step.phase)}});
  return list;
}

Json incidents_json(const ReportInput& input) {
  Json list = Json::array();
  for (const Incident& incident : input.measurement.incidents) {
    Json faults = Json::array();
    for (const FaultRecord& fault : input.measurement.faults)
      if (std::find(incident.faults.begin(), incident.faults.end(), fault.id) != incident.faults.end())
        faults.push_back(fault.name);
    Json rto = rto_json(&incident, rto_target(input.spec.scenario.objectives.rto), nullptr);
    Json rpo = rpo_json(input, &incident, nullptr);
    for (const char* whole : {"loss_interval", "verdict"}) rpo.erase(whole);  // of the drill, not of one incident
    rto.erase("verdict");
    list.push_back({{"faults", std::move(faults)},
                    {"timeline_ns", timeline_json(incident.timeline)},
                    {"rto", std::move(rto)},
                    {"rpo", std::move(rpo)},
                    {"wrt", wrt_json(&incident)},
                    {"downtime_ns",
                     {{"service_level", to_ns(incident.downtime_service_level)},
                      {"regulatory", ns(incident.downtime_regulatory)}}},
                    {"evidence", incident.evidence}});
  }
  return list;
}

const Judgement* judgement_of(const std::vector<const Judgement*>& judgements, const std::string& name) {
  for (const Judgement* judgement : judgements)
    if (judgement->name == name) return judgement;
  return nullptr;
}

Json component_json(const ReportInput& input, const Component& component) {
  const ComponentRecord* record = find_component(input.measurement, component.name);
  const Incident* incident =
      record == nullptr || record->incidents.empty() ? nullptr : &record->incidents[record->worst];
  const auto judgements = component_judgements(input.verdict, component.name);
  const Judgement* mtd = judgement_of(judgements, component.name + " mtd");
  const RpoFigure rpo = incident == nullptr ? RpoFigure{} : incident->rpo;
  Json json = {
      {"name", component.name},
      {"rto", rto_json(incident, rto_target(component.rto), judgement_of(judgements, component.name + " rto"))},
      {"rpo",
       {{"target_ns", ns(component.rpo)},
        {"achieved_ns", ns(rpo.achieved)},
        {"uncertainty_ns", to_ns(rpo.uncertainty)},
        {"censored", rpo.censored},
        {"verdict", verdict_json(judgement_of(judgements, component.name + " rpo"))}}},
      {"verdict", to_string(component_outcome(judgements))},
      {"mtd",
       {{"target_ns", ns(component.mtd)},
        {"achieved_ns", ns(incident == nullptr ? std::nullopt : mtd_achieved(*incident))},
        {"verdict", verdict_json(mtd)}}},
      {"covers", component.services},
      {"from", evidence_name(component)},
      {"timeline_ns", timeline_json(incident == nullptr ? Timeline{} : incident->timeline)},
      {"downtime_ns", incident == nullptr ? Json(nullptr) : Json(to_ns(incident->downtime_service_level))},
      {"why_unknown", record == nullptr ? Json("nothing was measured") : text_or_null(record->why_unknown)}};
  json["records"] = nullptr;
  if (record != nullptr && record->records)
    json["records"] = {{"written", record->records->written},
                       {"confirmed", record->records->confirmed},
                       {"late", record->records->late},
                       {"lost", record->records->lost ? Json(*record->records->lost) : Json(nullptr)}};
  return json;
}

Json components_json(const ReportInput& input) {
  Json list = Json::array();
  for (const Component& component : input.spec.scenario.objectives.components)
    list.push_back(component_json(input, component));
  return list;
}

Json recovery_points_json(const Measurement& measurement) {
  Json list = Json::array();
  for (const RecoveryPointRecord& point : measurement.recovery_points)
    list.push_back({{"service", point.service},
                    {"kind", point.kind},
                    {"backup_id", text_or_null(point.backup_id)},
                    {"sha256", text_or_null(point.sha256)},
                    {"age_ns", ns(point.age)},
                    {"newest_ns", ns(point.newest)},
                    {"executed_ns", to_ns(point.executed)}});
  return list;
}

Json time_split_json(const Measurement& measurement) {
  const Incident* incident = headline(measurement);
  if (incident == nullptr || !incident->timeline.restored)
    return {{"machine", nullptr}, {"people_exercised", nullptr}, {"people_modelled", nullptr}};
  return {{"machine", to_ns(measurement.machine_time)},
          {"people_exercised", to_ns(measurement.people_exercised)},
          {"people_modelled", to_ns(measurement.people_modelled)}};
}

Json evidence_json(const ReportInput& input, const DrillHead& head) {
  return {{"journal_sha256", input.journal.sha256},
          {"head", input.journal.head},
          {"scenario_sha256", text_or_null(head.scenario_sha256)},
          {"target_sha256", text_or_null(head.target_sha256)},
          {"tool", {{"version", text_or_null(head.tool_version)}, {"sha256", text_or_null(head.tool_sha256)}}},
          {"host", text_or_null(head.host)},
          {"complete", input.journal.finished}};
}

Json communications_json(const Measurement& measurement) {
  Json list = Json::array();
  for (const CommunicationRecord& record : measurement.communications)
    list.push_back({{"audience", record.audience},
                    {"channel", record.channel},
                    {"message", record.message},
                    {"due_ns", ns(record.due)},
                    {"sent_ns", ns(record.sent)},
                    {"late", record.late},
                    {"why_undelivered", text_or_null(record.why_undelivered)}});
  return list;
}

Json objectives_json(const Verdict& verdict) {
  Json list = Json::array();
  for (const Judgement& judgement : verdict.judgements)
    list.push_back({{"name", judgement.name},
                    {"target", judgement.target},
                    {"achieved", judgement.achieved},
                    {"verdict", to_string(judgement.outcome)},
                    {"evidence", judgement.evidence},
                    {"group", judgement.group},
                    {"uncertainty", text_or_null(judgement.uncertainty)},
                    {"counts", judgement.counts},
                    {"reached", judgement.reached},
                    {"why", text_or_null(judgement.why)}});
  return list;
}

Json drill_json(const DrillHead& head) {
  return {{"id", head.id},
          {"scenario", head.scenario},
          {"target", head.target},
          {"world", head.world},
          {"driver", text_or_null(head.driver)},
          {"seed", head.seed},
          {"started", format_wall(head.started)},
          {"ended", format_wall(head.ended)}};
}

Json downtime_json(const Measurement& measurement) {
  const Incident* incident = headline(measurement);
  return {{"service_level", to_ns(measurement.downtime_service_level)},
          {"regulatory", ns(incident == nullptr ? std::nullopt : incident->downtime_regulatory)}};
}

}  // namespace

std::string report_json(const ReportInput& input) {
  const Measurement& measurement = input.measurement;
  const DrillHead head = drill_head(input.journal);
  const Incident* incident = headline(measurement);
  Json report = {{"blackstart", 1}, {"drill", drill_json(head)}};
  report["verdict"] = to_string(input.verdict.outcome);
  report["reasons"] = input.verdict.reasons;
  report["timeline_ns"] = timeline_json(incident == nullptr ? Timeline{} : incident->timeline);
  report["rto"] = rto_json(incident, rto_target(input.spec.scenario.objectives.rto),
                           find_judgement(input.verdict, "objective", "rto"));
  report["rpo"] = rpo_json(input, incident, find_judgement(input.verdict, "objective", "rpo"));
  report["wrt"] = wrt_json(incident);
  report["mtd"] = mtd_json(input, incident);
  report["downtime_ns"] = downtime_json(measurement);
  report["bids"] = bids_json(measurement);
  report["latency_ns"] = phases_json(measurement.latency);
  report["service_time_ns"] = phases_json(measurement.service_time);
  report["notification_delay_ns"] = phases_json(measurement.notification_delay);
  report["generator"] = head.world == "sim" ? Json(nullptr) : generator_json(measurement);
  report["faults"] = faults_json(measurement);
  report["residual_faults"] = residues_json(measurement);
  report["steps"] = steps_json(measurement);
  report["incidents"] = incidents_json(input);
  report["components"] = components_json(input);
  report["recovery_points"] = recovery_points_json(measurement);
  report["time_split_ns"] = time_split_json(measurement);
  report["evidence"] = evidence_json(input, head);
  report["exercise"] = {{"type", head.world == "sim" ? "simulation" : "live"},
                        {"announced", nullptr},
                        {"participants", Json::array()},
                        {"limitations", limitations(input)}};
  report["stop"] = {{"reason", text_or_null(measurement.stop_reason)}};
  report["error"] = text_or_null(measurement.abort_reason);
  report["exit_code"] = input.verdict.exit_code;
  report["communications"] = communications_json(measurement);
  add_runbook_json(input, report);
  report["objectives"] = objectives_json(input.verdict);
  report["predicted"] = predicted_json(prediction_of(input));
  return report.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace blackstart
