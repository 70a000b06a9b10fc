#pragma once
// What a drill's people and its runbook's own clocks did, as measured: responses, decisions, expectations, deadlines,
// the runbook's phases. Values.

#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blackstart {

/// Between the alarm and the recovery: somebody acknowledged, or the team was there.
struct ResponseRecord {
  bool assembled = false;  // false: acknowledged
  Instant at;
  Duration took{};
  std::uint64_t evidence = 0;
};
/// What a person decided, chose or reported of a step done by hand.
struct DecisionRecord {
  std::string step, title, by, text;
  std::string option;            // title of the alternative that was chosen, or ""
  bool assumed = false;          // --assume-manual: nobody was asked
  std::optional<Instant> asked;  // empty: the journal does not say
  Instant taken;
  std::uint64_t evidence = 0;
};
struct ExpectationRecord {
  std::size_t index = 0;             // of the scenario's `expect`
  std::optional<bool> met;           // empty: the drill ended before it was due
  std::optional<Instant> from, due;  // what it counts from, and until when it was to come
  std::optional<Instant> at;         // when it came
  std::string why;                   // where it is not met
  std::uint64_t evidence = 0;        // 0: none
};
/// A deadline in the incident that keeps it worst.
struct DeadlineRecord {
  std::string name, mark, of;
  Duration within{};
  std::optional<bool> met;  // empty: it cannot be told
  bool reached = true;      // false: it was not due when the drill ended, or nobody exercised it
  std::optional<Instant> from, due, at;
  std::string why;  // where it is not met
};
/// A stretch of the runbook's own calendar beside the one that its steps took.
struct RunbookPhaseRecord {
  std::string name;
  Duration from{}, to{};                  // planned, from the fault
  std::optional<Instant> started, ended;  // of its steps; empty where none ran, or where one has not ended
  std::size_t steps = 0;                  // that ran
};

}  // namespace blackstart
