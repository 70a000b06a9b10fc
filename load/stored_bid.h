#pragma once
// Reading one stored bid: a line of the protocol's read-back, an id and checksum of another API. Pure.

#include "load/content.h"
#include "load/reconcile.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace blackstart {

enum class LineKind {
  kBid,        // `bid` is filled
  kForeign,    // of another drill: no concern of ours
  kMalformed,  // no stored bid at all: the read-back cannot be trusted
};
struct ReadLine {
  LineKind kind = LineKind::kMalformed;
  StoredBid bid;
};

/// {"id":"…","auction":…,"bidder":…,"amount":…,"crc":…}, in any order of keys, further keys ignored; "drill" tells
/// other drills' bids apart. The usual spelling is read without allocation.
ReadLine read_stored_line(std::string_view line, std::string_view drill_id, const ContentMaker& content);

/// An id as another API shows it: "<drill id>-<id>" (any one character between), or, where `plain` ids were sent,
/// digits. `crc` where the API tells it. Text that holds no id of this drill is foreign.
ReadLine read_stored_id(std::string_view id, std::optional<std::string_view> crc, std::string_view drill_id, bool plain,
                        const ContentMaker& content);

}  // namespace blackstart
