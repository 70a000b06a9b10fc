#pragma once
// The three languages that Blackstart reads, as shapes. Immutable.

#include "scenarios/shape.h"

#include <vector>

namespace blackstart {

const Language& scenario_language();
const Language& target_language();
const Language& organisation_language();

/// What all of them share: distributions, calls of HTTP.
Shape distribution_shape();
Shape http_call_shape();
/// The marks of an incident's timeline, as `mark:` and `of:` name them.
const std::vector<std::string>& timeline_marks();

}  // namespace blackstart
