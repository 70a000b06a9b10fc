// What a target sends: responses, event streams, read-back lines and ids, recorded arrivals. However the bytes are cut
// into pieces, the answer is the same.

#include "base/check.h"
#include "load/event_stream.h"
#include "load/http_parser.h"
#include "load/replay.h"
#include "load/stored_bid.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace blackstart;

namespace {

struct Seen {
  HttpParser::Progress progress = HttpParser::Progress::kNeedMore;
  int status = 0;
  std::uint64_t body_bytes = 0;
  std::string body;
  std::size_t consumed = 0;
  bool operator==(const Seen&) const = default;
};

Seen parse(std::string_view bytes, std::size_t piece) {
  static const std::vector<std::string> kKept{"content-type"};
  HttpParser parser{&kKept, {.head_bytes_max = 512, .body_bytes_max = 4096, .kept_bytes_max = 64}};
  Seen seen;
  while (seen.progress == HttpParser::Progress::kNeedMore && seen.consumed < bytes.size()) {
    std::size_t taken = 0;
    seen.progress = parser.feed(bytes.substr(seen.consumed, piece), taken);
    BS_CHECK(taken <= piece && (taken > 0 || seen.progress != HttpParser::Progress::kNeedMore));
    seen.consumed += taken;
  }
  if (seen.progress == HttpParser::Progress::kNeedMore) seen.progress = parser.finish();
  if (seen.progress != HttpParser::Progress::kComplete) return {.progress = seen.progress, .body = {}};
  seen.status = parser.status();
  seen.body_bytes = parser.body_bytes();
  seen.body = parser.body();
  BS_CHECK(seen.body.size() <= 64 && seen.body_bytes <= 4096);
  return seen;
}

std::vector<std::string> events(std::string_view bytes, std::size_t piece) {
  EventStream stream;
  std::vector<std::string> all;
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    if (!stream.feed(bytes.substr(at, piece), [&](std::string_view data) { all.emplace_back(data); })) return {};
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::size_t piece = size == 0 ? 1 : 1 + data[0] % 7;
  BS_CHECK(parse(text, text.size() + 1) == parse(text, piece));
  BS_CHECK(events(text, text.size() + 1) == events(text, piece));
  for (const auto& event : events(text, text.size() + 1)) (void)bid_of_event(event);
  static const ContentMaker kContent{7, 100, 1.1, 2};
  (void)read_stored_line(text, "fuzz", kContent);
  (void)read_stored_id(text, std::nullopt, "fuzz", false, kContent);
  (void)read_stored_id(text, text, "fuzz", true, kContent);
  if (const auto arrivals = parse_replay(text, "fuzz.csv"))
    BS_CHECK(std::is_sorted(arrivals->begin(), arrivals->end()));
  return 0;
}
