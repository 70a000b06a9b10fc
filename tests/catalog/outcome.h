#pragma once
// What a drill came to in the virtual world, in the words of expected.yaml, and how that differs from what was
// expected.

#include "scenarios/spec.h"
#include "simulator/sim_play.h"
#include "tests/catalog/expected_drills.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace blackstart::test {

struct Outcome {
  std::string verdict;
  std::map<std::string, std::string> objectives;  // as in expected.yaml; the worst of those that share a name
  std::vector<std::string> reasons;               // of the verdict, in words
  std::optional<Duration> rto, rpo;               // at the top of the report; at least so long where censored
  bool rto_censored = false, rpo_censored = false;
  std::optional<std::uint64_t> lost;
  std::vector<std::string> down;          // services, sorted
  std::vector<std::string> dominated_by;  // "detection", "people", "none", or a step's title and those within it
};

/// "not measured", "3.2 s", "> 3.2 s".
std::string figure(const std::optional<Duration>& value, bool censored);

Outcome outcome_of(const Spec& spec, const SimRun& run);

/// Every difference, in words; empty where the drill came to what was expected. `share` is the rate at which it was
/// played over the drill's own: so many of the bids could be lost. What dominates hangs on chance, and is not compared.
std::vector<std::string> differences(const Expected& expected, const Outcome& outcome, double share);
/// Whether what took longest is what was expected, or holds it.
bool dominated_as_expected(const Expected& expected, const Outcome& outcome);

}  // namespace blackstart::test
