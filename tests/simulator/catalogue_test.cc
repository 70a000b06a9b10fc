// Every drill of the catalogue, in the virtual world: played to its end, and every bid accounted for.

#include "scenarios/loader.h"
#include "tests/simulator/sim_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace blackstart::testing {
namespace {

std::vector<std::string> drills() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(BLACKSTART_SOURCE_DIR "/scenarios/catalog"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

class CatalogueInSim : public ::testing::TestWithParam<std::string> {};

TEST_P(CatalogueInSim, IsPlayedToItsEnd) {
  LoadOptions options;
  options.targets_folder = BLACKSTART_SOURCE_DIR "/scenarios/targets";
  options.live = false;
  options.sets = {{"load.bids.rate", "20/s"}};
  const auto spec = load_spec(GetParam(), options);
  ASSERT_TRUE(spec.has_value()) << (spec ? "" : spec.error().errors.front().to_string());
  const Plan plan = make_plan(*spec, {.seed = 7, .world = "sim"});
  std::string refusals;
  for (const auto& refused : SimWorld({.plan = plan}).refusals(*spec)) refusals += refused.to_string() + "\n";
  ASSERT_EQ(refusals, "") << "every drill of the catalogue plays";
  const PlayedDrill drill = play(*spec, 7);
  for (const auto& reason : drill.result.verdict.reasons) std::printf("  %s\n", reason.c_str());
  std::printf("  exit %d\n", drill.result.exit_code);
  std::uint64_t offered = 0, accounted = 0;
  for (const auto& one : drill.intervals()) {
    offered += one.offered;
    accounted += one.acknowledged + one.refused + one.indeterminate + one.unsent_no_connection;
  }
  EXPECT_EQ(offered, accounted);
  EXPECT_GT(offered, 0U);
  EXPECT_NE(drill.result.exit_code, 255);
  EXPECT_NE(drill.result.exit_code, 4);
}

std::string name_of(const ::testing::TestParamInfo<std::string>& info) {
  const std::filesystem::path path(info.param);
  std::string name = path.parent_path().filename().string() + "_" + path.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, CatalogueInSim, ::testing::ValuesIn(drills()), name_of);

}  // namespace
}  // namespace blackstart::testing
