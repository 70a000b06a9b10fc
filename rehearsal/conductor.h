#pragma once
// The Conductor: one coroutine that plays a Plan against a World and writes the journal. The phases are those of
// docs/architecture.md. Every exit path heals. Runs on the world's loop thread; holds no clock and no effect of its
// own.

#include "base/result.h"
#include "base/task.h"
#include "rehearsal/journal.h"
#include "rehearsal/measurement.h"
#include "rehearsal/people.h"
#include "rehearsal/plan.h"
#include "rehearsal/verdict.h"
#include "rehearsal/world.h"

#include <functional>
#include <stop_token>
#include <string>

namespace blackstart {

struct DrillFacts {  // what the journal's first lines record besides the plan
  std::string tool_version, tool_sha256;
  std::string host;  // "" in sim
  WallTime started;
  Json arguments;             // only what changes the outcome
  Json prediction = nullptr;  // of simulated runs, for prediction.made; null: none were made
  bool describes = true;      // false, where nobody reads the journal: neither scenario nor target is written down
};

struct DrillResult {
  Verdict verdict;
  int exit_code = 255;
  SteadySums steady_sums;  // for measuring its journal once more
};

/// Plays the drill to its end. `stop` is a person's wish to stop (Ctrl-C): everything is then healed, measured so far
/// and reported (exit 3); `hurry`, their second wish, cuts the last read-back short. An Error means that not even the
/// journal could be kept; everything was healed all the same.
Task<Result<DrillResult>> conduct(const Plan& plan, World& world, JournalWriter& journal, People* people,
                                  DrillFacts facts, std::stop_token stop, std::stop_token hurry = {});

}  // namespace blackstart
