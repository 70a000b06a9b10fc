#pragma once
// Little's law, held while a simulation runs: whenever nobody is inside, the area under the number inside is, to the
// nanosecond, the time that those who have left spent there. Who is let out twice or never, or under another's entry, a
// clock that goes back: each breaks it. A check in every build; one multiplication a step. Deterministic; one thread.

#include "base/check.h"
#include "simulator/station_config.h"

#include <cstdint>
#include <limits>

namespace blackstart {

class LittlesLaw {
 public:
  void enter(std::int64_t now_ns) {
    advance(now_ns);
    ++inside_;
  }
  /// Of someone who came in at `entered_ns`. It may be told late: what he was taken to be inside meanwhile is taken
  /// back.
  void leave(std::int64_t left_ns, std::int64_t entered_ns) {
    BS_CHECK(inside_ > 0 && left_ns >= entered_ns);
    if (left_ns < last_ns_)
      area_ -= last_ns_ - left_ns;
    else
      advance(left_ns);
    --inside_;
    spent_ += left_ns - entered_ns;
    if (inside_ == 0) check(0);
  }
  /// Time passes. REQUIRES that it does not go back.
  void advance(std::int64_t now_ns) {
    if (now_ns == last_ns_) return;
    BS_CHECK(now_ns > last_ns_);
    if (inside_ > 0) area_ += static_cast<WideNs>(inside_) * (now_ns - last_ns_);
    last_ns_ = now_ns;
  }
  /// `still` is what those inside have spent there so far, together.
  void check(WideNs still) const { BS_CHECK(area_ == spent_ + still); }

  [[nodiscard]] std::uint64_t inside() const { return inside_; }
  [[nodiscard]] WideNs area() const { return area_; }

 private:
  std::uint64_t inside_ = 0;
  std::int64_t last_ns_ = std::numeric_limits<std::int64_t>::min();
  WideNs area_ = 0, spent_ = 0;
};

}  // namespace blackstart
