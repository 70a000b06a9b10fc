#pragma once
// Checks of steps and validations: one look at a probe, at the target's state or at the bids, and looking until it
// holds.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <string>

namespace blackstart {

struct CheckAnswer {
  bool passed = false;
  std::string detail;
};

/// Whether `check` is `reconcile: bids`.
bool is_reconcile(const Call& check);
/// Whether `check` is `{canary, count}`: a look at it waits for so many records in a row, from now on.
bool is_canary(const Call& check);
/// How long a canary's records take at least, with some time to spare. REQUIRES: is_canary(check).
Duration canary_time(const DrillContext& drill, const Call& check);

/// One look. A reconcile is one provisional pass over the bids acknowledged before now, or before the first fault
/// (up_to: fault), and is journalled as such.
Task<CheckAnswer> look_once(DrillContext* drill, Call check, Limit limit);

/// Looks until the check has held for `hold` (at once where that is 0), or `limit` ends it. A reconcile is made once.
Task<CheckAnswer> look_until_holds(DrillContext* drill, Call check, Duration hold, Limit limit);

}  // namespace blackstart
