#pragma once
// `pause`: stops every process of the members of a service (SIGSTOP) until the fault ends: connections stay open,
// nothing answers. Acting: undo() resumes exactly what was stopped.

#include "faults/fault.h"

#include <chrono>

namespace blackstart {

struct PauseOptions {
  /// How long nothing may move, for the proof. It is part of `effective - fault`, the uncertainty of every figure.
  std::chrono::milliseconds still_for{20};
};

/// arguments: service, role?, count? (members to hit; default all)
FaultRegistry::Kind pause_kind(PauseOptions options = {});

}  // namespace blackstart
