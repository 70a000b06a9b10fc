// Every scenario of the catalogue and the examples loads, and this version can play it.

#include "faults/fault.h"
#include "scenarios/loader.h"
#include "targets/live_world.h"
#include "targets/refusals.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace blackstart {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> scenarios() {
  const fs::path root = BLACKSTART_SOURCE_DIR;
  std::vector<std::string> files = {(root / "examples/your-own-service.yaml").string()};
  for (const auto& entry : fs::recursive_directory_iterator(root / "scenarios/catalog")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  return files;
}

TEST(Catalogue, EveryScenarioLoadsAndCanBePlayed) {
  LoadOptions options;
  options.targets_folder = std::string(BLACKSTART_SOURCE_DIR) + "/scenarios/targets";
  FaultRegistry faults;
  register_builtin_faults(faults);
  const auto files = scenarios();
  ASSERT_GE(files.size(), 3u);
  for (const std::string& file : files) {
    const auto spec = load_spec(file, options);
    if (!spec) {
      for (const Error& error : spec.error().errors) ADD_FAILURE() << error.to_string();
      continue;
    }
    EXPECT_TRUE(choose_driver(spec->target, "")) << file;
    for (const Error& error : live_refusals(*spec, faults)) ADD_FAILURE() << error.to_string();
    EXPECT_TRUE(spec->scenario.recovery.has_value()) << file;
    EXPECT_FALSE(spec->scenario.validation.empty()) << file;
  }
}

}  // namespace
}  // namespace blackstart
