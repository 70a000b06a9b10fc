#include "targets/auction/json_text.h"

#include "base/text.h"

namespace blackstart::auction {

namespace {

using nlohmann::json;

template <class Pointer>
Pointer member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->template get_ptr<Pointer>();
}

}  // namespace

std::optional<json> parse_object(std::string_view text) {
  auto parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  return parsed;
}

std::optional<std::string> string_member(const json& object, const char* name) {
  const auto* text = member<const json::string_t*>(object, name);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::optional<std::uint64_t> number_member(const json& object, const char* name) {
  const auto* number = member<const json::number_unsigned_t*>(object, name);
  return number == nullptr ? std::nullopt : std::optional<std::uint64_t>(*number);
}

std::optional<bool> bool_member(const json& object, const char* name) {
  const auto* value = member<const json::boolean_t*>(object, name);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::string to_text(const json& json) { return json.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string excerpt(std::string_view text) {
  constexpr std::size_t kBytesMax = 300;
  if (text.size() <= kBytesMax) return printable(text);
  return printable(text.substr(0, kBytesMax)) + "…";
}

}  // namespace blackstart::auction
