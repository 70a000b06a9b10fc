#include "rehearsal/world.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

Error cannot(const std::string& what) {
  return fail(ErrorCode::kUnsupported, fmt::format("{} is not part of this world", what));
}

}  // namespace

Result<std::vector<BreakerChange>> World::breaker_changes(const std::string& service, Instant) const {
  return cannot("observing the breaker of " + service);
}

Task<Result<Observation>> World::write_canary(const Canary& canary, std::uint64_t, Limit) {
  co_return cannot("writing the canary " + canary.name);
}

Task<Result<std::vector<std::uint64_t>>> World::read_canary(const Canary& canary, std::uint64_t, Limit) {
  co_return cannot("reading the canary " + canary.name);
}

Task<Result<Observation>> World::protection(Limit) { co_return cannot("observing redundancy"); }

}  // namespace blackstart
