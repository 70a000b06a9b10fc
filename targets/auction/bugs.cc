#include "targets/auction/bugs.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace blackstart::auction {

std::optional<Bug> bug_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Bug>, 6> kNames{{
      {"", Bug::kNone},
      {"ack-before-commit", Bug::kAckBeforeCommit},
      {"sync-is-async", Bug::kSyncIsAsync},
      {"close-twice", Bug::kCloseTwice},
      {"skip-fencing", Bug::kSkipFencing},
      {"coalesce-nothing", Bug::kCoalesceNothing},
  }};
  for (const auto& [known, bug] : kNames) {
    if (known == name) return bug;
  }
  return std::nullopt;
}

Bug planted_bug() {
  const char* name = std::getenv("AUCTIOND_BUG");
  if (name == nullptr) return Bug::kNone;
  const auto bug = bug_named(name);
  if (!bug) {
    fmt::print(stderr, "auctiond: AUCTIOND_BUG={} is no bug this program knows\n", name);
    std::exit(1);
  }
  if (*bug != Bug::kNone) fmt::print(stderr, "auctiond: planted bug {} is on\n", name);
  return *bug;
}

}  // namespace blackstart::auction
