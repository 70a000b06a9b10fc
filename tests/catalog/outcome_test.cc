// Every drill of the catalogue, and of each the variation that must fail, is played in the virtual world and held to
// expected.yaml. One that the world refuses is a failure like any other.

#include "base/text.h"
#include "rehearsal/plan.h"
#include "scenarios/loader.h"
#include "simulator/sim_world.h"
#include "tests/catalog/drill_files.h"
#include "tests/catalog/outcome_table.h"
#include "tests/support/files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

namespace blackstart::test {
namespace {

constexpr std::uint64_t kSeeds[] = {1, 2, 3, 4, 5};

const ExpectedDrills& expectations() {
  static const ExpectedDrills read = [] {
    auto expected = read_expected_drills((kRoot / "tests/catalog/expected.yaml").string());
    if (expected) return std::move(*expected);
    ADD_FAILURE() << expected.error().to_string();
    return ExpectedDrills{};
  }();
  return read;
}

const Expected& expected_of(const std::vector<Expected>& list, const std::string& drill) {
  static const Expected none;
  const auto found = std::find_if(list.begin(), list.end(), [&](const Expected& one) { return one.drill == drill; });
  if (found != list.end()) return *found;
  ADD_FAILURE() << drill << " is not expected";
  return none;
}

std::optional<Spec> load(const std::filesystem::path& file, const std::string& rate) {
  LoadOptions options;
  options.targets_folder = (kRoot / "scenarios/targets").string();
  options.live = false;
  if (!rate.empty()) options.sets = {{"load.bids.rate", rate}};
  auto spec = load_spec(file.string(), options);
  if (spec) return std::move(*spec);
  for (const Error& error : spec.error().errors) ADD_FAILURE() << error.to_string();
  return std::nullopt;
}

double rate_of(const Spec& spec) { return spec.scenario.load.bids.profile.front().from.per_second; }

struct Played {
  Outcome outcome;
  double rate = 0;   // bids a second
  double share = 1;  // of the drill's own rate
};

std::optional<Played> play(const std::filesystem::path& file, const std::string& rate, std::uint64_t seed) {
  const auto own = load(file, "");
  const auto spec = load(file, rate);
  if (!own || !spec) return std::nullopt;
  const Plan plan = make_plan(*spec, {.seed = seed, .world = "sim", .started = SimOptions{}.start});
  const auto refusals = SimWorld({.plan = plan, .start = plan.started}).refusals(*spec);
  for (const Error& refused : refusals) ADD_FAILURE() << refused.to_string();
  if (!refusals.empty()) return std::nullopt;
  const auto run = play_in_memory(plan, {});
  if (run) return Played{outcome_of(*spec, *run), rate_of(*spec), rate_of(*spec) / rate_of(*own)};
  ADD_FAILURE() << run.error().to_string();
  return std::nullopt;
}

/// Plays one seed; `found` is what is not as expected of it, but for what dominates it.
std::optional<Played> hold(const std::filesystem::path& file, const Expected& expected, std::uint64_t seed,
                           std::string& found) {
  const auto played = play(file, expected.played_at, seed);
  if (!played) return std::nullopt;
  const auto all = differences(expected, played->outcome, played->share);
  for (const std::string& difference : all) found += fmt::format("seed {}: {}\n", seed, difference);
  for (const std::string& reason : played->outcome.reasons)
    if (!all.empty()) fmt::print("  {}\n", reason);
  fmt::print("  {} lost {}\n", table_line(expected.drill, played->rate, played->outcome),
             played->outcome.lost.value_or(0));
  return played;
}

/// What docs/catalog.md tells of the drill is true.
void hold_documented(const std::string& drill, const Played& played) {
  const std::filesystem::path file = kRoot / "docs/catalog.md";
  const std::string text = read_file(file);
  const std::string line = table_line(drill, played.rate, played.outcome);
  if (std::getenv("BLACKSTART_UPDATE") != nullptr)
    std::ofstream{file, std::ios::binary} << with_line(text, drill, line);
  else
    EXPECT_EQ(line_of(text, drill), line) << "BLACKSTART_UPDATE=1 catalog_outcome_test writes docs/catalog.md anew";
}

class CatalogueDrill : public ::testing::TestWithParam<std::string> {};
TEST_P(CatalogueDrill, ComesToWhatIsExpected) {
  const Expected& expected = expected_of(expectations().drills, GetParam());
  int as_expected = 0, held = 0;
  std::string others, differs;
  for (const std::uint64_t seed : kSeeds) {
    std::string found;
    const auto played = hold(file_of(kCatalogue, expected.drill), expected, seed, found);
    if (!played) return;
    if (found.empty()) ++held;
    differs += found;
    if (seed == kSeeds[0]) hold_documented(expected.drill, *played);
    if (dominated_as_expected(expected, played->outcome))
      ++as_expected;
    else
      others += fmt::format(" \"{}\"", join(played->outcome.dominated_by, "\" / \""));
  }
  // A deadline that people meet in 19 of 20 cases is missed by one seed now and then: that is an outcome too.
  EXPECT_GE(held, 4) << differs;
  EXPECT_GE(as_expected, 3) << "mostly dominated by" << others << ", expected \""
                            << join(expected.dominated_by, "\" or \"") << "\"";
}

class CatalogueVariation : public ::testing::TestWithParam<std::string> {};
TEST_P(CatalogueVariation, FailsAsItMust) {
  const Expected& expected = expected_of(expectations().variations, GetParam());
  std::string found;
  ASSERT_TRUE(hold(file_of(kVariations, expected.drill), expected, kSeeds[0], found).has_value());
  EXPECT_EQ(found, "");
}

/// An outcome that is just what `expectation()` asks for.
Outcome as_wanted() {
  Outcome outcome;
  outcome.verdict = "pass";
  outcome.objectives = {{"rto", "pass"}, {"bidding", "fail"}};
  outcome.rto = std::chrono::seconds{5};
  outcome.rpo = Duration{};
  outcome.lost = 40;
  outcome.down = {"api", "database"};
  outcome.dominated_by = {"Roll back", "By image"};
  return outcome;
}
Expected expectation() {
  Expected expected;
  expected.verdict = "pass";
  expected.objectives = {{"rto", "pass"}, {"bidding", "fail"}};
  expected.rto = {{std::chrono::seconds{4}, std::chrono::seconds{6}}};
  expected.rpo = {{Duration{}, Duration{}}};
  expected.lost = {{300, 500}};
  expected.down = {"database", "api"};
  expected.dominated_by = {"detection", "By image"};
  return expected;
}

TEST(Outcome, WhateverDiffersIsSaid) {
  EXPECT_TRUE(differences(expectation(), as_wanted(), 0.1).empty());
  EXPECT_TRUE(dominated_as_expected(expectation(), as_wanted()));
  const std::vector<std::function<void(Outcome&)>> changes = {
      [](Outcome& outcome) { outcome.verdict = "inconclusive"; },
      [](Outcome& outcome) { outcome.objectives["bidding"] = "pass"; },
      [](Outcome& outcome) { outcome.objectives.erase("rto"); },
      [](Outcome& outcome) { outcome.rto = std::chrono::seconds{7}; },
      [](Outcome& outcome) { outcome.rto_censored = true; },
      [](Outcome& outcome) { outcome.rto.reset(); },
      [](Outcome& outcome) { outcome.rpo = std::chrono::milliseconds{1}; },
      [](Outcome& outcome) { outcome.lost = 29; },
      [](Outcome& outcome) { outcome.lost.reset(); },
      [](Outcome& outcome) { outcome.down.pop_back(); },
      [](Outcome& outcome) { outcome.down.emplace_back("stream"); },
  };
  for (std::size_t index = 0; index < changes.size(); ++index) {
    Outcome outcome = as_wanted();
    changes[index](outcome);
    EXPECT_EQ(differences(expectation(), outcome, 0.1).size(), 1U) << "change " << index;
  }
  Outcome elsewhere = as_wanted();
  elsewhere.dominated_by = {"people"};
  EXPECT_FALSE(dominated_as_expected(expectation(), elsewhere));
}

TEST(OutcomeTable, ALineIsFoundAndReplaced) {
  const std::string text = "| x/a | 1 |\n| x/ab | 2 |\n";
  const std::string table = "| drill |\n" + text;
  EXPECT_EQ(line_of(table, "x/a"), "| x/a | 1 |");
  EXPECT_EQ(line_of(table, "x/b"), "");
  EXPECT_EQ(with_line(table, "x/ab", "| x/ab | 3 |"), "| drill |\n| x/a | 1 |\n| x/ab | 3 |\n");
  EXPECT_EQ(table_line("x/a", 10'000, as_wanted()), "| x/a | 10,000/s | pass | 5 s | 0 s | Roll back |");
}

std::string name_of(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& letter : name)
    if (letter == '-' || letter == '/') letter = '_';
  return name;
}

/// The drills that the language was designed by: they load and play as they stand, at a lower rate.
class ExampleDrill : public ::testing::TestWithParam<std::string> {};
TEST_P(ExampleDrill, Passes) {
  const auto played = play(file_of(kExamples, GetParam()), "100/s", kSeeds[0]);
  ASSERT_TRUE(played.has_value());
  EXPECT_EQ(played->outcome.verdict, "pass") << join(played->outcome.reasons, "\n");
}

INSTANTIATE_TEST_SUITE_P(All, ExampleDrill, ::testing::ValuesIn(drills_in(kExamples)), name_of);
INSTANTIATE_TEST_SUITE_P(All, CatalogueDrill, ::testing::ValuesIn(drills_in(kCatalogue)), name_of);
INSTANTIATE_TEST_SUITE_P(All, CatalogueVariation, ::testing::ValuesIn(drills_in(kVariations)), name_of);

}  // namespace
}  // namespace blackstart::test
