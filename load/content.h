#pragma once
// What a bid says, as a function of (seed, id): auction, bidder, amount, checksum. Never stored, always derived. Pure.

#include "base/random.h"

#include <cstdint>
#include <string>

namespace blackstart {

struct BidContent {
  std::uint64_t id = 0;       // of the attempt: 1 + bid * attempts_max + attempt
  std::uint32_t auction = 0;  // from 1
  std::uint32_t bidder = 0;
  std::int64_t amount = 0;  // cents
  std::uint32_t crc = 0;    // CRC-32C of "id:auction:bidder:amount"
};

class ContentMaker {
 public:
  ContentMaker(std::uint64_t seed, std::uint32_t auctions, double zipf, int attempts_max);
  /// All attempts of a bid say the same but for id and crc.
  [[nodiscard]] BidContent make(std::uint64_t bid, int attempt) const;
  [[nodiscard]] BidContent of_id(std::uint64_t id) const;
  [[nodiscard]] int attempts_max() const { return attempts_max_; }

 private:
  std::uint64_t seed_;
  int attempts_max_;
  ZipfTable auctions_;
};

/// CRC-32C of the ASCII text "id:auction:bidder:amount".
std::uint32_t bid_crc(std::uint64_t id, std::uint32_t auction, std::uint32_t bidder, std::int64_t amount);

}  // namespace blackstart
