#include "base/check.h"
#include "scenarios/bind.h"
#include "scenarios/threshold.h"
#include "scenarios/words.h"

#include <algorithm>

namespace blackstart {
namespace {

constexpr std::string_view kBackups = ".backups.";
constexpr Duration kAlertEvery = std::chrono::seconds{15};

// ---- load ------------------------------------------------------------------------------------------------------

RateStage read_stage(const Node& node) {
  const std::string rate = node.text("rate");
  const std::size_t dots = rate.find("..");
  const Rate from = *parse_rate(std::string_view{rate}.substr(0, dots));
  const Rate to = dots == std::string::npos ? from : *parse_rate(std::string_view{rate}.substr(dots + 2));
  return RateStage{read_duration(*node.find("for")), from, to};
}

void read_arrivals(const Node& node, BidLoad& bids) {
  if (node.is_map()) {
    bids.arrivals = Arrivals::kReplay;
    bids.replay_file = node.text("replay");
  } else if (node.scalar == "constant") {
    bids.arrivals = Arrivals::kConstant;
  }
}

BidLoad read_bids(const Node& node) {
  BidLoad bids;
  if (const Node* rate = node.find("rate")) {
    const Rate constant = *parse_rate(rate->scalar);
    bids.profile.push_back(RateStage{Duration{}, constant, constant});
  }
  if (const Node* profile = node.find("profile")) {
    for (const Node& stage : profile->items) bids.profile.push_back(read_stage(stage));
  }
  if (const Node* arrivals = node.find("arrivals")) read_arrivals(*arrivals, bids);
  if (const Node* auctions = node.find("auctions")) {
    bids.auctions = static_cast<std::uint32_t>(read_integer(*auctions, "count", static_cast<int>(bids.auctions)));
    if (const Node* popularity = auctions->find("popularity")) {
      bids.popularity_zipf = popularity->is_map() ? read_number(*popularity->find("zipf")) : 0.0;
    }
  }
  bids.timeout = read_duration(node, "timeout", bids.timeout);
  if (const Node* retry = node.find("retry")) bids.retry = read_retry(*retry);
  if (const Node* connections = node.find("connections")) {
    bids.connections_max = read_integer(*connections, "max", bids.connections_max);
  }
  return bids;
}

// ---- objectives ------------------------------------------------------------------------------------------------

ServiceLevel read_level(const Node& node) {
  ServiceLevel level;
  level.goodput = read_share(node, "goodput", level.goodput);
  level.degraded = read_share(node, "degraded", level.degraded);
  if (const Node* latency = node.find("latency")) {
    const auto bound = parse_latency_bound(latency->scalar);
    BS_CHECK(bound.has_value());
    level.latency_percentile = bound->percentile;
    level.latency_bound = bound->bound;
  }
  level.hold = read_duration(node, "hold", level.hold);
  level.bin = read_optional_duration(node, "bin");
  return level;
}

Objectives read_objectives(const Node& node) {
  Objectives objectives;
  if (const Node* rto = node.find("rto")) objectives.rto = read_rto(*rto);
  objectives.rpo = read_optional_duration(node, "rpo");
  objectives.mtd = read_optional_duration(node, "mtd");
  if (const Node* level = node.find("service_level")) objectives.service_level = read_level(*level);
  if (const Node* thresholds = node.find("thresholds")) objectives.thresholds = read_thresholds(*thresholds);
  return objectives;
}

// ---- probes and faults -----------------------------------------------------------------------------------------

ProbeRule read_rule(const Node& node) {
  std::vector<std::string> names = names_of(probe_words());
  for (const Word& word : detection_words()) names.push_back(word.name);
  ProbeRule rule;
  rule.name = node.text("name");
  rule.probe = read_call(node, names);
  const bool alert = rule.probe.word == "alert";
  rule.every =
      read_duration(node, "every", alert ? read_duration(rule.probe.arguments, "every", kAlertEvery) : rule.every);
  rule.timeout = read_duration(node, "timeout", rule.timeout);
  rule.failures = read_integer(node, "failures", rule.failures);
  rule.successes = read_integer(node, "successes", rule.successes);
  rule.hold = read_duration(node, "hold", alert ? read_duration(rule.probe.arguments, "for", rule.hold) : rule.hold);
  rule.severity = node.text("severity");
  rule.where = node.where;
  return rule;
}

std::vector<ProbeRule> read_rules(const Node* list) {
  std::vector<ProbeRule> rules;
  if (list == nullptr) return rules;
  for (const Node& item : list->items) rules.push_back(read_rule(item));
  return rules;
}

SteadyState read_steady_state(const Node& node) {
  SteadyState steady;
  steady.length = read_duration(*node.find("for"));
  steady.within = read_duration(node, "within", 3 * steady.length + std::chrono::seconds{30});
  steady.probes = read_rules(node.find("probes"));
  return steady;
}

/// {before: SERVICE.backups.NAME, by: 1m}
BeforeBackup read_before(const Node& node) {
  const std::string path = node.text("before");
  const std::size_t middle = path.find(kBackups);
  BS_CHECK_MESSAGE(middle != std::string::npos, "the checker has let through what names no backup");
  return BeforeBackup{path.substr(0, middle), path.substr(middle + kBackups.size()), read_duration(*node.find("by"))};
}

FaultSpec read_fault(const Node& node) {
  std::vector<std::string> kinds;
  for (const FaultWord& fault : fault_words()) kinds.push_back(fault.word.name);
  FaultSpec fault;
  fault.name = node.text("name");
  const Node* at = node.find("at");
  if (at != nullptr && at->is_scalar()) fault.at = read_duration(*at);
  if (at != nullptr && at->is_map()) fault.before = read_before(*at);
  fault.kind = read_call(node, kinds);
  fault.fault_class = fault_class(fault.kind);
  if (const Node* length = node.find("for")) {
    fault.end = FaultEnd::kFor;
    fault.length = read_duration(*length);
  } else {
    fault.end = node.text("until") == "end" ? FaultEnd::kDrillEnd : FaultEnd::kRecovered;
  }
  fault.where = node.where;
  return fault;
}

// ---- recovery and validation -----------------------------------------------------------------------------------

Recovery read_recovery(const Node& node, const std::string& folder) {
  Recovery recovery;
  const Node* after = node.find("after");
  if (after != nullptr && after->is_map()) {
    recovery.after_detection = false;
    recovery.at = read_duration(*after->find("at"));
  }
  recovery.steps = read_steps(*node.find("steps"), "", folder);
  return recovery;
}

ValidationCheck read_validation(const Node& node, const std::string& folder) {
  ValidationCheck check;
  check.name = node.text("name");
  check.where = node.where;
  if (const Node* thresholds = node.find("thresholds")) {
    check.thresholds = read_thresholds(*thresholds);
  } else if (const Node* own = node.find("check")) {
    check.check = read_check(*own);
  } else {
    check.check = read_call(node, names_of(probe_words()));
  }
  if (const Node* otherwise = node.find("otherwise")) {
    check.otherwise = read_steps(*otherwise, "validation." + check.name + ".", folder);
  }
  return check;
}

// ---- people and words ------------------------------------------------------------------------------------------

ExerciseInject read_inject(const Node& node) {
  return ExerciseInject{read_duration(*node.find("at")),
                        node.text("type"),
                        node.text("method"),
                        node.text("from"),
                        node.text("to"),
                        node.text("text"),
                        node.text("expected")};
}

Judge read_judge(const Node& node, const char* key, Judge fallback) {
  const std::string word = node.text(key);
  if (word.empty()) return fallback;
  return word == "fail" ? Judge::kFail : word == "ignore" ? Judge::kIgnore : Judge::kWarn;
}

void read_people(const Node& root, Scenario& scenario) {
  if (const Node* people = root.find("people")) {
    for (const Node::Entry& entry : people->entries) {
      scenario.people.times.emplace(entry.key, read_distribution(entry.value, scenario.folder));
    }
  }
  if (const Node* list = root.find("communications")) {
    for (const Node& item : list->items) scenario.communications.push_back(read_communication(item));
  }
  if (const Node* list = root.find("injects")) {
    for (const Node& item : list->items) scenario.injects.push_back(read_inject(item));
  }
  if (const Node* list = root.find("stop_conditions")) {
    for (const Node& item : list->items) {
      scenario.stop_conditions.push_back(
          StopCondition{item.text("name"), *Expression::parse(item.text("when")), item.where});
    }
  }
  if (const Node* judge = root.find("judge")) {
    scenario.judge.budgets = read_judge(*judge, "budgets", scenario.judge.budgets);
    scenario.judge.communications = read_judge(*judge, "communications", scenario.judge.communications);
    scenario.judge.deadlines = read_judge(*judge, "deadlines", scenario.judge.deadlines);
  }
}

void read_expected(const Node& objectives, Scenario& scenario) {
  const Node* expected = objectives.find("expected");
  if (expected == nullptr) return;
  for (const Node::Entry& entry : expected->entries) {
    const std::string& range = entry.value.scalar;
    const std::size_t dots = range.find("..");
    const Duration from = *parse_duration(std::string_view{range}.substr(0, dots));
    const Duration to = dots == std::string::npos ? from : *parse_duration(std::string_view{range}.substr(dots + 2));
    scenario.expected[entry.key] = {from, to};
  }
}

void read_head(const Node& root, Scenario& scenario) {
  scenario.title = root.text("title");
  if (const Node* runbook = root.find("runbook")) {
    scenario.runbook = RunbookReference{runbook->text("document"), runbook->text("section")};
  }
  scenario.severity = root.text("severity");
  scenario.disruption = root.text("disruption");
  scenario.cadence = root.text("cadence");
  scenario.tags = read_texts(root.find("tags"));
  scenario.target = root.text("target");
  const Node* organisation = root.find("organisation");
  if (organisation != nullptr)
    scenario.organisation = organisation->is_map() ? organisation->text("name") : organisation->scalar;
  if (const Node* start = root.find("start")) scenario.start = read_time_of_day(start->scalar);
}

}  // namespace

void bind_scenario(const Node& root, Scenario& scenario) {
  read_head(root, scenario);
  const Node& load = *root.find("load");
  scenario.load.bids = read_bids(*load.find("bids"));
  if (const Node* watchers = load.find("watchers")) {
    scenario.load.watchers = read_integer(*watchers, "count", 0);
    scenario.load.watchers_live =
        std::min(scenario.load.watchers, read_integer(*watchers, "live", scenario.load.watchers));
  }
  const Node& objectives = *root.find("objectives");
  scenario.objectives = read_objectives(objectives);
  read_expected(objectives, scenario);
  if (const Node* steady = root.find("steady_state")) scenario.steady_state = read_steady_state(*steady);
  for (const Node& fault : root.find("faults")->items) scenario.faults.push_back(read_fault(fault));
  scenario.detection = read_rules(root.find("detection"));
  if (const Node* recovery = root.find("recovery")) scenario.recovery = read_recovery(*recovery, scenario.folder);
  if (const Node* validation = root.find("validation")) {
    for (const Node& check : validation->items) scenario.validation.push_back(read_validation(check, scenario.folder));
  }
  read_people(root, scenario);
  if (const Node* observe = root.find("observe")) scenario.observe = read_duration(*observe);
  bind_runbook(root, scenario);
}

}  // namespace blackstart
