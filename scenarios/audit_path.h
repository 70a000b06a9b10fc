#pragma once
// How long a recovery may take by its own budgets: the longest way through its steps. A step counts with its budget;
// one without, with how long it takes (`takes` of a command, a decision's time), else not at all. Together: the
// longest. Options: the longest. skip_to is followed where a step succeeds; `after: end` counts nothing. Pure.

#include "scenarios/spec.h"

#include <optional>
#include <string>
#include <vector>

namespace blackstart {

/// A length that varies: what is usual, and the 95th percentile.
struct Span {
  Duration median{};
  Duration p95{};
  friend Span operator+(const Span& a, const Span& b) { return {a.median + b.median, a.p95 + b.p95}; }
};
Span span_of(const Distribution& distribution);

struct PathStep {
  const Step* step = nullptr;
  Span length;
  Span end;                 // from the recovery's begin
  bool timed = true;        // false: neither a budget nor anything else says how long
  bool falls_back = false;  // it is taken to fail, and its `otherwise` follows
};
using RecoveryPath = std::vector<PathStep>;

/// The longest way through the recovery where fallbacks of at most `depth` levels are taken: 0, none; 1, the
/// `otherwise` of a step; 2, also that of a step inside one. Empty without a recovery. Points into `spec`.
RecoveryPath longest_path(const Spec& spec, int depth);
/// How deep the recovery's fallbacks are nested.
int fallback_depth(const Scenario& scenario);

/// From the fault to the first step: how it is noticed, and the people's time until they act.
struct LeadTime {
  Span detection;
  Span people;
  std::string detected_by;  // the rule, or ""
  [[nodiscard]] Span total() const { return detection + people; }
};
/// Of several rules the fastest. Without detection, until recovery.at.
LeadTime lead_time(const Scenario& scenario);

/// What a step does to the system, with that of the steps inside it: actions as they are, commands as their `like`
/// says; neither checks nor notices.
std::vector<Call> effects_of(const Step& step);
/// The services that an effect acts on.
std::vector<std::string> services_of(const Call& effect, const Target& target);
/// Whether an effect acts on one of `services`.
bool acts_on(const Call& effect, const std::vector<std::string>& services, const Target& target);
/// Whether it brings something back rather than taking it away: not stop, isolate, fence, scale to 0, rotate.
bool brings_back(const Call& effect);
/// A command of which nothing says what it does.
bool is_opaque(const Step& step);

/// Index of the last step of the path that changes the system: that has an effect, else that is an action, else the
/// last. Empty path: nullopt.
std::optional<std::size_t> last_change(const RecoveryPath& path);

/// Every step of the recovery with those inside, parents first; `nested` is the number of `otherwise` above it.
struct AnyStep {
  const Step* step = nullptr;
  int nested = 0;
  bool inside = false;  // of `together` or `options`: the step around it is the one that counts
};
std::vector<AnyStep> all_steps(const Scenario& scenario);

}  // namespace blackstart
