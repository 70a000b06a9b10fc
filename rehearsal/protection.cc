#include "rehearsal/protection.h"

#include "rehearsal/conductor_limits.h"

namespace blackstart {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds{1};

}  // namespace

bool ProtectionWatch::is_due() const {
  const bool held = held_.value_or(false);
  return !held && drill_.recovery_over && drill_.first_injection() != nullptr;
}

Task<bool> ProtectionWatch::look(std::stop_token scope) {
  Limit limit{drill_.now() + limits::kCheckOnce, scope};
  const auto seen = co_await drill_.world.protection(std::move(limit));
  if (scope.stop_requested() || (!seen && seen.error().code == ErrorCode::kUnsupported)) co_return false;
  const bool holds = seen && seen->ok;
  if (holds != held_)
    drill_.record("protection.observed", {{"held", holds}, {"detail", seen ? seen->detail : seen.error().to_string()}});
  held_ = holds;
  co_return !holds;
}

Task<void> ProtectionWatch::run(std::stop_token scope) {
  while (!scope.stop_requested()) {
    if (is_due()) {
      const bool more = co_await look(scope);
      if (!more) co_return;
    }
    const auto woken = co_await drill_.world.clock().sleep_until(drill_.now() + kLookEvery, scope);
    if (!woken) co_return;
  }
}

Task<void> ProtectionWatch::look_last() {
  if (is_due()) (void)co_await look(drill_.active());
}

}  // namespace blackstart
