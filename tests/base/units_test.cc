#include "base/units.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

TEST(units, durations) {
  const std::pair<const char*, Duration> table[] = {
      {"250us", 250us}, {"10ms", 10ms}, {"30s", 30s},     {"5m30s", 330s}, {"4h", 4h},       {"7d", 168h},
      {"1w", 168h},     {"0s", 0s},     {"1.5s", 1500ms}, {"1ns", 1ns},    {"0.001us", 1ns}, {"1h0m30.5s", 3630500ms},
      {"90m", 90min},
  };
  for (const auto& [text, length] : table) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(*parsed, length) << text;
  }
}

TEST(units, no_durations) {
  const std::pair<const char*, const char*> table[] = {
      {"", "it is empty"},
      {"30", "the unit is missing"},
      {"0", "the unit is missing"},
      {"s", "a number was expected"},
      {"-5s", "a number was expected"},
      {".5s", "a number was expected"},
      {"5.s", "a number was expected"},
      {"1e3s", "'e' is not one of"},
      {"5 s", "the unit is missing"},
      {"5s ", "a number was expected"},
      {"5min", "'min' is not one of"},
      {"5S", "'S' is not one of"},
      {"30s5m", "largest first"},
      {"5s5s", "largest first"},
      {"1.5m30s", "only the last number"},
      {"0.5ns", "finer than a nanosecond"},
      {"1.0625us", "finer than a nanosecond"},
      {"99999999999w", "longer than 292 years"},
      {"15250w15250d", "longer than 292 years"},
      {"123456789012345678901s", "longer than 292 years"},
      {"1.000000000000000000000000001s", "finer than a nanosecond"},
  };
  for (const auto& [text, why] : table) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_NE(parsed.error().message.find(why), std::string::npos) << text << ": " << parsed.error().message;
    EXPECT_NE(parsed.error().message.find("write for example"), std::string::npos);
  }
}

TEST(units, rates) {
  const std::pair<const char*, double> table[] = {{"10000/s", 10'000}, {"600/m", 10},       {"1/h", 1 / 3600.0},
                                                  {"10k/s", 10'000},   {"1.5M/s", 1.5e6},   {"0/s", 0},
                                                  {"0.1/s", 0.1},      {"10.1k/s", 10'100}, {"90/m", 1.5}};
  for (const auto& [text, per_second] : table) {
    const auto parsed = parse_rate(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->per_second, per_second) << text;
  }
  for (const auto* wrong :
       {"", "10000", "0", "10000/d", "/s", "-1/s", "10 /s", "10K/s", "10/s ", "10kk/s", "1e3/s", "nan/s"}) {
    EXPECT_FALSE(parse_rate(wrong).has_value()) << wrong;
  }
}

TEST(units, sizes) {
  const std::pair<const char*, std::uint64_t> table[] = {{"512B", 512},
                                                         {"4KiB", 4'096},
                                                         {"1MB", 1'000'000},
                                                         {"1GiB", 1ULL << 30},
                                                         {"0B", 0},
                                                         {"1.5KiB", 1'536},
                                                         {"0.5KB", 500},
                                                         {"2TB", 2'000'000'000'000},
                                                         {"1TiB", 1ULL << 40},
                                                         {"18446744073709551615B", ~0ULL}};
  for (const auto& [text, bytes] : table) {
    const auto parsed = parse_size(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->bytes, bytes) << text;
  }
  for (const auto* wrong :
       {"", "512", "0", "1kb", "1K", "1.5B", "0.0001KB", "18446744073709551616B", "99999999TiB", "1MB1KB"}) {
    EXPECT_FALSE(parse_size(wrong).has_value()) << wrong;
  }
}

TEST(units, shares) {
  const std::pair<const char*, double> table[] = {{"99%", 0.99}, {"99.9%", 0.999},   {"0.1%", 0.001}, {"0%", 0},
                                                  {"100%", 1},   {"99.99%", 0.9999}, {"33.3%", 0.333}};
  for (const auto& [text, value] : table) {
    const auto parsed = parse_share(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->value, value) << text << ": the nearest double, not one rounding off";
  }
  for (const auto* wrong : {"", "99", "0", "0.99", "100.1%", "-1%", "%", "99 %", "99%%"}) {
    EXPECT_FALSE(parse_share(wrong).has_value()) << wrong;
  }
}

TEST(units, spellings) {
  EXPECT_EQ(spell_duration(330s), "5m30s");
  EXPECT_EQ(spell_duration(250us), "250us");
  EXPECT_EQ(spell_duration(4h), "4h");
  EXPECT_EQ(spell_duration(0s), "0s");
  EXPECT_EQ(spell_duration(7412ms), "7s412ms");
  EXPECT_EQ(spell_rate({10'000}), "10000/s");
  EXPECT_EQ(spell_rate({0.5}), "30/m");
  EXPECT_EQ(spell_rate({1 / 3600.0}), "1/h");
  EXPECT_EQ(spell_rate({0.123456}), "0.123456/s");
  EXPECT_EQ(spell_size({4'096}), "4KiB");
  EXPECT_EQ(spell_size({1'000'000}), "1MB");
  EXPECT_EQ(spell_size({0}), "0B");
  EXPECT_EQ(spell_size({1'001}), "1001B");
  EXPECT_EQ(spell_share({0.999}), "99.9%");
  EXPECT_EQ(spell_share({1}), "100%");
  EXPECT_EQ(spell_share({0}), "0%");
  EXPECT_EQ(spell_share({0.001}), "0.1%");
  EXPECT_EQ(spell_share({0.5}), "50%");
  EXPECT_EQ(spell_share({0.07}), "7%");
}

RC_GTEST_PROP(units_property, durations_round_trip, (std::int64_t ns)) {
  RC_PRE(ns >= 0);
  const auto parsed = parse_duration(spell_duration(Duration{ns}));
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->count() == ns);
}

RC_GTEST_PROP(units_property, rates_round_trip, (std::uint64_t bits)) {
  const double per_second = static_cast<double>(bits >> 11) * 0x1p-53 * 1e7;
  const auto parsed = parse_rate(spell_rate({per_second}));
  if (!parsed) RC_FAIL(spell_rate({per_second}) + " is not read back: " + parsed.error().message);
  RC_ASSERT(parsed->per_second == per_second);
}

RC_GTEST_PROP(units_property, sizes_round_trip, (std::uint64_t bytes, std::uint8_t shift)) {
  bytes = bytes >> (shift % 64) << (shift % 40);
  RC_ASSERT(parse_size(spell_size({bytes}))->bytes == bytes);
}

RC_GTEST_PROP(units_property, shares_round_trip, (std::uint32_t millionths)) {
  const double value = (millionths % 1'000'001) / 1e6;
  RC_ASSERT(parse_share(spell_share({value}))->value == value);
}

RC_GTEST_PROP(units_property, no_text_makes_a_parser_misbehave, (const std::string& text)) {
  (void)parse_duration(text);
  (void)parse_rate(text);
  (void)parse_size(text);
  (void)parse_share(text);
}

TEST(units, durations_for_people) {
  const std::pair<Duration, const char*> table[] = {{0ns, "0 ns"},         {999ns, "999 ns"},
                                                    {312us, "312 us"},     {12'345ns, "12.35 us"},
                                                    {999'950ns, "1 ms"},   {7412ms, "7.412 s"},
                                                    {41'300ms, "41.3 s"},  {1s, "1 s"},
                                                    {59'994ms, "59.99 s"}, {59'995ms, "1m 00s"},
                                                    {125s, "2m 05s"},      {3'599'600ms, "1h 00m"},
                                                    {4h, "4h 00m"},        {4h + 29min + 31s, "4h 30m"},
                                                    {24h, "1d 00h"},       {49h + 31min, "2d 02h"},
                                                    {-7412ms, "-7.412 s"}};
  for (const auto& [length, text] : table) EXPECT_EQ(human_duration(length), text);
  EXPECT_EQ(human_duration(Duration::min()).front(), '-');
}

TEST(units, counts_for_people) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1'000), "1,000");
  EXPECT_EQ(human_count(1'234'567), "1,234,567");
  EXPECT_EQ(human_count(~0ULL), "18,446,744,073,709,551,615");
}

}  // namespace
}  // namespace blackstart
