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
/// A part of `sim:`: what any kind of service may have. Which kinds take a word: sim_words().
Shape sim_shape();
Shape network_shape();
struct SimWord {
  Field field;
  std::vector<std::string> kinds;  // empty: every kind
};
const std::vector<SimWord>& sim_words();
/// What the words of `kind` are.
std::vector<std::string> sim_words_of(const std::string& kind);
/// The organisation's file as a map; also what a scenario's `organisation:` may hold in place of a name.
Shape organisation_shape();
Shape communication_shape();
const std::vector<std::string>& severity_words();
const std::vector<std::string>& cadence_words();
/// The marks of an incident's timeline, as `mark:` and `of:` name them.
const std::vector<std::string>& timeline_marks();

}  // namespace blackstart
