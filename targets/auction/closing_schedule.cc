#include "targets/auction/closing_schedule.h"

#include <algorithm>

#include "base/check.h"

namespace blackstart::auction {

namespace {

// Nanoseconds since 1970 times a million auctions do not fit 64 bits.
__extension__ using Wide = __int128;

}  // namespace

ClosingSchedule::ClosingSchedule(std::uint32_t auctions, std::chrono::nanoseconds length)
    : auctions_(auctions), length_ns_(length.count()) {
  BS_CHECK(auctions_ >= 1 && length_ns_ >= 1'000'000);
}

// All closings in one row: number n is of auction n % auctions + 1, round n / auctions, and is due at n * length /
// auctions.
std::int64_t ClosingSchedule::time_of(std::int64_t number) const {
  return static_cast<std::int64_t>((Wide{number} * length_ns_ + auctions_ - 1) / auctions_);
}

std::int64_t ClosingSchedule::ended_by(std::int64_t at_ns) const {
  return static_cast<std::int64_t>(Wide{at_ns} * auctions_ / length_ns_);
}

std::vector<Entry> ClosingSchedule::due(std::int64_t from_ns, std::int64_t until_ns, std::size_t limit) const {
  std::vector<Entry> closings;
  const auto last = ended_by(until_ns);
  for (auto number = ended_by(from_ns) + 1; number <= last && closings.size() < limit; ++number) {
    Entry closing;
    closing.auction = static_cast<std::uint32_t>(number % auctions_) + 1;
    closing.round = static_cast<std::uint64_t>(number / auctions_);
    closings.push_back(closing);
  }
  return closings;
}

std::int64_t ClosingSchedule::end_ns(const Entry& closing) const {
  return time_of(static_cast<std::int64_t>(closing.round) * auctions_ + closing.auction - 1);
}

}  // namespace blackstart::auction
