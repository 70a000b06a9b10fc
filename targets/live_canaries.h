#pragma once
// Canaries of a live drill, by commands of the scenario's own. A write finds the record in its environment and stores
// it; exit status 0 confirms it. A read prints the numbers that can be read now, from BLACKSTART_FROM on: one a line,
// or a row of them as 12-90. Blocking: off the loop.

#include "rehearsal/world.h"
#include "targets/shell.h"

#include <cstdint>
#include <string>
#include <vector>

namespace blackstart {

/// BLACKSTART_CANARY, BLACKSTART_RECORD (its number) and BLACKSTART_WRITTEN (`now`, RFC 3339) tell what is written.
Result<Observation> write_canary_by_command(Shell& shell, const Canary& canary, std::uint64_t number, WallTime now,
                                            const BlockingLimit& limit);
/// kFailed: the command's exit status was not 0; kProtocol: it printed something else.
Result<std::vector<std::uint64_t>> read_canary_by_command(Shell& shell, const Canary& canary, std::uint64_t from,
                                                          const BlockingLimit& limit);

/// What a read printed, ascending, at or above `from`.
Result<std::vector<std::uint64_t>> parse_canary_numbers(std::string_view output, std::uint64_t from);

}  // namespace blackstart
