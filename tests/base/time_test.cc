#include "base/time.h"

#include <gtest/gtest.h>

namespace blackstart {
namespace {

TEST(time, walls_are_rfc_3339_in_utc) {
  const struct {
    std::int64_t unix_ns;
    const char* text;
    const char* compact;
  } table[] = {
      {0, "1970-01-01T00:00:00.000Z", "19700101T000000Z"},
      {1'795'177'503'125'999'999, "2026-11-20T12:25:03.125Z", "20261120T122503Z"},
      {1'709'164'800'000'000'000, "2024-02-29T00:00:00.000Z", "20240229T000000Z"},
      {1'735'689'599'999'999'999, "2024-12-31T23:59:59.999Z", "20241231T235959Z"},
      {-1, "1969-12-31T23:59:59.999Z", "19691231T235959Z"},
  };
  for (const auto& row : table) {
    EXPECT_EQ(format_wall(WallTime{row.unix_ns}), row.text);
    EXPECT_EQ(format_wall_compact(WallTime{row.unix_ns}), row.compact);
  }
}

TEST(time, seconds_are_rounded_to_the_nearest_nanosecond) {
  EXPECT_EQ(from_seconds(0.1), std::chrono::milliseconds{100});
  EXPECT_EQ(from_seconds(-0.1), std::chrono::milliseconds{-100});
  EXPECT_EQ(from_seconds(1e-10).count(), 0);
  EXPECT_EQ(from_seconds(6e-10).count(), 1);
  EXPECT_DOUBLE_EQ(to_seconds(std::chrono::milliseconds{2'500}), 2.5);
}

TEST(time, instants_and_nanoseconds_are_one_to_one) {
  EXPECT_EQ(to_ns(kDrillStart), 0);
  EXPECT_EQ(to_ns(instant_from_ns(-7)), -7);
  EXPECT_LT(instant_from_ns(1), kNever);
}

}  // namespace
}  // namespace blackstart
