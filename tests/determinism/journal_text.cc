#include "tests/determinism/journal_text.h"

#include "base/hash.h"
#include "base/text.h"
#include "rehearsal/journal.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <string_view>

namespace blackstart::testing {
namespace {

constexpr std::size_t kShown = 600;       // bytes of a line in a message
constexpr std::size_t kWrapperBytes = 8;  // cookie and length before a histogram's deflate stream
constexpr std::size_t kPayloadMost = 1 << 20;

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

/// From a little before the first byte that differs.
std::string shown(std::string_view line, std::size_t differs_at) {
  const std::size_t begin = differs_at > kShown / 2 ? differs_at - kShown / 2 : 0;
  const std::string text(line.substr(begin, kShown));
  return (begin > 0 ? "…" : "") + text + (begin + kShown < line.size() ? "…" : "");
}

/// What a histogram's text holds, uncompressed.
std::string payload_of(const std::string& base64) {
  const auto bytes = base64_decode(base64);
  if (!bytes || bytes->size() < kWrapperBytes) return "no histogram: " + base64;
  std::string payload(kPayloadMost, '\0');
  uLongf size = payload.size();
  const int outcome = uncompress(reinterpret_cast<Bytef*>(payload.data()), &size, bytes->data() + kWrapperBytes,
                                 bytes->size() - kWrapperBytes);
  if (outcome != Z_OK) return "no histogram: " + base64;
  payload.resize(size);
  return payload;
}

void digest_line(std::string_view line, Sha256& sha256) {
  Json event = Json::parse(line);
  for (const char* words : {"hash", "scenario", "target", "scenario_sha256", "target_sha256", "tool"})
    event.erase(words);
  for (const char* histogram : {"latency", "service_time", "lateness", "delay"}) {
    const auto found = event.find(histogram);
    if (found == event.end() || !found->is_string()) continue;
    sha256.update(payload_of(found->get<std::string>()));
    event.erase(histogram);
  }
  sha256.update(event.dump());
  sha256.update("\n");
}

}  // namespace

std::optional<Difference> first_difference(const std::string& left, const std::string& right) {
  std::string_view a = left, b = right;
  for (std::size_t number = 1; !a.empty() || !b.empty(); ++number) {
    const std::string_view one = next_line(a), other = next_line(b);
    if (one == other) continue;
    const auto parts = std::mismatch(
        one.begin(), one.begin() + static_cast<std::ptrdiff_t>(std::min(one.size(), other.size())), other.begin());
    const auto at = static_cast<std::size_t>(parts.first - one.begin());
    return Difference{number, shown(one, at), shown(other, at)};
  }
  return std::nullopt;
}

std::string tell(const Difference& difference, const std::string& command) {
  return fmt::format("the same seed gave two journals; play it again with\n  {}\nthey part in line {}:\n  {}\n  {}\n",
                     command, difference.line, difference.left, difference.right);
}

std::string digest_of(const std::string& journal) {
  Sha256 sha256;
  std::string_view rest = journal;
  while (!rest.empty()) digest_line(next_line(rest), sha256);
  return sha256.finish_hex();
}

}  // namespace blackstart::testing
