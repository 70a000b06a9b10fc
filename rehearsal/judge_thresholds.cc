#include "rehearsal/judge_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"

namespace blackstart {
namespace {

using Count = std::uint64_t;

/// The part of PhaseBids or PhaseLatency that a threshold speaks of.
template <class Phases>
const auto& part_of(const Phases& phases, std::string_view phase) {
  if (phase == "steady") return phases.steady;
  if (phase == "impact") return phases.impact;
  if (phase == "after") return phases.after;
  return phases.all;
}

bool is_time(const Threshold& threshold) {
  if (threshold.aggregate == "span") return true;
  const bool of_time = threshold.metric == "bid_latency" || threshold.metric == "service_time" ||
                       threshold.metric == "notification_delay";
  return of_time && threshold.aggregate != "count" && threshold.aggregate != "rate";
}

std::optional<double> time_value(const Threshold& threshold, const Histogram& histogram) {
  if (histogram.empty()) return std::nullopt;
  if (threshold.aggregate == "count") return static_cast<double>(histogram.count());
  if (threshold.aggregate == "p") return static_cast<double>(histogram.percentile(threshold.percentile).count());
  if (threshold.aggregate == "avg") return static_cast<double>(histogram.mean().count());
  if (threshold.aggregate == "max") return static_cast<double>(histogram.max().count());
  if (threshold.aggregate == "min") return static_cast<double>(histogram.min().count());
  return std::nullopt;
}

/// A count of `whole`: as a rate, or itself. Nothing was measured where the whole is empty.
std::optional<double> counted(const Threshold& threshold, Count part, Count whole) {
  if (whole == 0) return std::nullopt;
  if (threshold.aggregate == "count") return static_cast<double>(part);
  if (threshold.aggregate == "rate") return static_cast<double>(part) / static_cast<double>(whole);
  return std::nullopt;
}

std::optional<double> bid_value(const Threshold& threshold, const Measurement& measurement) {
  const BidTotals& bids = part_of(measurement.bids, threshold.phase);
  if (threshold.metric == "bid_failed")
    return counted(threshold, bids.offered - std::min(bids.offered, bids.acknowledged), bids.offered);
  if (threshold.metric == "goodput") return counted(threshold, bids.good, bids.offered);
  return counted(threshold, bids.degraded, bids.acknowledged);
}

struct StoredMetric {
  std::string_view name;
  Count ReadBackResult::*count;
};
constexpr std::array kStored = {
    StoredMetric{"lost", &ReadBackResult::lost},
    StoredMetric{"lost_after_fault", &ReadBackResult::lost_after_fault},
    StoredMetric{"rolled_back", &ReadBackResult::rolled_back},
    StoredMetric{"corrupted", &ReadBackResult::corrupted},
    StoredMetric{"phantom", &ReadBackResult::phantom},
    StoredMetric{"duplicated", &ReadBackResult::duplicated},
    StoredMetric{"resurrected", &ReadBackResult::resurrected},
};

const StoredMetric* find_stored(std::string_view name) {
  const auto* found =
      std::find_if(kStored.begin(), kStored.end(), [name](const auto& entry) { return entry.name == name; });
  return found == kStored.end() ? nullptr : found;
}

/// From the first to the last acknowledgement among the lost.
Duration lost_span(const ReadBackResult& read_back) {
  Instant first = kNever, last = Instant::min();
  for (const LossStretch& stretch : read_back.stretches) {
    if (stretch.lost == 0 || stretch.first_lost_ack == kNever || stretch.last_lost_ack == kNever) continue;
    first = std::min(first, stretch.first_lost_ack);
    last = std::max(last, stretch.last_lost_ack);
  }
  return first == kNever ? Duration{} : last - first;
}

std::optional<double> stored_value(const Threshold& threshold, const StoredMetric& metric,
                                   const Measurement& measurement) {
  if (!measurement.read_back || !measurement.read_back->complete) return std::nullopt;
  const ReadBackResult& read_back = *measurement.read_back;
  if (threshold.aggregate == "span") {
    if (threshold.metric == "rolled_back") return static_cast<double>(read_back.rolled_back_span.count());
    if (threshold.metric == "lost") return static_cast<double>(lost_span(read_back).count());
    return std::nullopt;
  }
  if (threshold.aggregate == "count") return static_cast<double>(read_back.*metric.count);
  return counted(threshold, read_back.*metric.count, measurement.bids.all.acknowledged);
}

bool needs_read_back(const Threshold& threshold) { return find_stored(threshold.metric) != nullptr; }

std::string why_no_value(const Threshold& threshold, const Measurement& measurement) {
  if (needs_read_back(threshold)) {
    if (!measurement.read_back) return "nothing was read back";
    if (!measurement.read_back->complete)
      return fmt::format("the read-back is incomplete: {}", measurement.read_back->why_incomplete);
  }
  if (!threshold.phase.empty()) return fmt::format("no bids were measured in the phase '{}'", threshold.phase);
  return "nothing was measured";
}

Judgement judge_threshold(const Threshold& threshold, const Measurement& measurement) {
  Judgement judgement;
  judgement.name = threshold.text;
  judgement.group = "threshold";
  judgement.target = threshold.comparison + " " + threshold_text(threshold, threshold.bound);
  judgement.achieved = "not measured";
  judgement.evidence = measurement.traffic_evidence;
  if (needs_read_back(threshold) && measurement.read_back) judgement.evidence = {measurement.read_back_evidence};
  const auto value = threshold_value(threshold, measurement);
  const std::string slow = generator_too_slow(measurement);
  if (!value) {
    judgement.reached = needs_read_back(threshold) ? measurement.read_back.has_value() : false;
    judgement.why = why_no_value(threshold, measurement);
    return judgement;
  }
  judgement.achieved = threshold_text(threshold, *value);
  const bool of_latency = threshold.metric == "bid_latency" || threshold.metric == "service_time";
  if (of_latency && !slow.empty()) {
    judgement.why = slow;
    return judgement;
  }
  judgement.outcome = threshold_holds(threshold, *value) ? Outcome::kPass : Outcome::kFail;
  if (judgement.outcome == Outcome::kFail)
    judgement.why = fmt::format("it was {}, and must be {}", judgement.achieved, judgement.target);
  return judgement;
}

struct BoundedCount {
  std::string_view metric;
  std::string_view meaning;  // of what was found, after "N bids"
};
constexpr std::array kLimits = {
    BoundedCount{
        "lost_after_fault",
        "acknowledged after the fault are gone, and no restore explains it: the system confirmed what it never kept"},
    BoundedCount{"corrupted", "are stored with wrong content"},
    BoundedCount{"phantom", "are stored that were never sent"},
};

Judgement judge_limit(const Spec& spec, const BoundedCount& limit, const Measurement& measurement) {
  Judgement judgement;
  judgement.name = limit.metric;
  judgement.group = "limit";
  judgement.target = "0";
  judgement.achieved = "not measured";
  if (!measurement.read_back || !measurement.read_back->complete) {
    const bool possible =
        spec.target.load.protocol_bids || spec.target.load.read_back != LoadMapping::ReadBackKind::kNone;
    judgement.counts = possible;  // a target that shows nothing back was never to prove this
    judgement.reached = measurement.read_back.has_value();
    judgement.why = measurement.read_back
                        ? fmt::format("the read-back is incomplete: {}", measurement.read_back->why_incomplete)
                    : possible ? "nothing was read back"
                               : "the target has no read_back, so that nobody can tell what is stored";
    return judgement;
  }
  const Count found = (*measurement.read_back).*find_stored(limit.metric)->count;
  judgement.evidence = {measurement.read_back_evidence};
  judgement.achieved = human_count(found);
  judgement.outcome = found == 0 ? Outcome::kPass : Outcome::kFail;
  if (found > 0)
    judgement.why = fmt::format("{} {} {}", human_count(found), found == 1 ? "bid" : "bids", limit.meaning);
  return judgement;
}

}  // namespace

std::optional<double> threshold_value(const Threshold& threshold, const Measurement& measurement) {
  const std::string& metric = threshold.metric;
  if (metric == "bid_latency") return time_value(threshold, part_of(measurement.latency, threshold.phase));
  if (metric == "service_time") return time_value(threshold, part_of(measurement.service_time, threshold.phase));
  if (metric == "notification_delay")
    return time_value(threshold, part_of(measurement.notification_delay, threshold.phase));
  if (const StoredMetric* stored = find_stored(metric)) return stored_value(threshold, *stored, measurement);
  if (metric == "bid_failed" || metric == "goodput" || metric == "degraded") return bid_value(threshold, measurement);
  return std::nullopt;
}

bool threshold_holds(const Threshold& threshold, double value) {
  const std::string& comparison = threshold.comparison;
  if (comparison == "<") return value < threshold.bound;
  if (comparison == "<=") return value <= threshold.bound;
  if (comparison == ">") return value > threshold.bound;
  if (comparison == ">=") return value >= threshold.bound;
  return comparison == "==" && value == threshold.bound;
}

std::string threshold_text(const Threshold& threshold, double value) {
  if (is_time(threshold)) return length_text(Duration{static_cast<std::int64_t>(value)});
  if (threshold.aggregate == "rate") return fmt::format("{:.4g} %", 100 * value);
  return value >= 0 && value < 1e15 && value == static_cast<double>(static_cast<Count>(value))
             ? human_count(static_cast<Count>(value))
             : fmt::format("{:.4g}", value);
}

void judge_thresholds(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements) {
  const auto& thresholds = spec.scenario.objectives.thresholds;
  for (const Threshold& threshold : thresholds) judgements.push_back(judge_threshold(threshold, measurement));
  for (const BoundedCount& limit : kLimits) {
    const bool named = std::any_of(thresholds.begin(), thresholds.end(),
                                   [&](const Threshold& threshold) { return threshold.metric == limit.metric; });
    if (!named) judgements.push_back(judge_limit(spec, limit, measurement));
  }
}

}  // namespace blackstart
