#include "rehearsal/event_reader.h"

#include <fmt/format.h>

#include <limits>

namespace blackstart {
namespace {

bool is_count(const Json& value) { return value.is_number_unsigned() || (value.is_number_integer() && value >= 0); }
bool is_integer(const Json& value) { return value.is_number_integer(); }
bool is_number(const Json& value) { return value.is_number(); }
bool is_flag(const Json& value) { return value.is_boolean(); }
bool is_text(const Json& value) { return value.is_string(); }
bool is_list(const Json& value) { return value.is_array(); }
bool is_instant(const Json& value) { return value.is_null() || value.is_number_integer(); }

}  // namespace

EventReader::EventReader(const Json& body, std::string_view type) : body_(body), type_(type) {
  if (!body.is_object()) status_ = fail(ErrorCode::kInvalid, fmt::format("{}: its body is no object", type_));
}

void EventReader::mistake(const char* field, std::string_view expected) {
  if (status_)
    status_ = fail(ErrorCode::kInvalid,
                   fmt::format("{}: field {} is missing or not {}; see docs/journal.md", type_, field, expected));
}

void EventReader::adopt(const Status& part) {
  if (status_ && !part) status_ = part.error();
}

const Json* EventReader::find(const char* field, bool (*fits)(const Json&), std::string_view expected) {
  if (!status_) return nullptr;
  const auto found = body_.find(field);
  if (found != body_.end() && fits(*found)) return &*found;
  mistake(field, expected);
  return nullptr;
}

std::uint64_t EventReader::count(const char* field) {
  const Json* value = find(field, is_count, "a count");
  return value ? value->get<std::uint64_t>() : 0;
}

int EventReader::integer(const char* field) {
  const Json* value = find(field, is_integer, "an integer");
  if (!value) return 0;
  const auto wide = value->get<std::int64_t>();
  if (wide >= std::numeric_limits<int>::min() && wide <= std::numeric_limits<int>::max()) return static_cast<int>(wide);
  mistake(field, "a small integer");
  return 0;
}

double EventReader::number(const char* field) {
  const Json* value = find(field, is_number, "a number");
  return value ? value->get<double>() : 0;
}

bool EventReader::flag(const char* field) {
  const Json* value = find(field, is_flag, "true or false");
  return value && value->get<bool>();
}

std::string EventReader::text(const char* field) {
  const Json* value = find(field, is_text, "text");
  return value ? value->get<std::string>() : std::string{};
}

Instant EventReader::instant(const char* field) {
  const Json* value = find(field, is_instant, "integer nanoseconds or null");
  return !value || value->is_null() ? kNever : instant_from_ns(value->get<std::int64_t>());
}

Duration EventReader::length(const char* field) {
  const Json* value = find(field, is_integer, "integer nanoseconds");
  return value ? Duration{value->get<std::int64_t>()} : Duration{};
}

Histogram EventReader::histogram(const char* field) {
  const Json* value = find(field, is_text, "a base64 histogram");
  if (!value) return {};
  auto decoded = Histogram::decode(value->get_ref<const std::string&>());
  if (decoded) return std::move(*decoded);
  mistake(field, "a HdrHistogram V2 in base64");
  return {};
}

const Json& EventReader::list(const char* field) {
  static const Json kEmpty = Json::array();
  const Json* value = find(field, is_list, "a list");
  return value ? *value : kEmpty;
}

}  // namespace blackstart
