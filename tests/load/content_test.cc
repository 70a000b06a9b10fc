#include "load/content.h"

#include "base/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>

namespace blackstart {
namespace {

TEST(Content, CrcIsOfTheTextOfTheProtocol) {
  EXPECT_EQ(bid_crc(42, 7, 1001, 2500), crc32c("42:7:1001:2500"));
  EXPECT_EQ(bid_crc(18446744073709551615ULL, 4294967295U, 4294967295U, -9223372036854775807LL),
            crc32c("18446744073709551615:4294967295:4294967295:-9223372036854775807"));
}

TEST(Content, AttemptsOfABidDifferInIdAndCrcAlone) {
  const ContentMaker maker(5, 100, 1.1, 4);
  const BidContent first = maker.make(9, 0);
  const BidContent third = maker.make(9, 2);
  EXPECT_EQ(first.id, 37U);
  EXPECT_EQ(third.id, 39U);
  EXPECT_EQ(first.auction, third.auction);
  EXPECT_EQ(first.bidder, third.bidder);
  EXPECT_EQ(first.amount, third.amount);
  EXPECT_NE(first.crc, third.crc);
}

TEST(Content, PopularAuctionsGetTheirZipfShare) {
  const ContentMaker maker(5, 2000, 1.1, 1);
  std::map<std::uint32_t, int> hits;
  constexpr int kBids = 200'000;
  for (int bid = 0; bid < kBids; ++bid) ++hits[maker.make(static_cast<std::uint64_t>(bid), 0).auction];
  EXPECT_NEAR(static_cast<double>(hits[1]) / hits[2], std::pow(2, 1.1), 0.2);
  EXPECT_GE(hits.begin()->first, 1U);
  EXPECT_LE(hits.rbegin()->first, 2000U);
}

TEST(Content, AnotherSeedSaysSomethingElse) {
  int same = 0;
  const ContentMaker a(1, 2000, 0, 1);
  const ContentMaker b(2, 2000, 0, 1);
  for (std::uint64_t bid = 0; bid < 1000; ++bid) same += a.make(bid, 0).bidder == b.make(bid, 0).bidder ? 1 : 0;
  EXPECT_LT(same, 5);
}

RC_GTEST_PROP(Content, FollowsFromTheId, (std::uint64_t seed, std::uint32_t bid)) {
  const int attempts = *rc::gen::inRange(1, 6);
  const int attempt = *rc::gen::inRange(0, attempts);
  const ContentMaker maker(seed, 50, 1.1, attempts);
  const BidContent made = maker.make(bid, attempt);
  const BidContent found = maker.of_id(made.id);
  RC_ASSERT(found.id == made.id);
  RC_ASSERT(found.auction == made.auction && found.bidder == made.bidder && found.amount == made.amount);
  RC_ASSERT(found.crc == made.crc);
  RC_ASSERT(made.amount > 0 && made.auction >= 1 && made.auction <= 50);
}

}  // namespace
}  // namespace blackstart
