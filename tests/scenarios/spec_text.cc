#include "spec_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace blackstart {
namespace {

std::string text_of(const Call& call) { return call.word + to_json(call.arguments).dump(); }
std::string text_of(const std::optional<Call>& call) { return call ? text_of(*call) : "-"; }
std::string text_of(const Distribution& times) {
  return fmt::format("{} {} {} {} {} {}", static_cast<int>(times.form), spell_duration(times.first),
                     spell_duration(times.second), times.shape, times.p, times.file);
}
std::string text_of(const std::optional<Distribution>& times) { return times ? text_of(*times) : "-"; }
std::string text_of(const std::optional<Duration>& length) { return length ? spell_duration(*length) : "-"; }

std::string text_of(const std::vector<Threshold>& thresholds) {
  std::string text;
  for (const Threshold& threshold : thresholds) {
    text += fmt::format("{} [{} {} {} {} {} {}];", threshold.text, threshold.metric, threshold.phase,
                        threshold.aggregate, threshold.percentile, threshold.comparison, threshold.bound);
  }
  return text;
}

std::string text_of(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    text += fmt::format(
        "step {} {} action={} check={} manual={} budget={} contains={} after_end={} hold={} output={} phase={}\n",
        step.id, step.title, text_of(step.action), text_of(step.check), step.manual, text_of(step.budget),
        step.contains_outage, step.after_end, spell_duration(step.hold), step.output, step.phase);
    if (step.decision) text += fmt::format("decision {} {}\n", step.decision->by, text_of(step.decision->takes));
    if (!step.skip_to.empty()) text += fmt::format("skip {} weight {}\n", step.skip_to, step.weight);
    text += text_of(step.together) + text_of(step.options) + text_of(step.otherwise);
  }
  return text;
}

std::string text_of(const ProbeRule& rule) {
  return fmt::format("rule {} {} {} {} {} {} {} {}\n", rule.name, text_of(rule.probe), spell_duration(rule.every),
                     spell_duration(rule.timeout), rule.failures, rule.successes, spell_duration(rule.hold),
                     rule.severity);
}

std::string load_text(const Load& load) {
  std::string text;
  for (const RateStage& stage : load.bids.profile) {
    text += fmt::format("stage {} {} {}\n", spell_duration(stage.length), spell_rate(stage.from), spell_rate(stage.to));
  }
  const BidLoad& bids = load.bids;
  return text + fmt::format("load {} {} {} {} {} retry {} {} {} {} connections {} watchers {}\n",
                            static_cast<int>(bids.arrivals), bids.replay_file, bids.auctions, bids.popularity_zipf,
                            spell_duration(bids.timeout), bids.retry.attempts, spell_duration(bids.retry.backoff),
                            static_cast<int>(bids.retry.jitter), spell_share(bids.retry.budget), bids.connections_max,
                            load.watchers);
}

std::string objectives_text(const Objectives& objectives) {
  const ServiceLevel& level = objectives.service_level;
  return fmt::format("rto {} {} rpo {} mtd {} level {} {} {} {} {} {}\n{}\n",
                     objectives.rto ? spell_duration(objectives.rto->within) : "-",
                     objectives.rto && objectives.rto->from_healed, text_of(objectives.rpo), text_of(objectives.mtd),
                     spell_share(level.goodput), spell_share(level.degraded), level.latency_percentile.value_or(0),
                     spell_duration(level.latency_bound), spell_duration(level.hold), text_of(level.bin),
                     text_of(objectives.thresholds));
}

std::string runbook_text(const Scenario& scenario) {
  std::string text = fmt::format("organisation {} start {}\n", scenario.organisation, text_of(scenario.start));
  for (const Canary& canary : scenario.canaries) {
    text += fmt::format("canary {} {} {} {} {} {} {}\n", canary.name, canary.write.way, canary.write.what,
                        canary.read.way, canary.read.what, spell_duration(canary.every), spell_duration(canary.within));
  }
  for (const Component& part : scenario.objectives.components) {
    text += fmt::format("component {} {} {} {} {} rto {} {} rpo {} mtd {}\n", part.name, part.tier,
                        fmt::join(part.services, ","), static_cast<int>(part.evidence), part.source,
                        part.rto ? spell_duration(part.rto->within) : "-", part.rto && part.rto->from_healed,
                        text_of(part.rpo), text_of(part.mtd));
  }
  for (const Expectation& expected : scenario.expect) {
    text += fmt::format("expect {} {} {} {}\n", expected.breaker, static_cast<int>(expected.becomes),
                        spell_duration(expected.within), expected.of);
  }
  for (const Deadline& deadline : scenario.deadlines) {
    text += fmt::format("deadline {} {} {} {}\n", deadline.name, deadline.mark, spell_duration(deadline.within),
                        deadline.of);
  }
  for (const RunbookPhase& phase : scenario.phases) {
    text += fmt::format("phase {} {} {}\n", phase.name, spell_duration(phase.from), spell_duration(phase.to));
  }
  for (const auto& [name, range] : scenario.expected) {
    text += fmt::format("expected {} {} {}\n", name, spell_duration(range.first), spell_duration(range.second));
  }
  for (const auto& [name, times] : scenario.people.times) text += fmt::format("people {} {}\n", name, text_of(times));
  return text;
}

std::string scenario_text(const Scenario& scenario) {
  std::string text = fmt::format("{} {} {} {} {} {}\n", scenario.title, scenario.severity, scenario.disruption,
                                 scenario.cadence, fmt::join(scenario.tags, ","), scenario.target);
  text += load_text(scenario.load) + objectives_text(scenario.objectives);
  if (scenario.steady_state) {
    text += fmt::format("steady {} {}\n", spell_duration(scenario.steady_state->length),
                        spell_duration(scenario.steady_state->within));
    for (const ProbeRule& rule : scenario.steady_state->probes) text += text_of(rule);
  }
  for (const FaultSpec& fault : scenario.faults) {
    text += fmt::format("fault {} {} {} {} {} {}\n", fault.name, spell_duration(fault.at), text_of(fault.kind),
                        static_cast<int>(fault.fault_class), static_cast<int>(fault.end), spell_duration(fault.length));
    if (fault.before) {
      text += fmt::format("before {} {} {}\n", fault.before->service, fault.before->backup,
                          spell_duration(fault.before->by));
    }
  }
  text += runbook_text(scenario);
  for (const ProbeRule& rule : scenario.detection) text += text_of(rule);
  if (scenario.recovery) {
    text += fmt::format("recovery {} {}\n", scenario.recovery->after_detection, spell_duration(scenario.recovery->at));
    text += text_of(scenario.recovery->steps);
  }
  for (const ValidationCheck& check : scenario.validation) {
    text += fmt::format("validation {} {} {}\n{}", check.name, text_of(check.check), text_of(check.thresholds),
                        text_of(check.otherwise));
  }
  for (const Communication& message : scenario.communications) {
    text += fmt::format("communication {} {} {} {} {} {} {} {}\n", message.audience, message.channel,
                        text_of(message.within), text_of(message.every), message.until,
                        message.when ? message.when->spelled() : "-", message.message, message.webhook);
  }
  for (const StopCondition& stop : scenario.stop_conditions)
    text += fmt::format("stop {} {}\n", stop.name, stop.when.spelled());
  return text + fmt::format("judge {} {} {} observe {}\n", static_cast<int>(scenario.judge.budgets),
                            static_cast<int>(scenario.judge.communications), static_cast<int>(scenario.judge.deadlines),
                            text_of(scenario.observe));
}

std::string text_of(const std::optional<Transfer>& transfer) {
  if (!transfer) return "-";
  return fmt::format("{} {}", transfer->bytes_per_second.value_or(-1), text_of(transfer->takes));
}

std::string text_of(const NeedCall& call) {
  std::string text =
      fmt::format("call {} {} {} {} {} {} {} ", call.need, spell_duration(call.timeout), call.retry.attempts,
                  spell_share(call.share), call.wait, call.required, text_of(call.fallback));
  if (!call.breaker) return text + "\n";
  return text + fmt::format("breaker {} {} {} {} {}\n", spell_share(call.breaker->threshold), call.breaker->calls,
                            spell_duration(call.breaker->open), call.breaker->half_open_calls,
                            text_of(call.breaker->slow));
}

std::string text_of(const ServiceSim& part) {
  const StationSim& station = part.station;
  const ActionSim& actions = part.actions;
  std::string text =
      fmt::format("sim {} {} {} {} {} {} {} {}\n", part.service, part.kind, station.servers,
                  text_of(station.service_time), station.queue.value_or(0), spell_share(station.availability),
                  static_cast<int>(station.balance), part.own.index());
  text +=
      fmt::format("takes {} {} {} {} {} {}\n", text_of(actions.start), text_of(actions.stop), text_of(actions.promote),
                  text_of(actions.failover), text_of(actions.restore), text_of(actions.rebuild));
  for (const NeedCall& call : station.calls) text += text_of(call);
  return text;
}

std::string text_of(const LinkSim& link) {
  return fmt::format("{} {} {}", text_of(link.latency), spell_share(link.loss), link.bytes_per_second.value_or(-1));
}

std::string sim_text(const SimSpec& sim) {
  std::string text;
  for (const ServiceSim& part : sim.services) text += text_of(part);
  if (!sim.network) return text;
  text += fmt::format("network {} {} {} {}\n", text_of(sim.network->within_zone), text_of(sim.network->between_zones),
                      text_of(sim.network->between_regions), text_of(sim.network->clients));
  for (const LinkBetween& between : sim.network->links) {
    text += fmt::format("link {} {} {} {}\n", between.from, between.to, between.both_ways, text_of(between.link));
  }
  return text;
}

std::string text_of(const BackupSpec& backup) {
  return fmt::format("backup {} {} {} {} {} {} {} {} {} {}\n", backup.name, static_cast<int>(backup.kind),
                     spell_duration(backup.every), text_of(backup.at), text_of(backup.keep), backup.encrypted,
                     text_of(backup.takes), spell_share(backup.succeeds), text_of(backup.verified),
                     fmt::join(backup.copies, ","));
}

std::string target_text(const Target& target) {
  std::string text = fmt::format("target {} {} {} {}\n", target.name, fmt::join(target.regions, ","),
                                 fmt::join(target.drivers, ","), target.production);
  for (const ServiceSpec& service : target.services) {
    text += fmt::format("service {} {} {} {} {} {} {}\n", service.name, service.kind, service.tier, service.replicas,
                        fmt::join(service.needs, ","), service.replication, service.url);
    for (const BackupSpec& backup : service.backups) text += text_of(backup);
    for (const auto& [region, count] : service.replicas_by_region) text += fmt::format("in {} {}\n", region, count);
    for (const RoleCount& role : service.roles)
      text += fmt::format("role {} {} {}\n", role.role, role.region, role.count);
  }
  for (const LocalService& local : target.local) {
    text += fmt::format("local {} {} {} {} {} {}\n", local.service, local.run, local.ready_http.value_or("-"),
                        local.ready_tcp, spell_duration(local.ready_within),
                        local.promote ? local.promote->method + local.promote->url : "-");
  }
  const LoadMapping& load = target.load;
  text += fmt::format("load {} {} {} {} {} acknowledged {} refused {} read_back {} {}\n", load.service,
                      load.protocol_bids, load.http.method, load.http.url, load.http.body,
                      fmt::join(load.acknowledged, ","), fmt::join(load.refused, ","), static_cast<int>(load.read_back),
                      to_json(load.read_back_arguments).dump());
  for (const auto& [where, value] : load.degraded_when) text += fmt::format("degraded {} {}\n", where, value);
  return text;
}

}  // namespace

std::string spec_text(const Spec& spec) {
  return scenario_text(spec.scenario) + target_text(spec.target) + sim_text(spec.target.sim) +
         (spec.organisation ? spec.organisation->name : "") + to_json(spec.scenario.resolved).dump() +
         to_json(spec.target.resolved).dump();
}

}  // namespace blackstart
