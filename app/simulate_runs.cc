#include "app/simulate_runs.h"

#include "app/paths.h"
#include "base/check.h"
#include "simulator/sim_play.h"
#include "simulator/sim_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace blackstart {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds{100};

/// Seeds are handed out in order; each result has a place of its own.
class SeedPool {
 public:
  SeedPool(const Prepared& prepared, const Json& arguments, SeedRange seeds)
      : prepared_(prepared), arguments_(arguments), seeds_(seeds), rows_(seeds.count()) {}

  void work() {
    while (!stopped_) {
      const std::uint64_t index = next_.fetch_add(1);
      if (index >= rows_.size()) break;
      play(index);
    }
    const std::scoped_lock lock(mutex_);
    --working_;
    changed_.notify_one();
  }

  Result<ManyRuns> run(unsigned jobs, const std::function<bool(std::uint64_t)>& look) {
    working_ = jobs;
    {
      std::vector<std::jthread> threads;
      for (unsigned job = 0; job < jobs; ++job) threads.emplace_back([this] { work(); });
      std::unique_lock lock(mutex_);
      while (!changed_.wait_for(lock, kLookEvery, [this] { return working_ == 0; }))
        if (!look(done_)) stopped_ = true;
    }
    if (defect_) return *defect_;
    ManyRuns runs;
    for (auto& row : rows_)
      if (row) runs.rows.push_back(std::move(*row));
    runs.stopped = runs.rows.size() < rows_.size();
    return runs;
  }

 private:
  void play(std::uint64_t index) {
    PlanOptions options = prepared_.options;
    options.seed = seeds_.first + index;
    note_check_seed(options.seed);  // also while it is planned and measured
    const Plan plan = make_plan(prepared_.spec, options);
    Json arguments = arguments_;
    arguments["seed"] = options.seed;
    const auto played = play_in_memory(plan, std::move(arguments), [this] { return stopped_.load(); });
    if (played) {
      rows_[index] = run_row(options.seed, played->measurement, played->verdict);
      ++done_;
    } else if (played.error().code != ErrorCode::kCancelled) {
      const std::scoped_lock lock(mutex_);
      Error defect = played.error();
      defect.message = fmt::format("seed {}: {}", options.seed, defect.message);
      if (!defect_) defect_ = std::move(defect);
      stopped_ = true;
    }
  }

  const Prepared& prepared_;
  const Json& arguments_;
  const SeedRange seeds_;
  std::vector<std::optional<RunRow>> rows_;
  std::atomic<std::uint64_t> next_{0}, done_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  unsigned working_ = 0;
  std::optional<Error> defect_;
};

}  // namespace

boost::system::result<Prepared, std::vector<Error>> prepare_simulated(const RunArguments& arguments) {
  const auto options = arguments.load.options();
  if (!options) return std::vector{options.error()};
  const auto file = find_scenario(arguments.scenario);
  if (!file) return std::vector{file.error()};
  auto spec = load_spec(*file, *options);
  if (!spec) return spec.error().errors;
  auto prepared = prepare_loaded(std::move(*spec), arguments, true);
  if (!prepared) return prepared.error();
  const SimWorld world({.plan = prepared->plan, .start = prepared->wall});
  if (auto refused = world.refusals(prepared->spec); !refused.empty()) return refused;
  return std::move(*prepared);
}

Result<ManyRuns> play_seeds(const Prepared& prepared, const Json& arguments, SeedRange seeds, unsigned jobs,
                            const std::function<bool(std::uint64_t done)>& look) {
  SeedPool pool(prepared, arguments, seeds);
  return pool.run(static_cast<unsigned>(std::min<std::uint64_t>(jobs, seeds.count())), look);
}

}  // namespace blackstart
