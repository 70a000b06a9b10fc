#pragma once
// Journals compared: where two of them part, and a digest that every machine and compiler must agree on. Pure.

#include <cstddef>
#include <optional>
#include <string>

namespace blackstart::testing {

/// The first line in which two texts differ, from 1; what one of them does not have any more is empty.
struct Difference {
  std::size_t line = 0;
  std::string left, right;
};
std::optional<Difference> first_difference(const std::string& left, const std::string& right);
/// In words, with `command`, which plays one of the two again.
std::string tell(const Difference& difference, const std::string& command);

/// SHA-256 over what a drill did. Left out is what a change of words alone changes (the scenario and the target in
/// drill.started, the hash chain over them), and that zlib compressed the histograms: releases of zlib differ.
std::string digest_of(const std::string& journal);

}  // namespace blackstart::testing
