#include "tests/catalog/outcome_table.h"

#include "base/units.h"

#include <fmt/format.h>

namespace blackstart::test {
namespace {

/// Where the drill's line begins and how long it is, without its end.
std::pair<std::size_t, std::size_t> place_of(const std::string& text, const std::string& drill) {
  const std::size_t before = text.find("\n| " + drill + " |");
  if (before == std::string::npos) return {text.size(), 0};
  const std::size_t begin = before + 1, end = text.find('\n', begin);
  return {begin, (end == std::string::npos ? text.size() : end) - begin};
}

}  // namespace

std::string table_line(const std::string& drill, double rate, const Outcome& outcome) {
  const std::string verdict = outcome.verdict == "pass" ? "pass" : fmt::format("**{}**", outcome.verdict);
  return fmt::format("| {} | {}/s | {} | {} | {} | {} |", drill, human_count(static_cast<std::uint64_t>(rate)), verdict,
                     figure(outcome.rto, outcome.rto_censored), figure(outcome.rpo, outcome.rpo_censored),
                     outcome.dominated_by.front());
}

std::string line_of(const std::string& text, const std::string& drill) {
  const auto [begin, length] = place_of(text, drill);
  return text.substr(begin, length);
}

std::string with_line(std::string text, const std::string& drill, const std::string& line) {
  const auto [begin, length] = place_of(text, drill);
  if (length > 0) text.replace(begin, length, line);
  return text;
}

}  // namespace blackstart::test
