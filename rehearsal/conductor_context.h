#pragma once
// What the Conductor's parts share during one drill: the plan, the world, the journal, how the service is doing, where
// each fault stands, and why the drill ends. Lives in conduct()'s frame, which outlives every part. Loop's thread.

#include "rehearsal/canaries.h"
#include "rehearsal/conductor.h"
#include "rehearsal/measurement.h"
#include "rehearsal/service_watch.h"

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// Why a drill ended before its end.
enum class Ending {
  kComplete,   // it did not
  kPerson,     // a person asked for it
  kCondition,  // a stop condition of the scenario
  kTarget,     // the target could not be brought up, loaded or faulted: inconclusive
  kInternal,   // Blackstart itself failed: no journal, no measurement
};

/// Where one planned fault stands.
struct FaultState {
  PlannedFault planned;
  bool begun = false;                  // inject() was called: it has to be healed, whatever came of it
  bool announced = false;              // fault.injecting is in the journal
  bool over = false;                   // injected, and healed where it ends by itself; or it never will be
  std::optional<Injection> injection;  // it acted
  bool healed = false;                 // with proof
  std::optional<Instant> healed_at;
  std::string heal_problem;  // why the last try to heal it has no proof
};

class DrillContext final : public TrafficListener {
 public:
  DrillContext(const Plan& plan, World& world, JournalWriter& journal, People* people);

  // ---- the journal
  /// Appends an event now; its seq, or 0 when the journal cannot be written (which ends the drill). After that only
  /// events about healing and the end are tried.
  std::uint64_t record(std::string_view type, Json body);
  /// Brings the journal to the disk; false when it cannot be, which ends the drill as record() does.
  bool keep();
  void enter(std::string_view phase, Json fields = Json::object());
  [[nodiscard]] const std::optional<Error>& journal_error() const { return journal_error_; }
  void on_interval(const TrafficInterval& interval) override;
  void on_notifications(const NotificationInterval& interval) override;

  // ---- its end
  /// The first reason counts. Everything that waits for active() is cancelled.
  void end(Ending ending, std::string reason);
  [[nodiscard]] Ending ending() const { return ending_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::stop_token active() const { return active_.get_token(); }
  [[nodiscard]] bool ended() const { return active_.stop_requested(); }
  /// From here on a person's wish to stop changes nothing that was measured: it is no longer journalled.
  void judged() { judged_ = true; }

  // ---- time
  [[nodiscard]] Instant now() const { return world.clock().now(); }
  /// Until `length` from now, or the end of the drill's active part.
  [[nodiscard]] Limit within(Duration length) const { return {now() + length, active()}; }
  /// The same, but nothing cuts it short: for healing and clearing up.
  [[nodiscard]] Limit surely_within(Duration length) const { return {now() + length, {}}; }

  // ---- faults
  [[nodiscard]] int faults_active() const;
  /// Whether a fault may have acted by now (its proof may still be under way).
  [[nodiscard]] bool fault_has_begun() const;
  /// The first fault's injection, or null while none has acted.
  [[nodiscard]] const Injection* first_injection() const;
  /// Sets the instant from which faults' `at` counts, and what that makes of faults `before` a backup.
  void count_from(Instant instant);
  /// The planned instant of `fault`'s act. REQUIRES: base.
  [[nodiscard]] Instant act_at(const FaultState& fault) const { return *base + fault.planned.spec.at; }
  /// The last planned act; base without faults. REQUIRES: base.
  [[nodiscard]] Instant last_act() const;
  /// The observation's end by `observe`. REQUIRES: base.
  [[nodiscard]] Instant observe_until() const;
  /// A read-back's request with all that is known now.
  [[nodiscard]] ReadBackRequest read_back_request() const;

  /// {{title}} and {{drill.id}} of the plan, the rest by the world; the text as it is where that fails.
  [[nodiscard]] std::string fill(const std::string& text) const;

  const Plan& plan;
  World& world;
  JournalWriter& journal;
  People* const people;  // may be null
  ServiceWatch watch;
  Canaries canaries;
  std::vector<FaultState> faults;
  std::string phase;
  bool target_up = false;  // bring_up was called: tear_down must be
  bool traffic_started = false;
  bool traffic_ended = false;       // every attempt is settled: what was seen of the traffic holds no longer
  std::optional<Instant> base;      // where faults' `at` counts from
  std::optional<Instant> detected;  // the first detection.fired
  std::optional<Instant> recovery_over;
  bool recovered = false;                          // all its steps were done, or skipped by one that succeeded
  std::optional<Instant> contained;                // the end of the last step that contains the outage
  std::map<const Step*, std::string> passed_over;  // steps after the end that a skip leaves out, and why
  std::vector<Instant> restored_points;            // recovery points of executed restores
  std::vector<Instant> restored_at;                // when each of them was done
  SteadySums steady_sums;                          // of what was measured of this drill so far

 private:
  void fail_journal(const Error& error);
  template <class Interval>
  void record_interval(const Interval& interval);

  std::stop_source active_;
  Ending ending_ = Ending::kComplete;
  std::string reason_;
  bool judged_ = false;
  std::optional<Error> journal_error_;
};

}  // namespace blackstart
