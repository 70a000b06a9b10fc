#pragma once
// SimWorld: the World port in virtual time. The system under drill is a model (docs/simulator.md), time passes from
// event to event, and (scenario, target, seed) give the same journal, byte for byte, on every machine. Nothing outside
// this object is touched. Single-threaded.

#include "base/result.h"
#include "rehearsal/conductor.h"
#include "rehearsal/plan.h"
#include "rehearsal/world.h"
#include "simulator/service_outages.h"
#include "simulator/sim_metrics.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

struct BidEvent;
struct SimState;

struct SimOptions {
  Plan plan;
  WallTime start{946'684'800'000'000'000};  // of the wall clock at drill time 0: 2000-01-01T00:00:00Z
  bool foresees = true;                     // false plays every call event by event, to the same result
  bool tells_watchers = true;               // false: no notification intervals
};

class SimWorld final : public World {
 public:
  explicit SimWorld(SimOptions options);
  ~SimWorld() override;

  /// Runs events until `task` ends; returns its result. `between` is called after each control event (a person's wish
  /// to stop is looked for there). Ends the process where nothing is left to happen and the task has not ended: a
  /// defect.
  template <class T>
  T run(Task<T> task, const std::function<void()>& between = {}) {
    std::optional<T> result;
    launch<T>(std::move(task), [&result](T value) { result.emplace(std::move(value)); });
    run_events([&result] { return result.has_value(); }, between);
    return std::move(*result);
  }

  Clock& clock() override;
  std::string name() const override { return "sim"; }
  std::string driver() const override { return "model"; }
  std::vector<Error> refusals(const Spec& spec) const override;
  Task<Result<TargetUp>> bring_up(Limit limit) override;
  Task<Status> tear_down(Limit limit) override;
  Task<Status> start(TrafficRequest request, TrafficListener& listener, Limit limit) override;
  Task<Result<TrafficEnd>> stop(Limit limit) override;
  Task<Result<Injection>> inject(FaultRequest request, std::function<void()> armed, Limit limit) override;
  Task<Result<Healing>> heal(std::uint64_t id, Limit limit) override;
  Task<Result<ActionOutcome>> perform(Call action, std::string step_title, Limit limit) override;
  Task<Result<Observation>> probe(const Call& probe, Limit limit) override;
  Task<Result<Observation>> check(const Call& check, Limit limit) override;
  Task<Result<ReadBackResult>> read_back(ReadBackRequest request, Limit limit) override;
  Task<Result<std::vector<Residue>>> residues(Limit limit) override;
  HostFigures host_figures() override;
  Task<Result<Observation>> write_canary(const Canary& canary, std::uint64_t number, Limit limit) override;
  Task<Result<std::vector<std::uint64_t>>> read_canary(const Canary& canary, std::uint64_t from, Limit limit) override;
  Task<Result<Observation>> protection(Limit limit) override;
  PeopleModel* people_model() override;
  Result<std::vector<BreakerChange>> breaker_changes(const std::string& service, Instant since) const override;
  std::map<std::string, std::uint64_t> next_draws() const override;
  Task<Status> notify(Communication communication, std::string text, Limit limit) override;
  Result<std::string> fill_text(const std::string& text) const override;
  void remember_output(const std::string& step, const std::string& output) override;

  /// Who does by hand what the scenario leaves to people: their time is drawn, and passes like any other.
  [[nodiscard]] People* people();
  /// Events of the bids so far, for speed figures; and of them, those that were foreseen instead of played.
  [[nodiscard]] std::uint64_t bid_events() const;
  [[nodiscard]] std::uint64_t foreseen_events() const;
  /// Calls that each service of the target has answered, so far, in the target's order. REQUIRES: traffic has started.
  [[nodiscard]] std::vector<ServedCalls> served() const;
  /// Services that were out under traffic, so far.
  [[nodiscard]] std::vector<ServiceOutage> services_out() const;

 private:
  void run_events(const std::function<bool()>& done, const std::function<void()>& between);
  void run_bids();
  void run_together(const BidEvent& first, std::int64_t at_ns);
  void run_bid(const BidEvent& due, std::int64_t quiet_until_ns);
  void seal_again();
  void sample_again();
  void tell_watchers();
  void mark_backups(Instant after);

  std::unique_ptr<SimState> state_;
  struct Parts;  // faults and actions
  std::unique_ptr<Parts> parts_;
};

}  // namespace blackstart
