#include "load/reconcile.h"

#include "base/check.h"
#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace blackstart {
namespace {

constexpr std::size_t kExamplesOfAKind = 100;
constexpr std::size_t kPhantomsTold = 1'000'000;  // beyond it each copy counts as one: a hostile read-back is bounded

bool is_acknowledged(AttemptOutcome outcome) {
  return outcome == AttemptOutcome::kAcknowledged || outcome == AttemptOutcome::kDegraded;
}
bool is_indeterminate(AttemptOutcome outcome) {
  return outcome == AttemptOutcome::kIndeterminate || outcome == AttemptOutcome::kTimedOut ||
         outcome == AttemptOutcome::kInFlight;
}
bool was_sent(AttemptOutcome outcome) {
  return outcome != AttemptOutcome::kNone && outcome != AttemptOutcome::kUnsentNoConnection &&
         outcome != AttemptOutcome::kUnsentGenerator;
}

/// What one pass saw, whatever the order.
struct PassFacts {
  std::uint64_t copies = 0;
  std::uint64_t digest = 0;
  std::map<std::pair<std::uint64_t, bool>, std::uint32_t>
      phantoms;  // copies of each, by id and whether it has our form
  std::uint64_t phantoms_untold = 0;
  bool ended = false;
};

/// One bid, all its attempts together.
struct BidFate {
  std::uint64_t first_id = 0;  // of its attempts
  bool acknowledged = false, indeterminate = false, refused = false;
  Instant acknowledged_at = kNever;  // the first
  std::uint64_t acknowledged_id = 0;
  int copies = 0;
  std::uint64_t present_id = 0;  // of a stored copy
  bool corrupted = false;
  int phantoms = 0;  // attempts that were never made, and are stored
  int phantoms_duplicated = 0;
  std::uint64_t phantom_id = 0;
};

/// Adds up the fates of all bids.
class Tally {
 public:
  Tally(const ReadBackRequest& request, Instant traffic_start, Duration first_bin)
      : request_(request), first_bin_end_(traffic_start + first_bin) {
    std::vector<Instant> begins = request.fault_acts;
    std::sort(begins.begin(), begins.end());
    begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
    std::erase_if(begins, [&](Instant at) { return at <= traffic_start; });
    begins.insert(begins.begin(), traffic_start);
    for (std::size_t i = 0; i < begins.size(); ++i) {
      LossStretch stretch;
      stretch.begin = begins[i];
      stretch.end = i + 1 < begins.size() ? begins[i + 1] : kNever;
      result.stretches.push_back(stretch);
    }
  }

  void count(const BidFate& bid, Instant intended) {
    for (int i = 0; i < bid.phantoms; ++i) phantom(bid.phantom_id, intended, i < bid.phantoms_duplicated);
    if (provisional() && !(bid.acknowledged && bid.acknowledged_at < request_.acknowledged_before)) return;
    if (bid.copies > 1) {
      ++result.duplicated;
      example("duplicated", bid.present_id, intended, bid.acknowledged_at);
    }
    if (bid.acknowledged) return count_acknowledged(bid, intended);
    if (bid.indeterminate) return count_indeterminate(bid, intended);
    if (bid.refused && bid.copies > 0) {
      ++result.resurrected;
      example("resurrected", bid.present_id, intended, kNever);
    }
  }

  void phantom(std::uint64_t id, Instant intended, bool duplicated) {
    ++result.phantom;
    if (duplicated) ++result.duplicated;
    example("phantom", id, intended, kNever);
  }

  void finish() {
    if (first_rolled_back_ != kNever) result.rolled_back_span = last_rolled_back_ - first_rolled_back_;
  }

  ReadBackResult result;

 private:
  [[nodiscard]] bool provisional() const { return request_.acknowledged_before != kNever; }

  void count_acknowledged(const BidFate& bid, Instant intended) {
    LossStretch& stretch = stretch_of(bid.acknowledged_at);
    ++stretch.acknowledged;
    if (bid.copies == 0) return count_lost(bid, intended, stretch);
    if (bid.corrupted) return count_corrupted(bid, intended);
    ++result.kept;
  }

  void count_indeterminate(const BidFate& bid, Instant intended) {
    if (bid.copies == 0) {
      ++result.not_lost;
    } else if (bid.corrupted) {
      count_corrupted(bid, intended);
    } else {
      ++result.recovered;
      example("recovered", bid.present_id, intended, kNever);
    }
  }

  void count_corrupted(const BidFate& bid, Instant intended) {
    ++result.corrupted;
    example("corrupted", bid.present_id, intended, bid.acknowledged_at);
  }

  void count_lost(const BidFate& bid, Instant intended, LossStretch& stretch) {
    const Instant at = bid.acknowledged_at;
    ++result.lost;
    ++stretch.lost;
    stretch.first_lost_ack = std::min(stretch.first_lost_ack, at);
    stretch.last_lost_ack = stretch.last_lost_ack == kNever ? at : std::max(stretch.last_lost_ack, at);
    result.first_lost_ack = std::min(result.first_lost_ack, at);
    result.first_lost_id =
        result.first_lost_id == 0 ? bid.acknowledged_id : std::min(result.first_lost_id, bid.acknowledged_id);
    result.last_lost_id = std::max(result.last_lost_id, bid.acknowledged_id);
    result.first_bin_lost = result.first_bin_lost || intended < first_bin_end_;
    const char* kind = "lost";
    if (restore_explains(at)) {
      kind = "rolled_back";
      ++result.rolled_back;
      ++stretch.rolled_back;
      stretch.last_rolled_back_ack =
          stretch.last_rolled_back_ack == kNever ? at : std::max(stretch.last_rolled_back_ack, at);
      first_rolled_back_ = std::min(first_rolled_back_, at);
      last_rolled_back_ = std::max(last_rolled_back_, at);
    } else if (intended > request_.effective) {
      kind = "lost_after_fault";
      ++result.lost_after_fault;
    }
    example(kind, bid.acknowledged_id, intended, at);
  }

  [[nodiscard]] bool restore_explains(Instant acknowledged) const {
    for (std::size_t i = 0; i < request_.restored_points.size(); ++i) {
      const Instant done = i < request_.restored_at.size() ? request_.restored_at[i] : kNever;
      if (acknowledged > request_.restored_points[i] && acknowledged <= done) return true;
    }
    return false;
  }

  LossStretch& stretch_of(Instant acknowledged) {
    auto at = std::upper_bound(result.stretches.begin(), result.stretches.end(), acknowledged,
                               [](Instant value, const LossStretch& stretch) { return value < stretch.begin; });
    return at == result.stretches.begin() ? *at : *--at;
  }

  void example(std::string_view kind, std::uint64_t id, Instant intended, Instant acknowledged) {
    std::size_t& told = told_[kind];
    if (told >= kExamplesOfAKind) return;
    ++told;
    result.examples.push_back({id, std::string(kind), intended, acknowledged});
  }

  const ReadBackRequest& request_;
  Instant first_bin_end_;
  Instant first_rolled_back_ = kNever;
  Instant last_rolled_back_ = Instant::min();
  std::map<std::string_view, std::size_t> told_;
};

}  // namespace

struct Reconciler::State {
  Ledger& ledger;
  const ContentMaker& content;
  ScheduleConfig schedule;
  Duration first_bin;
  std::array<PassFacts, 2> passes;
  int pass = 0;

  void add_phantom(const StoredBid& bid) {
    PassFacts& facts = passes[static_cast<std::size_t>(pass)];
    const std::pair key(bid.id, bid.id_known);
    if (facts.phantoms.size() < kPhantomsTold || facts.phantoms.contains(key)) {
      ++facts.phantoms[key];
    } else {
      ++facts.phantoms_untold;
    }
  }

  [[nodiscard]] BidFate fate_of(std::uint64_t bid, int last_pass) const {
    const int attempts = ledger.attempts_max();
    BidFate fate;
    fate.first_id = 1 + bid * static_cast<std::uint64_t>(attempts);
    for (int number = 0; number < attempts; ++number) {
      const std::uint64_t id = fate.first_id + static_cast<std::uint64_t>(number);
      const LedgerEntry entry = ledger.get(id);
      const int copies = ledger.seen(id, last_pass);
      if (!was_sent(entry.outcome)) {
        if (copies > 0) {
          ++fate.phantoms;
          if (copies > 1) ++fate.phantoms_duplicated;
          fate.phantom_id = id;
        }
        continue;
      }
      if (is_acknowledged(entry.outcome)) {
        fate.acknowledged = true;
        if (entry.acknowledged < fate.acknowledged_at) {
          fate.acknowledged_at = entry.acknowledged;
          fate.acknowledged_id = id;
        }
      }
      fate.indeterminate = fate.indeterminate || is_indeterminate(entry.outcome);
      fate.refused = fate.refused || entry.outcome == AttemptOutcome::kRefused;
      if (copies == 0) continue;
      fate.copies += copies;
      if (fate.present_id == 0) fate.present_id = id;
      fate.corrupted = fate.corrupted || ledger.corrupted(id, last_pass);
    }
    return fate;
  }

  /// Empty when both passes said the same.
  [[nodiscard]] std::string disagreement(int count) const {
    if (count < 2) return {};
    const PassFacts& a = passes[0];
    const PassFacts& b = passes[1];
    if (a.copies == b.copies && a.digest == b.digest) return {};
    return fmt::format(
        "the two passes of the read-back disagree ({} and {} stored copies{}): the target still changes, or "
        "does not always show the same",
        a.copies, b.copies, a.copies == b.copies ? " that differ" : "");
  }
};

Reconciler::Reconciler(Ledger& ledger, const ContentMaker& content, ScheduleConfig schedule, Duration first_bin)
    : state_(std::make_shared<State>(State{ledger, content, std::move(schedule), first_bin, {}, 0})) {}

void Reconciler::begin_pass(int pass) {
  BS_CHECK(pass == 0 || pass == 1);
  state_->pass = pass;
  state_->passes[static_cast<std::size_t>(pass)] = {};
  state_->ledger.clear_seen(pass);
}

void Reconciler::add(const StoredBid& bid) {
  PassFacts& facts = state_->passes[static_cast<std::size_t>(state_->pass)];
  ++facts.copies;
  facts.digest += mix64(bid.id ^ mix64(bid.digest ^ (bid.content_ok ? 1U : 0U)));
  Ledger& ledger = state_->ledger;
  if (!bid.id_known || bid.id == 0 || bid.id > ledger.size()) return state_->add_phantom(bid);
  ledger.mark_seen(bid.id, state_->pass);
  if (!bid.content_ok) ledger.mark_corrupted(bid.id, state_->pass);
}

void Reconciler::end_pass() { state_->passes[static_cast<std::size_t>(state_->pass)].ended = true; }

ReadBackResult Reconciler::result(const ReadBackRequest& request) const {
  const State& state = *state_;
  BS_CHECK(request.passes == 1 || request.passes == 2);
  for (int pass = 0; pass < request.passes; ++pass) BS_CHECK(state.passes[static_cast<std::size_t>(pass)].ended);
  const int last_pass = request.passes - 1;
  const PassFacts& facts = state.passes[static_cast<std::size_t>(last_pass)];

  Tally tally(request, state.schedule.start, state.first_bin);
  Schedule schedule(state.schedule);
  const auto attempts = static_cast<std::uint64_t>(state.ledger.attempts_max());
  const std::uint64_t bids = (state.ledger.size() + attempts - 1) / attempts;
  for (std::uint64_t bid = 0; bid < bids; ++bid) {
    const Instant intended = schedule.next().intended;
    tally.count(state.fate_of(bid, last_pass), intended);
  }
  for (const auto& [key, copies] : facts.phantoms) {
    tally.phantom(key.second ? key.first : 0, kNever, copies > 1);
  }
  tally.result.phantom += facts.phantoms_untold;
  tally.finish();

  ReadBackResult result = std::move(tally.result);
  result.passes = request.passes;
  result.read = facts.copies;
  result.why_incomplete = state.disagreement(request.passes);
  result.complete = result.why_incomplete.empty();
  return result;
}

}  // namespace blackstart
