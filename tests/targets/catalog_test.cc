// The drills that are meant for one machine can be played on it. That all of the catalogue loads: tests/catalog/.

#include "faults/fault.h"
#include "scenarios/loader.h"
#include "targets/live_world.h"
#include "targets/local/left_out.h"
#include "targets/refusals.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace blackstart {
namespace {

const std::string kRoot = BLACKSTART_SOURCE_DIR;

// What one machine can play today; the others are for the virtual world, and for whoever runs these systems.
const std::vector<std::string> kLive = {"examples/your-own-service.yaml",
                                        "scenarios/catalog/auction-flow/database-failure.yaml",
                                        "scenarios/catalog/auction-flow/service-failure.yaml"};

TEST(Catalogue, WhatIsMeantForThisMachineCanBePlayed) {
  LoadOptions options;
  options.targets_folder = kRoot + "/scenarios/targets";
  FaultRegistry faults;
  register_builtin_faults(faults);
  for (const std::string& file : kLive) {
    const auto spec = load_spec(kRoot + "/" + file, options);
    if (!spec) {
      for (const Error& error : spec.error().errors) ADD_FAILURE() << error.to_string();
      continue;
    }
    EXPECT_TRUE(choose_driver(spec->target, "")) << file;
    for (const Error& error : live_refusals(*spec, faults)) ADD_FAILURE() << error.to_string();
    for (const Error& error : needed_but_left_out(*spec)) ADD_FAILURE() << error.to_string();
    EXPECT_TRUE(spec->scenario.recovery.has_value()) << file;
    EXPECT_FALSE(spec->scenario.validation.empty()) << file;
  }
}

}  // namespace
}  // namespace blackstart
