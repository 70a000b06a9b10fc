#include "load/content.h"

#include "base/check.h"
#include "base/hash.h"

#include <charconv>
#include <string_view>

namespace blackstart {
namespace {

constexpr std::uint32_t kBidders = 1'000'000;
constexpr std::int64_t kAmountLowest = 100;
constexpr std::uint64_t kAmountSteps = 1'000'000;

}  // namespace

ContentMaker::ContentMaker(std::uint64_t seed, std::uint32_t auctions, double zipf, int attempts_max)
    : seed_(mix64(seed ^ hash64("load.content"))), attempts_max_(attempts_max), auctions_(auctions, zipf) {
  BS_CHECK(attempts_max >= 1);
}

BidContent ContentMaker::make(std::uint64_t bid, int attempt) const {
  const std::uint64_t first = mix64(seed_ ^ bid);
  const std::uint64_t second = mix64(first);
  BidContent content;
  content.id = 1 + bid * static_cast<std::uint64_t>(attempts_max_) + static_cast<std::uint64_t>(attempt);
  content.auction = auctions_.draw(first) + 1;
  content.bidder = static_cast<std::uint32_t>((second >> 32) % kBidders) + 1;
  content.amount = kAmountLowest + static_cast<std::int64_t>((second & 0xffffffffU) % kAmountSteps);
  content.crc = bid_crc(content.id, content.auction, content.bidder, content.amount);
  return content;
}

BidContent ContentMaker::of_id(std::uint64_t id) const {
  BS_CHECK(id >= 1);
  const auto attempts = static_cast<std::uint64_t>(attempts_max_);
  return make((id - 1) / attempts, static_cast<int>((id - 1) % attempts));
}

std::uint32_t bid_crc(std::uint64_t id, std::uint32_t auction, std::uint32_t bidder, std::int64_t amount) {
  char text[20 + 1 + 10 + 1 + 10 + 1 + 20];
  char* const end = text + sizeof text;
  char* at = std::to_chars(text, end, id).ptr;
  *at++ = ':';
  at = std::to_chars(at, end, auction).ptr;
  *at++ = ':';
  at = std::to_chars(at, end, bidder).ptr;
  *at++ = ':';
  at = std::to_chars(at, end, amount).ptr;
  return crc32c(std::string_view(text, static_cast<std::size_t>(at - text)));
}

}  // namespace blackstart
