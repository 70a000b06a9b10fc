// What the embedded platform takes from strangers and from its own peers: bids, batches, urls.

#include "base/check.h"
#include "targets/auction/bid_request.h"
#include "targets/auction/entry.h"
#include "targets/auction/http.h"
#include "targets/auction/json_text.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace blackstart::auction;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto bid = parse_bid(7, text)) {
    BS_CHECK(bid->crc == entry_crc(*bid));
    std::string line;
    append_read_back_line(line, *bid);
    BS_CHECK(parse_object(line).has_value());
  }
  for (const LineForm form : {LineForm::kAppend, LineForm::kLog}) {
    if (const auto batch = decode(text, form)) {
      const auto again = decode(encode(*batch, form), form);
      BS_CHECK(again.has_value() && again->entries.size() == batch->entries.size());
      BS_CHECK(encode(*again, form) == encode(*batch, form));
    }
  }
  if (const auto url = parse_url(text)) BS_CHECK(parse_url(url->to_string()) == url);
  Request request;
  request.target = text;
  (void)request.query("after");
  (void)excerpt(text);
  return 0;
}
