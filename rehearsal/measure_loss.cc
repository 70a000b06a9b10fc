#include "rehearsal/measure_loss.h"

#include <fmt/format.h>
#include <algorithm>

namespace blackstart {
namespace {

constexpr Duration kAcknowledgementStep = std::chrono::microseconds{10};  // of the ledger

/// What was lost up to one fault.
struct Loss {
  Instant first = kNever;      // earliest acknowledgement among the lost
  bool reaches_start = false;  // back into the first stretch of traffic
};

/// The lost bids that the fault at `at` answers for: acknowledged since the fault before it, and further back while
/// nothing that was acknowledged in between survived.
Loss loss_before(const std::vector<LossStretch>& stretches, Instant at) {
  Loss loss;
  for (std::size_t index = stretches.size(); index-- > 0;) {
    const LossStretch& stretch = stretches[index];
    if (stretch.begin >= at) continue;  // after the fault
    if (stretch.lost > 0 && stretch.first_lost_ack <= at) {
      loss.first = std::min(loss.first, stretch.first_lost_ack);
      if (index == 0) loss.reaches_start = true;
    }
    if (stretch.acknowledged > stretch.lost) break;  // something survived
  }
  return loss;
}

/// Rolled-back bids acknowledged while the incident lasted.
struct RolledBack {
  Instant first = kNever;
  Instant last = Instant::min();
};
RolledBack rolled_back_in(const std::vector<LossStretch>& stretches, const IncidentWindow& window) {
  RolledBack found;
  for (const LossStretch& stretch : stretches) {
    const bool inside = stretch.begin >= window.begin && (window.last || stretch.begin < window.end);
    if (!inside || stretch.rolled_back == 0 || stretch.last_rolled_back_ack == kNever) continue;
    found.first = std::min(found.first, stretch.first_lost_ack);
    found.last = std::max(found.last, stretch.last_rolled_back_ack);
  }
  return found;
}

/// How far back, from the fault, what was executed in the window says that it goes: a restore, and a promotion of who
/// had nothing of this traffic yet (what it lacks from before shows in no bid). 0: nothing was.
Duration went_back(const Facts& facts, const Measurement& measurement, const IncidentWindow& window) {
  Duration furthest{};
  for (const RecoveryPointRecord& point : measurement.recovery_points) {
    const bool inside = point.executed >= window.begin && (window.last || point.executed < window.end);
    if (!inside || !point.newest) continue;
    const bool before = !facts.traffic.all.empty() && *point.newest < facts.traffic.all.front()->start;
    if (point.kind == "restore" || before) furthest = std::max(furthest, window.begin - *point.newest);
  }
  return furthest;
}

/// Where a world reports no stretches, everything is one.
std::vector<LossStretch> stretches_of(const ReadBackResult& read_back) {
  if (!read_back.stretches.empty()) return read_back.stretches;
  LossStretch all;
  all.begin = Instant::min();
  all.end = kNever;
  all.acknowledged = read_back.kept + read_back.lost;
  all.lost = read_back.lost;
  all.first_lost_ack = read_back.first_lost_ack;
  return {all};
}

void add_losses(const Facts& facts, const Measurement& measurement, const IncidentWindow& window, RpoFigure& rpo) {
  const auto stretches = stretches_of(*measurement.read_back);
  const RolledBack rolled_back = rolled_back_in(stretches, window);
  const Duration back = went_back(facts, measurement, window);
  Duration achieved{};
  // A fault that joined an incident may lose what was acknowledged since the one before it: the figure covers it too.
  for (const std::size_t index : window.faults) {
    const Instant at = *measurement.faults[index].acted;
    const Loss loss = loss_before(stretches, at);
    if (loss.first == kNever) continue;
    achieved = std::max(achieved, std::max(at, rolled_back.last) - loss.first);
    // A state from before the traffic says itself how far back it goes.
    const bool explained = back >= at - loss.first;
    if (loss.reaches_start && measurement.read_back->first_bin_lost && !explained) rpo.censored = true;
  }
  if (rolled_back.first != kNever) achieved = std::max(achieved, rolled_back.last - rolled_back.first);
  rpo.achieved = std::max(achieved, back);
}

}  // namespace

RpoFigure measure_rpo(const Facts& facts, const Measurement& measurement, const IncidentWindow& window,
                      const Incident& incident) {
  RpoFigure rpo;
  if (!measurement.read_back) {
    rpo.why_unknown = "nothing was read back";
    return rpo;
  }
  if (!measurement.read_back->complete) {
    rpo.why_unknown = fmt::format("the read-back is incomplete: {}", measurement.read_back->why_incomplete);
    return rpo;
  }
  add_losses(facts, measurement, window, rpo);
  if (*rpo.achieved == Duration{} && measurement.read_back->lost == 0) return rpo;  // nothing lost or restored: exact
  const Timeline& timeline = incident.timeline;
  const Duration proof = timeline.effective ? *timeline.effective - *timeline.fault : Duration{};
  rpo.uncertainty = kAcknowledgementStep + std::max(Duration{}, proof);
  return rpo;
}

}  // namespace blackstart
