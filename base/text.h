#pragma once
// Small text helpers. Pure, no locale.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

/// The candidate nearest to `word` by edit distance (transpositions count one), if near enough to be a plausible
/// slip (distance <= max(1, length / 3)); ties go to the first. Empty optional: nothing is near.
std::optional<std::string> nearest_word(std::string_view word, std::span<const std::string> candidates);

std::string base64_encode(std::span<const unsigned char> bytes);
/// Empty optional when `text` is no valid base64.
std::optional<std::vector<unsigned char>> base64_decode(std::string_view text);

/// Lower-case hexadecimal.
std::string hex(std::span<const unsigned char> bytes);

/// Lower case, runs of other characters than [a-z0-9] become one '-': a file name part.
std::string slug(std::string_view text);

/// Replaces bytes that are no valid UTF-8 by U+FFFD and control characters except \n and \t by '?'.
std::string printable(std::string_view bytes);

}  // namespace blackstart
