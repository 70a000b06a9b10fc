#include "base/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>

namespace blackstart {
namespace {

TEST(hash, sha256_of_fips_180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

RC_GTEST_PROP(hash_property, sha256_in_pieces_is_sha256_of_the_whole, (const std::string& a, const std::string& b)) {
  Sha256 digest;
  digest.update(a);
  auto moved = std::move(digest);
  moved.update(b);
  RC_ASSERT(moved.finish_hex() == sha256_hex(a + b));
}

TEST(hash, crc32c_of_rfc_3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(""), 0U);
}

RC_GTEST_PROP(hash_property, crc_instructions_agree_with_the_tables, (const std::string& bytes, std::uint32_t crc)) {
  RC_ASSERT(crc32c(bytes, crc) == crc32c_without_instructions(bytes, crc));
}

RC_GTEST_PROP(hash_property, crc_in_pieces_is_crc_of_the_whole, (const std::string& a, const std::string& b)) {
  RC_ASSERT(crc32c(b, crc32c(a)) == crc32c(a + b));
}

RC_GTEST_PROP(hash_property, one_flipped_bit_changes_the_crc, (std::string bytes, std::size_t at, int bit)) {
  RC_PRE(!bytes.empty());
  const auto before = crc32c(bytes);
  auto& byte = bytes[at % bytes.size()];
  byte = static_cast<char>(byte ^ (1 << (bit & 7)));
  RC_ASSERT(crc32c(bytes) != before);
}

TEST(hash, mixing_spreads_every_input_bit_over_half_of_the_output) {
  for (int bit = 0; bit < 64; ++bit) {
    int flipped = 0;
    for (std::uint64_t x = 0; x < 256; ++x) flipped += std::popcount(mix64(x) ^ mix64(x ^ (1ULL << bit)));
    EXPECT_NEAR(flipped / 256.0, 32, 2) << bit;
  }
}

TEST(hash, names_of_streams_keep_their_value_for_ever) {
  // A change here would change every seeded drill. FNV-1a("") = cbf29ce484222325 and FNV-1a("a") = af63dc4c8601ec8c.
  EXPECT_EQ(hash64(""), mix64(0xcbf29ce484222325ULL));
  EXPECT_EQ(hash64("a"), mix64(0xaf63dc4c8601ec8cULL));
  EXPECT_EQ(mix64(0), 0xe220a8397b1dcdafULL) << "the first output of SplitMix64 from 0";
}

}  // namespace
}  // namespace blackstart
