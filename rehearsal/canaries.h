#pragma once
// Canaries: records of the drill's own, written and read where no bid goes, beside the traffic. The Conductor's part of
// it: when they are written and read, and what of it is journalled. Loop's thread.

#include "base/task.h"
#include "rehearsal/canary_log.h"
#include "rehearsal/world.h"

#include <deque>
#include <stop_token>
#include <string>

namespace blackstart {

class DrillContext;

/// The canaries of a drill, in the scenario's order.
class Canaries {
 public:
  explicit Canaries(const std::vector<Canary>& canaries);
  [[nodiscard]] CanaryLog* find(const std::string& name);
  [[nodiscard]] std::deque<CanaryLog>& all() { return logs_; }
  /// Whether they are being written.
  bool running = false;

 private:
  std::deque<CanaryLog> logs_;
};

/// Writes and reads every canary until `scope` fires, and journals what became of the records (canary.interval).
Task<void> run_canaries(DrillContext* drill, std::stop_token scope);

/// After traffic has ended: one more read of everything, as long as something confirmed is missing and more comes of
/// it. Journals what is lost (canary.finished).
Task<void> finish_canaries(DrillContext* drill);

/// Waits until `count` records in a row, written from now on, have been written and read, and for `hold` more; false,
/// with words, where that does not come within the limit.
struct CanaryAnswer {
  bool passed = false;
  std::string detail;
};
Task<CanaryAnswer> wait_for_canary(DrillContext* drill, std::string name, std::uint64_t count, Duration hold,
                                   Limit limit);

}  // namespace blackstart
