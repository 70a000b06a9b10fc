#pragma once
// `crash_loop`: kills the members of a service now and then after each of their starts, until the fault ends or `times`
// kills are done. A process that ran before the fault and was not hit (a standby that is promoted meanwhile) is never
// touched. Acting: the loop is lifted before the read-back, and the members run again from then.

#include "faults/fault.h"

namespace blackstart {

/// arguments: service, role?, every? (how long each start may live; default: killed at once), times? (kills at most)
FaultRegistry::Kind crash_loop_kind();

}  // namespace blackstart
