#pragma once
// The table of outcomes in docs/catalog.md, line by line: what a reader is told is what the drills come to.

#include "tests/catalog/outcome.h"

#include <string>

namespace blackstart::test {

/// "| auction-flow/service-failure | 10,000/s | pass | 7.2 s | 0 s | Restart service auction-api |"
std::string table_line(const std::string& drill, double rate, const Outcome& outcome);

/// The drill's line in `text`, or "".
std::string line_of(const std::string& text, const std::string& drill);
/// `text` with the drill's line replaced; unchanged where it has none.
std::string with_line(std::string text, const std::string& drill, const std::string& line);

}  // namespace blackstart::test
