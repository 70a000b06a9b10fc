#pragma once
// Plan: what a drill will do, from Spec and seed alone. Pure, deterministic.

#include "base/result.h"
#include "base/time.h"
#include "scenarios/spec.h"

#include <cstdint>
#include <string>
#include <vector>

namespace blackstart {

struct PlannedFault {
  std::uint64_t id = 0;  // from 1, in order of `at`
  FaultSpec spec;
  Duration dead_man{};  // above every end the scenario gives
};

struct Plan {
  std::uint64_t seed = 0;
  std::string drill_id;  // "database-failure-7f3a9c21": [a-z0-9-] alone. sim: from scenario, target and seed; live:
                         // also from the start's wall time
  Spec spec;
  WallTime started;                  // the wall clock at drill time 0; in sim the time of day is the scenario's `start`
  std::vector<PlannedFault> faults;  // by `at`, then by the file's order; those `before` a backup last: their `at` is
                                     // known only at the end of steady state
  Duration steady_length{};          // of steady state; 10 s where the scenario has none
  Duration steady_within{};
  Duration hold{};
  Duration bin_length{};       // definitions: "A bin"
  Duration observe{};          // from the last fault's start
  bool dry = false;            // everything but the faults
  Duration assume_manual{-1};  // --assume-manual; negative: not given
  bool live = true;
  std::string allow_production;  // --allow-production, as typed
};

struct PlanOptions {
  std::uint64_t seed = 1;
  std::string world = "live";
  WallTime started{};        // the wall clock at the start; live it makes the id unique too
  bool clock_given = false;  // sim: a person chose `started`; the scenario's `start` does not move it
  bool dry = false;
  Duration assume_manual{-1};
  std::string allow_production = {};
};

Plan make_plan(const Spec& spec, const PlanOptions& options);

/// The bin of definitions.md for this scenario: as set, else max(100 ms, 100 / nominal rate at the first fault).
Duration bin_length_of(const Scenario& scenario);

/// How long after an instant at which the wall clock shows `now` the fault `spec` is to act: its `at`, or the moment
/// before the target's next backup that leaves no time to lose. REQUIRES: the backup is the target's.
Duration act_after(const FaultSpec& spec, const Target& target, WallTime now);

/// What of the plan cannot be played, in words, before anything starts: live faults in a production target whose name
/// was not typed (allow_production); what people do by hand, decide or choose when neither a person is there
/// (`has_people`) nor plan.assume_manual says how long that is to take.
std::vector<Error> plan_refusals(const Plan& plan, bool has_people);

/// RTO objectives, by the bids, that the scenario's bins are too long to decide, a line each.
std::vector<std::string> coarse_objectives(const Scenario& scenario);

}  // namespace blackstart
