#include "scenarios/threshold.h"

#include "base/text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace blackstart {
namespace {

const std::vector<std::string> kLatencyAggregates = {"p", "avg", "max", "min", "count"};

Error wrong(std::string_view found, std::string_view allowed, std::string_view word = {},
            std::span<const std::string> candidates = {}) {
  std::string message = fmt::format("found \"{}\"; allowed: {}", printable(found), allowed);
  if (const auto near = nearest_word(word, candidates)) message += fmt::format("; did you mean \"{}\"?", *near);
  return fail(ErrorCode::kInvalid, std::move(message));
}

std::optional<double> whole_or_decimal(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (code != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  if (text.front() == '-') return std::nullopt;
  return value;
}

struct Condition {
  std::string aggregate;
  double percentile = 0;
  std::string comparison;
  std::string_view bound;
};

/// Splits "p(99)<100ms" without looking at what the parts mean.
Result<Condition> split_condition(std::string_view text) {
  const std::size_t at = text.find_first_of("<>=!");
  if (at == std::string_view::npos) {
    return wrong(text, "an aggregate, a comparison (< <= > >= ==) and a bound, as p(99)<100ms");
  }
  std::size_t end = at + 1;
  while (end < text.size() && text[end] == '=') ++end;
  Condition condition;
  condition.comparison = text.substr(at, end - at);
  if (condition.comparison != "<" && condition.comparison != "<=" && condition.comparison != ">" &&
      condition.comparison != ">=" && condition.comparison != "==") {
    return wrong(text, "a comparison with < <= > >= or ==");
  }
  condition.bound = trim(text.substr(end));
  const std::string_view aggregate = trim(text.substr(0, at));
  if (!aggregate.starts_with("p(") || !aggregate.ends_with(")")) {
    condition.aggregate = aggregate;
    return condition;
  }
  const auto percentile = whole_or_decimal(trim(aggregate.substr(2, aggregate.size() - 3)));
  if (!percentile || *percentile <= 0 || *percentile > 100) {
    return wrong(text, "a percentile above 0 and up to 100, as p(99) or p(99.9)");
  }
  condition.aggregate = "p";
  condition.percentile = *percentile;
  return condition;
}

std::string shown_aggregate(const std::string& aggregate) { return aggregate == "p" ? "p(x)" : aggregate; }

Result<double> parse_bound(const std::string& aggregate, std::string_view text, std::string_view condition) {
  if (aggregate == "count") {
    const auto count = whole_or_decimal(text);
    if (count && *count == std::floor(*count) && *count <= 9e15) return *count;
    return wrong(condition, "a whole number as the bound of a count, as count==0");
  }
  if (aggregate == "rate") {
    if (const auto share = parse_share(text)) return share->value;
    return wrong(condition, "a share with its % as the bound of a rate, as rate<0.1%");
  }
  if (const auto length = parse_duration(text)) return static_cast<double>(length->count());
  return wrong(condition, fmt::format("a duration with its unit as the bound, as {}<100ms",
                                      aggregate == "p" ? "p(99)" : aggregate));
}

Result<const Metric*> find_metric(std::string_view name) {
  std::vector<std::string> names;
  for (const Metric& metric : threshold_metrics()) {
    if (metric.name == name) return &metric;
    names.push_back(metric.name);
  }
  return wrong(name, join(names, ", ") + " (with .steady, .impact or .after where it has phases)", name, names);
}

Status check_phase(const Metric& metric, std::string_view written, std::string_view phase) {
  if (!metric.phases) return wrong(written, fmt::format("{} alone: it has no phases", metric.name));
  for (const std::string& known : threshold_phases()) {
    if (known == phase) return ok();
  }
  std::vector<std::string> candidates;
  for (const std::string& known : threshold_phases()) candidates.push_back(metric.name + "." + known);
  const auto near = nearest_word(phase, threshold_phases());
  return wrong(written, fmt::format("{}, or {} for all phases", join(candidates, ", "), metric.name),
               near ? metric.name + "." + *near : "", candidates);
}

}  // namespace

const std::vector<Metric>& threshold_metrics() {
  static const std::vector<Metric> metrics = {
      {"bid_latency", kLatencyAggregates, true, "from the intended start to the first acknowledgement"},
      {"service_time", kLatencyAggregates, true, "from the first byte written to the answer"},
      {"bid_failed", {"rate", "count"}, true, "offered bids that were not acknowledged"},
      {"goodput", {"rate", "count"}, true, "offered bids that were acknowledged well"},
      {"degraded", {"rate", "count"}, true, "acknowledged by a fallback"},
      {"notification_delay", kLatencyAggregates, true, "from the acknowledgement to the watcher's event"},
      {"lost", {"count", "rate", "span"}, false, "acknowledged and absent"},
      {"lost_after_fault",
       {"count", "rate", "span"},
       false,
       "acknowledged after the fault, absent, no restore explains it"},
      {"rolled_back", {"count", "rate", "span"}, false, "acknowledged after the recovery point of a restore, absent"},
      {"corrupted", {"count", "rate"}, false, "present with wrong content"},
      {"phantom", {"count"}, false, "present and never sent"},
      {"duplicated", {"count", "rate"}, false, "present more than once"},
      {"resurrected", {"count", "rate"}, false, "refused, and present"},
  };
  return metrics;
}

const std::vector<std::string>& threshold_phases() {
  static const std::vector<std::string> phases = {"steady", "impact", "after"};
  return phases;
}

Status check_metric_and_phase(std::string_view metric_and_phase) {
  const std::size_t dot = metric_and_phase.find('.');
  BS_ASSIGN(const Metric* metric, find_metric(metric_and_phase.substr(0, dot)));
  if (dot == std::string_view::npos) return ok();
  return check_phase(*metric, metric_and_phase, metric_and_phase.substr(dot + 1));
}

Result<Threshold> parse_threshold(std::string_view metric_and_phase, std::string_view condition) {
  BS_TRY(check_metric_and_phase(metric_and_phase));
  const std::size_t dot = metric_and_phase.find('.');
  BS_ASSIGN(const Metric* metric, find_metric(metric_and_phase.substr(0, dot)));
  const std::string_view phase = dot == std::string_view::npos ? std::string_view{} : metric_and_phase.substr(dot + 1);
  BS_ASSIGN(const Condition parts, split_condition(trim(condition)));
  bool fits = false;
  std::vector<std::string> shown;
  for (const std::string& aggregate : metric->aggregates) {
    fits = fits || aggregate == parts.aggregate;
    shown.push_back(shown_aggregate(aggregate));
  }
  if (!fits) {
    return wrong(condition, fmt::format("{} of {}", join(shown, ", "), metric->name), parts.aggregate,
                 metric->aggregates);
  }
  BS_ASSIGN(const double bound, parse_bound(parts.aggregate, parts.bound, condition));
  Threshold threshold;
  threshold.metric = metric->name;
  threshold.phase = phase;
  threshold.aggregate = parts.aggregate;
  threshold.percentile = parts.percentile;
  threshold.comparison = parts.comparison;
  threshold.bound = bound;
  threshold.text = fmt::format("{}: {}", metric_and_phase, spell_condition(threshold));
  return threshold;
}

std::string spell_condition(const Threshold& threshold) {
  const std::string aggregate =
      threshold.aggregate == "p" ? fmt::format("p({})", threshold.percentile) : threshold.aggregate;
  std::string bound;
  if (threshold.aggregate == "count") {
    bound = fmt::format("{:.0f}", threshold.bound);
  } else if (threshold.aggregate == "rate") {
    bound = spell_share(Share{threshold.bound});
  } else {
    bound = spell_duration(Duration{static_cast<std::int64_t>(threshold.bound)});
  }
  return aggregate + threshold.comparison + bound;
}

Result<LatencyBound> parse_latency_bound(std::string_view text) {
  constexpr std::string_view kAllowed = "a percentile of the latency and its bound, as p(99)<100ms";
  const auto parts = split_condition(trim(text));
  if (!parts || parts->aggregate != "p" || parts->comparison != "<") return wrong(text, kAllowed);
  const auto bound = parse_duration(parts->bound);
  if (!bound || *bound <= Duration::zero()) return wrong(text, kAllowed);
  return LatencyBound{parts->percentile, *bound};
}

}  // namespace blackstart
