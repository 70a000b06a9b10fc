#include "tests/catalog/expected_drills.h"

#include "base/units.h"
#include "scenarios/document.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace blackstart::test {
namespace {

Error wrong(const Node& node, const std::string& allowed) {
  return fail(ErrorCode::kInvalid, fmt::format("found \"{}\"; allowed: {}", node.scalar, allowed),
              node.where.to_string());
}

Result<std::pair<std::string, std::string>> ends_of(const Node& node) {
  const std::size_t dots = node.scalar.find("..");
  if (dots == std::string::npos) return wrong(node, "a range such as 4s..60s");
  return std::pair{node.scalar.substr(0, dots), node.scalar.substr(dots + 2)};
}

Result<std::pair<Duration, Duration>> durations(const Node& node) {
  BS_ASSIGN(const auto ends, ends_of(node));
  const auto from = parse_duration(ends.first);
  const auto to = parse_duration(ends.second);
  if (!from || !to || *from > *to) return wrong(node, "a range of durations such as 4s..60s");
  return std::pair{*from, *to};
}

Result<std::pair<std::uint64_t, std::uint64_t>> counts(const Node& node) {
  BS_ASSIGN(const auto ends, ends_of(node));
  const auto number = [](const std::string& text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    return code == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
  };
  const auto from = number(ends.first);
  const auto to = number(ends.second);
  if (!from || !to || *from > *to) return wrong(node, "a range of counts such as 0..100");
  return std::pair{*from, *to};
}

Result<std::string> verdict_of(const Node& node) {
  const bool known = node.scalar == "pass" || node.scalar == "fail" || node.scalar == "inconclusive";
  if (!known) return wrong(node, "pass, fail, inconclusive");
  return node.scalar;
}

Status read_entry(const Node::Entry& entry, Expected& expectation) {
  const Node& value = entry.value;
  if (entry.key == "verdict") {
    BS_ASSIGN(expectation.verdict, verdict_of(value));
  } else if (entry.key == "objectives") {
    for (const Node::Entry& one : value.entries) {
      BS_ASSIGN(expectation.objectives[one.key], verdict_of(one.value));
    }
  } else if (entry.key == "fails") {
    for (const Node& one : value.items) expectation.objectives[one.scalar] = "fail";
  } else if (entry.key == "rto") {
    BS_ASSIGN(expectation.rto, durations(value));
  } else if (entry.key == "rpo") {
    BS_ASSIGN(expectation.rpo, durations(value));
  } else if (entry.key == "lost") {
    BS_ASSIGN(expectation.lost, counts(value));
  } else if (entry.key == "down") {
    for (const Node& one : value.items) expectation.down.push_back(one.scalar);
  } else if (entry.key == "dominated_by") {
    if (!value.scalar.empty()) expectation.dominated_by.push_back(value.scalar);
    for (const Node& one : value.items) expectation.dominated_by.push_back(one.scalar);
  } else if (entry.key == "played_at") {
    if (!parse_rate(value.scalar)) return wrong(value, "a rate such as 200/s");
    expectation.played_at = value.scalar;
  } else if (entry.key == "why") {
    expectation.why = value.scalar;
  } else {
    return fail(ErrorCode::kInvalid, fmt::format("found the unknown key \"{}\"", entry.key), entry.where.to_string());
  }
  return ok();
}

Status read_part(const Node& root, const char* part, std::vector<Expected>& into) {
  const Node* list = root.find(part);
  if (list == nullptr || !list->is_map())
    return fail(ErrorCode::kInvalid, fmt::format("no {}", part), root.where.to_string());
  for (const Node::Entry& drill : list->entries) {
    Expected expectation;
    expectation.drill = drill.key;
    for (const Node::Entry& entry : drill.value.entries) BS_TRY(read_entry(entry, expectation));
    into.push_back(std::move(expectation));
  }
  return ok();
}

}  // namespace

Result<ExpectedDrills> read_expected_drills(const std::string& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) return fail(ErrorCode::kNotFound, "could not read " + file);
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  const auto root = parse_yaml(text, file);
  if (!root) return root.error().front();
  ExpectedDrills expectations;
  BS_TRY(read_part(*root, "drills", expectations.drills));
  BS_TRY(read_part(*root, "variations", expectations.variations));
  return expectations;
}

}  // namespace blackstart::test
