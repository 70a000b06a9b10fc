// Files of any content: the loader says what is wrong or takes them, and what it takes it binds; it never crashes.

#include "scenarios/loader.h"

#include "base/random.h"
#include "spec_text.h"
#include "tests/support/files.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace blackstart {
namespace {

namespace fs = std::filesystem;

const fs::path kGood = fs::path{BLACKSTART_SOURCE_DIR} / "tests/scenarios/good";

/// Into a new file: one that is cut short and written again is flushed by some file systems, which takes far longer.
void write(const fs::path& path, const std::string& text) {
  fs::remove(path);
  std::ofstream{path, std::ios::binary} << text;
}

template <class Item>
const Item& pick(RandomStream& random, const std::vector<Item>& items) {
  return items[random.below(items.size())];
}

const std::vector<std::string> kWords = {"0s",
                                         "5m",
                                         "-1",
                                         "99%",
                                         "101%",
                                         "10/s",
                                         "0/s",
                                         "1GiB",
                                         "true",
                                         "~",
                                         "\"\"",
                                         "[]",
                                         "{}",
                                         "[a, b]",
                                         "{a: b}",
                                         "{{x}}",
                                         "\"{{rate}}\"",
                                         "\"{{services.database.url}}\"",
                                         "\"{{env.X}}\"",
                                         "database",
                                         "primary",
                                         "p(99)<1s",
                                         "count==0",
                                         "99999999999999999999",
                                         "1e308",
                                         "0x10",
                                         "1.5",
                                         "east",
                                         "detection",
                                         "recovered",
                                         "\xff",
                                         "$.x",
                                         "http://x",
                                         "02:00 UTC",
                                         "10%..20%",
                                         "1s..2s",
                                         "{median: 1s, p95: 2s}"};

/// Replaces, drops or doubles one value, key, line or byte.
std::string mutate(std::string text, RandomStream& random) {
  const std::size_t at = random.below(text.size());
  switch (random.below(6)) {
    case 0:
      return text.erase(at, 1 + random.below(8));
    case 1:
      return text.insert(at, pick(random, kWords));
    case 2: {
      const std::size_t colon = text.find(": ", at);
      if (colon == std::string::npos) return text;
      const std::size_t end = text.find_first_of(",}\n]", colon + 2);
      return text.replace(colon + 2, end - colon - 2, pick(random, kWords));
    }
    case 3: {
      const std::size_t line = text.find('\n', at);
      const std::size_t next = line == std::string::npos ? line : text.find('\n', line + 1);
      return next == std::string::npos ? text : text.erase(line, next - line);
    }
    case 4: {
      const std::size_t line = text.find('\n', at);
      const std::size_t next = line == std::string::npos ? line : text.find('\n', line + 1);
      return next == std::string::npos ? text : text.insert(line, text.substr(line, next - line));
    }
    default:
      text[at] = static_cast<char>(random.below(256));
      return text;
  }
}

/// Loads it, and loads what a journal would keep of it: the two must agree.
bool load_twice(const fs::path& file, const LoadOptions& options) {
  const auto loaded = load_spec(file.string(), options);
  if (loaded.has_error()) {
    EXPECT_FALSE(loaded.error().errors.empty());
    return false;
  }
  const auto again = load_resolved(node_from_json(to_json(loaded->scenario.resolved), "journal"),
                                   node_from_json(to_json(loaded->target.resolved), "journal"), loaded->scenario.name);
  EXPECT_TRUE(again.has_value()) << (again ? "" : again.error().errors[0].to_string()) << "\n" << read_file(file);
  const bool whole = options.live && options.driver != "external";  // otherwise the local parts were left out
  if (again && whole) {
    EXPECT_EQ(spec_text(*again), spec_text(*loaded)) << read_file(file);
  }
  return true;
}

TEST(Soup, SpoiltFilesAreRefusedOrBound) {
  const ScratchFolder scratch;
  const fs::path folder = scratch.path();
  fs::create_directories(folder / "targets");
  fs::copy(kGood / "organisations", folder / "organisations");
  for (const char* file : {"arrivals.csv", "minutes.csv", "targets/find.csv"}) {
    fs::copy_file(kGood / file, folder / file);
  }
  const std::vector<std::pair<std::string, std::string>> pairs = {{"database-failure", "auction-flow"},
                                                                  {"auction-flow-region-failure", "auction-flow"},
                                                                  {"shop", "shop"},
                                                                  {"every-part", "every-part"},
                                                                  {"every-part", "every-part"},
                                                                  {"buildnest-deployment-failure", "buildnest"}};
  RandomStream random{1, "soup"};
  int taken = 0;
  for (int round = 0; round < 2000; ++round) {
    const auto& [name, target_name] = pick(random, pairs);
    std::string scenario = read_file(kGood / (name + ".yaml"));
    std::string target = read_file(kGood / "targets" / (target_name + ".yaml"));
    std::string organisation = read_file(kGood / "organisations" / "auction-flow.yaml");
    const std::uint64_t spoils = 1 + random.below(2);
    for (std::uint64_t spoil = 0; spoil < spoils; ++spoil) {
      const std::uint64_t which = random.below(9);
      std::string& text = which == 0 ? organisation : which <= 3 ? target : scenario;
      if (!text.empty()) text = mutate(std::move(text), random);
    }
    write(folder / "organisations" / "auction-flow.yaml", organisation);
    write(folder / "drill.yaml", scenario);
    write(folder / "targets" / (target_name + ".yaml"), target);
    LoadOptions options;
    options.targets_folder = (folder / "targets").string();
    options.driver = pick(random, std::vector<std::string>{"", "", "local", "external"});
    options.live = random.below(4) != 0;
    taken += load_twice(folder / "drill.yaml", options) ? 1 : 0;
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(taken, 100) << "the spoilt files should not all be wrong";
  EXPECT_LT(taken, 1900) << "nor all be right";
}

TEST(Soup, AnyBytesAreRefused) {
  const ScratchFolder scratch;
  const fs::path file = scratch.file("bytes.yaml");
  RandomStream random{2, "bytes"};
  const std::string letters = "abc:-,[]{}#&*!|>'\"%@`?~ \n\t\\.01\xff\xc3\xa4";
  for (int round = 0; round < 2000; ++round) {
    std::string text = round % 2 == 0 ? "blackstart: 1\n" : "";
    const std::uint64_t length = random.below(80);
    for (std::uint64_t at = 0; at < length; ++at) text += letters[random.below(letters.size())];
    write(file, text);
    EXPECT_FALSE(validate_file(file.string(), {}).empty()) << text;
  }
}

TEST(Soup, FilesThatAreNoFilesAreRefused) {
  for (const char* file : {"", "/", "/nowhere/x.yaml", "/dev/null", "/dev/zero"}) {
    EXPECT_FALSE(validate_file(file, {}).empty()) << file;
  }
  const ScratchFolder scratch;
  const fs::path large = scratch.file("large.yaml");
  write(large, std::string(5U << 20U, '#'));
  EXPECT_NE(validate_file(large.string(), {}).at(0).message.find("4 MiB"), std::string::npos);
}

}  // namespace
}  // namespace blackstart
