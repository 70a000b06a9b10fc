#pragma once
// `run`: the user's own fault: shell commands that inject, heal and prove. The heal command is in the undo log before
// inject runs, so that janitor and `recover` can run it; secrets stay references to environment variables there. For
// what happens on another machine the promise reaches as far as that side honours BLACKSTART_DEAD_MAN_S.

#include "faults/fault.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace blackstart {

/// arguments: inject, heal, prove?, prove_healed?, dead_man?, timeout? (of each command; default 60 s)
FaultRegistry::Kind run_kind();

/// Heals from the undo record alone: ends nothing (the inject command has a record of its own), runs the heal command,
/// and prove_healed where there is one. kUnavailable names the environment variables that it needs and are not set.
Result<std::string> heal_run(std::uint64_t fault, const nlohmann::ordered_json& facts);

}  // namespace blackstart
