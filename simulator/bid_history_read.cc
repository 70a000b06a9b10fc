// Reading back: every copy and every folded range against what became of the bids at their clients, as
// docs/definitions.md has it ("After reading back").

#include "base/check.h"
#include "base/hash.h"
#include "simulator/bid_history.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

namespace blackstart {
namespace {

constexpr std::size_t kExamplesOfAKind = 100;

/// Bids that share one fate.
struct Group {
  std::uint64_t count = 0;
  bool acknowledged = false, indeterminate = false, refused = false;
  bool after_effective = false;
  Instant first_ack = kNever, last_ack = kNever;
  Instant first_intended;
  std::uint64_t first_id = 0, last_id = 0;
  std::uint64_t present = 0, corrupted = 0;  // of count: there at all; of these: with wrong content
};

}  // namespace

/// One read-back of one timeline.
class BidHistory::Reader {
 public:
  Reader(const BidHistory& history, TimelineId timeline, const ReadBackRequest& request)
      : history_(history),
        timeline_(timeline),
        request_(request),
        first_bin_end_(history.traffic_start_ + history.first_bin_) {
    held_until_.assign(history.timelines_.size(), Instant::min());
    Instant until = kNever;
    for (TimelineId at = timeline;; at = history.timelines_[at].parent) {
      held_until_[at] = until;
      for (const auto& damage : history.timelines_[at].damages)
        if (damage.at <= until) damages_.push_back({at, damage});
      if (!history.timelines_[at].has_parent) break;
      until = std::min(until, history.timelines_[at].fork);
    }
    open_stretches();
  }

  ReadBackResult read(const std::vector<OpenBid>& open) {
    std::vector<Many> open_stored;
    std::vector<Fate> open_unstored;
    std::vector<CopyIndex> told;
    std::uint64_t never_stored = history_.never_stored_;
    for (const auto& [fate, copies] : open) {
      if (!copies.empty())
        open_stored.push_back({fate, {}});
      else if (fate.acknowledged != kNever)
        open_unstored.push_back(fate);
      else
        never_stored += fate.indeterminate ? 1 : 0;
      for (const CopyIndex index : copies) open_stored.back().copies.push_back(young(index));
      told.insert(told.end(), copies.begin(), copies.end());
    }
    std::ranges::sort(told);
    for (const auto& range : history_.folded_) take(range);
    for (const Many* many : by_id(history_.many_, open_stored)) take(*many);
    for (auto index = history_.first_; index < history_.next_; ++index)
      if (told.empty() || !std::ranges::binary_search(told, index)) take(young(index));
    for (const Fate* fate : by_id(history_.unstored_, open_unstored)) take(*fate, 0, false);
    if (!provisional()) result_.not_lost += never_stored;
    finish();
    return std::move(result_);
  }

 private:
  struct Harm {
    TimelineId timeline;
    Timeline::Done done;
  };

  [[nodiscard]] const Copy& young(CopyIndex index) const { return history_.ring_[index & history_.ring_mask_]; }

  static std::uint64_t id_of(const Many* many) { return many->fate.id; }
  static std::uint64_t id_of(const Fate* fate) { return fate->id; }

  /// Bids that are closed and bids that are open, together in the order of their ids.
  template <class T>
  static std::vector<const T*> by_id(const std::vector<T>& closed, const std::vector<T>& open) {
    std::vector<const T*> all;
    for (const T& one : closed) all.push_back(&one);
    for (const T& one : open) all.push_back(&one);
    std::ranges::inplace_merge(all, all.begin() + static_cast<std::ptrdiff_t>(closed.size()), {},
                               [](const T* one) { return id_of(one); });
    return all;
  }

  [[nodiscard]] bool provisional() const { return request_.acknowledged_before != kNever; }

  void open_stretches() {
    std::vector<Instant> begins = request_.fault_acts;
    std::sort(begins.begin(), begins.end());
    begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
    std::erase_if(begins, [&](Instant at) { return at <= history_.traffic_start_; });
    begins.insert(begins.begin(), history_.traffic_start_);
    for (std::size_t i = 0; i < begins.size(); ++i) {
      LossStretch stretch;
      stretch.begin = begins[i];
      stretch.end = i + 1 < begins.size() ? begins[i + 1] : kNever;
      result_.stretches.push_back(stretch);
    }
  }

  /// Whether commits of `timeline` in (begin, end] are there for the reader.
  [[nodiscard]] bool holds(TimelineId timeline, Instant end) const {
    if (end <= held_until_[timeline]) return true;
    const auto& adopted = history_.timelines_[timeline_].adopted;
    return std::any_of(adopted.begin(), adopted.end(),
                       [&](const Timeline::Adopted& one) { return end > one.after && end <= one.until; });
  }

  /// The damage that hits `id`, or none: later damage counts.
  [[nodiscard]] const Harm* harm_of(TimelineId timeline, Instant commit, std::uint64_t id) const {
    for (auto harm = damages_.rbegin(); harm != damages_.rend(); ++harm) {
      if (commit > harm->done.at || timeline > harm->timeline) continue;
      const auto draw = mix64(harm->done.salt ^ mix64(id)) >> 11;
      if (static_cast<double>(draw) * 0x1p-53 < harm->done.share) return &*harm;
    }
    return nullptr;
  }

  /// Which of a folded range's bids were hit is drawn anew from the damage's own salt: the same at every reading.
  void harm(const Folded& range, Group& group) const {
    for (const auto& harm : damages_) {
      if (range.end > harm.done.at || range.timeline > harm.timeline) continue;
      std::uint64_t hit = 0;
      for (std::uint64_t i = 0; i < group.present; ++i) {
        const auto draw = mix64(harm.done.salt ^ mix64(range.first_id + i)) >> 11;
        hit += static_cast<double>(draw) * 0x1p-53 < harm.done.share ? 1 : 0;
      }
      if (harm.done.kind == Damage::kDeleted)
        group.present -= hit;
      else
        group.corrupted += std::min(hit, group.present - std::min(group.present, group.corrupted));
      group.corrupted = std::min(group.corrupted, group.present);
    }
  }

  void take(const Folded& range) {
    const bool there = holds(range.timeline, range.end);
    Group group;
    group.acknowledged = true;
    group.count = range.acknowledged;
    group.present = there ? range.acknowledged : 0;
    group.after_effective = range.after_effective;
    group.first_ack = range.first_ack;
    group.last_ack = range.last_ack;
    group.first_intended = range.first_intended;
    group.first_id = range.first_id;
    group.last_id = range.last_id;
    harm(range, group);
    if (group.count > 0) count(group, group.present);
    if (range.indeterminate == 0) return;
    Group open;
    open.indeterminate = true;
    open.count = range.indeterminate;
    open.present = there ? range.indeterminate : 0;
    open.first_intended = range.first_intended;
    open.first_id = open.last_id = range.first_indeterminate_id;
    harm(range, open);
    count(open, open.present);
  }

  void take(const Copy& copy) {
    if (copy.state == State::kOfMany) return;
    Fate fate{copy.id, copy.intended, copy.acknowledged, copy.acknowledged == kNever, false};
    bool corrupted = false;
    const int copies = present(copy, corrupted);
    take(fate, copies, corrupted);
  }

  void take(const Many& many) {
    int copies = 0;
    bool corrupted = false;
    for (const auto& copy : many.copies) copies += present(copy, corrupted);
    take(many.fate, copies, corrupted);
  }

  [[nodiscard]] int present(const Copy& copy, bool& corrupted) const {
    if (!holds(copy.timeline, copy.commit)) return 0;
    const Harm* harm = harm_of(copy.timeline, copy.commit, copy.id);
    if (harm == nullptr) return 1;
    if (harm->done.kind == Damage::kDeleted) return 0;
    corrupted = true;
    return 1;
  }

  void take(const Fate& fate, int copies, bool corrupted) {
    Group group;
    group.count = 1;
    group.acknowledged = fate.acknowledged != kNever;
    group.indeterminate = fate.indeterminate;
    group.refused = fate.refused;
    group.after_effective = fate.intended > request_.effective;
    group.first_ack = group.last_ack = fate.acknowledged;
    group.first_intended = fate.intended;
    group.first_id = group.last_id = fate.id;
    group.present = copies > 0 ? 1 : 0;
    group.corrupted = copies > 0 && corrupted ? 1 : 0;
    const bool counts = count(group, static_cast<std::uint64_t>(copies));
    if (!counts || copies < 2) return;
    ++result_.duplicated;
    example("duplicated", group);
  }

  /// False when a provisional pass does not look at it.
  bool count(const Group& group, std::uint64_t copies) {
    result_.read += copies;
    if (provisional() && !(group.acknowledged && group.last_ack < request_.acknowledged_before)) return false;
    if (group.corrupted > 0 && (group.acknowledged || group.indeterminate)) {
      result_.corrupted += group.corrupted;
      example("corrupted", group);
    }
    const std::uint64_t whole = group.present - group.corrupted;
    const std::uint64_t absent = group.count - group.present;
    if (group.acknowledged) {
      stretch_of(group.first_ack).acknowledged += group.count;
      result_.kept += whole;
      if (absent > 0) lose(group, absent);
    } else if (group.indeterminate) {
      result_.not_lost += absent;
      result_.recovered += whole;
      if (whole > 0) example("recovered", group);
    } else if (group.refused && group.present > 0) {
      result_.resurrected += group.present;
      example("resurrected", group);
    }
    return true;
  }

  void lose(const Group& group, std::uint64_t absent) {
    LossStretch& stretch = stretch_of(group.first_ack);
    result_.lost += absent;
    stretch.lost += absent;
    stretch.first_lost_ack = std::min(stretch.first_lost_ack, group.first_ack);
    stretch.last_lost_ack = latest(stretch.last_lost_ack, group.last_ack);
    result_.first_lost_ack = std::min(result_.first_lost_ack, group.first_ack);
    result_.first_lost_id =
        result_.first_lost_id == 0 ? group.first_id : std::min(result_.first_lost_id, group.first_id);
    result_.last_lost_id = std::max(result_.last_lost_id, group.last_id);
    result_.first_bin_lost = result_.first_bin_lost || group.first_intended < first_bin_end_;
    if (restore_explains(group.first_ack)) {
      result_.rolled_back += absent;
      stretch.rolled_back += absent;
      stretch.last_rolled_back_ack = latest(stretch.last_rolled_back_ack, group.last_ack);
      first_rolled_back_ = std::min(first_rolled_back_, group.first_ack);
      last_rolled_back_ = latest(last_rolled_back_, group.last_ack);
      return example("rolled_back", group);
    }
    if (!group.after_effective) return example("lost", group);
    result_.lost_after_fault += absent;
    example("lost_after_fault", group);
  }

  static Instant latest(Instant known, Instant at) { return known == kNever ? at : std::max(known, at); }

  [[nodiscard]] bool restore_explains(Instant acknowledged) const {
    for (std::size_t i = 0; i < request_.restored_points.size(); ++i) {
      const Instant done = i < request_.restored_at.size() ? request_.restored_at[i] : kNever;
      if (acknowledged > request_.restored_points[i] && acknowledged <= done) return true;
    }
    return false;
  }

  LossStretch& stretch_of(Instant acknowledged) {
    const auto at = std::upper_bound(result_.stretches.begin(), result_.stretches.end(), acknowledged,
                                     [](Instant value, const LossStretch& stretch) { return value < stretch.begin; });
    return at == result_.stretches.begin() ? *at : *std::prev(at);
  }

  /// A group gives one example, its first bid.
  void example(std::string_view kind, const Group& group) {
    std::size_t& told = told_[kind];
    if (told >= kExamplesOfAKind) return;
    ++told;
    result_.examples.push_back({group.first_id, std::string(kind), group.first_intended, group.first_ack});
  }

  void finish() {
    if (first_rolled_back_ != kNever) result_.rolled_back_span = last_rolled_back_ - first_rolled_back_;
    result_.passes = request_.passes;
    result_.complete = true;
  }

  const BidHistory& history_;
  TimelineId timeline_;
  const ReadBackRequest& request_;
  Instant first_bin_end_;
  std::vector<Instant> held_until_;  // by timeline: commits up to here are seen
  std::vector<Harm> damages_;
  std::map<std::string_view, std::size_t> told_;
  Instant first_rolled_back_ = kNever, last_rolled_back_ = kNever;
  ReadBackResult result_;
};

ReadBackResult BidHistory::read(TimelineId timeline, const ReadBackRequest& request,
                                const std::vector<OpenBid>& open) const {
  BS_CHECK(timeline < timelines_.size());
  return Reader(*this, timeline, request).read(open);
}

}  // namespace blackstart
