#pragma once
// The World port: the only effects of a drill. The Conductor is written once against it; targets/ implements it with
// real processes and traffic, simulator/ in virtual time. Every call takes a deadline and a stop token and returns a
// Result, of which kCancelled is one code. All calls and callbacks happen on the loop's thread. No Asio here.

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "rehearsal/clock.h"
#include "rehearsal/traffic.h"
#include "scenarios/spec.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

/// When to give up: both may end a call.
struct Limit {
  Instant deadline = kNever;
  std::stop_token stop;
};

/// What stands after bring_up, for the journal and the {{services.…}} of later texts.
struct TargetUp {
  std::map<std::string, std::string> values;  // "services.database.primary.url" -> "http://127.0.0.1:41231"
  std::vector<std::string> notes;             // for the live view: "auction-api: http://127.0.0.1:41230"
};

/// What the traffic is to do. The load side derives the rest from the Spec.
struct TrafficRequest {
  std::uint64_t seed = 0;
  std::string drill_id;
  Instant start;  // first intended start at or after this
};

/// Called on the loop's thread, in order of time.
class TrafficListener {
 public:
  virtual ~TrafficListener() = default;
  virtual void on_interval(const TrafficInterval& interval) = 0;
  virtual void on_notifications(const NotificationInterval& interval) { (void)interval; }
};

/// A fault as planned: the undo record and fault.injecting are on disk before `act_at`.
struct FaultRequest {
  std::uint64_t id = 0;  // unique in the drill, from 1; the key of heal()
  FaultSpec spec;
  Instant act_at;         // the planned instant of the act
  Duration dead_man{};    // above it the janitor heals whatever happens
  bool cuts_bins = true;  // the bin in progress is cut at the act (it may open an incident)
};
struct Injection {
  std::uint64_t id = 0;
  Instant acted;        // just before the act: the mark `fault` of the first
  Instant effective;    // the proof succeeded
  bool proven = false;  // false: no proof within the limit; `proof` says what was seen
  std::string proof;    // "process 4312 (database primary) is gone: signal 9"
};
struct Healing {
  Instant healed;
  bool proven = false;
  std::string proof;
};

/// One observation of a probe. `ok` false is an answer too (a Result error means it could not be made at all).
struct Observation {
  bool ok = false;
  std::string detail;  // "503 in 1.2 ms", "connection refused"
};

struct ActionOutcome {
  bool ok = false;
  std::string detail;  // what was done or why it failed, one line
  std::string output;  // of a command, secrets masked, at most 64 KiB
  std::optional<int> exit_status;
  std::string command;                                           // as run, secrets as references
  std::vector<std::pair<std::string, std::string>> environment;  // what decided how it ran; secrets read ***
  // A recovery point, of promote and restore (definitions: "recovery point").
  struct RecoveryPoint {
    std::string service, kind, backup_id, sha256;
    std::optional<Instant> newest;  // the newest state it contains; null: not known
  };
  std::optional<RecoveryPoint> recovery_point;
};

/// How far a read-back has come. The world writes it, from any thread.
struct ReadBackProgress {
  std::atomic<int> pass{0};            // from 1; 0: not begun, or the world does not tell
  std::atomic<std::uint64_t> read{0};  // copies seen in this pass
};

/// What reconciling needs besides the ledger.
struct ReadBackRequest {
  int passes = 2;                        // 1: provisional, as a step under traffic
  Instant acknowledged_before = kNever;  // provisional passes look at bids acknowledged before this alone
  std::vector<Instant> fault_acts;       // of every injection, in order: stretches begin here
  Instant effective = kNever;            // of the drill's first fault
  std::vector<Instant> restored_points;  // recovery points of executed restores: acknowledged later = rolled back
  std::vector<Instant> restored_at;  // when each of them was done: what was acknowledged after that it cannot explain
                                     // (shorter than restored_points: the others explain everything later)
  std::shared_ptr<ReadBackProgress> progress;  // null: nobody asks
};

/// Something found after healing that should not be there.
struct Residue {
  std::string what;         // "process 4312 still stopped"
  std::string how_to_heal;  // a command a person can run
};

/// People that a world models: their times and choices are drawn, the Conductor lets the time pass. One random stream a
/// `what` ("acknowledge", "step 3.options"), so that a new draw shifts no other.
class PeopleModel {
 public:
  virtual ~PeopleModel() = default;
  /// One draw of `law`; never negative.
  virtual Duration draw_time(const std::string& what, const Distribution& law) = 0;
  /// A position of `weights` (each above 0), as likely as it weighs. REQUIRES: not empty.
  virtual std::size_t draw_choice(const std::string& what, const std::vector<double>& weights) = 0;
};

/// A circuit breaker in front of a service has changed. Each caller (member) has one of its own.
struct BreakerChange {
  Instant at;
  std::string caller;  // "trading-1"
  Expectation::State state = Expectation::State::kOpen;
};

/// Figures of the machine for stop conditions: host.disk_free, host.memory_free (bytes), host.load.
using HostFigures = std::map<std::string, double>;

class World {
 public:
  virtual ~World() = default;

  virtual Clock& clock() = 0;
  /// "live" or "sim", and the driver ("local"), for the journal.
  virtual std::string name() const = 0;
  virtual std::string driver() const = 0;
  /// Everything of `spec` that this world cannot do, in words; nothing may be started while one stands.
  virtual std::vector<Error> refusals(const Spec& spec) const = 0;

  virtual Task<Result<TargetUp>> bring_up(Limit limit) = 0;
  /// Idempotent; also ends what a failed bring_up left.
  virtual Task<Status> tear_down(Limit limit) = 0;

  virtual Task<Status> start(TrafficRequest request, TrafficListener& listener, Limit limit) = 0;
  /// Offers no more bids, settles every attempt, hands over the last intervals, then returns. Idempotent.
  virtual Task<Result<TrafficEnd>> stop(Limit limit) = 0;

  /// Arms (undo record on disk), waits for act_at, acts, proves. `armed` is called between arming and waiting, so that
  /// the Conductor journals fault.injecting before the act; it may fire limit.stop (the journal could not be written).
  /// A stop before the act is kCancelled, and then nothing was acted; after it, an Injection without proof.
  virtual Task<Result<Injection>> inject(FaultRequest request, std::function<void()> armed, Limit limit) = 0;
  /// Undoes the fault `id`. Idempotent, safe from any state, also after a failed inject.
  virtual Task<Result<Healing>> heal(std::uint64_t id, Limit limit) = 0;
  virtual Task<Result<ActionOutcome>> perform(Call action, std::string step_title, Limit limit) = 0;
  /// Of `alert` and `webhook`, ok means that nothing is to be alarmed about: a rule fires when what it looks at is not
  /// ok. The rule's own `for`, `every` and `failures` are the Conductor's. `probe` must outlive the look: a drill makes
  /// thousands of them by one rule.
  virtual Task<Result<Observation>> probe(const Call& probe, Limit limit) = 0;
  /// A check of state that is no probe: {service, role, is}, {service, replication: healthy}. `check` must outlive it.
  virtual Task<Result<Observation>> check(const Call& check, Limit limit) = 0;
  virtual Task<Result<ReadBackResult>> read_back(ReadBackRequest request, Limit limit) = 0;
  /// Looks actively for what drills leave behind.
  virtual Task<Result<std::vector<Residue>>> residues(Limit limit) = 0;

  virtual HostFigures host_figures() = 0;
  /// What each of this world's named random streams would draw next: two runs of one seed in which any part drew once
  /// more, or something else, end apart here. Empty where chance is real.
  virtual std::map<std::string, std::uint64_t> next_draws() const { return {}; }

  // ---- whole runbooks; a world that cannot do one of these names it in refusals() and keeps the default, which is
  // ---- kUnsupported

  /// The people of this world; null where people are real and are asked (People of conductor.h). Owned by the world.
  virtual PeopleModel* people_model() { return nullptr; }
  /// What the breakers in front of `service` became at or after `since`, in order of time. Complete: also what lasted
  /// for a moment alone.
  virtual Result<std::vector<BreakerChange>> breaker_changes(const std::string& service, Instant since) const;
  /// Writes record `number` of a canary (from 1 on, each once), with the time of now. Not ok: it was not confirmed.
  /// `canary` must outlive the write.
  virtual Task<Result<Observation>> write_canary(const Canary& canary, std::uint64_t number, Limit limit);
  /// The numbers at or above `from` of the records that can be read now, ascending. `canary` must outlive the read.
  virtual Task<Result<std::vector<std::uint64_t>>> read_canary(const Canary& canary, std::uint64_t from, Limit limit);
  /// Whether redundancy is as the target declares it: replicas in step, backups and archiving run. Where a world cannot
  /// tell, the recovery's own steps do (rebuild, a check of replication).
  virtual Task<Result<Observation>> protection(Limit limit);

  /// POSTs a communication to its webhook where one is given (live); in sim it is delivered at once.
  virtual Task<Status> notify(Communication communication, std::string text, Limit limit) = 0;
  /// Fills {{services.…}}, {{drill.id}}, … in a text that is shown or checked.
  virtual Result<std::string> fill_text(const std::string& text) const = 0;
  /// Makes a finished step's output known under {{steps.NAME}} and {{steps.NAME.output}}.
  virtual void remember_output(const std::string& step, const std::string& output) = 0;
};

}  // namespace blackstart
