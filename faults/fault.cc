#include "faults/fault.h"

#include "base/check.h"
#include "faults/crash_loop.h"
#include "faults/kill.h"
#include "faults/pause.h"
#include "faults/run.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {

std::string FaultMember::name() const {
  if (role.empty()) return fmt::format("{}#{}", service, index + 1);
  return index == 0 ? fmt::format("{} {}", service, role) : fmt::format("{} {}#{}", service, role, index + 1);
}

void FaultRegistry::add(Kind kind) {
  BS_CHECK_MESSAGE(find(kind.name) == nullptr, "two faults of one kind");
  kinds_.push_back(std::move(kind));
}

const FaultRegistry::Kind* FaultRegistry::find(const std::string& name) const {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& kind) { return kind.name == name; });
  return found == kinds_.end() ? nullptr : &*found;
}

void register_builtin_faults(FaultRegistry& registry) {
  registry.add(kill_kind());
  registry.add(pause_kind());
  registry.add(crash_loop_kind());
  registry.add(run_kind());
}

}  // namespace blackstart
