#pragma once
// The runbook's own clocks: deadlines between marks, expectations, the stretches of its phases. Pure.

#include "rehearsal/measure_facts.h"

namespace blackstart {

/// Sets expectations, deadlines, phases, and each step's phase. REQUIRES: everything else of `measurement` is set.
void measure_procedure(const Spec& spec, const Facts& facts, Measurement& measurement);

/// "open", "half_open", "closed".
const char* to_string(Expectation::State state);

/// The mark `name` of a timeline, as reports and deadlines call it; empty where it never came, or there is none such.
std::optional<Instant> mark_of(const Timeline& timeline, std::string_view name);

}  // namespace blackstart
