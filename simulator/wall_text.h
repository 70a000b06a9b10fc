#pragma once
// Instants of the drill as wall-clock texts, as people of the virtual world say them. Pure.

#include "base/time.h"

#include <optional>
#include <string>

namespace blackstart {

struct SimState;

/// "2000-01-01T00:00:14.700Z".
std::string wall_text(const SimState& state, Instant at);
/// The same read back; empty where the text is none.
std::optional<Instant> instant_of_wall_text(const SimState& state, const std::string& text);
/// The newest moment before any fault that everyone agrees on: a second before the first act; now where none acted.
Instant before_first_fault(const SimState& state);

}  // namespace blackstart
