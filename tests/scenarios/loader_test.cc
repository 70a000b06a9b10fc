#include "scenarios/loader.h"

#include <gtest/gtest.h>

namespace blackstart {
namespace {

const std::string kGood = std::string{BLACKSTART_SOURCE_DIR} + "/tests/scenarios/good/";

std::string all_of(const LoadResult<Spec>& loaded) {
  std::string text;
  if (loaded.has_error()) {
    for (const Error& error : loaded.error().errors) text += error.to_string() + "\n";
  }
  return text;
}

TEST(Loader, LoadsTheCoreScenario) {
  const auto loaded = load_spec(kGood + "database-failure.yaml", {});
  ASSERT_TRUE(loaded.has_value()) << all_of(loaded);
}

}  // namespace
}  // namespace blackstart
