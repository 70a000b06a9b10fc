#pragma once
// Measurement: every mark and figure of docs/definitions.md, from journal events alone. Pure: the Conductor calls the
// same functions while the drill runs (to know when service is restored and drained) as `report` does years later.

#include "base/histogram.h"
#include "base/result.h"
#include "rehearsal/journal.h"
#include "rehearsal/procedure_records.h"
#include "rehearsal/traffic.h"
#include "scenarios/spec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// Marks of an incident; empty where one never came.
struct Timeline {
  std::optional<Instant> fault, effective, impact, detected, notified, acknowledged, declared, responded, contained,
      first_success, healed, restored, drained, validated, protected_again;
};

struct RtoFigure {
  std::optional<Duration> achieved;  // null: no fault was injected
  Duration uncertainty{};
  bool censored = false;  // achieved is a lower bound
  bool absorbed = false;  // no impact: 0
  bool relapsed = false;
  std::string why_unknown;  // when achieved is null
};
struct RpoFigure {
  std::optional<Duration> achieved;  // null: no complete read-back
  Duration uncertainty{};
  bool censored = false;
  std::string why_unknown;  // when achieved is null
};

struct Incident {
  std::vector<std::uint64_t> faults;  // ids of docs/journal.md's fault events
  Timeline timeline;
  RtoFigure rto;
  RpoFigure rpo;
  Duration wrt{};
  bool wrt_known = false;
  Duration downtime_service_level{};
  std::optional<Duration> downtime_regulatory;
  std::vector<std::uint64_t> evidence;  // seqs: its faults, and the intervals that hold impact, restored and drained
};

struct FaultRecord {
  std::uint64_t id = 0;
  std::string name, kind, proof, heal_proof;
  FaultClass fault_class = FaultClass::kActing;
  Instant planned;
  std::optional<Instant> acted, effective, healed;
  bool proven = false, heal_proven = false;
  bool provable = true;           // false: a `run` fault without `prove`
  bool proven_by_impact = false;  // a `run` fault without `prove`: the impact that followed is the proof
  std::vector<std::uint64_t> evidence;
};
struct StepRecord {
  std::string id, title, outcome, by, command, detail;  // outcome: ok | failed | over budget | skipped
  std::string phase;                                    // of the runbook's, its own or that of the step around it
  std::optional<Instant> started, ended;
  std::optional<Duration> budget;
  std::optional<int> exit_status;
  bool contains_outage = false, after_end = false;
  bool done = false;  // in time or late; false: failed, skipped, given up at its budget, or not ended
  std::vector<std::uint64_t> evidence;
};
struct DetectionRecord {
  std::string name, severity, detail;
  Instant at;
  std::uint64_t evidence = 0;
};
struct CheckRecord {  // validation and thresholds checked as validation
  std::string name, detail;
  bool passed = false;
  Instant at;
  std::uint64_t evidence = 0;
};
struct CommunicationRecord {
  std::string audience, channel, message;
  std::optional<Instant> due, sent;  // empty sent: not delivered
  bool late = false;
  std::string why_undelivered;  // where it was tried
  std::uint64_t evidence = 0;
};
struct RecoveryPointRecord {
  std::string service, kind, backup_id, sha256;
  std::optional<Instant> newest;
  std::optional<Duration> age;  // fault - newest
  Instant executed;
  std::uint64_t evidence = 0;
};
struct ResidueRecord {  // found after healing
  std::string what, how_to_heal;
};
struct PhaseLatency {
  Histogram steady, impact, after, all;
};
struct BidTotals {
  std::uint64_t good = 0;  // answers that the service level takes as good
  std::uint64_t offered = 0, sent = 0, acknowledged = 0, degraded = 0, refused = 0, indeterminate = 0, timed_out = 0,
                unsent_no_connection = 0, unsent_generator = 0, attempts = 0;
};
/// Bid outcome totals of one phase, for thresholds like bid_failed.steady.
struct PhaseBids {
  BidTotals steady, impact, after, all;
};

/// A component, measured from its own evidence. Of an incident that a canary or a probe shows, `drained` and what hangs
/// on the bids' latency is empty.
struct ComponentRecord {
  std::string name;
  std::vector<Incident> incidents;  // by time, grouped by this evidence; empty: no fault was injected, or no evidence
  std::size_t worst = 0;
  std::string why_unknown;  // when there is no evidence
  struct Records {          // of a canary
    std::uint64_t written = 0, confirmed = 0;
    std::uint64_t late = 0;             // not read within the canary's `within`, of those whose time was over
    std::optional<std::uint64_t> lost;  // confirmed and gone at the end; null: the last read is incomplete
  };
  std::optional<Records> records;
  std::vector<std::uint64_t> evidence;  // seqs: the last of what the figures come from
};

struct Measurement {
  std::vector<Incident> incidents;  // by time; empty: no fault was injected
  std::size_t worst = 0;            // index of the headline incident
  std::vector<FaultRecord> faults;
  std::vector<DetectionRecord> detections;
  std::vector<StepRecord> steps;
  std::vector<CheckRecord> validations;  // every result, in order; the last of a name counts
  std::vector<CommunicationRecord> communications;
  std::vector<ResponseRecord> responses;        // acknowledged, then assembled
  std::vector<DecisionRecord> decisions;        // by time
  std::vector<ExpectationRecord> expectations;  // every one of the scenario, in its order
  std::vector<DeadlineRecord> deadlines;        // every one of the scenario, in its order
  std::vector<RunbookPhaseRecord> phases;       // the same
  std::vector<RecoveryPointRecord> recovery_points;
  std::vector<ComponentRecord> components;  // in the scenario's order
  PhaseBids bids;
  std::optional<ReadBackResult> read_back;
  std::uint64_t read_back_evidence = 0;
  PhaseLatency latency, service_time;
  PhaseLatency notification_delay;
  Histogram lateness_steady;
  std::optional<GeneratorFigures> generator;
  Duration downtime_service_level{};                               // of the whole drill
  Duration machine_time{}, people_exercised{}, people_modelled{};  // split of the headline RTO
  bool steady_held = false;
  std::string steady_why;  // when it did not
  std::uint64_t steady_evidence = 0;
  std::optional<Instant> steady_from, observation_end;  // empty observation_end: no traffic was measured
  Duration bin_length{}, hold{};
  bool dry = false;                     // everything but the faults
  std::string stop_reason;              // empty unless stopped
  std::string abort_reason;             // an error that ended the drill (bring-up failed, ...)
  std::vector<ResidueRecord> residues;  // from drill.finished
  bool internal_error = false;  // a defect of Blackstart, or a journal with a hole, ended the drill (exit code 255)
  bool finished = false;        // the journal has drill.finished: what is not healed now stays so
  std::vector<std::uint64_t> traffic_evidence;  // seqs of the first and the last interval
  Instant ended;                                // of the last event
};

/// What was added up of a steady state. A drill is measured several times, and it is most of what there is to add.
struct SteadySums {
  struct Sum {  // of the intervals that begin at `first` to `last`
    Instant first, last;
    std::size_t count = 0;
    Histogram sum;
  };
  Sum latency, lateness, notification_delay;
};

/// Everything from the events so far. kInvalid when an event's body is malformed. `known` may be null, or what the same
/// journal was measured with before, when it had fewer events: it goes on from there.
Result<Measurement> measure(const Spec& spec, const std::vector<Event>& events, SteadySums* known = nullptr);

// ---- the pieces, pure, also used while the drill runs ----

/// First stretch at or after `from` with at least 3 bad bins in 10: the start of its first bad bin.
std::optional<Instant> find_impact(const std::vector<Bin>& bins, Instant from);
/// Start of the first run of bins after `impact` that lasts `hold`, begins with a good bin, and of which at most one
/// bin, or 1 %, is bad. `bins` are those known so far.
std::optional<Instant> find_restored(const std::vector<Bin>& bins, Instant impact, Duration hold);
/// Start of the first window of `hold` at or after `restored`, whole intervals, whose p99 is back (definitions:
/// drained). None of `intervals` is null; they are in order of time.
std::optional<Instant> find_drained(const std::vector<const TrafficInterval*>& intervals, Instant restored,
                                    Duration hold, Duration steady_p99);
/// Whether the last `length` of complete bins before `now` hold the steady state (at most 1 % bad, no gap).
bool steady_holds(const std::vector<Bin>& bins, Instant now, Duration length);
/// Why latency and RTO say more about the generator than about the target; empty when it kept pace.
std::string generator_too_slow(const Measurement& measurement);
/// The last result of the validation `name`, or null when it was never checked.
const CheckRecord* last_validation(const Measurement& measurement, std::string_view name);

}  // namespace blackstart
