#include "rehearsal/reconcile_check.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace blackstart {
namespace {

/// From the earliest lost acknowledgement to the fault, or to the last one that a restore rolled back.
Duration loss_span(const ReadBackResult& read_back, Instant fault) {
  if (read_back.lost == 0 || read_back.first_lost_ack == kNever) return {};
  Instant until = fault == kNever ? read_back.first_lost_ack : fault;
  for (const auto& stretch : read_back.stretches)
    if (stretch.last_rolled_back_ack != kNever) until = std::max(until, stretch.last_rolled_back_ack);
  return std::max(Duration{}, until - read_back.first_lost_ack);
}

void count_wrong(std::vector<std::string>& wrong, std::uint64_t count, const char* what) {
  if (count > 0) wrong.push_back(fmt::format("{} {}", human_count(count), what));
}

}  // namespace

ReconcileAnswer reconcile_holds(const ReadBackResult& read_back, std::optional<Duration> rpo, Instant fault) {
  if (!read_back.complete) return {false, "the read-back is incomplete: " + read_back.why_incomplete};
  std::vector<std::string> wrong;
  count_wrong(wrong, read_back.lost_after_fault, "lost after the fault");
  count_wrong(wrong, read_back.corrupted, "corrupted");
  count_wrong(wrong, read_back.phantom, "never sent and present");
  const Duration span = loss_span(read_back, fault);
  if (read_back.lost > 0 && !rpo) count_wrong(wrong, read_back.lost, "lost, and no RPO objective allows a loss");
  if (rpo && span > *rpo)
    wrong.push_back(fmt::format("{} lost over {}, above the RPO of {}", human_count(read_back.lost),
                                human_duration(span), spell_duration(*rpo)));
  if (!wrong.empty()) return {false, "of the bids " + join(wrong, "; ")};
  if (read_back.lost == 0) return {true, fmt::format("{} bids kept, none lost", human_count(read_back.kept))};
  return {true, fmt::format("{} bids kept, {} lost over {}, within the RPO of {}", human_count(read_back.kept),
                            human_count(read_back.lost), human_duration(span), spell_duration(*rpo))};
}

}  // namespace blackstart
