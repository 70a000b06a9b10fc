#include "simulator/sim_answers.h"

#include "base/text.h"
#include "scenarios/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>

namespace blackstart {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// In lower case, a blank between words, no semicolon.
std::string plain_query(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0 || c == ';';
    if (!blank) plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (blank && !plain.empty() && plain.back() != ' ') plain += ' ';
  }
  if (!plain.empty() && plain.back() == ' ') plain.pop_back();
  return plain;
}

bool expects_status_of(const Call& probe, char hundreds) {
  const auto statuses = list_argument(probe, "status", "status");
  if (statuses.empty()) return hundreds == '2';
  return std::ranges::any_of(statuses, [hundreds](const std::string& one) { return one.starts_with(hundreds); });
}

/// What a service that is well does not say of itself.
bool is_word_of_the_unwell(const std::string& value) {
  constexpr std::array<std::string_view, 9> kWords = {"DOWN",  "OUT_OF_SERVICE", "UNHEALTHY", "FAIL",     "FAILED",
                                                      "ERROR", "CRITICAL",       "OPEN",      "HALF_OPEN"};
  return std::ranges::find(kWords, upper(value)) != kWords.end();
}

const char* word_of(CircuitBreaker::State state) {
  if (state == CircuitBreaker::State::kClosed) return "CLOSED";
  return state == CircuitBreaker::State::kOpen ? "OPEN" : "HALF_OPEN";
}

/// The state of the member's breaker that a path such as $.circuitBreakers.rates.state names; empty: it names none.
std::optional<std::string> breaker_at(const SimState& state, MemberIndex index, const std::string& path) {
  const auto parts = split(path, '.');
  const bool of_breakers = std::ranges::any_of(
      parts, [](std::string_view part) { return upper(std::string(part)).find("BREAKER") != std::string::npos; });
  if (!of_breakers) return std::nullopt;
  const Member& member = state.model.member(index);
  for (const Need& need : state.model.service(member.service).needs) {
    const std::string& name = state.model.service(need.service).spec->name;
    if (std::ranges::find(parts, std::string_view(name)) == parts.end()) continue;
    const auto number = static_cast<std::size_t>(member.number - 1);
    if (number < need.breakers.size()) return word_of(need.breakers[number].state());
  }
  return std::nullopt;
}

/// Why the JSON answer is not as expected; empty: nothing that the model knows is against it.
std::string against_json(const SimState& state, const Call& probe, MemberIndex member, bool well) {
  const Node* const json = probe.arguments.find("json");
  if (json == nullptr) return {};
  for (const Node::Entry& one : json->entries) {
    const std::string& value = one.value.scalar;
    if (const auto breaker = breaker_at(state, member, one.key)) {
      const std::string expected = upper(value);
      const bool is_a_state = expected == "CLOSED" || expected == "OPEN" || expected == "HALF_OPEN";
      if (is_a_state && expected != *breaker) return fmt::format("{} is {}, not {}", one.key, *breaker, value);
      continue;
    }
    const bool of_unwell = is_word_of_the_unwell(value);
    if (well && of_unwell) return fmt::format("{} is not {}: it is well", one.key, value);
    if (!well && !of_unwell) return fmt::format("{} is not {}: it is unwell", one.key, value);
  }
  return {};
}

/// The value that a query or a command must give wherever it is asked; empty: the model does not know.
std::optional<std::string> known_value(const Call& probe) {
  if (probe.word == "redis" && plain_query(text_argument(probe, "command")) == "ping") return "PONG";
  if (probe.word != "sql") return std::nullopt;
  const std::string query = plain_query(text_argument(probe, "query"));
  constexpr std::string_view kSelect = "select ";
  if (!query.starts_with(kSelect)) return std::nullopt;
  const std::string rest = query.substr(kSelect.size());
  const bool number = !rest.empty() && std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; });
  if (number) return rest;
  if (rest == "pg_is_in_recovery()") return "f";  // whoever takes writes is asked
  if (rest.starts_with("count(*) > 0 from ") && rest.find(" where ") == std::string::npos) return "t";
  return std::nullopt;
}

}  // namespace

Observation judge_answer(const SimState& state, const Call& probe, MemberIndex member, const Observation& health) {
  if (!expects_status_of(probe, health.ok ? '2' : '5')) {
    if (!health.ok) return health;
    return {false, fmt::format("{}: it answers 200 to 299, not {}", health.detail,
                               join(list_argument(probe, "status", "status"), " or "))};
  }
  const std::string against = against_json(state, probe, member, health.ok);
  return {against.empty(), against.empty() ? health.detail : against};
}

Observation judge_value(const Call& probe, const Observation& health) {
  const auto known = known_value(probe);
  std::string expected = text_argument(probe, "is");
  if (known == "t" && expected == "true") expected = "t";
  if (known == "f" && expected == "false") expected = "f";
  if (!health.ok || !known || *known == expected) return health;
  return {false, fmt::format("the answer is {}, not {}", *known, expected)};
}

}  // namespace blackstart
