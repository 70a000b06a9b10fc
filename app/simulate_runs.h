#pragma once
// Many runs of one drill in the virtual world, on several threads. What comes out depends on the seeds alone, never on
// the number of threads or on their timing.

#include "app/run_parts.h"
#include "reports/monte_carlo.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace blackstart {

struct SeedRange {
  std::uint64_t first = 1, last = 1;  // both are run
  [[nodiscard]] std::uint64_t count() const { return last - first + 1; }
};

struct ManyRuns {
  std::vector<RunRow> rows;  // by seed; without those that were cut off
  bool stopped = false;      // some were
};

/// Loads a scenario for the virtual world and plans it; every mistake, and everything that this world cannot play.
boost::system::result<Prepared, std::vector<Error>> prepare_simulated(const RunArguments& arguments);

/// Plays every seed of `seeds`. `look` is called by the calling thread, some times a second, with how many runs are
/// done; once it returns false no further run begins and those under way are cut off. The first defect ends all:
/// kInternal.
Result<ManyRuns> play_seeds(const Prepared& prepared, const Json& arguments, SeedRange seeds, unsigned jobs,
                            const std::function<bool(std::uint64_t done)>& look);

}  // namespace blackstart
