#pragma once
// LiveWorld: the World port with real processes, real traffic and real faults. One thread runs the loop (run()); every
// operation that blocks runs on a worker thread and completes on the loop. Time is steady_clock from `origin`.
// Construction has no effect on the machine: everything begins with bring_up().

#include "base/result.h"
#include "rehearsal/plan.h"
#include "rehearsal/world.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

struct LiveOptions {
  Plan plan;
  std::string driver;      // of choose_driver()
  std::string out_folder;  // of the drill: logs/ and data/ go there; it has to exist
  std::string tool;        // path of blackstart's own executable: the janitor and the cell are started from it
  std::chrono::steady_clock::time_point origin = std::chrono::steady_clock::now();  // drill time 0
};

/// The driver a live drill uses: `wanted` (--driver), or the first of the target's that this version can do.
/// kUnsupported says which there are.
Result<std::string> choose_driver(const Target& target, const std::string& wanted);

class LiveWorld final : public World {
 public:
  /// kUnsupported: no such driver in this version.
  static Result<std::unique_ptr<LiveWorld>> create(LiveOptions options);
  /// Ends what still stands: traffic, processes of the target. Faults are healed by then or left to the janitor.
  ~LiveWorld() override;

  /// Runs the loop on the calling thread until `task` ends; returns its result. One task at a time.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    run_until_finished([&](std::function<void()> finished) {
      launch<T>(std::move(task), [&result, finished = std::move(finished)](T value) {
        result.emplace(std::move(value));
        finished();
      });
    });
    return std::move(*result);
  }
  /// Calls `action` on the loop's thread, soon. Thread-safe.
  void post(std::function<void()> action);
  /// From now on SIGINT, SIGTERM and SIGHUP (unless it is ignored, as by nohup) call `handler` on the loop's thread
  /// instead of ending the process.
  void on_signals(std::function<void(int signal)> handler);

  Clock& clock() override;
  std::string name() const override { return "live"; }
  std::string driver() const override;
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
  Task<Status> notify(Communication communication, std::string text, Limit limit) override;
  Result<std::string> fill_text(const std::string& text) const override;
  void remember_output(const std::string& step, const std::string& output) override;

 private:
  struct State;
  explicit LiveWorld(std::unique_ptr<State> state);
  void run_until_finished(const std::function<void(std::function<void()>)>& start);

  std::unique_ptr<State> state_;
};

}  // namespace blackstart
