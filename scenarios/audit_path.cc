#include "scenarios/audit_path.h"

#include "scenarios/arguments.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace blackstart {
namespace {

Span longer(const Span& a, const Span& b) { return {std::max(a.median, b.median), std::max(a.p95, b.p95)}; }

Duration scaled(Duration length, double factor) { return from_seconds(to_seconds(length) * factor); }

Span of_samples(std::vector<Duration> samples) {
  if (samples.empty()) return {};
  std::sort(samples.begin(), samples.end());
  const auto rank = [&](double share) {
    return samples[static_cast<std::size_t>(std::ceil(share * static_cast<double>(samples.size()))) - 1];
  };
  return {rank(0.5), rank(0.95)};
}

/// The longest way through a recovery. The rest of the way depends on where a step stands alone, so that each step is
/// looked at once.
class Walk {
 public:
  Walk(const Spec& spec, int depth) : spec_(spec), steps_(spec.scenario.recovery->steps), depth_(depth) {}

  RecoveryPath run() {
    RecoveryPath path = from(Frame{&steps_, 0, depth_, nullptr});
    std::reverse(path.begin(), path.end());
    Span end;
    for (PathStep& step : path) step.end = end = end + step.length;
    return path;
  }

 private:
  /// A place in a list of steps, and where the list itself stands.
  struct Frame {
    const std::vector<Step>* list;
    std::size_t index;
    int depth;
    const Frame* outer;
  };

  static Duration length_of(const RecoveryPath& path) {
    Duration sum{};
    for (const PathStep& step : path) sum += step.length.median;
    return sum;
  }

  /// Backwards: the last step first, so that adding one in front costs nothing.
  RecoveryPath from(const Frame& frame) {
    if (frame.index >= frame.list->size()) return after(frame.outer);
    const Step& step = (*frame.list)[frame.index];
    if (const auto known = known_.find(&step); known != known_.end()) return known->second;
    RecoveryPath path;
    if (step.after_end) {
      path = from(Frame{frame.list, frame.index + 1, frame.depth, frame.outer});
    } else {
      path = with(step, frame);
    }
    known_.emplace(&step, path);
    return path;
  }

  RecoveryPath with(const Step& step, const Frame& frame) {
    PathStep own{&step, time_of(step), {}, is_timed(step), false};
    RecoveryPath path = succeeded(step, frame);
    if (!step.otherwise.empty() && frame.depth > 0) {
      RecoveryPath failed = from(Frame{&step.otherwise, 0, frame.depth - 1, &frame});
      if (length_of(failed) > length_of(path)) {
        path = std::move(failed);
        own.falls_back = true;
      }
    }
    path.push_back(own);
    return path;
  }

  RecoveryPath succeeded(const Step& step, const Frame& frame) {
    if (step.skip_to.empty()) return from(Frame{frame.list, frame.index + 1, frame.depth, frame.outer});
    std::size_t index = 0;
    while (index < steps_.size() && steps_[index].title != step.skip_to) ++index;
    return from(Frame{&steps_, index, depth_, nullptr});
  }

  RecoveryPath after(const Frame* outer) {
    if (outer == nullptr) return {};
    return from(Frame{outer->list, outer->index + 1, outer->depth, outer->outer});
  }

  [[nodiscard]] bool is_timed(const Step& step) const {
    if (step.budget || step.decision || takes(step)) return true;
    const auto timed = [this](const Step& inner) { return is_timed(inner); };
    if (!step.together.empty()) return std::any_of(step.together.begin(), step.together.end(), timed);
    if (!step.options.empty()) return std::any_of(step.options.begin(), step.options.end(), timed);
    return step.hold > Duration::zero() || (step.manual && spec_.scenario.people.times.contains("execute"));
  }

  [[nodiscard]] std::optional<Span> takes(const Step& step) const {
    if (!step.action || step.action->word != "run") return std::nullopt;
    const auto takes = takes_of(*step.action, spec_.scenario.folder);
    return takes ? std::optional{span_of(*takes)} : std::nullopt;
  }

  [[nodiscard]] Span people(const char* what) const {
    const auto& times = spec_.scenario.people.times;
    const auto found = times.find(what);
    return found == times.end() ? Span{} : span_of(found->second);
  }

  [[nodiscard]] Span time_of(const Step& step) const {
    if (step.budget) return {*step.budget, *step.budget};
    Span inner;
    for (const Step& member : step.together) inner = longer(inner, time_of(member));
    for (const Step& option : step.options) inner = longer(inner, time_of(option));
    Span decided;
    if (step.decision) decided = step.decision->takes ? span_of(*step.decision->takes) : people("decide");
    if (step.manual && !step.decision) decided = people("execute");
    return inner + decided + takes(step).value_or(Span{}) + Span{step.hold, step.hold};
  }

  const Spec& spec_;
  const std::vector<Step>& steps_;
  int depth_;
  std::map<const Step*, RecoveryPath> known_;
};

int depth_of(const std::vector<Step>& steps) {
  int depth = 0;
  for (const Step& step : steps) {
    if (!step.otherwise.empty()) depth = std::max(depth, 1 + depth_of(step.otherwise));
    depth = std::max({depth, depth_of(step.together), depth_of(step.options)});
  }
  return depth;
}

void collect(const std::vector<Step>& steps, int nested, bool inside, std::vector<AnyStep>& into) {
  for (const Step& step : steps) {
    if (step.after_end) continue;
    into.push_back(AnyStep{&step, nested, inside});
    collect(step.together, nested, true, into);
    collect(step.options, nested, true, into);
    collect(step.otherwise, nested + 1, false, into);
  }
}

}  // namespace

Span span_of(const Distribution& distribution) {
  using Form = Distribution::Form;
  switch (distribution.form) {
    case Form::kConstant:
      return {distribution.first, distribution.first};
    case Form::kLogNormal:
      return {distribution.first, distribution.second};
    case Form::kUniform: {
      const Duration width = distribution.second - distribution.first;
      return {distribution.first + width / 2, distribution.first + scaled(width, 0.95)};
    }
    case Form::kExponential:
      return {scaled(distribution.first, std::log(2.0)), scaled(distribution.first, std::log(20.0))};
    // Of these the mean stands for the median, and for the tail the exponential's: an estimate on the long side.
    case Form::kErlang:
      return {distribution.first, scaled(distribution.first, 2.0)};
    case Form::kHyperexponential: {
      const Duration longest = std::max(distribution.first, distribution.second);
      return {scaled(distribution.first, distribution.p) + scaled(distribution.second, 1 - distribution.p),
              scaled(longest, std::log(20.0))};
    }
    case Form::kSamples:
      return of_samples(distribution.samples);
  }
  return {};
}

RecoveryPath longest_path(const Spec& spec, int depth) {
  return spec.scenario.recovery ? Walk{spec, depth}.run() : RecoveryPath{};
}

int fallback_depth(const Scenario& scenario) { return scenario.recovery ? depth_of(scenario.recovery->steps) : 0; }

LeadTime lead_time(const Scenario& scenario) {
  LeadTime lead;
  if (scenario.recovery && !scenario.recovery->after_detection) {
    Duration first = scenario.recovery->at;
    for (const FaultSpec& fault : scenario.faults) first = std::min(first, fault.at);
    lead.detection = {scenario.recovery->at - first, scenario.recovery->at - first};
    return lead;
  }
  for (const ProbeRule& rule : scenario.detection) {
    if (rule.probe.word == "webhook") continue;  // when the organisation's own alerting calls is not ours to know
    const Duration noticed = rule.every * rule.failures + rule.hold;
    if (!lead.detected_by.empty() && noticed >= lead.detection.median) continue;
    lead.detection = {noticed, noticed};
    lead.detected_by = rule.name;
  }
  for (const char* what : {"acknowledge", "assemble"}) {
    const auto found = scenario.people.times.find(what);
    if (found != scenario.people.times.end()) lead.people = lead.people + span_of(found->second);
  }
  return lead;
}

std::vector<Call> effects_of(const Step& step) {
  std::vector<Call> effects;
  if (step.action && step.action->word == "run") {
    if (auto like = effect_of(*step.action)) effects.push_back(std::move(*like));
  } else if (step.action && step.action->word != "notify") {
    effects.push_back(*step.action);
  }
  for (const auto* list : {&step.together, &step.options}) {
    for (const Step& inner : *list) {
      for (Call& effect : effects_of(inner)) effects.push_back(std::move(effect));
    }
  }
  return effects;
}

std::vector<std::string> services_of(const Call& effect, const Target& target) {
  if (effect.word == "rotate") {
    const std::string name = text_argument(effect, "credential");
    for (const CredentialSpec& credential : target.credentials) {
      if (credential.name == name) return {credential.of};
    }
    return {};
  }
  if (effect.word == "replay") return {text_argument(effect, "to")};
  return list_argument(effect, "services", "service");
}

bool acts_on(const Call& effect, const std::vector<std::string>& services, const Target& target) {
  const auto hit = services_of(effect, target);
  return std::any_of(hit.begin(), hit.end(), [&](const std::string& service) {
    return std::find(services.begin(), services.end(), service) != services.end();
  });
}

bool brings_back(const Call& effect) {
  if (effect.word == "scale") return text_argument(effect, "to") != "0";
  return effect.word != "stop" && effect.word != "isolate" && effect.word != "fence" && effect.word != "rotate";
}

bool is_opaque(const Step& step) {
  if (step.action && step.action->word == "run" && !effect_of(*step.action)) return true;
  return std::any_of(step.together.begin(), step.together.end(), is_opaque) ||
         std::any_of(step.options.begin(), step.options.end(), is_opaque);
}

std::optional<std::size_t> last_change(const RecoveryPath& path) {
  if (path.empty()) return std::nullopt;
  for (std::size_t index = path.size(); index > 0; --index) {
    if (!effects_of(*path[index - 1].step).empty()) return index - 1;
  }
  for (std::size_t index = path.size(); index > 0; --index) {
    const Step& step = *path[index - 1].step;
    if (step.action && step.action->word != "notify") return index - 1;
  }
  return path.size() - 1;
}

std::vector<AnyStep> all_steps(const Scenario& scenario) {
  std::vector<AnyStep> steps;
  if (scenario.recovery) collect(scenario.recovery->steps, 0, false, steps);
  return steps;
}

}  // namespace blackstart
