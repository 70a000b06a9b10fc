// RPO of a component from its canary: how far back reaches what was confirmed and is gone.

#include <fmt/format.h>

#include <algorithm>

#include "rehearsal/measure_component.h"

namespace blackstart {
namespace {

/// The window that answers for a record written at `written`: the incident that it was written in, or, where the
/// component was well again by then, the next one.
std::size_t owner_of(const std::vector<IncidentWindow>& windows, const std::vector<Incident>& incidents,
                     Instant written) {
  std::size_t owner = 0;
  for (std::size_t index = 0; index < windows.size(); ++index)
    if (windows[index].begin <= written) owner = index;
  if (written < windows[owner].begin || owner + 1 == windows.size()) return owner;
  const Timeline& timeline = incidents[owner].timeline;
  const bool well = !timeline.impact || (timeline.restored && written >= *timeline.restored);
  return well ? owner + 1 : owner;
}

/// Of the records that the window answers for.
struct Lost {
  Instant oldest = kNever, newest = Instant::min();
  bool reaches_first = false;  // nothing older was ever written
};
Lost lost_of(const std::vector<IncidentWindow>& windows, std::size_t index, const std::vector<Incident>& incidents,
             const CanaryFacts& facts) {
  Lost lost;
  std::uint64_t first_confirmed = 0;
  for (const auto& [number, record] : facts.records)
    if (record.confirmed && first_confirmed == 0) first_confirmed = number;
  for (const auto& [first, last] : facts.missing) {
    for (auto record = facts.records.lower_bound(first); record != facts.records.end() && record->first <= last;
         ++record) {
      const Instant written = record->second.written;
      if (owner_of(windows, incidents, written) != index) continue;
      lost.oldest = std::min(lost.oldest, written);
      lost.newest = std::max(lost.newest, written);
      lost.reaches_first = lost.reaches_first || record->first == first_confirmed;
    }
  }
  return lost;
}

/// fault - recovery point of the restores of covered services that the window saw; 0 where there was none.
Duration restored_back(const Measurement& measurement, const IncidentWindow& window, const Component& component) {
  Duration furthest{};
  for (const RecoveryPointRecord& point : measurement.recovery_points) {
    const bool inside = point.executed >= window.begin && (window.last || point.executed < window.end);
    const bool covered = std::ranges::find(component.services, point.service) != component.services.end();
    if (inside && covered && point.kind == "restore" && point.newest)
      furthest = std::max(furthest, window.begin - *point.newest);
  }
  return furthest;
}

}  // namespace

RpoFigure measure_canary_rpo(const IncidentInput& input, const std::vector<IncidentWindow>& windows, std::size_t index,
                             const std::vector<Incident>& incidents, const Component& component, const Canary& canary,
                             const CanaryFacts& facts) {
  RpoFigure rpo;
  if (!facts.read_complete) {
    rpo.why_unknown =
        fmt::format("the last read of the canary {} is incomplete: {}", canary.name, facts.why_incomplete);
    return rpo;
  }
  const IncidentWindow& window = windows[index];
  const Lost lost = lost_of(windows, index, incidents, facts);
  Duration span{};
  if (lost.oldest != kNever) span = std::max(window.begin, lost.newest) - lost.oldest;
  const Duration back = restored_back(input.measurement, window, component);
  rpo.achieved = std::max(span, back);
  // Where everything is gone, a restore to before the first record says how far it reaches; else it is a bound.
  rpo.censored = lost.reaches_first && back < window.begin - lost.oldest;
  if (*rpo.achieved > Duration{}) rpo.uncertainty = canary.every;
  return rpo;
}

}  // namespace blackstart
