#pragma once
// When auctions' rounds end: every auction once in `length`, all of them evenly staggered, counted from 1970 by the
// wall clock, so that nothing needs to be remembered to know what is due. Pure.

#include <chrono>
#include <cstdint>
#include <vector>

#include "targets/auction/entry.h"

namespace blackstart::auction {

class ClosingSchedule {
 public:
  /// auctions >= 1, length >= 1 ms.
  ClosingSchedule(std::uint32_t auctions, std::chrono::nanoseconds length);

  /// Rounds that end after `from` and not after `until` (both unix, ns, from the year 1971 on), in order of time, at
  /// most `limit` of them.
  [[nodiscard]] std::vector<Entry> due(std::int64_t from_ns, std::int64_t until_ns, std::size_t limit) const;
  /// When the round of a closing that due() gave ends.
  [[nodiscard]] std::int64_t end_ns(const Entry& closing) const;

 private:
  [[nodiscard]] std::int64_t ended_by(std::int64_t at_ns) const;
  [[nodiscard]] std::int64_t time_of(std::int64_t number) const;

  std::int64_t auctions_;
  std::int64_t length_ns_;
};

}  // namespace blackstart::auction
