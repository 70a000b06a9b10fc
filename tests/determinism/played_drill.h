#pragma once
// Drills of the catalogue that the tests of determinism play, at a rate that makes them quick, and the command that
// plays the same run.

#include "tests/simulator/sim_fixture.h"

#include <cstdint>
#include <string>

namespace blackstart::testing {

struct QuickDrill {
  std::string name;  // of the catalogue
  std::string rate;
};

/// Played in the virtual world, with foresight or without (SimOptions); the test fails where it does not load or is
/// refused.
PlayedDrill played(const QuickDrill& drill, std::uint64_t seed, bool foresees = true);
/// The bytes of its journal.
std::string journal_of(const QuickDrill& drill, std::uint64_t seed);

/// What a person types to play the same run.
std::string replay_command(const QuickDrill& drill, std::uint64_t seed);

}  // namespace blackstart::testing
