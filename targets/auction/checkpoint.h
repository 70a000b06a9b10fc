#pragma once
// A few numbers that survive a restart: a small file, replaced whole.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace blackstart::auction {

struct Checkpoint {
  std::int64_t origin_ns = 0;   // unix: rounds that ended before are none of ours
  std::int64_t through_ns = 0;  // every round that ended until here is closed
};

/// Nothing when there is none in `folder` yet, which is created.
Result<std::optional<Checkpoint>> load_checkpoint(const std::string& folder);
/// fsyncs before it replaces the one before.
Status save_checkpoint(const std::string& folder, const Checkpoint& checkpoint);

}  // namespace blackstart::auction
