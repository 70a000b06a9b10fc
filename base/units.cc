#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace blackstart {
namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kTimeUnits = {Unit{"w", 604'800'000'000'000},
                                   Unit{"d", 86'400'000'000'000},
                                   Unit{"h", 3'600'000'000'000},
                                   Unit{"m", 60'000'000'000},
                                   Unit{"s", 1'000'000'000},
                                   Unit{"ms", 1'000'000},
                                   Unit{"us", 1'000},
                                   Unit{"ns", 1}};
constexpr std::array kSizeUnits = {Unit{"TiB", 1ULL << 40},
                                   Unit{"TB", 1'000'000'000'000},
                                   Unit{"GiB", 1ULL << 30},
                                   Unit{"GB", 1'000'000'000},
                                   Unit{"MiB", 1ULL << 20},
                                   Unit{"MB", 1'000'000},
                                   Unit{"KiB", 1ULL << 10},
                                   Unit{"KB", 1'000},
                                   Unit{"B", 1}};
constexpr std::array kRateUnits = {Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}};

constexpr std::size_t kFractionDigitsMost = 20;  // 10^20 times any unit's factor still fits 128 bits

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A decimal number as written: "12", "0.5". No sign, no exponent, a digit on both sides of the point.
struct Decimal {
  std::string_view whole;
  std::string_view fraction;
};

std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal number{take_digits(text), {}};
  if (number.whole.empty()) return std::nullopt;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    number.fraction = take_digits(text);
    if (number.fraction.empty()) return std::nullopt;
  }
  return number;
}

std::string_view take_letters(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
  const auto letters = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(letters.size());
  return letters;
}

enum class Scaled { kFits, kTooLarge, kTooFine };

/// number * factor as an integer, exactly: what is no whole multiple of the smallest unit is kTooFine.
Scaled scale(const Decimal& number, std::uint64_t factor, std::uint64_t limit, std::uint64_t& result) {
  Wide total = 0;
  for (const char digit : number.whole) {
    total = total * 10 + static_cast<unsigned>(digit - '0');
    if (total > limit) return Scaled::kTooLarge;
  }
  const auto digits = number.fraction.substr(0, number.fraction.find_last_not_of('0') + 1);
  if (digits.size() > kFractionDigitsMost) return Scaled::kTooFine;
  Wide parts = 0;
  Wide parts_of = 1;
  for (const char digit : digits) {
    parts = parts * 10 + static_cast<unsigned>(digit - '0');
    parts_of *= 10;
  }
  if (parts * factor % parts_of != 0) return Scaled::kTooFine;
  total = total * factor + parts * factor / parts_of;
  if (total > limit) return Scaled::kTooLarge;
  result = static_cast<std::uint64_t>(total);
  return Scaled::kFits;
}

double to_double(const Decimal& number, int power_of_ten) {
  const auto text =
      fmt::format("{}.{}e{}", number.whole, number.fraction.empty() ? "0" : number.fraction, power_of_ten);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);  // correctly rounded, where a division would not be
  return value;
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : &*found;
}

Error no_duration(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalid,
              fmt::format("'{}' is not a duration: {}; write for example 250us, 10ms, 30s, 5m30s, 4h, 7d", text, why));
}
Error no_rate(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalid,
              fmt::format("'{}' is not a rate: {}; write for example 10000/s, 10k/s, 600/m, 1/h", text, why));
}
Error no_size(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalid,
              fmt::format("'{}' is not a size: {}; write for example 512B, 4KiB, 1MB, 2GiB", text, why));
}
Error no_share(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kInvalid,
              fmt::format("'{}' is not a share: {}; write for example 99.9%, from 0% to 100%", text, why));
}

/// The shortest decimal spelling, never with an exponent.
std::string shortest(double value) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr;
  return {buffer.data(), end};
}

/// "7.412 s" from 7412 thousandths: up to four significant digits, no trailing zeros.
std::string with_unit(std::uint64_t value, std::uint64_t unit, std::string_view name) {
  const double in_units = static_cast<double>(value) / static_cast<double>(unit);
  const int decimals = in_units < 10 ? 3 : in_units < 100 ? 2 : 1;
  auto text = fmt::format("{:.{}f}", in_units, decimals);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return fmt::format("{} {}", text, name);
}

std::string human_magnitude(std::uint64_t ns) {
  if (ns < 1'000) return fmt::format("{} ns", ns);
  if (ns < 999'950) return with_unit(ns, 1'000, "us");  // 999.95 would be printed as 1000.0 of the unit below
  if (ns < 999'950'000) return with_unit(ns, 1'000'000, "ms");
  if (ns < 59'995'000'000) return with_unit(ns, 1'000'000'000, "s");
  const auto seconds = ns / 1'000'000'000 + (ns % 1'000'000'000 >= 500'000'000 ? 1 : 0);
  if (seconds < 3'600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  const auto minutes = seconds / 60 + (seconds % 60 >= 30 ? 1 : 0);
  if (minutes < 24 * 60) return fmt::format("{}h {:02}m", minutes / 60, minutes % 60);
  const auto hours = minutes / 60 + (minutes % 60 >= 30 ? 1 : 0);
  return fmt::format("{}d {:02}h", hours / 24, hours % 24);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t total = 0;
  const Unit* last = nullptr;
  bool whole = true;
  auto rest = text;
  if (rest.empty()) return no_duration(text, "it is empty");
  while (!rest.empty()) {
    const auto number = take_decimal(rest);
    if (!number) return no_duration(text, "a number was expected");
    const auto name = take_letters(rest);
    if (name.empty()) return no_duration(text, "the unit is missing (ns us ms s m h d w)");
    const auto* unit = find_unit(kTimeUnits, name);
    if (unit == nullptr) return no_duration(text, fmt::format("'{}' is not one of ns us ms s m h d w", name));
    if (last != nullptr && unit <= last) return no_duration(text, "units must be given once, largest first");
    if (!whole) return no_duration(text, "only the last number may have a fraction");
    std::uint64_t part = 0;
    const auto scaled = scale(*number, unit->factor, kMost - total, part);
    if (scaled == Scaled::kTooLarge) return no_duration(text, "it is longer than 292 years");
    if (scaled == Scaled::kTooFine) return no_duration(text, "it is finer than a nanosecond");
    total += part;
    whole = number->fraction.empty();
    last = unit;
  }
  return Duration{static_cast<std::int64_t>(total)};
}

Result<Rate> parse_rate(std::string_view text) {
  auto rest = text;
  const auto number = take_decimal(rest);
  if (!number) return no_rate(text, "a number was expected");
  int power = 0;
  if (!rest.empty() && (rest.front() == 'k' || rest.front() == 'M')) {
    power = rest.front() == 'k' ? 3 : 6;
    rest.remove_prefix(1);
  }
  if (rest.empty() || rest.front() != '/') return no_rate(text, "the unit is missing (/s, /m or /h)");
  const auto* unit = find_unit(kRateUnits, rest.substr(1));
  if (unit == nullptr) return no_rate(text, fmt::format("'{}' is not one of /s /m /h", rest));
  return Rate{to_double(*number, power) / static_cast<double>(unit->factor)};
}

Result<ByteSize> parse_size(std::string_view text) {
  auto rest = text;
  const auto number = take_decimal(rest);
  if (!number) return no_size(text, "a number was expected");
  if (rest.empty()) return no_size(text, "the unit is missing (B KB MB GB TB KiB MiB GiB TiB)");
  const auto* unit = find_unit(kSizeUnits, rest);
  if (unit == nullptr) return no_size(text, fmt::format("'{}' is not one of B KB MB GB TB KiB MiB GiB TiB", rest));
  std::uint64_t bytes = 0;
  const auto scaled = scale(*number, unit->factor, std::numeric_limits<std::uint64_t>::max(), bytes);
  if (scaled == Scaled::kTooLarge) return no_size(text, "it is larger than 2^64 bytes");
  if (scaled == Scaled::kTooFine) return no_size(text, "it is no whole number of bytes");
  return ByteSize{bytes};
}

Result<Share> parse_share(std::string_view text) {
  auto rest = text;
  const auto number = take_decimal(rest);
  if (!number) return no_share(text, "a number was expected");
  if (rest.empty()) return no_share(text, "the '%' is missing");
  if (rest != "%") return no_share(text, fmt::format("'{}' is not '%'", rest));
  const Share share{to_double(*number, -2)};
  if (share.value > 1) return no_share(text, "it is above 100%");
  return share;
}

std::string spell_duration(Duration length) {
  const bool negative = length < Duration::zero();
  auto left = negative ? 0 - static_cast<std::uint64_t>(length.count()) : static_cast<std::uint64_t>(length.count());
  if (left == 0) return "0s";
  std::string text = negative ? "-" : "";
  for (const auto& unit : kTimeUnits) {
    if (left < unit.factor) continue;
    text += fmt::format("{}{}", left / unit.factor, unit.name);
    left %= unit.factor;
  }
  return text;
}

std::string spell_rate(Rate rate) {
  for (const auto& unit : kRateUnits) {
    const auto factor = static_cast<double>(unit.factor);
    const double events = std::round(rate.per_second * factor);
    if (events <= 1e15 && events / factor == rate.per_second) return fmt::format("{:.0f}/{}", events, unit.name);
  }
  return shortest(rate.per_second) + "/s";
}

std::string spell_size(ByteSize size) {
  std::string best = fmt::format("{}B", size.bytes);
  if (size.bytes == 0) return best;
  for (const auto& unit : kSizeUnits) {
    if (size.bytes % unit.factor != 0) continue;
    auto text = fmt::format("{}{}", size.bytes / unit.factor, unit.name);
    if (text.size() < best.size()) best = std::move(text);
  }
  return best;
}

std::string spell_share(Share share) {
  auto text = shortest(share.value);
  auto point = text.find('.');
  if (point == std::string::npos) {
    point = text.size();
    text += '.';
  }
  while (text.size() < point + 3) text += '0';
  text.erase(point, 1);
  text.insert(point + 2, ".");  // two places to the right: the digits stay those of the exact value
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  const auto first = std::min(text.find_first_not_of('0'), text.size());
  text.erase(0, first);
  if (text.empty() || text.front() == '.') text.insert(0, "0");
  return text + "%";
}

std::string human_duration(Duration length) {
  if (length < Duration::zero()) return "-" + human_magnitude(0 - static_cast<std::uint64_t>(length.count()));
  return human_magnitude(static_cast<std::uint64_t>(length.count()));
}

std::string human_count(std::uint64_t count) {
  auto text = fmt::format("{}", count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

}  // namespace blackstart
