// Two hundred seeds of a drill, each played twice in one process: the same bytes. What a run leaves behind in the
// process (a table made on demand, a static counter, the addresses of its objects) may not show in the next.

#include "tests/determinism/journal_text.h"
#include "tests/determinism/played_drill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace blackstart::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kSeeds = 200;
const QuickDrill kDrill{"auction-flow/database-failure", "20/s"};

TEST(PlayedTwice, TwoHundredSeedsGiveTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::string first = journal_of(kDrill, seed);
    ASSERT_THAT(first, HasSubstr("\"type\":\"drill.finished\"")) << replay_command(kDrill, seed);
    const auto difference = first_difference(first, journal_of(kDrill, seed));
    ASSERT_FALSE(difference) << tell(*difference, replay_command(kDrill, seed));
  }
}

TEST(PlayedTwice, EveryDrillOfTheCatalogueGivesTheSameBytes) {
  const std::filesystem::path catalogue = BLACKSTART_SOURCE_DIR "/scenarios/catalog";
  int drills = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(catalogue)) {
    if (entry.path().extension() != ".yaml") continue;
    const QuickDrill drill{entry.path().lexically_relative(catalogue).replace_extension().string(), "20/s"};
    const auto difference = first_difference(journal_of(drill, 7), journal_of(drill, 7));
    EXPECT_FALSE(difference) << tell(*difference, replay_command(drill, 7));
    ++drills;
  }
  EXPECT_GE(drills, 25);
}

/// That the comparison can fail: one draw more is told, with the line and the command.
TEST(PlayedTwice, AnotherSeedIsToldApart) {
  const auto difference = first_difference(journal_of(kDrill, 1), journal_of(kDrill, 2));
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->line, 1U);
  const std::string message = tell(*difference, replay_command(kDrill, 2));
  EXPECT_THAT(message, HasSubstr("blackstart run auction-flow/database-failure --world sim --set load.bids.rate=20/s "
                                 "--seed 2\n"));
  EXPECT_THAT(message, HasSubstr("\"seed\":1,"));
  EXPECT_THAT(message, HasSubstr("\"seed\":2,"));
}

TEST(FirstDifference, IsTheLineNotTheByte) {
  EXPECT_FALSE(first_difference("a\nb\n", "a\nb\n"));
  EXPECT_EQ(first_difference("a\nb\nc\n", "a\nX\nY\n")->line, 2U);
  EXPECT_EQ(first_difference("a\nb\n", "a\n")->line, 2U);
  EXPECT_EQ(first_difference("a\nb\n", "a\n")->right, "");
  const std::string begin(2000, 'x');
  const auto late = first_difference(begin + "1" + begin, begin + "2" + begin);
  EXPECT_THAT(late->left, HasSubstr("x1x"));
  EXPECT_THAT(late->right, HasSubstr("x2x"));
  EXPECT_LT(late->left.size(), 700U);
}

}  // namespace
}  // namespace blackstart::testing
