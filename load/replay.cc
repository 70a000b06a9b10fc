#include "load/replay.h"

#include "base/text.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <fstream>
#include <sstream>

namespace blackstart {
namespace {

constexpr double kLongestS = 1e9;

Result<double> parse_seconds(std::string_view field, const std::string& where) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), seconds);
  if (field.empty() || error != std::errc{} || end != field.data() + field.size() || !(seconds >= 0) ||
      seconds > kLongestS) {
    return fail(
        ErrorCode::kInvalid,
        fmt::format("\"{}\" is no time of arrival; expected seconds from the start, as 12.345", printable(field)),
        where);
  }
  return seconds;
}

}  // namespace

Result<std::vector<Duration>> parse_replay(std::string_view text, const std::string& name) {
  std::vector<Duration> arrivals;
  std::size_t number = 0;
  bool heading_allowed = true;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    const bool heading = heading_allowed && std::isalpha(static_cast<unsigned char>(line.front())) != 0;
    heading_allowed = false;
    if (heading) continue;
    const std::string where = fmt::format("{}:{}", name, number);
    BS_ASSIGN(const double seconds, parse_seconds(trim(line.substr(0, line.find(','))), where));
    const Duration at = from_seconds(seconds);
    if (!arrivals.empty() && at < arrivals.back()) {
      return fail(ErrorCode::kInvalid,
                  fmt::format("the arrival at {} s is before the one above it; sort the file by time", seconds), where);
    }
    arrivals.push_back(at);
  }
  if (arrivals.empty())
    return fail(ErrorCode::kInvalid, "it holds no arrival; expected one a line, in seconds from the start", name);
  return arrivals;
}

Result<std::vector<Duration>> read_replay_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || text.fail()) {
    return fail(ErrorCode::kNotFound, fmt::format("could not read the arrivals to replay from {}", path));
  }
  return parse_replay(text.str(), path);
}

}  // namespace blackstart
