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
  std::vector<PlannedFault> faults;  // by `at`, then by the file's order
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
  WallTime started{};  // live: makes the id unique
  bool dry = false;
  Duration assume_manual{-1};
  std::string allow_production = {};
};

Plan make_plan(const Spec& spec, const PlanOptions& options);

/// The bin of definitions.md for this scenario: as set, else max(100 ms, 100 / nominal rate at the first fault).
Duration bin_length_of(const Scenario& scenario);

/// What of the plan cannot be played, in words, before anything starts: live faults in a production target whose name
/// was not typed (allow_production); manual steps when neither a person is there (`has_people`) nor plan.assume_manual
/// says how long they are to take.
std::vector<Error> plan_refusals(const Plan& plan, bool has_people);

}  // namespace blackstart
