#pragma once
// A circuit breaker of one caller's need: closed, open for a while, half open for a few calls that decide. Counts over
// the last calls. Pure: time comes in. Deterministic.

#include "base/time.h"
#include "scenarios/sim_spec.h"

#include <cstdint>
#include <vector>

namespace blackstart {

class CircuitBreaker {
 public:
  enum class State : std::uint8_t { kClosed, kOpen, kHalfOpen };

  explicit CircuitBreaker(const Breaker& settings)
      : settings_(settings), last_(static_cast<std::size_t>(settings.calls > 0 ? settings.calls : 1)) {}

  /// Whether a call may be made now; counts it where it is half open.
  bool allows(Instant now) {
    if (state_ == State::kOpen && now >= since_ + settings_.open) become(State::kHalfOpen, now);
    if (state_ == State::kClosed) return true;
    if (state_ == State::kOpen || trials_ >= settings_.half_open_calls) return false;
    ++trials_;
    return true;
  }
  /// How a call that was allowed has ended. True when that changed the state.
  bool note(Instant now, bool failed, Duration took) {
    failed = failed || (settings_.slow && took > *settings_.slow);
    if (state_ == State::kHalfOpen) return note_trial(now, failed);
    if (state_ == State::kOpen) return false;
    failures_ += (failed ? 1 : 0) - (count_ >= last_.size() ? last_[at_] : 0);
    last_[at_] = failed ? 1 : 0;
    if (++at_ == last_.size()) at_ = 0;
    if (count_ < last_.size()) ++count_;
    const bool opens = count_ == last_.size() &&
                       static_cast<double>(failures_) >= settings_.threshold.value * static_cast<double>(count_);
    if (opens) become(State::kOpen, now);
    return opens;
  }
  [[nodiscard]] State state() const { return state_; }
  /// As of a caller that has just started.
  void reset(Instant now) { become(State::kClosed, now); }
  [[nodiscard]] Instant since() const { return since_; }

 private:
  bool note_trial(Instant now, bool failed) {
    ++ended_;
    trials_failed_ += failed ? 1 : 0;
    if (ended_ < settings_.half_open_calls) return false;
    const bool well = trials_failed_ < settings_.threshold.value * ended_;
    become(well ? State::kClosed : State::kOpen, now);
    return true;
  }
  void become(State state, Instant now) {
    state_ = state;
    since_ = now;
    trials_ = ended_ = trials_failed_ = 0;
    count_ = at_ = 0;
    failures_ = 0;
  }

  Breaker settings_;
  State state_ = State::kClosed;
  Instant since_ = kDrillStart;
  std::vector<char> last_;  // failed, a ring
  std::size_t at_ = 0, count_ = 0;
  std::int64_t failures_ = 0;
  int trials_ = 0, ended_ = 0, trials_failed_ = 0;
};

}  // namespace blackstart
