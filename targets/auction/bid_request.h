#pragma once
// A bid as a bidder sends it: checked, or told what is wrong with it. Pure.

#include <string_view>

#include "base/result.h"
#include "targets/auction/entry.h"

namespace blackstart::auction {

/// The body of POST /auctions/{auction}/bids. Unknown members are ignored; what is missing, of the wrong type or out of
/// range, and a checksum that does not fit, is kInvalid with a message for the sender.
Result<Entry> parse_bid(std::uint32_t auction, std::string_view body);

}  // namespace blackstart::auction
