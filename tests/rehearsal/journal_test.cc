// The journal: what is written is read back; a changed byte, a torn line and a full disk are told apart.

#include "rehearsal/journal.h"

#include "base/hash.h"
#include "rehearsal/journal_line.h"
#include "tests/support/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace blackstart {
namespace {

using ::testing::HasSubstr;

std::string scratch(const std::string& name) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("blackstart_journal_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto path = folder / name;
  std::filesystem::remove(path);
  return path.string();
}

/// Three events, as bytes.
std::string three_lines() {
  auto journal = *JournalWriter::create("");
  EXPECT_TRUE(journal.append(instant_from_ns(5), {1'700'000'000'123'456'789}, "drill.started", {{"journal", 1}}));
  EXPECT_TRUE(
      journal.append(instant_from_ns(7), {1'700'000'001'000'000'000}, "phase.entered", {{"phase", "bring up"}}));
  EXPECT_TRUE(journal.append(instant_from_ns(9), {1'700'000'002'000'000'000}, "drill.finished", {{"exit_code", 0}}));
  return journal.text();
}

TEST(Journal, ALineIsWhatTheDocumentSays) {
  const std::string text = three_lines();
  const std::string first = text.substr(0, text.find('\n'));
  const std::string open = R"({"seq":1,"t":5,"wall":"2023-11-14T22:13:20.123Z","type":"drill.started","journal":1})";
  EXPECT_EQ(first, open.substr(0, open.size() - 1) + R"(,"hash":")" + sha256_hex(open) + "\"}");
  const std::string second = text.substr(first.size() + 1, text.find('\n', first.size() + 1) - first.size() - 1);
  const std::string second_open =
      R"({"seq":2,"t":7,"wall":"2023-11-14T22:13:21.000Z","type":"phase.entered","phase":"bring up"})";
  EXPECT_THAT(second, HasSubstr(sha256_hex(sha256_hex(open) + second_open)));
}

TEST(Journal, ReadsWhatWasWritten) {
  const std::string path = scratch("whole.jsonl");
  auto journal = JournalWriter::create(path);
  ASSERT_TRUE(journal);
  ASSERT_TRUE(
      journal->append(instant_from_ns(1), {1'700'000'000'123'456'789}, "a.b", {{"text", "ä\n\"x\""}, {"n", -3}}));
  ASSERT_EQ(journal->append(instant_from_ns(2), {}, "c.d", nullptr).value(), 2u);
  ASSERT_TRUE(journal->sync());
  const auto read = load_journal(path);
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_EQ(read->events.size(), 2u);
  for (std::size_t index = 0; index < 2; ++index) {
    const Event &written = journal->events()[index], &got = read->events[index];
    EXPECT_EQ(got.seq, written.seq);
    EXPECT_EQ(got.at, written.at);
    EXPECT_EQ(got.wall, written.wall) << "the writer keeps what a reader can see";
    EXPECT_EQ(got.type, written.type);
    EXPECT_EQ(got.body, written.body);
  }
  EXPECT_EQ(read->head, journal->head());
  EXPECT_EQ(read->sha256, sha256_hex(read_file(path)));
  EXPECT_FALSE(read->torn);
  EXPECT_FALSE(read->finished);
  EXPECT_NE(read->first("c.d"), nullptr);
  EXPECT_EQ(read->last("z"), nullptr);
}

TEST(Journal, NeverOverwrites) {
  const std::string path = scratch("there.jsonl");
  std::ofstream(path) << "x";
  const auto journal = JournalWriter::create(path);
  ASSERT_FALSE(journal);
  EXPECT_EQ(read_file(path), "x");
}

TEST(Journal, EveryFlippedBitIsFoundAndItsLineNamed) {
  const std::string text = three_lines();
  const std::size_t line_two = text.find('\n') + 1, line_three = text.find('\n', line_two) + 1;
  for (std::size_t index = 0; index < text.size(); ++index) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = text;
      changed[index] = static_cast<char>(changed[index] ^ (1 << bit));
      const auto read = read_journal(changed, "j");
      ASSERT_FALSE(read) << "byte " << index << " bit " << bit << " was changed unseen";
      // A lost newline shows in the line that it ended.
      const int line = index < line_two ? 1 : index < line_three ? 2 : 3;
      EXPECT_EQ(read.error().context, "j:" + std::to_string(line)) << "byte " << index << " bit " << bit;
      EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
    }
  }
}

TEST(Journal, ATornLastLineIsIgnored) {
  const std::string text = three_lines();
  const std::size_t line_three = text.find('\n', text.find('\n') + 1) + 1;
  for (std::size_t length = line_three + 1; length < text.size() - 1; ++length) {
    const auto read = read_journal(text.substr(0, length), "j");
    ASSERT_TRUE(read) << "cut after " << length << ": " << read.error().to_string();
    EXPECT_TRUE(read->torn);
    EXPECT_EQ(read->events.size(), 2u);
    EXPECT_FALSE(read->finished);
  }
  const auto whole = read_journal(text.substr(0, text.size() - 1), "j");  // the newline alone is missing
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->finished);
}

TEST(Journal, LinesTakenOutAreFound) {
  const std::string text = three_lines();
  const std::size_t line_two = text.find('\n') + 1, line_three = text.find('\n', line_two) + 1;
  EXPECT_EQ(read_journal(text.substr(0, line_two) + text.substr(line_three), "j").error().context, "j:2");
  EXPECT_EQ(read_journal(text.substr(line_two), "j").error().context, "j:1");
}

TEST(Journal, WhatIsNoJournalIsSaidToBeNone) {
  for (const char* bytes : {"", "{", "hello\n", "{}\n", "[1]\n", "\n", "\0\0\n"}) {
    const auto read = read_journal(bytes, "j");
    ASSERT_FALSE(read) << bytes;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(load_journal("/nowhere/journal.jsonl").error().code, ErrorCode::kNotFound);
}

TEST(Journal, ListenersHearEachEventOnceItIsWritten) {
  auto journal = *JournalWriter::create("");
  std::vector<std::uint64_t> heard;
  journal.on_append([&](const Event& event) { heard.push_back(event.seq); });
  ASSERT_TRUE(journal.append({}, {}, "a", {}));
  ASSERT_TRUE(journal.append({}, {}, "b", {}));
  EXPECT_EQ(heard, (std::vector<std::uint64_t>{1, 2}));
}

/// In a child: the file may not grow past `limit`; then it may again. What the journal holds afterwards is checked.
void write_with_limit(const std::string& path, rlim_t limit) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto journal = JournalWriter::create(path);
  if (!journal->append({}, {}, "drill.started", {{"journal", 1}})) ::_exit(10);
  rlimit full{limit, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const auto refused = journal->append({}, {}, "phase.entered", {{"phase", std::string(2000, 'x')}});
  if (refused) ::_exit(11);
  if (refused.error().code != ErrorCode::kIo) ::_exit(12);
  if (journal->events().size() != 1) ::_exit(13);
  rlimit free{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &free);
  if (!journal->append({}, {}, "drill.finished", {{"exit_code", 255}})) ::_exit(14);
  ::_exit(0);
}

TEST(Journal, AFullDiskLeavesNothingOfTheLine) {
  for (const rlim_t limit : {rlim_t{200}, rlim_t{400}, rlim_t{1000}}) {  // before, at the begin of, inside the line
    const std::string path = scratch("full.jsonl");
    const pid_t child = ::fork();
    if (child == 0) write_with_limit(path, limit);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 0) << "limit " << limit;
    const auto read = load_journal(path);
    ASSERT_TRUE(read) << read.error().to_string();
    ASSERT_EQ(read->events.size(), 2u);
    EXPECT_TRUE(read->finished);
    EXPECT_FALSE(read->torn);
  }
}

TEST(Journal, AnyBodySurvives) {
  rc::check("bodies are read back as written", [] {
    auto journal = *JournalWriter::create("");
    const auto count = *rc::gen::inRange(1, 6);
    for (int index = 0; index < count; ++index) {
      Json body = {{"number", *rc::gen::arbitrary<std::int64_t>()},
                   {"count", *rc::gen::arbitrary<std::uint64_t>()},
                   {"flag", *rc::gen::arbitrary<bool>()},
                   {"text", *rc::gen::string<std::string>()},
                   {"list", *rc::gen::arbitrary<std::vector<int>>()}};
      RC_ASSERT(journal.append(instant_from_ns(*rc::gen::arbitrary<std::int64_t>()), {index}, "x.y", body).has_value());
    }
    const auto read = read_journal(journal.text(), "j");
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->events.size() == static_cast<std::size_t>(count));
    for (std::size_t index = 0; index < read->events.size(); ++index) {
      // Text that is no UTF-8 is written with replacement characters: compare what JSON can hold.
      RC_ASSERT(read->events[index].body.dump() ==
                journal.events()[index].body.dump(-1, ' ', false, Json::error_handler_t::replace));
      RC_ASSERT(read->events[index].at == journal.events()[index].at);
    }
  });
}

TEST(JournalWall, ParsesItsOwnFormatAndNothingElse) {
  rc::check("format and parse are inverse", [] {
    const WallTime wall =
        journal_wall({*rc::gen::inRange<std::int64_t>(0, 4'000'000'000) * 1'000'000'000 + 987'654'321});
    RC_ASSERT(parse_journal_wall(format_wall(wall)) == wall);
  });
  for (const char* text : {"", "2026-11-20T12:25:03Z", "2026-13-20T12:25:03.125Z", "2026-02-30T12:25:03.125Z",
                           "2026-11-20T24:25:03.125Z", "2026-11-20T12:25:03.1x5Z", "2026-11-20 12:25:03.125Z"})
    EXPECT_FALSE(parse_journal_wall(text)) << text;
}

}  // namespace
}  // namespace blackstart
