#include "load/schedule.h"

#include "base/check.h"
#include "base/draws.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace blackstart {
namespace {

constexpr double kLongestS = 9e9;  // 285 years: what an Instant can hold, with room

}  // namespace

Schedule::Schedule(ScheduleConfig config) : config_(std::move(config)), gaps_(config_.seed, "load.arrivals") {
  BS_CHECK(config_.arrivals == Arrivals::kReplay || !config_.profile.empty());
}

Arrival Schedule::next() {
  const std::uint64_t bid = bid_;
  if (config_.arrivals == Arrivals::kReplay) {
    const Instant intended = replayed_arrival();
    if (intended != kNever) ++bid_;
    return {bid, intended};
  }
  due_ = config_.arrivals == Arrivals::kConstant ? static_cast<double>(bid) : due_ + draw_exponential(gaps_);
  const double seconds = seconds_when(due_);
  if (seconds > kLongestS) return {bid, kNever};
  ++bid_;
  return {bid, config_.start + from_seconds(seconds)};
}

Instant Schedule::replayed_arrival() const {
  return bid_ < config_.replayed.size() ? config_.start + config_.replayed[bid_] : kNever;
}

double Schedule::seconds_when(double due) {
  for (; stage_ < config_.profile.size(); ++stage_) {
    const RateStage& stage = config_.profile[stage_];
    const double length = to_seconds(stage.length);
    const double from = stage.from.per_second;
    const double change = stage.to.per_second - from;
    const double count = length * (from + change / 2);
    const double wanted = due - stage_due_;
    if (wanted < count) {
      if (change == 0) return stage_begin_s_ + std::min(wanted / from, length);
      // from*s + change/(2*length)*s^2 = wanted, in the form that is good for a small `change`, too.
      const double root = std::sqrt(std::max(0.0, from * from + 2 * change * wanted / length));
      const double s = wanted == 0 ? 0 : 2 * wanted / (from + root);
      return stage_begin_s_ + std::min(s, length);
    }
    stage_begin_s_ += length;
    stage_due_ += count;
  }
  const double rate = config_.profile.back().to.per_second;
  if (rate <= 0) return std::numeric_limits<double>::infinity();
  return stage_begin_s_ + (due - stage_due_) / rate;
}

double peak_rate(const ScheduleConfig& config) {
  double peak = 0;
  for (const RateStage& stage : config.profile) {
    peak = std::max({peak, stage.from.per_second, stage.to.per_second});
  }
  return peak;
}

}  // namespace blackstart
