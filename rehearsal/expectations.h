#pragma once
// What breakers are expected to become, watched while the drill is observed. Complete: a state that lasted for a moment
// alone counts, by the instant at which it came. Of a breaker that several callers have, each for itself: it is open or
// half open as soon as one of them is, and closed when all are. Loop's thread.

#include "rehearsal/conductor_context.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

class ExpectationWatch {
 public:
  /// REQUIRES: `drill` outlives this.
  explicit ExpectationWatch(DrillContext& drill);

  /// Takes in what the breakers became before now, and journals each expectation that is met or missed by it.
  void look();
  /// The same for the last time, with what they became at this very instant.
  void look_last();
  /// Whether one can still be met or missed.
  [[nodiscard]] bool pending() const;

 private:
  using State = Expectation::State;
  struct Watched {  // one breaker
    std::map<std::string, State> callers;
    std::vector<std::pair<Instant, State>> became;
    Instant next = kDrillStart;  // what it became before is known
  };
  struct Expected {  // in the scenario's order
    const Expectation* spec = nullptr;
    std::optional<Instant> from;  // what it counts from, once that is known
    std::optional<bool> met;
    Instant at;  // of met
  };

  void take_in(const std::string& service, Watched& watched, Instant known);
  void tell(Instant known);
  void tell_one(std::size_t index, Instant known);
  void settle(std::size_t index, std::optional<Instant> came, const std::string& why);
  [[nodiscard]] std::optional<Instant> anchor(std::size_t index) const;
  [[nodiscard]] std::optional<Instant> healed() const;
  [[nodiscard]] bool may_heal() const;
  /// The last expectation before `index` of the same breaker (and becoming `state`), or null.
  [[nodiscard]] const Expected* before(std::size_t index, std::optional<State> state = {}) const;

  DrillContext& drill_;
  std::map<std::string, Watched> breakers_;
  std::vector<Expected> expected_;
};

}  // namespace blackstart
