#include "faults/undo_log.h"

#include "faults/process.h"
#include "tests/faults/support.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fstream>

namespace blackstart::test {
namespace {

UndoRecord record(std::uint64_t fault, const std::string& kind, const std::string& key = {}) {
  return {fault, kind, {{"name", "fault " + std::to_string(fault)}}, false, key};
}

TEST(UndoLog, KeepsWhatIsOpenAndForgetsWhatIsDone) {
  const StateFolder state;
  auto log = UndoLog::create("d1");
  ASSERT_TRUE(log);
  ASSERT_TRUE((*log)->add(record(1, "pause")));
  ASSERT_TRUE((*log)->add(record(2, "run")));
  ASSERT_TRUE((*log)->add(record(2, "command", "inject 7")));
  ASSERT_TRUE((*log)->add(record(2, "command", "heal 8")));
  ASSERT_TRUE((*log)->mark_done(1, "pause"));
  ASSERT_TRUE((*log)->mark_done(2, "command", "inject 7"));
  const auto open = (*log)->open_records();
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[0].kind, "run");
  EXPECT_EQ(open[1].key, "heal 8");
  EXPECT_EQ((*log)->records().size(), 4U);

  const std::string path = (*log)->path();
  const Status closed = (*log)->close();
  ASSERT_FALSE(closed.has_value());
  EXPECT_NE(closed.error().message.find("blackstart recover"), std::string::npos);
  log->reset();
  auto again = UndoLog::open(path);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->open_records().size(), 2U);
  EXPECT_EQ((*again)->drill_id(), "d1");
  ASSERT_TRUE((*again)->mark_done(2, "run"));
  ASSERT_TRUE((*again)->mark_done(2, "command"));
  EXPECT_TRUE((*again)->close());
  EXPECT_TRUE(state.logs().empty());
  EXPECT_TRUE((*again)->close()) << "idempotent";
}

TEST(UndoLog, NotesTheBootAndTheNumbering) {
  const StateFolder state;
  auto log = UndoLog::create("d1");
  ASSERT_TRUE((*log)->add(record(1, "pause")));
  const auto facts = (*log)->open_records().front().facts;
  EXPECT_EQ(facts.at("boot"), boot_id());
  EXPECT_EQ(facts.at("pid_namespace"), pid_namespace());
  EXPECT_FALSE(boot_id().empty());
}

TEST(UndoLog, IsLockedWhileItLives) {
  const StateFolder state;
  auto log = UndoLog::create("d1");
  const auto second = UndoLog::open((*log)->path());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  const auto twin = UndoLog::create("d1");
  ASSERT_FALSE(twin.has_value());
  EXPECT_EQ(twin.error().code, ErrorCode::kInvalid);
  // The janitor's descriptor is the same lock: it holds on when the drill's has gone.
  const std::string path = (*log)->path();
  auto janitors = UndoLog::adopt(::dup((*log)->descriptor()), path);
  ASSERT_TRUE(janitors);
  log->reset();
  EXPECT_FALSE(UndoLog::open(path).has_value());
  janitors->reset();
  EXPECT_TRUE(UndoLog::open(path).has_value());
}

TEST(UndoLog, SeesWhatTheJanitorWrote) {
  const StateFolder state;
  auto log = UndoLog::create("d1");
  ASSERT_TRUE((*log)->add(record(1, "pause")));
  auto janitors = UndoLog::adopt(::dup((*log)->descriptor()), (*log)->path());
  ASSERT_TRUE((*janitors)->mark_done(1, "pause"));
  EXPECT_TRUE((*log)->open_records().empty());
  EXPECT_TRUE((*log)->close());
  EXPECT_EQ((*log)->records().size(), 1U) << "still answers";
  EXPECT_TRUE((*log)->open_records().empty()) << "with what the janitor wrote";
}

TEST(UndoLog, RefusesIdsThatAreNoFileNames) {
  const StateFolder state;
  for (const auto* id : {"", ".", "..", ".hidden", "a/b", "../x"}) {
    const auto log = UndoLog::create(id);
    ASSERT_FALSE(log.has_value()) << id;
    EXPECT_EQ(log.error().code, ErrorCode::kInvalid);
  }
}

TEST(UndoLog, IsReadableByItsOwnerAlone) {
  const StateFolder state;
  auto log = UndoLog::create("d1");
  struct stat facts {};
  ASSERT_EQ(::stat((*log)->path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST(UndoLog, FolderThatCannotBeMadeIsSaid) {
  const StateFolder state;
  std::ofstream{state.file("file")} << "x";
  ::setenv("BLACKSTART_STATE", state.file("file").c_str(), 1);
  const auto log = UndoLog::create("d1");
  ::setenv("BLACKSTART_STATE", state.path().c_str(), 1);
  ASSERT_FALSE(log.has_value());
  EXPECT_NE(log.error().message.find("BLACKSTART_STATE"), std::string::npos);
}

TEST(UndoLog, FullDiskRefusesAndLosesNothing) {
  const StateFolder state;
  Child writer{{"full-disk"}, false};
  const int status = writer.wait();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "the step that misbehaved, see full_disk_main";
}

/// A power cut may cut the file anywhere: what was whole stays, the rest counts as never done, and the log goes on.
RC_GTEST_PROP(UndoLogProperty, AnyPrefixReadsAsAPrefixOfItsRecords, ()) {
  const StateFolder state;
  const auto count = *rc::gen::inRange<std::uint64_t>(0, 8);
  std::string path;
  {
    auto log = UndoLog::create("d");
    RC_ASSERT(log.has_value());
    path = (*log)->path();
    for (std::uint64_t fault = 1; fault <= count; ++fault) RC_ASSERT((*log)->add(record(fault, "pause")).has_value());
  }
  const auto size = static_cast<std::size_t>(std::filesystem::file_size(path));
  const auto cut = *rc::gen::inRange<std::size_t>(0, size + 1);
  std::filesystem::resize_file(path, cut);
  auto log = UndoLog::open(path);
  RC_ASSERT(log.has_value());
  const auto kept = (*log)->open_records();
  RC_ASSERT(kept.size() <= count);
  if (cut == size) RC_ASSERT(kept.size() == count);
  for (std::size_t i = 0; i < kept.size(); ++i) RC_ASSERT(kept[i].fault == i + 1);
  RC_ASSERT((*log)->add(record(100, "run")).has_value());
  const auto more = (*log)->open_records();
  RC_ASSERT(more.size() == kept.size() + 1);
  RC_ASSERT(more.back().fault == 100U);
}

RC_GTEST_PROP(UndoLogProperty, AnyBytesAreRead, (const std::string& bytes)) {
  const StateFolder state;
  const auto folder = undo_folder();
  const std::string path = *folder + "/d.jsonl";
  std::ofstream{path, std::ios::binary} << bytes << "\n{\"add\":{\"fault\":1,\"kind\":\"pause\",\"facts\":{}}}\n";
  auto log = UndoLog::open(path);
  RC_ASSERT(log.has_value());
  RC_ASSERT(!(*log)->open_records().empty());
}

}  // namespace
}  // namespace blackstart::test
