// Files of samples, comparisons of metrics, conditions of alerts.

#include "scenarios/alert.h"
#include "scenarios/comparison.h"
#include "scenarios/samples.h"

#include "tests/support/scratch_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

auto read_samples_of(const std::string& text) {
  const ScratchFolder scratch;
  const std::string path = scratch.file("samples.csv");
  std::ofstream{path, std::ios::binary} << text;
  return read_samples(path);
}

TEST(Samples, AreTimesWithOrWithoutUnit) {
  const auto samples = read_samples_of("# measured\n12ms\n\n0.031\r\n  1m30s \n0\n");
  ASSERT_TRUE(samples.has_value()) << samples.error().message;
  EXPECT_EQ(*samples, (std::vector<Duration>{12ms, 31ms, 90s, 0s}));
}

TEST(Samples, WhatIsNoneIsNamedWithItsLine) {
  for (const char* wrong : {"soon", "-1", "-5ms", "1e30", "nan", "inf", "1,2", "5 ms"}) {
    const auto samples = read_samples_of(std::string{"1ms\n"} + wrong + "\n");
    ASSERT_TRUE(samples.has_error()) << wrong;
    EXPECT_NE(samples.error().message.find("line 2 of"), std::string::npos) << samples.error().message;
  }
  EXPECT_TRUE(read_samples_of("").has_error());
  EXPECT_EQ(read_samples("/nowhere/at/all.csv").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(read_samples(testing::TempDir()).has_error()) << "a folder";
}

TEST(Comparison, HasAnOperatorAndAQuantity) {
  using Unit = Comparison::Unit;
  struct Case {
    const char* text;
    double below, bound, above;  // of the bound
    bool holds[3];
    Unit unit;
  };
  for (const Case& one : {Case{"< 5s", 4.9, 5, 5.1, {true, false, false}, Unit::kSeconds},
                          Case{"<=250us", 0.0002, 0.00025, 0.0003, {true, true, false}, Unit::kSeconds},
                          Case{"> 99%", 0.98, 0.99, 1.0, {false, false, true}, Unit::kShare},
                          Case{">= 1GiB", 1e9, 1024.0 * 1024 * 1024, 2e9, {false, true, true}, Unit::kBytes},
                          Case{"== 0", -1, 0, 1, {false, true, false}, Unit::kNumber},
                          Case{" > -2.5 ", -3, -2.5, 0, {false, false, true}, Unit::kNumber},
                          Case{"< 600/m", 9, 10, 11, {true, false, false}, Unit::kPerSecond}}) {
    const auto comparison = parse_comparison(one.text);
    ASSERT_TRUE(comparison.has_value()) << one.text;
    EXPECT_EQ(comparison->unit, one.unit) << one.text;
    EXPECT_DOUBLE_EQ(comparison->bound, one.bound) << one.text;
    const double values[] = {one.below, one.bound, one.above};
    for (int at = 0; at < 3; ++at) EXPECT_EQ(comparison->holds(values[at]), one.holds[at]) << one.text << values[at];
  }
  for (const char* wrong : {"", "5s", "<", "< ", "=5", "!= 5", "< five", "<> 5", "< 5s 6s", "< 1e3", "< nan"}) {
    EXPECT_TRUE(parse_comparison(wrong).has_error()) << wrong;
  }
}

TEST(Alert, TakesWhatPrometheusTakes) {
  for (const char* right :
       {"rate(http_requests_total{status=~'5..'}[5m]) > 0.05", "up == 0", "up{job=\"a)b\"} != 1",
        "max(replication_lag) > 60", "histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m]))) > 2",
        "http_request_duration_seconds{quantile='0.95'} > 2", "max_over_time(lag[1h:5m]) >= 3",
        "avg_over_time(lag[1h:]) < 3", "a > 1 and on(job) b < 2", "x{a='it\\'s'} > 1", "x{a=`\\`} > 1"}) {
    const Status parsed = parse_alert(right);
    EXPECT_TRUE(parsed.has_value()) << right << ": " << (parsed ? "" : parsed.error().message);
  }
}

TEST(Alert, RefusesWhatCannotBeACondition) {
  for (const char* wrong : {"", "up", "up{a='b'}", "up = 1", "rate(x[5m] > 1", "rate(x[5m])) > 1", "rate(x[5]) > 1",
                            "rate(x[]) > 1", "x{a='b} > 1", "x{a<b}", "(x] > 1", "x[1h:5m:1m] > 1"}) {
    EXPECT_TRUE(parse_alert(wrong).has_error()) << wrong;
  }
}

}  // namespace
}  // namespace blackstart
