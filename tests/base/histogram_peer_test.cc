// Our histogram encoding against HdrHistogram's own implementation, both ways (HistogramPeer.java).

#include "base/histogram.h"
#include "base/random.h"
#include "base/text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace blackstart {
namespace {

constexpr double kPercentiles[] = {0, 1, 10, 50, 90, 95, 99, 99.9, 99.99, 100};  // as HistogramPeer.java has them

/// One line of the peer's answer, in microseconds.
struct Figures {
  std::uint64_t count = 0;
  std::int64_t min = 0;
  std::int64_t max = 0;
  double mean = 0;
  std::vector<std::int64_t> percentiles;
  std::string encoded;
};

Figures parse(const std::string& line) {
  std::istringstream words{line};
  Figures figures;
  words >> figures.count >> figures.min >> figures.max >> figures.mean;
  figures.percentiles.resize(std::size(kPercentiles));
  for (auto& percentile : figures.percentiles) words >> percentile;
  words >> figures.encoded;
  EXPECT_FALSE(words.fail()) << "the peer answered: " << line;
  return figures;
}

/// Runs the peer once over all cases: a virtual machine's start costs more than a thousand histograms.
std::vector<Figures> ask_peer(const std::vector<std::string>& cases) {
  const auto folder = std::filesystem::temp_directory_path();
  const auto questions = folder / fmt::format("blackstart-histograms-{}.txt", ::getpid());
  {
    std::ofstream file{questions};
    for (const auto& line : cases) file << line << '\n';
  }
  const auto command =
      fmt::format("'{}' -XX:+UseSerialGC -cp '{}' '{}/tests/base/HistogramPeer.java' < '{}'", BLACKSTART_JAVA,
                  BLACKSTART_HDRHISTOGRAM_JAR, BLACKSTART_SOURCE_DIR, questions.string());
  std::vector<Figures> answers;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string line;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    answers.push_back(parse(line));
    line.clear();
  }
  EXPECT_EQ(::pclose(pipe), 0) << command;
  std::filesystem::remove(questions);
  EXPECT_EQ(answers.size(), cases.size());
  return answers;
}

std::int64_t us(Duration value) { return value / Histogram::kUnit; }

void expect_same(const Figures& peer, const Histogram& ours, std::size_t index) {
  EXPECT_EQ(peer.count, ours.count()) << index;
  EXPECT_EQ(peer.min, us(ours.min())) << index;
  // The peer does not cut the last cell at the highest value.
  const auto cut = [](std::int64_t value) { return std::min(value, us(Histogram::kHighest)); };
  EXPECT_EQ(cut(peer.max), us(ours.max())) << index;
  EXPECT_NEAR(peer.mean, to_seconds(ours.mean()) * 1e6, 1 + peer.mean * 1e-6) << index;
  for (std::size_t i = 0; i < std::size(kPercentiles); ++i) {
    if (kPercentiles[i] == 0) continue;  // the peer's 0th percentile is its own notion
    EXPECT_EQ(cut(peer.percentiles[i]), us(ours.percentile(kPercentiles[i]))) << index << " p" << kPercentiles[i];
  }
}

struct Case {
  Histogram histogram;
  std::string as_recorded;  // "VALUE*COUNT ..." in microseconds
};

void record(Case& one, std::int64_t value_us, std::uint64_t count) {
  one.histogram.record(value_us * Histogram::kUnit, count);
  one.as_recorded += fmt::format(" {}*{}", value_us, count);
}

std::vector<Case> cases() {
  std::vector<Case> all(1);  // the empty histogram first
  for (const std::int64_t value :
       {0LL, 1LL, 2'047LL, 2'048LL, 2'049LL, 4'095LL, 4'096LL, 3'599'999'999LL, 3'600'000'000LL}) {
    record(all.emplace_back(), value, 1);
  }
  record(all.emplace_back(), 1'500, 1ULL << 48);  // nine-byte counts
  auto& neighbours = all.emplace_back();
  for (const std::int64_t value : {1, 3, 4, 6, 9}) record(neighbours, value, 3);  // runs of one and of two empty cells
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    RandomStream stream{seed, "peer"};
    auto& one = all.emplace_back();
    for (std::uint64_t i = 0, size = stream.below(200); i < size; ++i) {
      const auto value = std::min(std::pow(10.0, stream.uniform() * 9.6), 3.6e9);
      record(one, static_cast<std::int64_t>(value), 1 + stream.below(1ULL << (1 + stream.below(40))));
    }
  }
  return all;
}

class HistogramPeer : public testing::Test {
 protected:
  void SetUp() override {
    if (*BLACKSTART_JAVA != '\0' && *BLACKSTART_HDRHISTOGRAM_JAR != '\0') return;
    if (std::getenv("BLACKSTART_REQUIRE_PEERS") != nullptr) {
      FAIL() << "java or hdrhistogram.jar is missing: apt-get install default-jdk-headless libhdrhistogram-java";
    }
    GTEST_SKIP() << "needs default-jdk-headless and libhdrhistogram-java (./check installs them)";
  }
};

TEST_F(HistogramPeer, reads_what_we_write) {
  const auto all = cases();
  std::vector<std::string> questions;
  for (const auto& one : all) questions.push_back("read " + one.histogram.encode());
  const auto answers = ask_peer(questions);
  ASSERT_EQ(answers.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    expect_same(answers[i], *Histogram::decode(all[i].histogram.encode()), i);
    const auto again = Histogram::decode(answers[i].encoded);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(*again, all[i].histogram) << i;
  }
}

TEST_F(HistogramPeer, writes_what_we_read) {
  const auto all = cases();
  std::vector<std::string> questions;
  for (const auto& one : all) questions.push_back("write" + one.as_recorded);
  const auto answers = ask_peer(questions);
  ASSERT_EQ(answers.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto decoded = Histogram::decode(answers[i].encoded);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
    EXPECT_EQ(*decoded, all[i].histogram) << i;
    expect_same(answers[i], *decoded, i);
  }
}

}  // namespace
}  // namespace blackstart
