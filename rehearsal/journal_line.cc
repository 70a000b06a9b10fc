#include "rehearsal/journal_line.h"

#include "base/check.h"
#include "base/hash.h"

#include <charconv>
#include <chrono>

namespace blackstart {
namespace {

constexpr std::string_view kHashOpen = ",\"hash\":\"";
constexpr std::string_view kHashClose = "\"}";
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kHashLength = kHashOpen.size() + kHashDigits + kHashClose.size();

/// The decimal number that fills `text`; -1 for anything else.
int number(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && text.front() != '-' ? value : -1;
}

}  // namespace

std::string journal_line_without_hash(const Event& event) {
  for (const char* key : {"seq", "t", "wall", "type", "hash"}) BS_CHECK_MESSAGE(!event.body.contains(key), key);
  Json line = {{"seq", event.seq}, {"t", to_ns(event.at)}, {"wall", format_wall(event.wall)}, {"type", event.type}};
  for (const auto& [key, value] : event.body.items()) line[key] = value;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string journal_hash(std::string_view head, std::string_view line_without_hash) {
  Sha256 hash;
  hash.update(head);
  hash.update(line_without_hash);
  return hash.finish_hex();
}

std::string journal_line(std::string_view line_without_hash, std::string_view hash) {
  std::string line(line_without_hash.substr(0, line_without_hash.size() - 1));
  line += kHashOpen;
  line += hash;
  line += kHashClose;
  return line;
}

std::optional<JournalLineParts> split_journal_line(std::string_view line) {
  if (line.size() <= kHashLength || !line.ends_with(kHashClose)) return std::nullopt;
  const std::size_t cut = line.size() - kHashLength;
  if (line.substr(cut, kHashOpen.size()) != kHashOpen) return std::nullopt;
  return JournalLineParts{std::string(line.substr(0, cut)) + '}', line.substr(cut + kHashOpen.size(), kHashDigits)};
}

WallTime journal_wall(WallTime at) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  const auto below = ((at.unix_ns % kMillisecond) + kMillisecond) % kMillisecond;
  return {at.unix_ns - below};
}

std::optional<WallTime> parse_journal_wall(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i)
    if (kShape[i] != 'd' && kShape[i] != text[i]) return std::nullopt;
  const auto part = [text](std::size_t begin, std::size_t length) { return number(text.substr(begin, length)); };
  const int year = part(0, 4), month = part(5, 2), day = part(8, 2);
  const int hour = part(11, 2), minute = part(14, 2), second = part(17, 2), millisecond = part(20, 3);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (year < 0 || month < 0 || day < 0 || !date.ok()) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || millisecond < 0)
    return std::nullopt;
  const auto at = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                  std::chrono::seconds{second} + std::chrono::milliseconds{millisecond};
  return WallTime{std::chrono::nanoseconds{at.time_since_epoch()}.count()};
}

}  // namespace blackstart
