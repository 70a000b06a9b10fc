#pragma once
// Verdict: from a Measurement and the scenario's objectives to pass, fail or inconclusive, with words and evidence.
// Pure.

#include "rehearsal/measurement.h"

#include <string>
#include <vector>

namespace blackstart {

enum class Outcome { kPass, kInconclusive, kFail };  // ascending: the worst wins
const char* to_string(Outcome outcome);
Outcome worst(Outcome a, Outcome b);

/// One thing that was held to a target.
struct Judgement {
  std::string name;   // "rto", "rpo", "mtd", "bid_latency.steady: p(99)<100ms", "bids reconcile", "everything healed"
  std::string group;  // objective | component | threshold | limit | validation | budget | communication | expectation |
                      // deadline | health
  std::string target;       // "4h", "<100 ms", "0"
  std::string achieved;     // "7.412 s", "> 41.3 s", "not measured"
  std::string uncertainty;  // "101 ms" or ""
  Outcome outcome = Outcome::kInconclusive;
  bool counts = true;   // false: reported only (judge: warn)
  bool reached = true;  // false: the drill ended before it, or nothing of it could be seen
  std::string why;      // in words, when not a plain pass
  std::vector<std::uint64_t> evidence;
};

struct Verdict {
  Outcome outcome = Outcome::kInconclusive;
  std::vector<std::string> reasons;  // why the verdict is what it is, in words, worst first
  std::vector<Judgement> judgements;
  int exit_code = 2;  // by docs/exit-codes: 0, 1, 2, 3 (stopped), 4 (residues), 255 (internal error)
};

Verdict judge(const Spec& spec, const Measurement& measurement);

/// For people, as human_duration(); nothing is "0 s".
std::string length_text(Duration length);

/// The value of one threshold's aggregate, or empty when nothing was measured.
std::optional<double> threshold_value(const Threshold& threshold, const Measurement& measurement);
bool threshold_holds(const Threshold& threshold, double value);
/// The value with its unit, for people: "412 us", "0.02 %", "0".
std::string threshold_text(const Threshold& threshold, double value);

}  // namespace blackstart
