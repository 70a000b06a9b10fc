// The catalogue is whole: every drill loads, says what it needs for the virtual world, has a variation that must fail
// and an expectation; calendars name drills that are there. What the drills come to is the simulator's to show.

#include "scenarios/loader.h"
#include "scenarios/sim_needs.h"
#include "tests/catalog/drill_files.h"
#include "tests/catalog/expected_drills.h"
#include "tests/support/files.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace blackstart {
namespace {

namespace fs = std::filesystem;
using namespace test;

LoadOptions for_world(bool live) {
  LoadOptions options;
  options.live = live;
  return options;
}

std::optional<Spec> load(const fs::path& file) {
  auto spec = load_spec(file.string(), for_world(false));
  if (spec) return std::move(*spec);
  for (const Error& error : spec.error().errors) ADD_FAILURE() << error.to_string();
  return std::nullopt;
}

Node read(const fs::path& file) {
  auto root = parse_yaml(read_file(file), file.string());
  if (root) return std::move(*root);
  ADD_FAILURE() << root.error().front().to_string();
  return {};
}

ExpectedDrills expectations() {
  auto read = read_expected_drills((kRoot / "tests/catalog/expected.yaml").string());
  if (read) return std::move(*read);
  ADD_FAILURE() << read.error().to_string();
  return {};
}

void collect_titles(const std::vector<Step>& steps, std::set<std::string>& titles) {
  for (const Step& step : steps) {
    titles.insert(step.title);
    for (const auto* nested : {&step.together, &step.options, &step.otherwise}) collect_titles(*nested, titles);
  }
}

/// Everything that a report of this drill judges by name.
std::set<std::string> judged(const Scenario& scenario) {
  std::set<std::string> names;
  if (scenario.objectives.rto) names.insert("rto");
  if (scenario.objectives.rpo) names.insert("rpo");
  if (scenario.objectives.mtd) names.insert("mtd");
  if (!scenario.expect.empty()) names.insert("expect");
  for (const Threshold& threshold : scenario.objectives.thresholds) names.insert(threshold.metric);
  for (const Component& component : scenario.objectives.components) names.insert(component.name);
  for (const Deadline& deadline : scenario.deadlines) names.insert(deadline.name);
  return names;
}

TEST(Catalogue, HasEverySystemsDrills) {
  std::map<std::string, int> drills;
  for (const std::string& name : drills_in(kCatalogue)) ++drills[name.substr(0, name.find('/'))];
  const std::map<std::string, int> least = {
      {"auction-flow", 7}, {"buildnest", 5}, {"mykadoo", 4}, {"platform", 4}, {"trademaster", 5}};
  for (const auto& [system, count] : least) EXPECT_GE(drills[system], count) << system;
}

TEST(Catalogue, EveryDrillIsWhole) {
  for (const std::string& name : drills_in(kCatalogue)) {
    SCOPED_TRACE(name);
    const auto spec = load(file_of(kCatalogue, name));
    if (!spec) continue;
    const Scenario& scenario = spec->scenario;
    EXPECT_TRUE(scenario.runbook && !scenario.runbook->section.empty()) << "which part of which runbook?";
    EXPECT_FALSE(scenario.organisation.empty());
    EXPECT_FALSE(scenario.severity.empty());
    EXPECT_FALSE(scenario.disruption.empty());
    EXPECT_FALSE(scenario.cadence.empty());
    EXPECT_TRUE(scenario.steady_state.has_value());
    EXPECT_TRUE(scenario.recovery || !scenario.expect.empty()) << "how does it recover?";
    EXPECT_FALSE(scenario.validation.empty());
    EXPECT_FALSE(scenario.communications.empty()) << "its own, or its organisation's";
  }
}

TEST(Catalogue, EveryDrillCanBePlayedInTheVirtualWorld) {
  for (const std::string& name : drills_in(kCatalogue)) {
    const auto spec = load(file_of(kCatalogue, name));
    if (!spec) continue;
    for (const Error& error : sim_refusals(*spec)) ADD_FAILURE() << name << ": " << error.to_string();
  }
}

TEST(Catalogue, EveryFileIsRightForALiveWorldToo) {
  for (const char* folder : {"scenarios/catalog", "scenarios/targets", "scenarios/organisations"}) {
    for (const auto& file : fs::recursive_directory_iterator(kRoot / folder)) {
      if (file.path().extension() != ".yaml") continue;
      for (const Error& error : validate_file(file.path().string(), for_world(true)))
        ADD_FAILURE() << error.to_string();
    }
  }
}

TEST(Catalogue, CalendarsNameDrillsThatAreThere) {
  const std::vector<std::string> drills = drills_in(kCatalogue);
  std::set<std::string> scheduled;
  for (const auto& file : fs::directory_iterator(kRoot / "scenarios/organisations")) {
    const Node root = read(file.path());
    const Node* calendar = root.find("calendar");
    ASSERT_NE(calendar, nullptr) << file.path();
    for (const Node& entry : calendar->items) scheduled.insert(entry.text("drill"));
  }
  for (const std::string& drill : scheduled)
    EXPECT_TRUE(std::binary_search(drills.begin(), drills.end(), drill)) << drill << " is in a calendar";
}

TEST(Catalogue, EveryDrillHasAVariationOfItself) {
  const std::vector<std::string> variations = drills_in(kVariations);
  for (const std::string& name : drills_in(kCatalogue))
    EXPECT_TRUE(std::binary_search(variations.begin(), variations.end(), name)) << name << " has none";
  for (const std::string& name : variations) {
    SCOPED_TRACE(name);
    const fs::path file = file_of(kVariations, name);
    const Node text = read(file);
    const fs::path extended = (file.parent_path() / text.text("extend")).lexically_normal();
    const std::string drill = fs::relative(extended, kCatalogue).replace_extension("").string();
    EXPECT_TRUE(fs::exists(extended) && name.starts_with(drill)) << "its name begins with that of " << drill;
    EXPECT_GE(text.entries.size(), 3U) << "what is different, beside the title?";
    const auto spec = load(file);
    if (!spec) continue;
    for (const Error& error : sim_refusals(*spec)) ADD_FAILURE() << error.to_string();
  }
}

TEST(ExpectedDrill, NamesEveryDrillOnce) {
  const ExpectedDrills expected = expectations();
  const auto names_of = [](const std::vector<Expected>& list) {
    std::vector<std::string> names;
    for (const Expected& expectation : list) names.push_back(expectation.drill);
    std::sort(names.begin(), names.end());
    return names;
  };
  EXPECT_EQ(names_of(expected.drills), drills_in(kCatalogue));
  EXPECT_EQ(names_of(expected.variations), drills_in(kVariations));
}

TEST(ExpectedDrill, SaysWhatADrillCanComeTo) {
  for (const Expected& expected : expectations().drills) {
    SCOPED_TRACE(expected.drill);
    const auto spec = load(file_of(kCatalogue, expected.drill));
    if (!spec) continue;
    const std::set<std::string> names = judged(spec->scenario);
    bool fails = false;
    for (const auto& [name, verdict] : expected.objectives) {
      EXPECT_TRUE(names.contains(name)) << name << " is not judged in this drill";
      fails = fails || verdict == "fail";
    }
    EXPECT_EQ(expected.verdict, fails ? "fail" : "pass");
    for (const std::string& service : expected.down)
      EXPECT_NE(spec->target.find_service(service), nullptr) << service << " is down, and the target has none";
    std::set<std::string> titles = {"detection", "people", "none"};
    if (spec->scenario.recovery) collect_titles(spec->scenario.recovery->steps, titles);
    EXPECT_FALSE(expected.dominated_by.empty());
    for (const std::string& title : expected.dominated_by) EXPECT_TRUE(titles.contains(title)) << title;
    EXPECT_TRUE(expected.rto && expected.lost) << "no range of what is achieved";
    EXPECT_FALSE(expected.why.empty());
  }
}

TEST(ExpectedDrill, EveryVariationFailsAnObjective) {
  for (const Expected& expected : expectations().variations) {
    SCOPED_TRACE(expected.drill);
    EXPECT_EQ(expected.verdict, "fail");
    EXPECT_FALSE(expected.objectives.empty()) << "what does it fail?";
    const auto spec = load(file_of(kVariations, expected.drill));
    if (!spec) continue;
    const std::set<std::string> names = judged(spec->scenario);
    for (const auto& [name, verdict] : expected.objectives)
      EXPECT_TRUE(names.contains(name)) << name << " is not judged in this drill";
  }
}

TEST(ExpectedDrill, AFileThatSaysItWrongIsRefused) {
  const ScratchFolder scratch;
  const fs::path file = scratch.file("expected.yaml");
  for (const char* text :
       {"drills: {a: {verdict: perhaps}}\nvariations: {}\n", "drills: {a: {rto: 5s}}\nvariations: {}\n",
        "drills: {a: {rto: 9s..5s}}\nvariations: {}\n", "drills: {a: {lost: few..many}}\nvariations: {}\n",
        "drills: {a: {colour: red}}\nvariations: {}\n", "drills: {}\n"}) {
    std::ofstream{file} << text;
    const auto read = read_expected_drills(file.string());
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid) << text;
  }
}

}  // namespace
}  // namespace blackstart
