#pragma once
// A World in virtual time that does what a script says: a service that is good or bad, faults that hurt or do not,
// actions that restore or fail. It keeps a log of every call, so that tests can hold the Conductor to its order, and
// knows which faults still act. Single-threaded, deterministic.

#include "rehearsal/conductor.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace blackstart::testing {

using namespace std::chrono_literals;

constexpr Instant at(Duration since_start) { return kDrillStart + since_start; }

/// Virtual time: events in order of their instant, then of their posting.
class FakeClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  WallTime wall() const override { return {1'700'000'000'000'000'000 + to_ns(now_)}; }
  Task<Status> sleep_until(Instant wake, std::stop_token stop) override;

  void post_at(Instant when, std::function<void()> action);
  /// Runs events until `done`; false when none is left or a day has passed.
  bool run(const bool& done);

  bool cancel_inline = true;  // a stop resumes waiting tasks inside request_stop(), or a moment later
  std::uint64_t sleeps = 0;   // so far

 private:
  Instant now_ = kDrillStart;
  std::uint64_t posted_ = 0;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> queue_;
};

struct FaultScript {
  bool hurts = true;  // the service turns bad with the act
  bool proven = true;
  Duration proof_takes = 50ms;
  bool heals_service = false;    // healing makes the service good again
  int heals_that_fail = 0;       // so many tries have no proof
  std::optional<Error> error{};  // inject fails
};
struct ActionScript {
  Duration takes = 1s;
  bool ok = true;
  bool restores = false;  // the service turns good when it ends
  bool hurts = false;     // the service turns bad when it ends
  std::optional<ActionOutcome::RecoveryPoint> recovery_point{};
};

inline ReadBackResult complete_read_back() {
  ReadBackResult result;
  result.complete = true;
  return result;
}

struct Script {
  std::optional<Error> bring_up_error;
  Duration good_from{};                                 // since traffic's start
  std::vector<Duration> good_again;                     // drill times at which the service turns good by itself
  std::map<std::uint64_t, FaultScript> faults;          // by id; a default for the others
  std::map<std::string, ActionScript> actions;          // by step title; a default for the others
  std::map<std::string, std::function<bool()>> checks;  // by word of the call; the service's health otherwise
  ReadBackResult read_back = complete_read_back();
  std::optional<Error> read_back_error;
  Duration read_back_takes = 500ms;
  std::vector<Residue> residues;
  std::optional<Error> notify_error;
  Duration notify_takes{};
  std::optional<Error> probe_error;
  HostFigures host = {{"host.disk_free", 1e12}};
  std::vector<BreakerChange> breakers;  // of every service, in order of time
  int failing_call = 0;                 // the n-th call that can fail returns kUnavailable; 0: none
  bool fault_loses_canaries = false;    // a fault's act takes every record that is stored
  std::function<bool()> redundant;      // whether redundancy is back; empty: the world cannot tell
};

class FakeWorld final : public World {
 public:
  explicit FakeWorld(Script script_in) : script(std::move(script_in)) {}

  Clock& clock() override { return time; }
  std::string name() const override { return "sim"; }
  std::string driver() const override { return "fake"; }
  std::vector<Error> refusals(const Spec&) const override { return {}; }
  Task<Result<TargetUp>> bring_up(Limit limit) override;
  Task<Status> tear_down(Limit limit) override;
  Task<Status> start(TrafficRequest request, TrafficListener& listener, Limit limit) override;
  Task<Result<TrafficEnd>> stop(Limit limit) override;
  Task<Result<Injection>> inject(FaultRequest request, std::function<void()> armed, Limit limit) override;
  Task<Result<Healing>> heal(std::uint64_t id, Limit limit) override;
  Task<Result<ActionOutcome>> perform(Call action, std::string step_title, Limit limit) override;
  Task<Result<Observation>> probe(const Call& probe, Limit limit) override;
  Task<Result<Observation>> check(const Call& check, Limit limit) override;
  Task<Result<Observation>> protection(Limit limit) override;
  Task<Result<ReadBackResult>> read_back(ReadBackRequest request, Limit limit) override;
  Task<Result<std::vector<Residue>>> residues(Limit limit) override;
  HostFigures host_figures() override { return script.host; }
  Result<std::vector<BreakerChange>> breaker_changes(const std::string& service, Instant since) const override;
  Task<Status> notify(Communication communication, std::string text, Limit limit) override;
  Task<Result<Observation>> write_canary(const Canary& canary, std::uint64_t number, Limit limit) override;
  Task<Result<std::vector<std::uint64_t>>> read_canary(const Canary& canary, std::uint64_t from, Limit limit) override;
  Result<std::string> fill_text(const std::string& text) const override { return text; }
  void remember_output(const std::string& step, const std::string& output) override { outputs[step] = output; }

  /// Turns the service good or bad from now on.
  void set_good(bool good);
  [[nodiscard]] bool good() const { return good_; }

  Script script;
  FakeClock time;
  std::vector<std::string> calls;  // "inject 1", "heal 1", "stop", ...
  std::set<std::uint64_t> acting;  // faults that acted and were not healed
  std::set<std::uint64_t> ever_acted;
  std::vector<ReadBackRequest> read_backs;
  std::map<std::string, std::string> outputs;
  std::set<std::uint64_t> canary_records;  // stored
  bool up = false;                         // brought up, not torn down
  bool traffic = false;
  std::uint64_t calls_that_can_fail = 0;

 private:
  std::optional<Error> fails_now(const std::string& call);
  void tick(std::uint64_t generation);
  void end_interval();
  void deliver_all();

  TrafficListener* listener_ = nullptr;
  bool good_ = true;
  std::vector<std::pair<Instant, bool>> changes_;
  Instant interval_start_, traffic_start_;
  std::uint64_t generation_ = 0;
  std::vector<std::pair<Instant, TrafficInterval>> pending_;
  std::uint64_t bids_ = 0;
};

/// Runs `task` in the world's time to its end; empty when it hangs.
template <class T>
std::optional<T> run_in(FakeWorld& world, Task<T> task) {
  std::optional<T> result;
  bool done = false;
  launch<T>(std::move(task), [&](T value) {
    result.emplace(std::move(value));
    done = true;
  });
  (void)world.time.run(done);
  return result;
}

}  // namespace blackstart::testing
