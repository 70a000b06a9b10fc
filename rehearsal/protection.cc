#include "rehearsal/protection.h"

#include "rehearsal/conductor_limits.h"

#include <optional>

namespace blackstart {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds{1};

bool is_due(const DrillContext& drill) { return drill.recovery_over && drill.first_injection() != nullptr; }

}  // namespace

Task<void> watch_protection(DrillContext* drill, std::stop_token scope) {
  std::optional<bool> held;
  while (!scope.stop_requested()) {
    if (is_due(*drill)) {
      Limit limit{drill->now() + limits::kCheckOnce, scope};
      const auto seen = co_await drill->world.protection(std::move(limit));
      if (!seen && seen.error().code == ErrorCode::kUnsupported) co_return;
      if (scope.stop_requested()) co_return;
      const bool holds = seen && seen->ok;
      if (holds != held)
        drill->record("protection.observed",
                      {{"held", holds}, {"detail", seen ? seen->detail : seen.error().to_string()}});
      held = holds;
      if (holds) co_return;
    }
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + kLookEvery, scope);
    if (!woken) co_return;
  }
}

}  // namespace blackstart
