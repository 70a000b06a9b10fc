#include "tests/determinism/played_drill.h"

#include "scenarios/loader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blackstart::testing {

PlayedDrill played(const QuickDrill& drill, std::uint64_t seed, bool foresees) {
  LoadOptions options;
  options.targets_folder = BLACKSTART_SOURCE_DIR "/scenarios/targets";
  options.live = false;
  options.sets = {{"load.bids.rate", drill.rate}};
  const auto spec = load_spec(fmt::format("{}/scenarios/catalog/{}.yaml", BLACKSTART_SOURCE_DIR, drill.name), options);
  if (spec) return play(*spec, seed, foresees);
  ADD_FAILURE() << drill.name << " does not load: " << spec.error().errors.front().to_string();
  return {};
}

std::string journal_of(const QuickDrill& drill, std::uint64_t seed) { return played(drill, seed).journal; }

std::string replay_command(const QuickDrill& drill, std::uint64_t seed) {
  return fmt::format("blackstart run {} --world sim --set load.bids.rate={} --seed {}", drill.name, drill.rate, seed);
}

}  // namespace blackstart::testing
