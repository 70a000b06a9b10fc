// Quantities, base64, histograms and text from anywhere: no input may break more than its own parse, and what is
// accepted must mean the same after a round trip.

#include "base/check.h"
#include "base/histogram.h"
#include "base/text.h"
#include "base/units.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace blackstart;

namespace {

void quantities(std::string_view text) {
  if (const auto length = parse_duration(text)) BS_CHECK(*parse_duration(spell_duration(*length)) == *length);
  if (const auto rate = parse_rate(text)) BS_CHECK(*parse_rate(spell_rate(*rate)) == *rate);
  if (const auto size = parse_size(text)) BS_CHECK(*parse_size(spell_size(*size)) == *size);
  if (const auto share = parse_share(text)) BS_CHECK(*parse_share(spell_share(*share)) == *share);
}

void encodings(std::string_view text) {
  if (const auto bytes = base64_decode(text)) BS_CHECK(base64_encode(*bytes) == text);
  if (const auto histogram = Histogram::decode(text)) {
    BS_CHECK(*Histogram::decode(histogram->encode()) == *histogram);
    BS_CHECK(histogram->percentile(99) <= histogram->max());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  quantities(text);
  encodings(text);
  const auto shown = printable(text);
  BS_CHECK(printable(shown) == shown);
  return 0;
}
