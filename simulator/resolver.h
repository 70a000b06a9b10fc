#pragma once
// DNS as the bids' clients see it: after a change, the authoritative servers answer it once it has propagated, each
// client asks again when its time to live is over, and a stale few keep the old answer for longer. Deterministic.

#include "base/random.h"
#include "base/time.h"

#include <string>

namespace blackstart {

class Resolver {
 public:
  /// Clients go to `region` ("": wherever the service is active) from the start on.
  void begin(std::string region) {
    now_ = before_ = std::move(region);
    same_ = true;
  }
  /// From `at` on the authoritative servers answer `region`.
  void change(std::string region, Instant at, Duration ttl, double stale, Duration stale_for) {
    before_ = now_;
    now_ = std::move(region);
    same_ = before_ == now_;
    at_ = at;
    ttl_ = ttl;
    stale_ = stale;
    stale_for_ = stale_for;
  }
  /// The authoritative servers answer nobody from `since` on; what clients know holds for a time to live.
  void fall_silent(Instant since, Duration ttl) {
    if (silent_) return;
    silent_ = true;
    silent_since_ = since;
    known_for_ = ttl;
  }
  void speak() { silent_ = false; }
  /// Everybody gets the answer that was given from the start on.
  [[nodiscard]] bool is_steady() const { return same_ && !silent_; }
  /// Whether the next client knows an answer, or gets one. Draws only while some do and others do not.
  [[nodiscard]] bool answers(Instant now, RandomStream& stream) const {
    if (!silent_) return true;
    if (now >= silent_since_ + known_for_) return false;
    return to_seconds(now - silent_since_) < stream.uniform() * to_seconds(known_for_);
  }
  /// Where the next client goes; `active` where no record says it. Draws only while answers differ.
  [[nodiscard]] const std::string& region_for(Instant now, const std::string& active, RandomStream& stream) const {
    const auto draw = [&stream] { return stream.uniform(); };
    const std::string& answer = knows(now, draw, draw) ? now_ : before_;
    return answer.empty() ? active : answer;
  }
  /// The same for one client that goes again and again. When it last asked and whether its resolver is a stale one are
  /// its own: `asked` and `luck`, each from [0, 1).
  [[nodiscard]] const std::string& region_of(Instant now, const std::string& active, double asked, double luck) const {
    const std::string& answer = knows(
                                    now, [asked] { return asked; }, [luck] { return luck; })
                                    ? now_
                                    : before_;
    return answer.empty() ? active : answer;
  }

 private:
  template <class Asked, class Luck>
  [[nodiscard]] bool knows(Instant now, Asked asked, Luck luck) const {
    if (same_ || now >= at_ + ttl_ + stale_for_) return true;
    if (now < at_) return false;
    const bool fresh = ttl_ <= Duration{} || now >= at_ + ttl_ || to_seconds(now - at_) >= asked() * to_seconds(ttl_);
    return fresh && (stale_ <= 0 || luck() >= stale_);
  }

  std::string now_, before_;
  bool same_ = true, silent_ = false;
  Instant silent_since_ = kDrillStart;
  Duration known_for_{};
  Instant at_ = kDrillStart;
  Duration ttl_{}, stale_for_{};
  double stale_ = 0;
};

}  // namespace blackstart
