// The schemas and the loader are made from the same shapes: what the loader takes, the schema must take, and what is
// wrong in a shape's sense the schema must refuse.

#include "scenarios/document.h"
#include "scenarios/loader.h"
#include "schema_checker.h"
#include "tests/support/files.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace blackstart {
namespace {

namespace fs = std::filesystem;

nlohmann::json json_of(const fs::path& file) {
  const auto node = parse_yaml(read_file(file), file.string());
  return node ? nlohmann::json::parse(to_json(*node).dump()) : nlohmann::json{};
}

std::string check_file(const fs::path& file) {
  const nlohmann::json document = json_of(file);
  const std::string schema = document.contains("blackstart_target")         ? target_schema()
                             : document.contains("blackstart_organisation") ? organisation_schema()
                                                                            : scenario_schema();
  return SchemaChecker{nlohmann::json::parse(schema)}.check(document);
}

const fs::path kTests = fs::path{BLACKSTART_SOURCE_DIR} / "tests/scenarios";

TEST(Schema, TakesEveryGoodFile) {
  int files = 0;
  for (const char* folder : {"tests/scenarios/good", "scenarios/catalog", "scenarios/targets", "examples"}) {
    for (const auto& file : fs::recursive_directory_iterator{fs::path{BLACKSTART_SOURCE_DIR} / folder}) {
      if (file.path().extension() != ".yaml") continue;
      ++files;
      EXPECT_EQ(check_file(file.path()), "") << file.path();
    }
  }
  EXPECT_GE(files, 15);
}

/// Of bad/: what shapes refuse, so that the schemas have to.
constexpr const char* kRefused[] = {"key-unknown-root",
                                    "key-unknown-nested",
                                    "key-missing-title",
                                    "key-version",
                                    "unit-rate-bare",
                                    "unit-duration-bare",
                                    "unit-duration-space",
                                    "unit-share",
                                    "type-text-for-number",
                                    "type-quoted-number",
                                    "type-boolean",
                                    "type-map-for-list",
                                    "type-list-for-text",
                                    "type-scalar-for-map",
                                    "type-null",
                                    "type-empty-text",
                                    "word-severity",
                                    "word-arrivals",
                                    "word-popularity",
                                    "load-rate-and-profile",
                                    "load-no-rate",
                                    "load-profile-stage",
                                    "objective-none",
                                    "threshold-metric",
                                    "threshold-phase",
                                    "fault-no-end",
                                    "fault-two-ends",
                                    "fault-no-kind",
                                    "fault-two-kinds",
                                    "fault-unknown-kind",
                                    "fault-signal",
                                    "fault-empty-list",
                                    "fault-run",
                                    "fault-until",
                                    "probe-none",
                                    "probe-two",
                                    "probe-http",
                                    "probe-tcp",
                                    "recovery-after",
                                    "step-nothing",
                                    "step-two-deeds",
                                    "action-unknown",
                                    "action-arguments",
                                    "check-unknown",
                                    "check-reconcile",
                                    "validation-nothing",
                                    "communication-time",
                                    "people",
                                    "deadline",
                                    "judge",
                                    "start",
                                    "target-key-unknown",
                                    "target-kind",
                                    "target-missing-keys",
                                    "target-replicas-and-roles",
                                    "target-load-none",
                                    "target-driver-unknown",
                                    "target-driver-part",
                                    "target-service-name",
                                    "organisation",
                                    "target-backups",
                                    "canary-ways",
                                    "canary-time",
                                    "canary-name",
                                    "component-incomplete",
                                    "expect-within",
                                    "deadline-mark",
                                    "phase-incomplete",
                                    "skip-form",
                                    "option-weight",
                                    "option-nothing",
                                    "option-choose",
                                    "decision",
                                    "alert-source",
                                    "webhook",
                                    "metric-comparison",
                                    "fault-nothing",
                                    "fault-storage",
                                    "fault-toxic",
                                    "distribution-negative",
                                    "distribution-erlang",
                                    "distribution-hyperexponential",
                                    "distribution-uniform",
                                    "distribution-forms",
                                    "organisation-calendar",
                                    "organisation-kpis",
                                    "organisation-postmortem",
                                    "organisation-no-version",
                                    "organisation-list",
                                    "organisation-review-date",
                                    "target-credential",
                                    "sim-service",
                                    "sim-numbers",
                                    "sim-breaker",
                                    "sim-dns",
                                    "network-values"};

TEST(Schema, RefusesWhatShapesRefuse) {
  for (const std::string name : kRefused) {
    ASSERT_TRUE(fs::exists(kTests / "bad" / (name + ".yaml"))) << name;
    EXPECT_NE(check_file(kTests / "bad" / (name + ".yaml")), "") << name;
  }
}

TEST(Schema, IsOfTheDraftItSays) {
  for (const std::string& text : {scenario_schema(), target_schema(), organisation_schema()}) {
    const auto schema = nlohmann::json::parse(text);
    EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    EXPECT_TRUE(schema.contains("$id"));
  }
}

}  // namespace
}  // namespace blackstart
