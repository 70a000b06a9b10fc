#pragma once
// `kill`: ends the members of a service by a signal (default KILL), all their processes; with `every`, again and again
// until the fault ends. Damage: what was killed comes back by the recovery, or by undo() after the read-back, unless
// another member holds its role.

#include "faults/fault.h"

namespace blackstart {

/// arguments: service, role?, signal?, count? (members to hit; default all), every?
FaultRegistry::Kind kill_kind();

}  // namespace blackstart
