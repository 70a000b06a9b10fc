#pragma once
// Whether a drill in the virtual world fits into the machine's memory, before it starts: a run that the kernel would
// kill after an hour is refused at once instead. The estimate is pure; only memory_available() looks at the machine.

#include "base/result.h"
#include "rehearsal/plan.h"

#include <cstdint>

namespace blackstart {

/// Bytes that one run of `plan` may come to hold at most: for as long as it may last, at the highest rate of its
/// profile. What it really takes is less: most drills end long before they must.
std::uint64_t sim_memory_most(const Plan& plan);

/// kInvalid, with what to write instead, where `worlds` such runs at once may need more than `available` bytes.
Status fits_memory(const Plan& plan, unsigned worlds, std::uint64_t available);

/// What the kernel says could be had without swapping; without an answer, as much as anybody could ask for.
std::uint64_t memory_available();

}  // namespace blackstart
