#include "scenarios/samples.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>

namespace blackstart {
namespace {

/// A day is more than any of them takes; beyond 292 years nanoseconds run over.
constexpr double kSecondsMost = 1e9;

std::optional<Duration> parse_sample(std::string_view text) {
  if (const auto length = parse_duration(text)) return *length;
  double seconds = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kSecondsMost) return std::nullopt;
  return from_seconds(seconds);
}

}  // namespace

Result<std::vector<Duration>> read_samples(const std::string& file) {
  std::ifstream stream{file};
  if (!stream) return fail(ErrorCode::kNotFound, fmt::format("there is no file {} that can be read", file));
  std::vector<Duration> samples;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    const std::string_view text = trim(line);
    if (text.empty() || text.starts_with('#')) continue;
    const auto sample = parse_sample(text);
    if (!sample) {
      return fail(ErrorCode::kInvalid,
                  fmt::format("line {} of {} is \"{}\", which is no time such as 12ms, or 0.012 in "
                              "seconds",
                              number, file, printable(text.substr(0, 40))));
    }
    samples.push_back(*sample);
  }
  if (samples.empty()) return fail(ErrorCode::kInvalid, fmt::format("{} holds no samples", file));
  return samples;
}

}  // namespace blackstart
