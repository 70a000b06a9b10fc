#pragma once
// Typed reading of a Call's arguments, after the loader has checked them against the word's table.

#include "scenarios/spec.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// Text, or `fallback` when absent. A Call whose argument is one bare scalar (exec: "./x.sh") has it under key "".
std::string text_argument(const Call& call, std::string_view key, std::string_view fallback = {});
/// A single text or a list of texts (services: [a, b]; service: a under `singular`).
std::vector<std::string> list_argument(const Call& call, std::string_view key, std::string_view singular = {});
/// REQUIRES (BS_CHECK): the text, where present, parses; the loader has seen to it.
Duration duration_argument(const Call& call, std::string_view key, Duration fallback);
/// Plain numbers as they are; shares ("30%") as 0..1. What a driver fills in must be filled in before.
double number_argument(const Call& call, std::string_view key, double fallback);
bool flag_argument(const Call& call, std::string_view key, bool fallback);
/// How long an action `run` takes in sim, if it says so. `folder`: the scenario's, where files of samples lie; "": they
/// are not read.
std::optional<Distribution> takes_of(const Call& run, const std::string& folder);
/// What an action `run` does in sim, as its `like` says; empty: nothing that the model knows.
std::optional<Call> effect_of(const Call& run);

}  // namespace blackstart
