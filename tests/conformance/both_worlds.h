#pragma once
// One body, two worlds: a coroutine against the World port, played live on processes of the reference platform and in
// virtual time on the same target's `sim:` part.

#include "rehearsal/plan.h"
#include "rehearsal/world.h"

#include <functional>
#include <string>
#include <vector>

namespace blackstart::testing {

using namespace std::chrono_literals;

/// What a body has seen, for the test to look at.
struct Seen {
  std::vector<TrafficInterval> intervals;
  std::vector<std::string> notes;  // what should not have happened
  std::vector<bool> answers;       // in the order in which the body asked
  std::vector<Instant> marks;      // in the order in which the body set them
  ReadBackResult read_back;
  std::optional<Instant> newest;  // recovery point of the promotion
  Instant acted;
};

/// The world under test with what a body needs: shorter words for the port's calls. What fails is noted.
class Stage final : public TrafficListener {
 public:
  Stage(World* world, const Spec* spec) : world(world), spec(spec) {}
  void on_interval(const TrafficInterval& interval) override { seen.intervals.push_back(interval); }

  Task<void> begin();
  Task<void> pass(Duration length);
  Task<void> inject(std::size_t index);
  Task<void> heal(std::size_t index);
  Task<void> perform(std::string yaml);
  Task<void> ask(std::string yaml);    // a probe
  Task<void> check(std::string yaml);  // of state
  void mark() { seen.marks.push_back(world->clock().now()); }
  Task<void> end();  // stops, reads back, undoes every fault, tears down

  World* const world;
  const Spec* const spec;
  Seen seen;

 private:
  void note(const std::string& what, const Error& error) { seen.notes.push_back(what + ": " + error.to_string()); }
  [[nodiscard]] Limit within(Duration length) const { return {world->clock().now() + length, {}}; }
};

using Body = std::function<Task<void>(Stage*)>;
struct Drill {
  std::string faults{};               // YAML list items
  std::string bids{};                 // more of load.bids (", retry: {attempts: 2}")
  std::string replication = "async";  // of the database
};
/// Plays `body` on the world called `name` ("live", "sim").
Seen play_on(const std::string& name, const Drill& drill, const Body& body);

}  // namespace blackstart::testing
