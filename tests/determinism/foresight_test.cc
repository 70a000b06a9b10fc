// A drill whose calls are foreseen where that can be is the drill that is played event by event, byte for byte.

#include "tests/determinism/journal_text.h"
#include "tests/determinism/played_drill.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace blackstart::testing {
namespace {

/// Whether anything was foreseen shows in what was not played.
void expect_same(const QuickDrill& drill, std::uint64_t seed, std::uint64_t* foreseen = nullptr) {
  const PlayedDrill with = played(drill, seed);
  const PlayedDrill without = played(drill, seed, false);
  const auto difference = first_difference(with.journal, without.journal);
  EXPECT_FALSE(difference) << tell(*difference, replay_command(drill, seed));
  EXPECT_EQ(without.foreseen_events, 0U);
  if (foreseen != nullptr) *foreseen += with.foreseen_events;
}

TEST(Foresight, GivesTheSameBytesWhereMuchIsUnderWay) {
  std::uint64_t foreseen = 0;
  for (const char* rate : {"200/s", "4000/s"})
    for (std::uint64_t seed = 1; seed <= 3; ++seed)
      expect_same({"auction-flow/database-failure", rate}, seed, &foreseen);
  EXPECT_GT(foreseen, 1'000'000U);
}

TEST(Foresight, GivesTheSameBytesForEveryDrillOfTheCatalogue) {
  const std::filesystem::path catalogue = BLACKSTART_SOURCE_DIR "/scenarios/catalog";
  int drills = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(catalogue)) {
    if (entry.path().extension() != ".yaml") continue;
    expect_same({entry.path().lexically_relative(catalogue).replace_extension().string(), "50/s"}, 11);
    ++drills;
  }
  EXPECT_GE(drills, 25);
}

}  // namespace
}  // namespace blackstart::testing
