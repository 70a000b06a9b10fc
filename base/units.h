#pragma once
// Quantities as users write them, and as reports print them. Parsing is strict: a number without its unit is an error
// (0 too, except that "0s" is fine). Deterministic, no locale.

#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace blackstart {

/// Events per second; finite and >= 0.
struct Rate {
  double per_second = 0;
  friend constexpr auto operator<=>(Rate, Rate) = default;
};
/// Bytes.
struct ByteSize {
  std::uint64_t bytes = 0;
  friend constexpr auto operator<=>(ByteSize, ByteSize) = default;
};
/// A share of a whole, 0..1 (written 0%..100%).
struct Share {
  double value = 0;
  friend constexpr auto operator<=>(Share, Share) = default;
};

/// "250us" "10ms" "30s" "5m30s" "4h" "7d" "1w" "0s", "1.5s"; units ns us ms s m h d w, each at most once, descending.
Result<Duration> parse_duration(std::string_view text);
/// "10000/s" "600/m" "1/h"; suffixes k and M on the number ("10k/s").
Result<Rate> parse_rate(std::string_view text);
/// "512B" "4KiB" "1MB" "1GiB" (KB MB GB TB are powers of 1000, KiB MiB GiB TiB of 1024).
Result<ByteSize> parse_size(std::string_view text);
/// "99%" "99.9%" "0.1%", from 0% to 100%.
Result<Share> parse_share(std::string_view text);

/// Shortest exact spelling that parse_duration takes back: "5m30s", "250us", "4h".
std::string spell_duration(Duration length);
std::string spell_rate(Rate rate);
std::string spell_size(ByteSize size);
std::string spell_share(Share share);

/// For people, 3 to 4 significant digits: "312 us", "7.412 s", "2m 05s", "4h 00m". Negative lengths keep their sign.
std::string human_duration(Duration length);
/// "1,234,567".
std::string human_count(std::uint64_t count);

}  // namespace blackstart
