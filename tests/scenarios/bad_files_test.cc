// Every file in bad/ is wrong, and bad/NAME.expected holds exactly what is said about it. BLACKSTART_UPDATE=1 writes
// the expected files anew: read them before they are committed, each message is a promise to users.

#include "scenarios/loader.h"

#include "base/text.h"
#include "tests/support/files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace blackstart {
namespace {

namespace fs = std::filesystem;

const fs::path kBad = fs::path{BLACKSTART_SOURCE_DIR} / "tests/scenarios/bad";

/// "# options: --var a=b --set c=d --driver e" in the first line.
LoadOptions options_of(const std::string& text) {
  LoadOptions options;
  options.targets_folder = "targets";
  constexpr std::string_view kMark = "# options: ";
  if (!text.starts_with(kMark)) return options;
  const auto words = split(std::string_view{text}.substr(kMark.size(), text.find('\n') - kMark.size()), ' ');
  for (std::size_t at = 0; at + 1 < words.size(); at += 2) {
    const std::size_t equals = words[at + 1].find('=');
    const std::pair<std::string, std::string> pair{words[at + 1].substr(0, equals), words[at + 1].substr(equals + 1)};
    if (words[at] == "--var") options.vars.push_back(pair);
    if (words[at] == "--set") options.sets.push_back(pair);
    if (words[at] == "--driver") options.driver = words[at + 1];
  }
  return options;
}

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator{kBad}) {
    if (file.path().extension() == ".yaml") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BadFile : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    before_ = fs::current_path();
    fs::current_path(kBad);  // so that messages hold no path of this machine
  }
  void TearDown() override { fs::current_path(before_); }

 private:
  fs::path before_;
};

TEST_P(BadFile, SaysExactlyWhatIsWrong) {
  const std::string file = GetParam() + ".yaml";
  std::string said;
  for (const Error& error : validate_file(file, options_of(read_file(file)))) {
    said += error.to_string() + "\n";
    EXPECT_EQ(error.code == ErrorCode::kInvalid || error.code == ErrorCode::kNotFound, true);
  }
  EXPECT_FALSE(said.empty()) << file << " is taken for right";
  const fs::path expected = GetParam() + ".expected";
  if (std::getenv("BLACKSTART_UPDATE") != nullptr) std::ofstream{expected, std::ios::binary} << said;
  EXPECT_EQ(said, read_file(expected)) << "of " << file;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Language, BadFile, testing::ValuesIn(bad_files()), test_name);

TEST(BadFiles, AreMany) { EXPECT_GE(bad_files().size(), 240U); }

}  // namespace
}  // namespace blackstart
