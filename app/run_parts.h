#pragma once
// What `run` does in either world before and after the drill itself: arguments, plan, reports.

#include "app/arguments.h"
#include "base/result.h"
#include "rehearsal/journal.h"
#include "rehearsal/plan.h"

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
  bool predict = false;
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

/// The drill in the virtual world, from Prepared to exit code.
int run_in_sim(const Prepared& prepared, const std::string& folder, const RunArguments& arguments);

}  // namespace blackstart
