#pragma once
// Probe rules that run beside the drill: those of the steady state, and those that detect. A detection rule that turns
// to failed once a fault may have acted has detected; one that failed before has not. A rule that is a component's
// evidence goes on for the whole drill, and journals from when to when it was looked at (probe.watched).

#include "base/task.h"
#include "rehearsal/conductor_context.h"
#include "rehearsal/rule_watch.h"

#include <deque>
#include <stop_token>
#include <string>

namespace blackstart {

class RuleRunner {
 public:
  enum class Of { kSteadyState, kDetection };

  /// `rules` must outlive this.
  RuleRunner(DrillContext* drill, const std::vector<ProbeRule>* rules, Of of);

  /// Which rules a run() is of.
  enum class Which { kAll, kEvidence, kOthers };
  /// Probes these rules on their own grids until `scope` fires.
  Task<void> run(std::stop_token scope, Which which = Which::kAll);
  /// Whether every rule has passed since `from`; the first that has not otherwise.
  [[nodiscard]] const ProbeRule* first_not_passing(Instant from) const;
  /// The same of those that are a component's evidence.
  [[nodiscard]] bool evidence_passes(Instant from) const;

 private:
  Task<void> run_rule(std::size_t index, std::stop_token scope);
  void changed(const ProbeRule& rule, RuleWatch::Change change, const Result<Observation>& seen);
  [[nodiscard]] bool is_evidence(const ProbeRule& rule) const;

  DrillContext* drill_;
  const std::vector<ProbeRule>* rules_;
  Of of_;
  std::vector<RuleWatch> watches_;
};

}  // namespace blackstart
