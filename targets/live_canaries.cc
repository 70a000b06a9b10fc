#include "targets/live_canaries.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace blackstart {
namespace {

constexpr std::uint64_t kRowMost = 10'000'000;  // numbers in one printed row

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

/// `name` of a canary may hold anything: quoted for the shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<Observation> write_canary_by_command(Shell& shell, const Canary& canary, std::uint64_t number, WallTime now,
                                            const BlockingLimit& limit) {
  const std::string text = fmt::format("export BLACKSTART_CANARY={} BLACKSTART_RECORD={} BLACKSTART_WRITTEN={}\n{}",
                                       quoted(canary.name), number, format_wall(now), canary.write.what);
  const auto result = shell.run(text, "canary " + canary.name, {}, limit);
  if (!result) return result.error();
  return Observation{result->succeeded(), fmt::format("the write ended with status {}", result->status)};
}

Result<std::vector<std::uint64_t>> read_canary_by_command(Shell& shell, const Canary& canary, std::uint64_t from,
                                                          const BlockingLimit& limit) {
  const std::string text =
      fmt::format("export BLACKSTART_CANARY={} BLACKSTART_FROM={}\n{}", quoted(canary.name), from, canary.read.what);
  const auto result = shell.run(text, "canary " + canary.name, {}, limit);
  if (!result) return result.error();
  if (!result->succeeded())
    return fail(ErrorCode::kFailed, fmt::format("reading the canary {} ended with status {}: {}", canary.name,
                                                result->status, trim(result->output).substr(0, 200)));
  return parse_canary_numbers(result->output, from);
}

Result<std::vector<std::uint64_t>> parse_canary_numbers(std::string_view output, std::uint64_t from) {
  std::vector<std::uint64_t> numbers;
  for (const std::string_view line : split(output, '\n')) {
    const std::string_view text = trim(line);
    if (text.empty()) continue;
    const auto dash = text.find('-');
    const auto first = whole_number(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : whole_number(text.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first > kRowMost)
      return fail(ErrorCode::kProtocol,
                  fmt::format("a canary's read printed \"{}\"; print one number a line, or a row as 12-90",
                              text.substr(0, 80)));
    for (std::uint64_t number = std::max(*first, from); number <= *last; ++number) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace blackstart
