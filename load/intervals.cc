#include "load/intervals.h"

#include "base/check.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace blackstart {
namespace {

constexpr double kDefaultPercentile = 99;
constexpr double kRounding = 1e-9;  // 0.99 x 1000 must be 990, however the product rounds

}  // namespace

std::int64_t nearest_rank(std::vector<std::int64_t>& values, double percent) {
  if (values.empty()) return 0;
  const double exact = std::ceil(percent / 100 * static_cast<double>(values.size()) - kRounding);
  const auto rank = static_cast<std::size_t>(std::clamp(exact, 1.0, static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

IntervalBuilder::IntervalBuilder(Config config, std::function<Instant()> next_offered)
    : config_(config), next_offered_(std::move(next_offered)), anchor_(config_.start) {
  BS_CHECK(config_.bin_length > Duration::zero() && config_.interval_length > Duration::zero());
  current_.start = config_.start;
  if (next_offered_) offered_ahead_ = next_offered_();
}

void IntervalBuilder::cut(Instant at) {
  const Instant earliest = fixed_ ? current_.end() : current_.start;
  at = std::max(at, earliest);
  cuts_.insert(std::upper_bound(cuts_.begin(), cuts_.end(), at), at);
}

void IntervalBuilder::end(Instant at) {
  if (ended_ == kNever) ended_ = std::max(at, fixed_ ? current_.end() : current_.start);
}

bool IntervalBuilder::finished() const { return !fixed_ && ended_ != kNever && current_.start >= ended_; }

void IntervalBuilder::open_interval() {
  // Cuts at the very start of this interval: the grids begin here.
  while (!cuts_.empty() && cuts_.front() <= current_.start) {
    anchor_ = current_.start;
    cuts_.pop_front();
  }
  const auto grid = (current_.start - anchor_) / config_.interval_length + 1;
  Instant end = anchor_ + grid * config_.interval_length;
  if (!cuts_.empty()) end = std::min(end, cuts_.front());
  current_.length = std::min(end, ended_) - current_.start;
}

std::optional<TrafficInterval> IntervalBuilder::seal(Instant now) {
  if (finished()) return std::nullopt;
  if (!fixed_) {
    open_interval();
    if (ended_ == kNever && current_.end() + config_.margin > now) return std::nullopt;
    count_offered();
    fixed_ = true;
    settled_in_current_ =
        static_cast<std::uint64_t>(std::count_if(waiting_.begin(), waiting_.end(), [&](const SettledBid& bid) {
          return bid.intended_ns < to_ns(current_.end());
        }));
  }
  if (!next_offered_) current_.offered = settled_in_current_;
  BS_CHECK(settled_in_current_ <= current_.offered);
  if (settled_in_current_ < current_.offered) return std::nullopt;
  return close_interval();
}

void IntervalBuilder::count_offered() {
  open_bins_until(current_.end());
  if (!next_offered_) return;
  if (offered_ahead_ == kNever) offered_ahead_ = next_offered_();  // who offers as time goes on may know more by now
  for (; offered_ahead_ < current_.end(); offered_ahead_ = next_offered_()) {
    ++current_.offered;
    ++bin_of(offered_ahead_).bin.offered;
  }
}

/// Bins cover everything up to `at`; the last may reach beyond it (a bin can be longer than an interval).
void IntervalBuilder::open_bins_until(Instant at) {
  Instant from = bins_.empty() ? current_.start : bins_.back().bin.end();
  while (from < at) {
    const auto grid = (from - anchor_) / config_.bin_length + 1;
    Instant end = std::min(anchor_ + grid * config_.bin_length, ended_);
    bins_.emplace_back();
    bins_.back().bin.start = from;
    bins_.back().bin.length = end - from;
    if (!spare_waits_.empty()) {
      bins_.back().waits_ns = std::move(spare_waits_.back());
      spare_waits_.pop_back();
    }
    from = end;
  }
}

IntervalBuilder::OpenBin& IntervalBuilder::find_bin(Instant intended) {
  // All but the first open bin lie on one grid; the first may have been cut or be older.
  auto at = std::upper_bound(bins_.begin(), bins_.end(), intended,
                             [](Instant value, const OpenBin& open) { return value < open.bin.start; });
  BS_CHECK(at != bins_.begin());
  last_bin_ = &*--at;
  return *last_bin_;
}

inline void IntervalBuilder::count_outcome(const SettledBid& bid, TrafficInterval& interval, OpenBin& open) {
  switch (bid.outcome) {
    case AttemptOutcome::kDegraded:
      ++interval.degraded;
      ++open.degraded;
      [[fallthrough]];
    case AttemptOutcome::kAcknowledged:
      ++interval.acknowledged;
      ++open.acknowledged;
      open.bin.first_acknowledged = std::min(open.bin.first_acknowledged, instant_from_ns(bid.intended_ns));
      break;
    case AttemptOutcome::kRefused:
      ++interval.refused;
      break;
    case AttemptOutcome::kTimedOut:
      ++interval.timed_out;
      [[fallthrough]];
    case AttemptOutcome::kIndeterminate:
      ++interval.indeterminate;
      break;
    case AttemptOutcome::kUnsentNoConnection:
      ++interval.unsent_no_connection;
      break;
    case AttemptOutcome::kUnsentGenerator:
      ++interval.unsent_generator;
      break;
    case AttemptOutcome::kNone:
    case AttemptOutcome::kInFlight:
      BS_CHECK_MESSAGE(false, "a bid settled without an outcome");
  }
}

/// All bids of the interval.
void IntervalBuilder::tally(std::span<const SettledBid> bids, TrafficInterval& interval) {
  // Where some bid waited, its latency is not its service time.
  const bool waited = std::ranges::any_of(bids, [](const SettledBid& bid) { return bid.service_ns != bid.latency_ns; });
  std::uint64_t in_time = 0;  // in the virtual world all of them
  for (const SettledBid& bid : bids) {
    OpenBin& open = bin_of(instant_from_ns(bid.intended_ns));
    if (!next_offered_) ++open.bin.offered;
    interval.attempts += bid.attempts;
    count_outcome(bid, interval, open);
    if (bid.latency_ns >= 0) {
      latency_.record(Duration{bid.latency_ns});
      open.waits_ns.push_back(bid.latency_ns);
    }
    if (waited && bid.service_ns >= 0) service_time_.record(Duration{bid.service_ns});
    if (bid.lateness_ns > 0) lateness_.record(Duration{bid.lateness_ns});
    in_time += bid.lateness_ns == 0 ? 1 : 0;
  }
  lateness_.record(Duration{}, in_time);
  interval.sent += bids.size() - interval.unsent_no_connection - interval.unsent_generator;
  take_histograms(interval, waited);
}

void IntervalBuilder::judge(OpenBin& open) const {
  const ServiceLevel& level = config_.service_level;
  const auto allowed =
      static_cast<std::uint64_t>(level.degraded.value * static_cast<double>(open.acknowledged) + kRounding);
  open.bin.good = open.acknowledged - open.degraded + std::min(open.degraded, allowed);
  open.bin.percentile = Duration{nearest_rank(open.waits_ns, level.latency_percentile.value_or(kDefaultPercentile))};
  const bool goodput =
      static_cast<double>(open.bin.good) + kRounding >= level.goodput.value * static_cast<double>(open.bin.offered);
  const bool latency = !level.latency_percentile || open.waits_ns.empty() || open.bin.percentile < level.latency_bound;
  open.bin.ok = goodput && latency;
}

/// Packed: nobody records into a sealed interval, and a drill keeps thousands of them.
void IntervalBuilder::take_histograms(TrafficInterval& interval, bool waited) {
  interval.latency = latency_.take_packed();
  interval.service_time = waited ? service_time_.take_packed() : interval.latency;
  interval.lateness = lateness_.take_packed();
}

TrafficInterval IntervalBuilder::close_interval() {
  const Instant end = current_.end();
  const auto later = std::partition(waiting_.begin(), waiting_.end(),
                                    [&](const SettledBid& bid) { return bid.intended_ns < to_ns(end); });
  tally({waiting_.begin(), later}, current_);
  waiting_.erase(waiting_.begin(), later);

  const bool cut_here = end == ended_ || (!cuts_.empty() && cuts_.front() == end);
  if (cut_here && !bins_.empty() && bins_.back().bin.end() > end) {
    bins_.back().bin.length = end - bins_.back().bin.start;
  }
  while (!bins_.empty() && bins_.front().bin.end() <= end) {
    judge(bins_.front());
    current_.bins.push_back(bins_.front().bin);
    bins_.front().waits_ns.clear();
    spare_waits_.push_back(std::move(bins_.front().waits_ns));
    bins_.pop_front();
    last_bin_ = nullptr;
  }
  TrafficInterval sealed = std::move(current_);
  current_ = TrafficInterval{};
  current_.start = end;
  fixed_ = false;
  settled_in_current_ = 0;
  return sealed;
}

}  // namespace blackstart
