#include "simulator/bid_history.h"

#include "base/check.h"

#include <algorithm>

namespace blackstart {

BidHistory::BidHistory(std::uint64_t seed, Duration first_bin, Duration exact)
    : salts_(seed, "damaged rows"),
      first_bin_(first_bin),
      exact_(exact),
      timelines_(1),
      ring_(1U << 12),
      ring_mask_(ring_.size() - 1) {}

void BidHistory::begin(Instant traffic_start) {
  traffic_start_ = traffic_start;
  splits_ = {traffic_start};
  range_begin_ = range_end_ = traffic_start;
}

BidHistory::Copy& BidHistory::young(CopyIndex index) {
  BS_CHECK(index >= first_ && index < next_);
  return ring_[index & ring_mask_];
}

void BidHistory::grow_ring() {
  std::vector<Copy> larger(ring_.size() * 2);
  for (auto index = first_; index < next_; ++index) larger[index & (larger.size() - 1)] = ring_[index & ring_mask_];
  ring_ = std::move(larger);
  ring_mask_ = ring_.size() - 1;
}

BidHistory::CopyIndex BidHistory::append(Instant commit, std::uint64_t id, Instant intended, TimelineId timeline) {
  fold_old(commit);
  if (next_ - first_ > ring_mask_) grow_ring();
  ring_[next_ & ring_mask_] =
      Copy{.commit = commit, .intended = intended, .acknowledged = kNever, .id = id, .timeline = timeline};
  return next_++;
}

void BidHistory::acknowledge(CopyIndex copy, Instant at) { young(copy).acknowledged = at; }

void BidHistory::close(CopyIndex copy) { young(copy).state = State::kClosed; }

void BidHistory::close_acknowledged(CopyIndex copy, Instant at) {
  Copy& closed = young(copy);
  closed.acknowledged = at;
  closed.state = State::kClosed;
}

/// Both are kept in order of ids: in which order bids come to their ends shows nowhere.
void BidHistory::close(const Fate& fate, const std::vector<CopyIndex>& copies) {
  if (copies.empty()) {
    if (fate.acknowledged != kNever)
      unstored_.insert(std::ranges::upper_bound(unstored_, fate.id, {}, &Fate::id), fate);
    else if (fate.indeterminate)
      ++never_stored_;
    return;
  }
  Many many{fate, {}};
  for (const CopyIndex index : copies) {
    many.copies.push_back(young(index));
    young(index).state = State::kOfMany;
  }
  const auto id_of = [](const Many& one) { return one.fate.id; };
  many_.insert(std::ranges::upper_bound(many_, fate.id, {}, id_of), std::move(many));
}

// ---- folding ----

std::uint16_t BidHistory::split_of(Instant acknowledged) const {
  if (!splits_.empty() && acknowledged >= splits_.back()) return static_cast<std::uint16_t>(splits_.size() - 1);
  const auto after = std::upper_bound(splits_.begin(), splits_.end(), acknowledged);
  return static_cast<std::uint16_t>(after == splits_.begin() ? 0 : after - splits_.begin() - 1);
}

void BidHistory::fold_old(Instant now) {
  const Instant old = now - exact_;
  for (; first_ < next_; ++first_) {
    const Copy& oldest = ring_[first_ & ring_mask_];
    if (oldest.commit > old || oldest.state == State::kOpen) return;
    if (oldest.state == State::kClosed) fold(oldest);
  }
}

/// The next range of commits, up to the one that holds `commit`.
void BidHistory::go_to_range_of(Instant commit) {
  while (commit > range_end_) {
    range_begin_ = range_end_;
    const auto steps = (commit - kDrillStart) / kGrid;
    // Straight to the cell of the grid that holds it, where no end to come lies before.
    range_begin_ = std::max(range_begin_, kDrillStart + (steps - 1) * kGrid);
    while (!ends_.empty() && ends_.front() <= range_begin_) ends_.erase(ends_.begin());
    range_end_ = kDrillStart + ((range_begin_ - kDrillStart) / kGrid + 1) * kGrid;
    if (!ends_.empty()) range_end_ = std::min(range_end_, ends_.front());
    open_from_ = folded_.size();
  }
}

/// A further record of the present range of commits.
std::size_t BidHistory::open_record(TimelineId timeline, std::uint16_t split, bool after_effective) {
  Folded& range = folded_.emplace_back();
  range.begin = range_begin_;
  range.end = range_end_;
  range.timeline = timeline;
  range.split = split;
  range.after_effective = after_effective;
  return folded_.size() - 1;
}

void BidHistory::fold(const Copy& copy) {
  if (copy.commit > range_end_) go_to_range_of(copy.commit);
  const std::uint16_t split = copy.acknowledged == kNever ? 0 : split_of(copy.acknowledged);
  const bool after = copy.intended > effective_;
  const auto same = [&](const Folded& range) {
    return range.timeline == copy.timeline && range.split == split && range.after_effective == after;
  };
  auto found = folded_.begin() + static_cast<std::ptrdiff_t>(open_from_);
  while (found != folded_.end() && !same(*found)) ++found;
  Folded& range = found != folded_.end() ? *found : folded_[open_record(copy.timeline, split, after)];
  range.first_intended = std::min(range.first_intended, copy.intended);
  if (copy.acknowledged == kNever) {
    if (range.indeterminate++ == 0) range.first_indeterminate_id = copy.id;
    return;
  }
  if (range.acknowledged++ == 0) range.first_id = range.last_id = copy.id;
  range.first_id = std::min(range.first_id, copy.id);
  range.last_id = std::max(range.last_id, copy.id);
  range.first_ack = std::min(range.first_ack, copy.acknowledged);
  range.last_ack = std::max(range.last_ack, copy.acknowledged);
}

// ---- what happens to stores ----

BidHistory::Fork BidHistory::fork(TimelineId parent, Instant until) {
  // Nothing is folded beyond range_end_; a range that holds `until` inside cannot be cut any more.
  for (auto range = folded_.rbegin(); range != folded_.rend() && range->end > until; ++range)
    if (range->begin < until) until = range->begin;
  if (until > range_end_) may_fork_at(until);
  Timeline made;
  made.parent = parent;
  made.has_parent = true;
  made.fork = until;
  timelines_.push_back(std::move(made));
  return {static_cast<TimelineId>(timelines_.size() - 1), until};
}

void BidHistory::may_fork_at(Instant until) {
  if (until <= range_end_) return;
  const auto at = std::lower_bound(ends_.begin(), ends_.end(), until);
  if (at == ends_.end() || *at != until) ends_.insert(at, until);
}

void BidHistory::damage(TimelineId timeline, Instant at, Damage damage, double share) {
  may_fork_at(at);
  timelines_[timeline].damages.push_back({at, damage, share, salts_.next()});
}

void BidHistory::undo_damage(TimelineId timeline) { timelines_[timeline].damages.clear(); }

void BidHistory::adopt(TimelineId timeline, Instant after, Instant until) {
  may_fork_at(after);
  may_fork_at(until);
  timelines_[timeline].adopted.push_back({after, until});
}

void BidHistory::split_at(Instant at) {
  if (!splits_.empty() && at > splits_.back()) splits_.push_back(at);
}

void BidHistory::effective_at(Instant at) {
  if (effective_ == kNever) effective_ = at;
}

bool BidHistory::contains(TimelineId reader, TimelineId writer, Instant commit) const {
  Instant until = kNever;
  for (TimelineId at = reader;; at = timelines_[at].parent) {
    if (at == writer) return commit <= until;
    if (!timelines_[at].has_parent) return false;
    until = std::min(until, timelines_[at].fork);
  }
}

Instant BidHistory::newest_commit(TimelineId timeline, Instant until) const {
  for (auto index = next_; index > first_; --index) {
    const Copy& copy = ring_[(index - 1) & ring_mask_];
    if (copy.timeline == timeline && copy.commit <= until) return copy.commit;
  }
  for (auto range = folded_.rbegin(); range != folded_.rend(); ++range)
    if (range->timeline == timeline && range->end <= until) return range->end;
  return kDrillStart;
}

}  // namespace blackstart
