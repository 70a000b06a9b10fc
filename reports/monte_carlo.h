#pragma once
// Monte Carlo: what many runs of one drill, each with a seed of its own, say together (docs/simulator.md, "Monte
// Carlo"). A run becomes a row of figures; rows become odds, quantiles, and what the spread comes from. Pure: the same
// rows give the same bytes, in whatever order and by however many threads they were made.

#include "base/statistics.h"
#include "rehearsal/journal.h"
#include "rehearsal/measurement.h"
#include "rehearsal/verdict.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blackstart {

// ---- one run ---------------------------------------------------------------------------------------------------

/// "rto", "rpo", "mtd", "downtime_service_level", "downtime_regulatory", "latency_steady_p99".
struct RunFigure {
  std::string name;
  std::optional<Duration> value;  // empty: not measured
  bool censored = false;          // at least `value`
};
/// One additive part of a figure.
struct RunPart {
  std::string name;  // "detection", "people: acknowledge and assemble", "Promote read replica", ...
  Duration length{};
};
struct RunObjective {
  std::string name, target;
  Outcome outcome = Outcome::kInconclusive;
};
struct RunRow {
  std::uint64_t seed = 0;
  Outcome verdict = Outcome::kInconclusive;
  int exit_code = 0;
  std::string why;  // of its verdict, in words
  std::vector<RunFigure> figures;
  std::vector<RunObjective> objectives;
  std::vector<RunPart> rto_parts, rpo_parts;  // add up to the figure; empty where it is censored or not measured
  std::uint64_t offered = 0;
  std::optional<std::uint64_t> lost;  // empty: not known, as the read-back is not complete

  [[nodiscard]] const RunFigure* find(std::string_view name) const;
};

RunRow run_row(std::uint64_t seed, const Measurement& measurement, const Verdict& verdict);

/// Names of the parts that runs of a scenario may have, in the order of its steps, whatever happens in them.
struct PartNames {
  std::vector<std::string> rto, rpo;
};
PartNames part_names(const Scenario& scenario);

// ---- many runs -------------------------------------------------------------------------------------------------

inline constexpr double kQuantiles[] = {0.05, 0.5, 0.95, 0.99};

struct FigureSummary {
  std::string name;
  std::size_t runs = 0, censored = 0, unknown = 0;  // unknown ones count as "at least 0 s"
  Duration min{}, max{};
  std::vector<QuantileEstimate> quantiles;  // of kQuantiles, ns
};
struct ObjectiveSummary {
  std::string name, target;                                           // "every objective": the verdict
  std::uint64_t met = 0, missed = 0, inconclusive = 0, censored = 0;  // what cannot be told counts as not met
  ShareEstimate odds;
};
struct PartSummary {
  std::string name;
  double mean_s = 0;
  double share = 0;  // of the variance
};
/// What the spread of a figure comes from, over the runs that measured it.
struct SpreadSummary {
  std::string figure;
  std::size_t runs = 0;
  double deviation_s = 0;
  std::vector<PartSummary> parts;  // largest share first
};
struct MonteCarlo {
  std::uint64_t runs = 0;
  ObjectiveSummary every;  // all that is judged
  std::vector<ObjectiveSummary> objectives;
  std::vector<FigureSummary> figures;
  std::vector<SpreadSummary> spread;
  std::vector<RunRow> worst;  // at most five, worst first
};

/// REQUIRES: rows are in order of their seeds, each seed once.
MonteCarlo summarise(const std::vector<RunRow>& rows);

// ---- what if ---------------------------------------------------------------------------------------------------

/// The same seeds with other values.
struct Variation {
  std::vector<std::pair<std::string, std::string>> values;  // path -> value; empty: the scenario as it is
  std::string command;                                      // as of the report, with these values
  MonteCarlo result;
  std::uint64_t better = 0, worse = 0;  // seeds whose verdict is better or worse than as it is
};

// ---- output ----------------------------------------------------------------------------------------------------

struct SimulationReport {
  std::string scenario, title, target, tool_version;
  std::uint64_t seed_first = 1, seed_last = 1;
  bool stopped = false;  // not every seed was run
  std::string command;   // "blackstart run … --world sim", to which "--seed N" is added
  MonteCarlo result;
  std::vector<Variation> what_if;  // the first is the scenario as it is
};

/// The command that plays one seed alone.
std::string replay_command(const std::string& command, std::uint64_t seed);
std::string simulation_json(const SimulationReport& report);
/// What the runs foretell of a live drill, for the journal's prediction.made: how many of `asked` they are, each
/// figure's quantiles, each objective's odds.
Json prediction_json(const MonteCarlo& result, std::uint64_t asked);
/// A line a run, and a column a figure, objective and part; times in ns. The columns follow from the scenario alone:
/// shards of its seeds have the same.
std::string simulation_csv(const Scenario& scenario, const std::vector<RunRow>& rows);
/// One screen, at most 24 lines of 100 columns (one more for each what-if); ends with a newline.
std::string simulation_summary(const SimulationReport& report, const std::string& folder, bool colour);

}  // namespace blackstart
