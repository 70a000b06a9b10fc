// latency.hlog as HdrHistogram's own HistogramLogReader reads it (LatencyLogPeer.java).

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "reports/figures.h"
#include "tests/reports/sample.h"

namespace blackstart::test {
namespace {

std::string ask_peer(const std::string& log) {
  const std::string command = fmt::format("'{}' -XX:+UseSerialGC -cp '{}' '{}/tests/reports/LatencyLogPeer.java' '{}'",
                                          BLACKSTART_JAVA, BLACKSTART_HDRHISTOGRAM_JAR, BLACKSTART_SOURCE_DIR, log);
  std::string answer;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  if (pipe == nullptr) return answer;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) answer += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return answer;
}

TEST(LatencyLogPeer, ReadsEveryIntervalWithItsTime) {
  if (std::string_view(BLACKSTART_JAVA).empty()) {
    ASSERT_EQ(std::getenv("BLACKSTART_REQUIRE_PEERS"), nullptr)
        << "apt-get install default-jdk-headless libhdrhistogram-java";
    GTEST_SKIP() << "needs default-jdk-headless and libhdrhistogram-java (./check installs them)";
  }
  const ReportData data = report_of(sample_passed());
  const auto file = std::filesystem::temp_directory_path() / fmt::format("blackstart-latency-{}.hlog", ::getpid());
  std::ofstream(file, std::ios::binary) << report_latency_log(data.input());
  std::istringstream answer(ask_peer(file.string()));
  std::filesystem::remove(file);
  const std::int64_t start_ms = drill_head(data.journal).started.unix_ns / 1'000'000;
  for (const Event& event : data.journal.events) {
    const auto* interval = std::get_if<TrafficInterval>(&event.value);
    if (interval == nullptr) continue;
    std::int64_t start = 0, end = 0, max = 0;
    std::uint64_t count = 0;
    ASSERT_TRUE(answer >> start >> end >> count >> max) << "fewer intervals than the journal has";
    EXPECT_EQ(start, start_ms + to_ns(interval->start) / 1'000'000);
    EXPECT_EQ(end, start_ms + to_ns(interval->end()) / 1'000'000);
    EXPECT_EQ(count, interval->latency.count());
    EXPECT_EQ(max, interval->latency.max() / Histogram::kUnit);
  }
  std::string rest;
  EXPECT_FALSE(answer >> rest) << rest;
}

}  // namespace
}  // namespace blackstart::test
