// docs/language.md is the users' reference: every word of the language stands in it, and its examples are right.

#include "scenarios/languages.h"
#include "scenarios/loader.h"
#include "scenarios/threshold.h"
#include "scenarios/words.h"
#include "tests/support/files.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>

namespace blackstart {
namespace {

std::string page(const std::string& name = "language.md") {
  return read_file(std::string{BLACKSTART_SOURCE_DIR} + "/docs/" + name);
}

bool has_word(const std::string& text, const std::string& word) {
  const auto part_of_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !part_of_word(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !part_of_word(text[at + word.size()]);
    if (begins && ends) return true;
  }
  return false;
}

/// Names of all fields below a shape, named shapes once.
void collect(const Language& language, const Shape& shape, std::set<std::string>& names, std::set<std::string>& seen) {
  if (shape.kind == Shape::Kind::kNamed) {
    if (seen.insert(shape.reference).second) collect(language, language.resolve(shape), names, seen);
    return;
  }
  for (const std::string& word : shape.words) names.insert(word);
  for (const Field& field : shape.fields) {
    names.insert(field.name);
    collect(language, field.shape, names, seen);
  }
  for (const Shape& part : shape.alternatives) collect(language, part, names, seen);
  for (const Shape& part : shape.item) collect(language, part, names, seen);
}

TEST(LanguagePage, NamesEveryFaultActionProbeAndMetric) {
  const std::string text = page();
  for (const FaultWord& fault : fault_words()) {
    EXPECT_TRUE(has_word(text, fault.word.name)) << fault.word.name;
    for (const Field& field : fault.word.arguments.fields) {
      EXPECT_TRUE(has_word(text, field.name)) << fault.word.name << " " << field.name;
    }
  }
  for (const auto* words : {&action_words(), &probe_words(), &detection_words(), &check_words()}) {
    for (const Word& word : *words) EXPECT_TRUE(has_word(text, word.name)) << word.name;
  }
  for (const Metric& metric : threshold_metrics()) EXPECT_TRUE(has_word(text, metric.name)) << metric.name;
}

TEST(LanguagePage, NamesEveryKeyOfTargetsAndScenarios) {
  const std::string text = page();
  for (const Language* language : {&scenario_language(), &target_language()}) {
    for (const Field& field : language->root.fields) EXPECT_TRUE(has_word(text, field.name)) << field.name;
  }
  const std::string both = text + page("targets.md");  // which has the words of sim
  for (const Language* language : {&target_language(), &organisation_language()}) {
    std::set<std::string> names;
    std::set<std::string> seen;
    collect(*language, language->root, names, seen);
    for (const std::string& name : names) {
      if (name.find_first_not_of("0123456789") == std::string::npos) continue;
      const bool method = name == "GET" || name == "HEAD" || name == "PUT" || name == "PATCH" || name == "DELETE";
      EXPECT_TRUE(method || has_word(both, name)) << name;
    }
  }
}

TEST(LanguagePage, EveryWordOfSimStandsInItsTable) {
  const std::string text = page("targets.md");
  for (const SimWord& word : sim_words()) {
    EXPECT_NE(text.find("`" + word.field.name), std::string::npos) << word.field.name;
    std::set<std::string> names;
    std::set<std::string> seen;
    collect(target_language(), word.field.shape, names, seen);
    for (const std::string& name : names) EXPECT_TRUE(has_word(text, name)) << word.field.name << " " << name;
  }
}

TEST(LanguagePage, ItsTargetIsRight) {
  const std::string text = page();
  const std::size_t begin = text.find("```yaml\nblackstart_target: 1");
  ASSERT_NE(begin, std::string::npos);
  const std::size_t first = begin + 8;
  const ScratchFolder scratch;
  const std::string file = scratch.file("page.yaml");
  std::ofstream{file} << text.substr(first, text.find("```", first) - first);
  for (const Error& error : validate_file(file, {})) ADD_FAILURE() << error.to_string();
}

}  // namespace
}  // namespace blackstart
