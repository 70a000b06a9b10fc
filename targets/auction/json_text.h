#pragma once
// Reading and writing JSON that others had a hand in: a member of another type is a member that is not there, and
// bytes that are no UTF-8 are replaced. Nothing here throws.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace blackstart::auction {

/// Nothing where `text` is no JSON object.
std::optional<nlohmann::json> parse_object(std::string_view text);
std::optional<std::string> string_member(const nlohmann::json& object, const char* name);
std::optional<std::uint64_t> number_member(const nlohmann::json& object, const char* name);
std::optional<bool> bool_member(const nlohmann::json& object, const char* name);

std::string to_text(const nlohmann::json& json);
/// What another program said, short enough for a message.
std::string excerpt(std::string_view text);

}  // namespace blackstart::auction
