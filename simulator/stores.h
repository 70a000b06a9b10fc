#pragma once
// Replicated stores: which commits each member of a service with roles holds, and what promote and rebuild make of it.
// A standby holds what was committed up to its lag ago; when its primary goes, up to its lag before that.

#include "base/result.h"
#include "rehearsal/world.h"
#include "simulator/backups.h"
#include "simulator/model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace blackstart {

struct SimState;

/// Who can follow its primary now does; who cannot any more holds what was committed up to its lag ago.
void review_replication(SimState& state, ServiceIndex service);
/// Whether a standby of the store that `primary` leads is in step with it.
bool has_standby_in_step(const Model& model, MemberIndex primary);
/// Whether `member` is of a synchronous store and has no standby in step.
bool is_alone(const Model& model, MemberIndex member);
/// Whether `member`, as long as it serves, takes writes.
bool accepts_writes(const Model& model, MemberIndex member);
/// The commits that `member` holds now: up to this instant of its timeline.
Instant holds_until(SimState& state, MemberIndex member);
/// What becomes of a main member that still serves when another takes its place.
enum class FormerMain : std::uint8_t {
  kGoesOn,  // it takes writes until it is fenced: whoever is still pointed to it is served, and what it takes is lost
  kIsTold,  // it takes none any more, if it can be told: it does not hang, and no link to it is cut
};
/// Makes `member` the main one of its service.
ActionOutcome::RecoveryPoint promote_member(SimState& state, MemberIndex member, FormerMain former);
/// Those whose data a restore replaces: the service's main member; every member, where they are alike.
std::vector<MemberIndex> restored_members(const Model& model, ServiceIndex service);
/// The members that are restored hold what the backup brings back, and serve.
ActionOutcome::RecoveryPoint restore_member(SimState& state, ServiceIndex service, const Backups::Choice& choice);
/// Data of the service are damaged from now on; `emptied`: nothing is left of them.
void mark_damaged(SimState& state, ServiceIndex service, bool emptied);
/// They are whole again.
void mark_whole(SimState& state, ServiceIndex service);
/// Backups of the service are made while it serves and holds something.
void review_backups(SimState& state, ServiceIndex service);
/// Makes `member` anew from the main one, in `role`.
void rebuild_member(SimState& state, MemberIndex member, const std::string& role);
/// Whether every standby is up and follows a primary that is up; says who does not.
Observation replication_state(const SimState& state, ServiceIndex service);

}  // namespace blackstart
