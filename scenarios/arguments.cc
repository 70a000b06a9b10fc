#include "scenarios/arguments.h"

#include "base/check.h"
#include "base/units.h"
#include "scenarios/bind.h"

#include <charconv>

namespace blackstart {
namespace {

/// The scalar under `key`, or null. A bare scalar is the argument under "".
const Node* scalar_of(const Call& call, std::string_view key) {
  if (key.empty() && call.arguments.is_scalar()) return &call.arguments;
  const Node* value = call.arguments.find(key);
  return value != nullptr && value->is_scalar() ? value : nullptr;
}

}  // namespace

std::string text_argument(const Call& call, std::string_view key, std::string_view fallback) {
  const Node* value = scalar_of(call, key);
  return value != nullptr ? value->scalar : std::string{fallback};
}

std::vector<std::string> list_argument(const Call& call, std::string_view key, std::string_view singular) {
  std::vector<std::string> texts;
  const Node* value = call.arguments.find(key);
  if (value != nullptr && value->is_list()) {
    for (const Node& item : value->items) texts.push_back(item.scalar);
  } else if (value != nullptr && value->is_scalar()) {
    texts.push_back(value->scalar);
  } else if (!singular.empty()) {
    if (const Node* one = scalar_of(call, singular)) texts.push_back(one->scalar);
  }
  return texts;
}

Duration duration_argument(const Call& call, std::string_view key, Duration fallback) {
  const Node* value = scalar_of(call, key);
  if (value == nullptr) return fallback;
  const auto parsed = parse_duration(value->scalar);
  BS_CHECK_MESSAGE(parsed.has_value(), "the loader has checked every duration");
  return *parsed;
}

double number_argument(const Call& call, std::string_view key, double fallback) {
  const Node* value = scalar_of(call, key);
  if (value == nullptr) return fallback;
  if (const auto share = parse_share(value->scalar)) return share->value;
  double number = 0;
  const char* const end = value->scalar.data() + value->scalar.size();
  const auto [stop, code] = std::from_chars(value->scalar.data(), end, number);
  BS_CHECK_MESSAGE(code == std::errc{} && stop == end, "the loader has checked every number");
  return number;
}

bool flag_argument(const Call& call, std::string_view key, bool fallback) {
  const Node* value = scalar_of(call, key);
  if (value == nullptr) return fallback;
  BS_CHECK_MESSAGE(value->scalar == "true" || value->scalar == "false", "the loader has checked every flag");
  return value->scalar == "true";
}

std::optional<Distribution> takes_of(const Call& run, const std::string& folder) {
  const Node* takes = run.arguments.find("takes");
  if (takes == nullptr) return std::nullopt;
  return read_distribution(*takes, folder);
}

std::optional<Call> effect_of(const Call& run) {
  const Node* like = run.arguments.find("like");
  if (like == nullptr) return std::nullopt;
  return read_action(*like);
}

}  // namespace blackstart
