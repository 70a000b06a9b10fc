#pragma once
// What a scenario file means, after loading: plain values, complete and checked, units read. Text that a driver fills
// in later ({{services.NAME.url}}, {{steps.TITLE.output}}, {{env.NAME}}) still holds its braces (scenarios/template.h).
// The language: docs/language.md. Deterministic.

#include "base/time.h"
#include "base/units.h"
#include "scenarios/document.h"
#include "scenarios/expression.h"
#include "scenarios/organisation.h"
#include "scenarios/sim_spec.h"
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
  int watchers_live = 0;  // of them, in a live world: what its machine can hold
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
/// A part of the system with objectives of its own.
struct Component {
  std::string name;
  std::string tier;                   // it covers every service of this tier; "" with `services`
  std::vector<std::string> services;  // it covers these; with `tier`: the target's services of that tier
  enum class Evidence { kBids, kCanary, kProbe } evidence = Evidence::kBids;
  std::string source;  // name of the canary, or of the rule in steady_state.probes or detection
  std::optional<RtoObjective> rto;
  std::optional<Duration> rpo;  // never with kProbe, which shows no loss
  std::optional<Duration> mtd;
  Position where;
};
struct Objectives {
  std::optional<RtoObjective> rto;
  std::optional<Duration> rpo;
  std::optional<Duration> mtd;
  ServiceLevel service_level;
  std::vector<Threshold> thresholds;
  std::vector<Component> components;
};

// ---- canaries --------------------------------------------------------------------------------------------------

/// One end of a canary: kafka (a topic), sql, redis (a service), http (a url), exec (a command), bid, watch (whose
/// auction).
struct CanaryEnd {
  std::string way;
  std::string what;
};
/// Numbered, time-stamped records, written and read where no bid goes.
struct Canary {
  std::string name;
  CanaryEnd write;
  CanaryEnd read;
  Duration every{};
  Duration within{};  // a record that cannot be read for longer than this counts as an outage; default: every
  Position where;
};

// ---- probes, steady state, detection ---------------------------------------------------------------------------

struct ProbeRule {
  std::string name;
  Call probe;  // http, tcp, exec, process, sql, redis, kafka, metric (or, in detection, alert, webhook)
  Duration every = std::chrono::seconds{1};  // of an alert: its own `every` (default 15s)
  Duration timeout = std::chrono::seconds{1};
  int failures = 1;      // in a row, until it counts as failed
  int successes = 1;     // in a row, until it counts as recovered
  Duration hold{};       // the condition must last this long; of an alert: its own `for`
  std::string severity;  // in detection: "info", "warning", "critical" or ""
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
/// at: {before: database.backups.full, by: 1m}: this long before the target's next backup begins, by the time of day.
struct BeforeBackup {
  std::string service;
  std::string backup;
  Duration by{};
};
struct FaultSpec {
  std::string name;
  Duration at{};  // from the end of steady state; 0s with `before`
  std::optional<BeforeBackup> before;
  Call kind;  // kill, pause, ...
  FaultClass fault_class = FaultClass::kActing;
  FaultEnd end = FaultEnd::kRecovered;
  Duration length{};  // of kFor
  Position where;
};

// ---- recovery and validation -----------------------------------------------------------------------------------

struct Step;
struct Decision {
  std::string by;
  std::optional<Distribution> takes;  // in sim; empty: the people's time
};
struct Step {
  std::string title;
  std::string id;  // unique path in the drill: "3", "3.otherwise.1", "4.together.2"
  std::optional<Call> action;
  std::optional<Call> check;
  std::vector<Step> together;
  std::vector<Step> options;  // alternatives (choose: manual): a person picks one; in sim by weight
  double weight = 1;          // of an option; above 0
  bool manual = false;
  std::optional<Duration> budget;
  std::vector<Step> otherwise;
  bool contains_outage = false;  // contains: true
  bool after_end = false;        // after: end
  Duration hold{};               // a check must go on succeeding for this long
  std::string output;            // the name under which a later step finds this one's output
  std::optional<Decision> decision;
  std::string phase;    // one of Scenario::phases, or ""
  std::string skip_to;  // on_success: title of a later step of recovery.steps; the steps between are skipped
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
  std::map<std::string, Distribution> times;  // acknowledge, assemble, decide, execute
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
/// A clock that is not RTO: `mark` comes at most `within` after `of`. Marks as in timeline_ns of a report.
struct Deadline {
  std::string name;
  std::string mark;
  Duration within{};
  std::string of;  // default "fault"
  Position where;
};
/// A stretch of the runbook's own calendar, from the fault; steps carry its name.
struct RunbookPhase {
  std::string name;
  Duration from{};
  Duration to{};
  Position where;
};
/// An ordered observation, where recovery is behaviour and no step.
struct Expectation {
  std::string breaker;  // the service that calls go to through it
  enum class State { kOpen, kHalfOpen, kClosed } becomes = State::kOpen;
  Duration within{};
  std::string of;  // "fault", "healed", or what this breaker became before: "open", "half_open", "closed"
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
  std::string target;             // as written
  std::optional<Duration> start;  // time of day at the drill's start, since midnight UTC
  Load load;
  std::vector<Canary> canaries;
  Objectives objectives;
  std::optional<SteadyState> steady_state;
  std::vector<FaultSpec> faults;
  std::vector<ProbeRule> detection;
  std::optional<Recovery> recovery;
  std::vector<Expectation> expect;
  std::vector<ValidationCheck> validation;
  PeopleSpec people;
  std::vector<Communication> communications;  // its own, or else the organisation's
  std::vector<ExerciseInject> injects;
  std::optional<Duration> observe;
  std::vector<StopCondition> stop_conditions;
  std::vector<Deadline> deadlines;
  std::vector<RunbookPhase> phases;
  JudgePolicy judge;
  std::string organisation;                                       // its name, or ""
  std::map<std::string, std::pair<Duration, Duration>> expected;  // objective -> from..to: reported, not judged
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
/// A backup that the target makes by itself.
struct BackupSpec {
  std::string name;  // "full"
  enum class Kind { kFull, kIncremental, kLog } kind = Kind::kFull;
  Duration every{};
  std::optional<Duration> at;        // time of day of one of them, since midnight UTC; empty: from midnight on
  std::optional<Duration> keep;      // empty: for ever
  std::string encrypted;             // cipher, or ""
  Distribution takes;                // default 0s
  Share succeeds{1.0};               // share of them that can be restored
  std::optional<Duration> verified;  // how often one is restored to try it
  std::vector<std::string> copies;   // regions that it is copied to
  Position where;
};
struct Region {
  std::string name;
  bool primary = false;
  std::vector<std::string> zones;
};
/// `credentials:`: what `rotate` and `leak_credentials` name.
struct CredentialSpec {
  std::string name;
  std::string of;                    // the service that it opens
  std::vector<std::string> used_by;  // services
};
struct ServiceSpec {
  std::string name;
  std::string kind;  // api sql cache stream gateway search objects files control-plane dns external
  std::string tier;
  int replicas = 1;  // in all regions together
  std::vector<std::pair<std::string, int>>
      replicas_by_region;  // replicas: {east: 2, west: 2}; empty: the primary region
  std::vector<std::string> needs;
  std::vector<RoleCount> roles;  // empty: `replicas` members without a role
  std::string replication;       // "", "sync", "async"
  std::string url;               // template, may be empty
  std::vector<BackupSpec> backups;
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
  std::string watch;    // service that tells watchers; "": the one that takes bids
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
  std::vector<std::string> regions;  // names, in the file's order
  std::string primary_region;        // the one that says so, else the first; "" without regions
  std::vector<Region> region_specs;  // the same, with their zones
  std::vector<CredentialSpec> credentials;
  std::vector<ServiceSpec> services;
  LoadMapping load;
  std::vector<std::string> drivers;  // in the file's order: "local", "compose", "kubernetes", "external"
  std::vector<LocalService> local;
  Node drivers_node;  // all parts, as written
  SimSpec sim;        // parts that are missing and needed: sim_refusals (scenarios/sim_needs.h)
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
  std::optional<Organisation> organisation;  // of the scenario, if it names one
};

}  // namespace blackstart
