#pragma once
// What a scenario file means, after loading: plain values, complete and checked, units read. Text that a driver fills
// in later ({{services.NAME.url}}, {{steps.TITLE.output}}, {{env.NAME}}) still holds its braces (scenarios/template.h).
// The language: docs/language.md. Deterministic.

#include "base/time.h"
#include "base/units.h"
#include "scenarios/document.h"
#include "scenarios/expression.h"
#include "scenarios/values.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace blackstart {

/// One word of the language with its arguments: an action {promote: {service: database, role: standby}}, a probe, a
/// check, a fault's kind. `arguments` is checked against the word's table (scenarios/words.h), so that typed reading
/// (scenarios/arguments.h) cannot fail on it except for values that a driver fills in.
/// - `arguments` is always a map; a bare scalar ({exec: "./x.sh"}, {run: "./y.sh"}) stands in it under the key "".
/// - The action `run` has its command under "", and `takes` and `like` beside it where the file has them.
/// - A check that is a probe has the probe's word. The others are "state" {service | services, role?, is}, "region"
///   {region, is}, "reconcile" {reconcile: bids, up_to?}, "replication" {service, replication} and "canary"
///   {canary, count}; their arguments are the whole map of `check:`.
struct Call {
  std::string word;
  Node arguments;
  Position where;
};

struct RunbookReference {
  std::string document;
  std::string section;
};

// ---- load ------------------------------------------------------------------------------------------------------

/// A stretch of the offered rate: linear from `from` to `to` over `length` (equal: constant).
struct RateStage {
  Duration length{};
  Rate from;
  Rate to;
};
enum class Arrivals { kPoisson, kConstant, kReplay };
struct BidLoad {
  std::vector<RateStage> profile;  // never empty; the last stage's final rate goes on until traffic stops
  Arrivals arrivals = Arrivals::kPoisson;
  std::string replay_file;  // kReplay: CSV, one arrival a line, seconds from the start; beside the scenario
  std::uint32_t auctions = 2000;
  double popularity_zipf = 1.1;  // 0: uniform
  Duration timeout = std::chrono::seconds{2};
  Retry retry;
  int connections_max = 4096;
};
struct Load {
  BidLoad bids;
  int watchers = 0;
};

// ---- objectives ------------------------------------------------------------------------------------------------

struct RtoObjective {
  Duration within{};
  bool from_healed = false;  // {within: 2m, from: healed}
};
/// metric.phase with one condition, as bid_latency.steady: p(99)<100ms. Also used inside validation.
struct Threshold {
  std::string metric;      // "bid_latency", "lost_after_fault", ...
  std::string phase;       // "steady", "impact", "after" or "" (all)
  std::string aggregate;   // "p", "avg", "max", "min", "count", "rate", "span"
  double percentile = 0;   // of "p"
  std::string comparison;  // "<" "<=" ">" ">=" "=="
  double bound = 0;        // ns for latencies and spans, 0..1 for rates, a count otherwise
  std::string text;        // "bid_latency.steady: p(99)<100ms", as printed
  Position where;
};
struct ServiceLevel {
  Share goodput{0.99};
  Share degraded{0.0};                       // share of acknowledged bids that may be degraded and still count as good
  std::optional<double> latency_percentile;  // 99 of p(99)<100ms
  Duration latency_bound{};
  Duration hold = std::chrono::seconds{10};
  std::optional<Duration> bin;  // default: max(100 ms, 100 / nominal rate at the first fault)
};
struct Objectives {
  std::optional<RtoObjective> rto;
  std::optional<Duration> rpo;
  std::optional<Duration> mtd;
  ServiceLevel service_level;
  std::vector<Threshold> thresholds;
};

// ---- probes, steady state, detection ---------------------------------------------------------------------------

struct ProbeRule {
  std::string name;
  Call probe;  // http, tcp, exec, process, sql, redis, kafka, metric (or, in detection, alert, webhook)
  Duration every = std::chrono::seconds{1};
  Duration timeout = std::chrono::seconds{1};
  int failures = 1;   // in a row, until it counts as failed
  int successes = 1;  // in a row, until it counts as recovered
  Duration hold{};    // the condition must last this long
  std::string severity;
  Position where;
};
struct SteadyState {
  Duration length{};  // `for`
  Duration within{};  // waited for at most; default 3 x for + 30 s
  std::vector<ProbeRule> probes;
};

// ---- faults ----------------------------------------------------------------------------------------------------

enum class FaultClass { kActing, kDamage };
enum class FaultEnd { kFor, kRecovered, kDrillEnd };
struct FaultSpec {
  std::string name;
  Duration at{};  // from the end of steady state
  Call kind;      // kill, pause, ...
  FaultClass fault_class = FaultClass::kActing;
  FaultEnd end = FaultEnd::kRecovered;
  Duration length{};  // of kFor
  Position where;
};

// ---- recovery and validation -----------------------------------------------------------------------------------

struct Step;
struct Decision {
  std::string by;
  Node takes;  // a distribution, for sim
};
struct Step {
  std::string title;
  std::string id;  // unique path in the drill: "3", "3.otherwise.1", "4.together.2"
  std::optional<Call> action;
  std::optional<Call> check;
  std::vector<Step> together;
  bool manual = false;
  std::optional<Duration> budget;
  std::vector<Step> otherwise;
  bool contains_outage = false;  // contains: true
  bool after_end = false;        // after: end
  Duration hold{};               // a check must go on succeeding for this long
  std::string output;            // the name under which a later step finds this one's output
  std::optional<Decision> decision;
  std::string phase;
  Position where;
};
struct Recovery {
  bool after_detection = true;
  Duration at{};  // of after: {at: 2m}, from the end of steady state
  std::vector<Step> steps;
};
struct ValidationCheck {
  std::string name;
  std::optional<Call> check;  // reconcile, state, a probe
  std::vector<Threshold> thresholds;
  std::vector<Step> otherwise;
  Position where;
};

// ---- people, words, limits -------------------------------------------------------------------------------------

struct PeopleSpec {
  std::map<std::string, Node> times;  // acknowledge, assemble, ... -> distribution
};
struct Communication {
  std::string audience;
  std::string channel;
  std::optional<Duration> within;  // of the fault
  std::optional<Duration> every;
  std::string until;  // "restored" with every
  std::optional<Expression> when;
  std::string message;
  std::string webhook;  // url to POST to, may be empty
  Position where;
};
struct ExerciseInject {
  Duration at{};
  std::string type, method, from, to, text, expected;
};
struct StopCondition {
  std::string name;
  Expression when;
  Position where;
};
/// A part of the file that is checked, but that no world plays yet.
struct UnplayedPart {
  std::string path;            // "objectives.components"
  bool changes_result = true;  // a drill without it would claim too much: worlds refuse it
  Position where;
};
enum class Judge { kWarn, kFail, kIgnore };
struct JudgePolicy {
  Judge budgets = Judge::kWarn;
  Judge communications = Judge::kWarn;
  Judge deadlines = Judge::kFail;
};

struct Scenario {
  std::string name;  // file stem, or system/stem inside the catalogue: "auction-flow/database-failure"
  std::string file;
  std::string title;
  std::optional<RunbookReference> runbook;
  std::string severity;  // "P1" or ""
  std::string disruption;
  std::string cadence;
  std::vector<std::string> tags;
  std::string target;  // as written
  Load load;
  Objectives objectives;
  std::optional<SteadyState> steady_state;
  std::vector<FaultSpec> faults;
  std::vector<ProbeRule> detection;
  std::optional<Recovery> recovery;
  std::vector<ValidationCheck> validation;
  PeopleSpec people;
  std::vector<Communication> communications;
  std::vector<ExerciseInject> injects;
  std::optional<Duration> observe;
  std::vector<StopCondition> stop_conditions;
  JudgePolicy judge;
  std::string organisation;                                       // as written, or ""
  std::map<std::string, std::pair<Duration, Duration>> expected;  // objective -> from..to: reported, not judged
  std::vector<UnplayedPart> unplayed;                             // refuse what changes the result, mention the rest
  Node resolved;       // the whole file after extend, vars and overrides: what `show` prints
  std::string folder;  // where `run` commands start
};

// ---- target ----------------------------------------------------------------------------------------------------

/// How many members hold a role ({primary: 1, standby: 1}; with regions, by region).
struct RoleCount {
  std::string role;
  std::string region;  // "" without regions
  int count = 1;
};
struct ServiceSpec {
  std::string name;
  std::string kind;  // api sql cache stream gateway search objects files control-plane dns external
  std::string tier;
  int replicas = 1;
  std::vector<std::string> needs;
  std::vector<RoleCount> roles;  // empty: `replicas` members without a role
  std::string replication;       // "", "sync", "async"
  std::string url;               // template, may be empty
  Node backups;                  // as written, checked
  Position where;
};
/// A HTTP call of a driver part: {method, url, body}.
struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};
/// `drivers.local.NAME`: how one member of a service is run.
struct LocalService {
  std::string service;
  std::string run;  // command line template; "auctiond" is the embedded platform
  std::vector<std::pair<std::string, std::string>> env;
  std::optional<std::string> ready_http;  // path, as /health
  bool ready_tcp = false;                 // accepts connections on {{port}}
  Duration ready_within = std::chrono::seconds{30};
  std::optional<HttpCall> promote;  // sent to the member that is promoted
  std::optional<HttpCall> repoint;  // {{to.url}}, {{to.service}}; absent: restart with the new address
  std::optional<HttpCall> rebuild;  // absent: stop, empty {{dir}}, start in the role
  std::optional<std::string> promote_run, repoint_run, rebuild_run;  // the same as commands
  Position where;
};
/// load: how bids reach the target (protocol.md of the design; docs/targets.md here).
struct LoadMapping {
  std::string service;  // protocol: bids -> this service's url
  bool protocol_bids = true;
  Node kafka;     // load.kafka {brokers, topic, acks, idempotence}: null when not used
  HttpCall http;  // otherwise: url, headers, body with {{bid.id}} {{bid.auction}} ...
  std::vector<int> acknowledged, refused;
  std::vector<std::pair<std::string, std::string>> degraded_when;  // JSON path or header -> value
  enum class ReadBackKind { kNone, kBids, kHttp, kSql, kKafka, kRun } read_back = ReadBackKind::kNone;
  Node read_back_arguments;  // checked: http {url, items, id, crc, next} ...
};
struct Target {
  std::string name;
  std::string file;
  std::vector<std::string> regions;
  std::vector<ServiceSpec> services;
  LoadMapping load;
  std::vector<std::string> drivers;  // in the file's order: "local", "compose", "kubernetes", "external"
  std::vector<LocalService> local;
  Node drivers_node;  // all parts, as written
  Node sim;           // checked later, by the simulator
  bool production = false;
  Node resolved;
  std::string folder;

  [[nodiscard]] const ServiceSpec* find_service(std::string_view name) const;
  [[nodiscard]] const LocalService* find_local(std::string_view name) const;
};

/// Everything one drill needs, loaded.
struct Spec {
  Scenario scenario;
  Target target;
};

}  // namespace blackstart
