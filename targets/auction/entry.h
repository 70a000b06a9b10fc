#pragma once
// What the store holds: bids, and the closings of auctions' rounds, in one log. Values, and their text on the wire
// between api, primary and standby. Pure.
//
// A batch is lines of decimal numbers with one space between. "d NAME" says which drill the lines after it belong to
// (NAME empty: none). A line to append is "id auction bidder amount crc round"; one of the log has "position at_ns" in
// front. round 0 is a bid; any other closes that round of the auction: id, bidder and amount are the winner's (id 0:
// nobody bid).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace blackstart::auction {

struct Entry {
  std::uint64_t position = 0;  // in the log, from 1; 0 until the store gives it
  std::int64_t at_ns = 0;      // wall clock of the primary that took it
  std::uint64_t id = 0;
  std::uint32_t auction = 0;
  std::uint32_t bidder = 0;
  std::int64_t amount = 0;  // cents
  std::uint32_t crc = 0;
  std::uint64_t round = 0;
  std::uint32_t drill = 0;  // index into the batch's names

  [[nodiscard]] bool is_closing() const { return round != 0; }
  friend bool operator==(const Entry&, const Entry&) = default;
};

struct Batch {
  std::vector<std::string> drills;
  std::vector<Entry> entries;

  /// The index of `drill`, added when new. The last one asked for is found at once.
  std::uint32_t drill_index(std::string_view drill);
  void clear();
};

enum class LineForm { kAppend, kLog };

std::string encode(const Batch& batch, LineForm form);
/// All lines or none: the error names the first line that is none.
Result<Batch> decode(std::string_view text, LineForm form);

/// What a drill may be called: at most 128 of [A-Za-z0-9._:-], or nothing.
bool valid_drill_name(std::string_view name);

/// CRC-32C of "id:auction:bidder:amount", as the bid protocol has it.
std::uint32_t entry_crc(const Entry& entry);

/// One line of the read-back, with its newline.
void append_read_back_line(std::string& out, const Entry& entry);

}  // namespace blackstart::auction
