#pragma once
// Planted bugs, so that tests and drills can show that they would notice: AUCTIOND_BUG=<name> in the environment
// switches one on, and says so loudly on stderr. Never set it for anything else.

#include <optional>
#include <string_view>

namespace blackstart::auction {

enum class Bug {
  kNone,
  kAckBeforeCommit,  // ack-before-commit: the store acknowledges, then commits 50 ms later
  kSyncIsAsync,      // sync-is-async: mode sync acknowledges without the standby
  kCloseTwice,       // close-twice: a round that is closed already is closed again
  kSkipFencing,      // skip-fencing: a store takes appends of any epoch
  kCoalesceNothing,  // coalesce-nothing: a watcher gets every bid as an event of its own
};

/// The bug that a name stands for; nothing when there is none.
std::optional<Bug> bug_named(std::string_view name);
/// Of this process, from its environment; an unknown name ends the process.
Bug planted_bug();

}  // namespace blackstart::auction
