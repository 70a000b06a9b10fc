#pragma once
// What `run` does in either world before and after the drill itself: arguments, plan, reports.

#include "app/arguments.h"
#include "base/result.h"
#include "rehearsal/journal.h"
#include "rehearsal/plan.h"
#include "reports/monte_carlo.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blackstart {

struct RunArguments {
  LoadArguments load;
  std::string scenario;
  std::string out;
  std::uint64_t seed = 1;
  bool dry = false;
  std::string predict;  // how many runs; "": no prediction is asked for
  bool json = false;
  std::string assume_manual;
  std::string allow_production;
  std::string start;  // of the wall clock, in the virtual world alone

  [[nodiscard]] bool in_sim() const { return load.world == "sim"; }
};

/// Everything that must be right before anything is started.
struct Prepared {
  Spec spec;
  Plan plan;
  PlanOptions options;  // what the plan was made with: with another seed they make another run's
  std::string driver;   // live
  WallTime started;     // when the run began
  WallTime wall;        // what drill time 0 is on the wall clock: in sim --start, or 2000-01-01T00:00:00Z
};

/// Prints every mistake and returns nothing, or all that the drill needs.
std::optional<Prepared> prepare_run(const RunArguments& arguments, bool has_person);
/// The same, of a scenario that is loaded already; every mistake, unprinted.
boost::system::result<Prepared, std::vector<Error>> prepare_loaded(Spec spec, const RunArguments& arguments,
                                                                   bool has_person);

/// What changes the outcome, for the journal: never --out or a path.
Json outcome_arguments(const RunArguments& arguments);

/// Makes every report of a folder's journal and prints the result; the exit code then. Reports come from the journal
/// on disk alone, so that `blackstart report` makes the same bytes later.
int report_run(const std::string& folder, const RunArguments& arguments, int exit_code);

/// How many runs --predict asks for; 0: none. kInvalid for what is no number, kUnsupported in the virtual world.
Result<std::uint64_t> predicted_runs(const RunArguments& arguments);
/// The same drill as a simulated one, of what a live drill exercises: without the people's time to acknowledge and
/// assemble. Else every reason why it cannot be played, each naming --predict.
boost::system::result<Prepared, std::vector<Error>> prepare_prediction(const RunArguments& arguments);
/// Simulates `runs` of it, for at most a minute. kCancelled: a person stopped it; kTimeout: no run ended.
Result<MonteCarlo> predict(const Prepared& simulated, const RunArguments& arguments, std::uint64_t runs);

/// The drill in the virtual world, from Prepared to exit code.
int run_in_sim(const Prepared& prepared, const std::string& folder, const RunArguments& arguments);

}  // namespace blackstart
