// Journals from anywhere: whatever the bytes, reading them ends with a journal or with an error that names the line,
// and measuring what was read ends with a measurement or an error. The first byte chooses between a file as it is, and
// lines whose chain is made right first, so that the fields behind the hashes are reached.

#include "base/check.h"
#include "rehearsal/journal.h"
#include "rehearsal/measurement.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace blackstart;

namespace {

/// Every line of `text` that is a JSON object with a type, as an event of a whole journal.
std::string chained(std::string_view text) {
  auto writer = *JournalWriter::create("");
  std::int64_t at = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    auto body = Json::parse(text.substr(0, end), nullptr, false);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!body.is_object() || !body.contains("type") || !body["type"].is_string()) continue;
    const std::string type = body["type"];
    for (const char* reserved : {"seq", "t", "wall", "type", "hash"}) body.erase(reserved);
    (void)writer.append(Instant{Duration{at++}}, WallTime{}, type, std::move(body));
  }
  return writer.text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text{reinterpret_cast<const char*>(data), size};
  if (!text.empty() && text.front() == 'c') text = chained(std::string_view{text}.substr(1));
  const auto journal = read_journal(text, "fuzz.jsonl");
  if (journal) (void)measure(Spec{}, journal->events);
  return 0;
}
