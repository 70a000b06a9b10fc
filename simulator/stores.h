#pragma once
// Replicated stores: which commits each member of a service with roles holds, and what promote and rebuild make of it.
// A standby holds what was committed up to its lag ago; when its primary goes, up to its lag before that.

#include "base/result.h"
#include "rehearsal/world.h"
#include "simulator/model.h"

#include <string>

namespace blackstart {

struct SimState;

/// The member is down, hangs or cannot be reached: who follows it gets no more.
void note_primary_gone(SimState& state, MemberIndex primary);
/// The member serves again: who holds the same log follows again.
void note_primary_back(SimState& state, MemberIndex primary);
/// The commits that `member` holds now: up to this instant of its timeline.
Instant holds_until(SimState& state, MemberIndex member);
/// Makes `member` the main one of its service. The former one keeps taking writes only where it cannot be reached.
ActionOutcome::RecoveryPoint promote_member(SimState& state, MemberIndex member);
/// Makes `member` anew from the main one, in `role`.
void rebuild_member(SimState& state, MemberIndex member, const std::string& role);
/// Whether every standby is up and follows a primary that is up; says who does not.
Observation replication_state(const SimState& state, ServiceIndex service);

}  // namespace blackstart
