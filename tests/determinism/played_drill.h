#pragma once
// Drills of the catalogue that the tests of determinism play, at a rate that makes them quick, and the command that
// plays the same run.

#include <cstdint>
#include <string>

namespace blackstart::testing {

struct QuickDrill {
  std::string name;  // of the catalogue
  std::string rate;
};

/// The bytes of its journal; the test fails where it does not load or the virtual world refuses it.
std::string journal_of(const QuickDrill& drill, std::uint64_t seed);

/// What a person types to play the same run.
std::string replay_command(const QuickDrill& drill, std::uint64_t seed);

}  // namespace blackstart::testing
