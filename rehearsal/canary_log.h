#pragma once
// What became of a canary's records while the drill runs: written, confirmed, read. Pure: time comes in. Numbers count
// from 1 without a gap.

#include "base/time.h"
#include "rehearsal/journal.h"
#include "scenarios/spec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blackstart {

struct CanaryRecord {
  std::uint64_t number = 0;
  Instant written;            // when its write began
  bool confirmed = false;     // the target said that it is stored
  Instant readable = kNever;  // first seen by a read
};

class CanaryLog {
 public:
  explicit CanaryLog(Canary canary) : canary_(std::move(canary)) {}

  [[nodiscard]] const Canary& canary() const { return canary_; }
  /// The next record's number; its write begins at `now`.
  std::uint64_t begin_write(Instant now);
  void end_write(std::uint64_t number, bool confirmed);
  /// `numbers` were read at `now`.
  void read(const std::vector<std::uint64_t>& numbers, Instant now);
  /// From where a read is worth making: the oldest record that was not read; among the last few alone where not
  /// `everything`. Empty: there is nothing to read.
  [[nodiscard]] std::optional<std::uint64_t> unread(bool everything) const;

  /// Records that are news for the journal: read, or not read within the canary's `within`. Each is given out once for
  /// each of the two.
  std::vector<CanaryRecord> take_news(Instant now);

  /// How many records in a row, all written at or after `since`, were written and read: the longest such row.
  [[nodiscard]] std::uint64_t row_since(Instant since) const;
  /// Whether the newest records, for as long as `hold` and all written at or after `since`, were read in time.
  [[nodiscard]] bool good_for(Duration hold, Instant since, Instant now) const;
  [[nodiscard]] const std::vector<CanaryRecord>& records() const { return records_; }

 private:
  Canary canary_;
  std::vector<CanaryRecord> records_;
  std::vector<std::uint64_t> read_;  // since the last news
  std::uint64_t oldest_unread_ = 1;
  std::uint64_t open_ = 0;       // the record that is being written
  std::uint64_t next_late_ = 1;  // whose time to be read is looked at next
};

/// {first, last} of each row of numbers. REQUIRES: ascending.
Json number_rows(const std::vector<std::uint64_t>& numbers);
/// A record as canary.interval has it: [number, written_ns, confirmed, readable_ns].
Json to_json(const CanaryRecord& record);

}  // namespace blackstart
