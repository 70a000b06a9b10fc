#pragma once
// Whether a read-back passes as `reconcile: bids` (definitions: "Reconcile"). Pure.

#include "rehearsal/traffic.h"

#include <optional>
#include <string>

namespace blackstart {

struct ReconcileAnswer {
  bool passed = false;
  std::string detail;  // "1,000,000 bids kept, none lost", or what is wrong
};

/// Passes with a complete read-back, no corrupted, phantom or lost-after-the-fault bid, and a loss within `rpo`
/// (without that objective: no loss). `fault` is the first fault's act; kNever where none acted.
ReconcileAnswer reconcile_holds(const ReadBackResult& read_back, std::optional<Duration> rpo, Instant fault);

}  // namespace blackstart
