#pragma once
// When a target makes a backup by itself: by the time of day, whatever the drill does. Both worlds and the plan of a
// fault `at: {before: …}` go by this. Pure.

#include "base/time.h"
#include "scenarios/spec.h"

namespace blackstart {

/// The first planned begin of `backup` at or after `from`: every `every`, counted from `at` (else midnight) UTC of
/// 1970-01-01. REQUIRES: backup.every > 0.
WallTime next_backup(const BackupSpec& backup, WallTime from);

}  // namespace blackstart
