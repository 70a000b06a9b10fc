#pragma once
// tests/catalog/expected.yaml as values: what each drill of the catalogue, and its variation that must fail, comes to
// in the virtual world. The words are explained at the top of that file.

#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blackstart::test {

struct Expected {
  std::string drill;                              // "auction-flow/database-failure"
  std::string verdict;                            // "pass", "fail", "inconclusive"
  std::map<std::string, std::string> objectives;  // name -> verdict; those not named may go either way
  std::optional<std::pair<Duration, Duration>> rto, rpo;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> lost;
  std::vector<std::string> down;          // services
  std::vector<std::string> dominated_by;  // one of these: a step's title, "detection", "people", "none"
  std::string played_at;                  // rate; empty: the drill's own
  std::string why;
};
struct ExpectedDrills {
  std::vector<Expected> drills;      // in the file's order
  std::vector<Expected> variations;  // objectives are those under `fails`, all "fail"
};

/// Reads the file; an error (kInvalid) names its first place that is wrong.
Result<ExpectedDrills> read_expected_drills(const std::string& file);

}  // namespace blackstart::test
