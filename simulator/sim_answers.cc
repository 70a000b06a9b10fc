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
  if (probe.arguments.find("status") == nullptr) return hundreds == '2';
  const auto statuses = list_argument(probe, "status", "status");
  return std::ranges::any_of(statuses, [hundreds](const std::string& one) { return one.starts_with(hundreds); });
}

/// What a service that is well does not say of itself.
bool is_word_of_the_unwell(const std::string& value) {
  constexpr std::array<std::string_view, 9> kWords = {"DOWN",  "OUT_OF_SERVICE", "UNHEALTHY", "FAIL",     "FAILED",
                                                      "ERROR", "CRITICAL",       "OPEN",      "HALF_OPEN"};
  return std::ranges::find(kWords, upper(value)) != kWords.end();
}

/// What one that is well says of itself and one that is not does not.
bool is_word_of_the_well(const std::string& value) {
  constexpr std::array<std::string_view, 7> kWords = {"UP", "OK", "HEALTHY", "PASS", "PASSED", "READY", "ALIVE"};
  return std::ranges::find(kWords, upper(value)) != kWords.end();
}

bool is_state_of_a_breaker(const std::string& value) {
  const std::string state = upper(value);
  return state == "CLOSED" || state == "OPEN" || state == "HALF_OPEN";
}

const char* word_of(CircuitBreaker::State state) {
  if (state == CircuitBreaker::State::kClosed) return "CLOSED";
  return state == CircuitBreaker::State::kOpen ? "OPEN" : "HALF_OPEN";
}

/// Whether a path such as $.circuitBreakers.rates.state is of the breaker for calls to `service`.
bool names_breaker_of(const std::string& path, std::string_view service) {
  if (path.find(service) == std::string::npos) return false;
  const auto parts = split(path, '.');
  return std::ranges::find(parts, service) != parts.end() && upper(path).find("BREAKER") != std::string::npos;
}

/// The state of the member's breaker that the path names; empty: it names none.
std::optional<std::string> breaker_at(const SimState& state, MemberIndex index, const std::string& path) {
  const Member& member = state.model.member(index);
  for (const Need& need : state.model.service(member.service).needs) {
    if (!names_breaker_of(path, state.model.service(need.service).spec->name)) continue;
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
      if (is_state_of_a_breaker(value) && upper(value) != *breaker)
        return fmt::format("{} is {}, not {}", one.key, *breaker, value);
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

/// The service that a url as a scenario writes it names; "": none of the target's.
std::string service_named_in(std::string_view url) {
  constexpr std::string_view kBegin = "{{services.";
  const auto begin = url.find(kBegin);
  if (begin == std::string_view::npos) return {};
  url.remove_prefix(begin + kBegin.size());
  return std::string(url.substr(0, url.find_first_of(".}")));
}

bool has_breaker_at(const Target& target, const std::string& service, const std::string& path) {
  const Node* node = target.resolved.find("sim");
  for (const std::string_view key : {std::string_view(service), std::string_view("calls")})
    node = node == nullptr ? nullptr : node->find(key);
  if (node == nullptr) return false;
  return std::ranges::any_of(node->entries, [&](const Node::Entry& call) {
    return call.value.find("breaker") != nullptr && names_breaker_of(path, call.key);
  });
}

/// Whether it is the probe by which the target says that replication is looked at.
bool is_in_step_probe(const Target& target, const std::string& service, const std::string& url) {
  const Node* node = target.resolved.find("services");
  for (const std::string_view key : {std::string_view(service), std::string_view("in_step"), std::string_view("http")})
    node = node == nullptr ? nullptr : node->find(key);
  return node != nullptr && node->text("url") == url;
}

std::vector<Assumed> assumed_of_http(const Target& target, const Call& probe) {
  const std::string url = text_argument(probe, "url");
  const std::string service = service_named_in(url);
  if (service.empty()) return {{fmt::format("an answer from {}", url), probe.where, url, ""}};
  const std::string as_long = service + " is well";
  std::vector<Assumed> assumed;
  const Node* const json = probe.arguments.find("json");
  if (json != nullptr && !is_in_step_probe(target, service, url)) {
    for (const Node::Entry& one : json->entries) {
      const std::string& value = one.value.scalar;
      const bool of_breaker = is_state_of_a_breaker(value) && has_breaker_at(target, service, one.key);
      if (!of_breaker && !is_word_of_the_unwell(value) && !is_word_of_the_well(value))
        assumed.push_back({fmt::format("{}: {}", one.key, value), one.where, url, as_long});
    }
  }
  if (const Node* const within = probe.arguments.find("within"))
    assumed.push_back({"within: " + within->scalar, within->where, url, as_long});
  return assumed;
}

}  // namespace

std::vector<Assumed> assumed_of(const Target& target, const Call& probe) {
  if (probe.word == "http") return assumed_of_http(target, probe);
  if (probe.word == "exec")
    return {{"exit status 0 of its command", probe.where, text_argument(probe, ""), "no data are damaged"}};
  const std::string host = text_argument(probe, "host");
  if (probe.word == "tcp" && !host.empty()) return {{"an answer from " + host, probe.where, host, ""}};
  const bool has_value = probe.word == "sql" || probe.word == "redis";
  const Node* const is = probe.arguments.find("is");
  if (!has_value || is == nullptr || known_value(probe)) return {};
  return {{"is: " + is->scalar, is->where, text_argument(probe, probe.word == "sql" ? "query" : "command"),
           text_argument(probe, "service") + " is well and its data are whole"}};
}

Observation judge_answer(const SimState& state, const Call& probe, MemberIndex member, Observation health) {
  if (!expects_status_of(probe, health.ok ? '2' : '5')) {
    if (!health.ok) return health;
    return {false, fmt::format("{}: it answers 200 to 299, not {}", health.detail,
                               join(list_argument(probe, "status", "status"), " or "))};
  }
  std::string against = against_json(state, probe, member, health.ok);
  return {against.empty(), against.empty() ? std::move(health.detail) : std::move(against)};
}

Observation judge_value(const Call& probe, Observation health) {
  const auto known = known_value(probe);
  std::string expected = text_argument(probe, "is");
  if (known == "t" && expected == "true") expected = "t";
  if (known == "f" && expected == "false") expected = "f";
  if (!health.ok || !known || *known == expected) return health;
  return {false, fmt::format("the answer is {}, not {}", *known, expected)};
}

}  // namespace blackstart
