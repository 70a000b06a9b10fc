// What drills of the catalogue did with some seeds, as digests in journals.txt: every build must come to the same,
// gcc or clang, optimised or not, with sanitizers or without. After a change of what the virtual world does:
// BLACKSTART_UPDATE_GOLDEN=1 determinism_test, in one build; then the others are held to it.

#include "tests/determinism/journal_text.h"
#include "tests/determinism/played_drill.h"

#include "rehearsal/journal.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

namespace blackstart::testing {
namespace {

const char* const kFile = BLACKSTART_SOURCE_DIR "/tests/determinism/journals.txt";
const char* const kUpdate = "BLACKSTART_UPDATE_GOLDEN=1 build/release/bin/determinism_test --gtest_filter='Journals.*'";

const QuickDrill kDrills[] = {
    {"auction-flow/database-failure", "50/s"},  {"auction-flow/service-failure", "50/s"},
    {"mykadoo/point-in-time-recovery", "1/s"},  {"trademaster/complete-failure", "5/s"},
    {"trademaster/database-corruption", "5/s"}, {"trademaster/deployment-failure", "10/s"},
};
constexpr std::uint64_t kSeeds[] = {1, 2};

/// The digests of the file, by the command that plays their run.
std::map<std::string, std::string> known_digests() {
  std::map<std::string, std::string> known;
  std::ifstream file(kFile);
  for (std::string line; std::getline(file, line);) {
    const std::size_t space = line.find(' ');
    if (!line.starts_with('#') && space != std::string::npos) known[line.substr(space + 1)] = line.substr(0, space);
  }
  return known;
}

TEST(Journals, EveryBuildPlaysTheSameDrills) {
  const auto known = known_digests();
  const bool update = std::getenv("BLACKSTART_UPDATE_GOLDEN") != nullptr;
  std::ostringstream text;
  text << "# SHA-256 of what a drill did (tests/determinism/journal_text.h), and the command that plays it.\n"
       << "# Made by: " << kUpdate << "\n";
  for (const QuickDrill& drill : kDrills)
    for (const std::uint64_t seed : kSeeds) {
      const std::string command = replay_command(drill, seed);
      const std::string digest = digest_of(journal_of(drill, seed));
      text << digest << ' ' << command << '\n';
      const auto found = known.find(command);
      if (update || (found != known.end() && found->second == digest)) continue;
      ADD_FAILURE() << (found == known.end() ? "journals.txt does not hold"
                                             : "this build does not do what another did:")
                    << "\n  " << command << "\nWhere the virtual world was meant to change, write the file anew:\n  "
                    << kUpdate << "\nElse compiler, options or machine decide what is drilled. Compare the two "
                    << "builds' journals of this command, line by line.";
    }
  if (update) std::ofstream(kFile) << text.str();
}

// ---- that a digest holds what it must, and nothing else

constexpr const char* kLine = R"({"seq":2,"t":5,"type":"random.finished","next":{"network":"00ff"},"hash":"aa"})";

TEST(JournalDigest, HoldsTimesAndDraws) {
  const std::string digest = digest_of(std::string(kLine) + "\n");
  EXPECT_NE(digest, digest_of(R"({"seq":2,"t":6,"type":"random.finished","next":{"network":"00ff"},"hash":"aa"})"));
  EXPECT_NE(digest, digest_of(R"({"seq":2,"t":5,"type":"random.finished","next":{"network":"00fe"},"hash":"aa"})"));
  EXPECT_EQ(digest, digest_of(R"({"seq":2,"t":5,"type":"random.finished","next":{"network":"00ff"},"hash":"bb"})"));
}

TEST(JournalDigest, HoldsEveryCountOfAHistogramAndNotHowItIsCompressed) {
  Histogram one, other;
  one.record(std::chrono::milliseconds{5}, 3);
  other.record(std::chrono::milliseconds{5}, 4);
  const auto line = [](const std::string& latency) { return R"({"seq":1,"latency":")" + latency + "\"}\n"; };
  EXPECT_EQ(digest_of(line(one.encode())), digest_of(line(one.encode())));
  EXPECT_NE(digest_of(line(one.encode())), digest_of(line(other.encode())));
  EXPECT_NE(digest_of(line(one.encode())), digest_of(line("")));
}

TEST(Journals, EndWithWhatEachStreamWouldDrawNext) {
  const auto journal = read_journal(journal_of(kDrills[0], 1), "journal");
  ASSERT_TRUE(journal);
  const Event& last = journal->events.back();
  const Event& before = journal->events[journal->events.size() - 2];
  EXPECT_EQ(last.type, "drill.finished");
  ASSERT_EQ(before.type, "random.finished");
  std::vector<std::string> streams;
  for (const auto& [name, next] : before.body.at("next").items()) {
    streams.push_back(name);
    EXPECT_EQ(next.get<std::string>().size(), 16U) << name;
  }
  EXPECT_THAT(streams,
              ::testing::IsSupersetOf({"load.arrivals", "network", "commits of database", "promotion of database"}));
}

}  // namespace
}  // namespace blackstart::testing
