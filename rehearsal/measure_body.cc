#include "rehearsal/measure_body.h"

#include <fmt/format.h>

namespace blackstart {

const Json* Body::find(const char* key) const {
  if (!json_.is_object()) return nullptr;
  const auto found = json_.find(key);
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::string Body::text(const char* key) {
  const Json* value = find(key);
  if (value != nullptr && value->is_string()) return value->get<std::string>();
  reject(fmt::format("'{}' is not a text", key));
  return {};
}

std::string Body::text_or(const char* key, std::string fallback) { return find(key) == nullptr ? fallback : text(key); }

std::optional<std::int64_t> Body::maybe_integer(const char* key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number_integer()) return value->get<std::int64_t>();
  reject(fmt::format("'{}' is not an integer number", key));
  return std::nullopt;
}

std::int64_t Body::integer(const char* key) {
  if (find(key) == nullptr) reject(fmt::format("'{}' is missing", key));
  return maybe_integer(key).value_or(0);
}

std::uint64_t Body::count(const char* key) {
  const std::int64_t value = integer(key);
  if (value < 0) reject(fmt::format("'{}' is negative", key));
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

bool Body::flag(const char* key, bool fallback) {
  const Json* value = find(key);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  reject(fmt::format("'{}' is neither true nor false", key));
  return fallback;
}

std::optional<Instant> Body::instant(const char* key) {
  const auto value = maybe_integer(key);
  return value ? std::optional(instant_from_ns(*value)) : std::nullopt;
}

std::optional<Duration> Body::length(const char* key) {
  const auto value = maybe_integer(key);
  return value ? std::optional(Duration{*value}) : std::nullopt;
}

Status Body::status() const {
  if (error_.empty()) return ok();
  return fail(ErrorCode::kInvalid, error_, fmt::format("journal line {} ({})", event_.seq, event_.type));
}

void Body::reject(const std::string& what) {
  if (error_.empty()) error_ = what;
}

}  // namespace blackstart
