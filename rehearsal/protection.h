#pragma once
// Whether redundancy is back as the target declares it, looked at after the recovery where the world can tell.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <optional>
#include <stop_token>

namespace blackstart {

/// Journals each change of the answer (protection.observed). Lives as long as its run(). Loop's thread.
class ProtectionWatch {
 public:
  /// Borrows the drill.
  explicit ProtectionWatch(DrillContext& drill) : drill_(drill) {}

  /// Looks once the recovery is over, until redundancy is back, the world cannot tell or `scope` fires.
  Task<void> run(std::stop_token scope);
  /// Looks once more, for what came since the last look. Nothing in a drill that was stopped.
  Task<void> look_last();

 private:
  [[nodiscard]] bool is_due() const;
  /// Looks now; true where a further look may see something else.
  Task<bool> look(std::stop_token scope);

  DrillContext& drill_;
  std::optional<bool> held_;  // the last answer
};

}  // namespace blackstart
