#pragma once
// Plans and runs of the Conductor in the fake world.

#include "rehearsal/measurement.h"
#include "tests/rehearsal/fake_world.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace blackstart::testing {

Call call(std::string word, std::vector<std::pair<std::string, std::string>> arguments = {});
Step action_step(std::string id, std::string title, std::optional<Duration> budget = {});
Step check_step(std::string id, std::string title, std::string word, std::optional<Duration> budget = {});
FaultSpec fault(std::string name, Duration at, FaultClass fault_class, FaultEnd end, Duration length = {});
ProbeRule rule(std::string name, Duration every = 1s, int failures = 2);
Threshold threshold(std::string metric, std::string phase, std::string comparison, double bound);

/// A complete drill: one damage fault, detection by probe, a recovery that restores with "promote", validation.
Spec database_failure();
/// The script in which that drill passes.
Script promote_restores();

/// What came of one drill.
struct Drilled {
  std::optional<Result<DrillResult>> result;  // empty: it hung
  Journal journal;                            // as read back from its bytes; empty where nothing could be written
  std::vector<Event> events;                  // as the writer has them
  [[nodiscard]] int exit_code() const;
  [[nodiscard]] std::vector<std::string> types() const;
  [[nodiscard]] std::vector<std::string> phases() const;
  [[nodiscard]] const Event* first(const std::string& type, const std::string& key = "", const Json& value = {}) const;
  [[nodiscard]] int count(const std::string& type) const;
  [[nodiscard]] Measurement measured(const Spec& spec) const;
};

struct DrillOptions {
  bool dry = false;
  Duration assume_manual{-1};
  People* people = nullptr;
  std::optional<Duration> stop_at{};  // a person stops then
  std::optional<Duration> hurry_at{};
  std::unique_ptr<JournalSink> sink{};  // instead of memory
};

Drilled run_drill(FakeWorld& world, const Spec& spec, DrillOptions options = {});

/// What must hold after every drill, whatever happened: no fault acts, the target is gone, traffic has ended, and no
/// fault acted that the journal does not announce.
void expect_left_clean(const FakeWorld& world, const Drilled& drilled, const std::string& what);

}  // namespace blackstart::testing
