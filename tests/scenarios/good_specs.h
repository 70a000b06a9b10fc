#pragma once
// Loads the right files of tests/scenarios/good.

#include "scenarios/loader.h"

#include <gtest/gtest.h>

#include <string>

namespace blackstart {

inline const std::string kGoodFolder = std::string{BLACKSTART_SOURCE_DIR} + "/tests/scenarios/good/";

inline std::string all_errors(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) text += error.to_string() + "\n";
  return text;
}

/// The file with `sets` (path, value) over it; an empty Spec, and a failure, where it does not load.
inline Spec load_good(const std::string& name, std::vector<std::pair<std::string, std::string>> sets = {}) {
  LoadOptions options;
  options.sets = std::move(sets);
  auto loaded = load_spec(kGoodFolder + name, options);
  EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : all_errors(loaded.error().errors));
  return loaded ? *loaded : Spec{};
}

}  // namespace blackstart
