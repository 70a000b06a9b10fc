#include "load/ledger.h"

#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <dirent.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace blackstart {
namespace {

int files_in(const std::string& folder) {
  int count = 0;
  DIR* const open = opendir(folder.c_str());
  while (const dirent* const entry = readdir(open)) count += entry->d_name[0] == '.' ? 0 : 1;
  closedir(open);
  return count;
}

TEST(Ledger, KeepsOutcomeAndAcknowledgementInStepsOf10us) {
  auto ledger = *Ledger::create("", 1);
  ledger->set(1, AttemptOutcome::kAcknowledged, instant_from_ns(1'234'567'899));
  EXPECT_EQ(ledger->get(1).outcome, AttemptOutcome::kAcknowledged);
  EXPECT_EQ(to_ns(ledger->get(1).acknowledged), 1'234'560'000);
  ledger->set(1, AttemptOutcome::kAcknowledged, kDrillStart);
  EXPECT_EQ(ledger->get(1).acknowledged, kDrillStart);
  ledger->set(2, AttemptOutcome::kTimedOut);
  EXPECT_EQ(ledger->get(2).acknowledged, kNever);
  EXPECT_EQ(ledger->get(3).outcome, AttemptOutcome::kNone);
  EXPECT_EQ(ledger->get(0).outcome, AttemptOutcome::kNone);
  EXPECT_EQ(ledger->get(999'999'999).outcome, AttemptOutcome::kNone);
  EXPECT_EQ(ledger->size(), 2U);
}

TEST(Ledger, LeavesNoFileBehindEvenWhileItLives) {
  const ScratchFolder scratch;
  const std::string& folder = scratch.path();
  auto ledger = *Ledger::create(folder, 2);
  for (std::uint64_t id = 1; id < 600'000; id += 1000) ledger->set(id, AttemptOutcome::kRefused);
  EXPECT_EQ(files_in(folder), 0);
  EXPECT_EQ(ledger->get(599'001).outcome, AttemptOutcome::kRefused);
  ledger.reset();
  EXPECT_EQ(rmdir(folder.c_str()), 0);
}

TEST(Ledger, MissingFolderIsAnErrorThatNamesIt) {
  const auto ledger = Ledger::create("/nonexistent/folder", 1);
  ASSERT_FALSE(ledger);
  EXPECT_NE(ledger.error().message.find("/nonexistent/folder"), std::string::npos);
}

TEST(Ledger, FullDiskIsAnErrorAndTheLedgerGoesOn) {
  const ScratchFolder scratch;
  const std::string& folder = scratch.path();
  if (mount("none", folder.c_str(), "tmpfs", 0, "size=2m") != 0)
    GTEST_SKIP() << "may not mount a small file system here";
  {
    auto ledger = *Ledger::create(folder, 1);
    Status status = ok();
    std::uint64_t id = 1;
    for (; id < 2'000'000 && status; id += 131'072) status = ledger->reserve(id);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kIo);
    EXPECT_NE(status.error().message.find(folder), std::string::npos);
    for (std::uint64_t at = 1; at < id + 500'000; at += 4099) ledger->set(at, AttemptOutcome::kTimedOut);
    for (std::uint64_t at = 1; at < id + 500'000; at += 4099)
      ASSERT_EQ(ledger->get(at).outcome, AttemptOutcome::kTimedOut);
  }
  umount(folder.c_str());
  rmdir(folder.c_str());
}

TEST(Ledger, PassesAreCountedApartAndForgotten) {
  auto ledger = *Ledger::create("", 3);
  ledger->set(5, AttemptOutcome::kAcknowledged, instant_from_ns(10'000));
  EXPECT_EQ(ledger->mark_seen(5, 0), 0);
  EXPECT_EQ(ledger->mark_seen(5, 0), 1);
  EXPECT_EQ(ledger->mark_seen(5, 0), 2);
  EXPECT_EQ(ledger->mark_seen(5, 0), 2);
  EXPECT_EQ(ledger->seen(5, 0), 2);
  EXPECT_EQ(ledger->seen(5, 1), 0);
  ledger->mark_seen(5, 1);
  ledger->mark_corrupted(5, 1);
  EXPECT_FALSE(ledger->corrupted(5, 0));
  EXPECT_TRUE(ledger->corrupted(5, 1));
  ledger->clear_seen(1);
  EXPECT_EQ(ledger->seen(5, 1), 0);
  EXPECT_FALSE(ledger->corrupted(5, 1));
  EXPECT_EQ(ledger->seen(5, 0), 2);
  EXPECT_EQ(ledger->get(5).acknowledged, instant_from_ns(10'000));
  ledger->set(5, AttemptOutcome::kRefused);
  EXPECT_EQ(ledger->seen(5, 0), 2);
}

TEST(Ledger, WorkersWriteSideBySide) {
  auto ledger = *Ledger::create("", 2);
  constexpr std::uint64_t kIds = 400'000;
  std::vector<std::thread> workers;
  for (std::uint64_t worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&, worker] {
      for (std::uint64_t id = 1 + worker; id <= kIds; id += 4) {
        ledger->set(id, AttemptOutcome::kAcknowledged, kDrillStart + Ledger::kStep * static_cast<std::int64_t>(id));
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(ledger->size(), kIds);
  for (std::uint64_t id = 1; id <= kIds; ++id) {
    ASSERT_EQ(ledger->get(id).acknowledged, kDrillStart + Ledger::kStep * static_cast<std::int64_t>(id));
  }
}

RC_GTEST_PROP(Ledger, IsAMapFromIdToOutcome, ()) {
  const int attempts = *rc::gen::inRange(1, 5);
  auto ledger = *Ledger::create("", attempts);
  std::map<std::uint64_t, int> model;
  const auto ids = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(1, 2'000'000));
  for (const std::uint64_t id : ids) {
    const int outcome = *rc::gen::inRange(1, 9);
    ledger->set(id, static_cast<AttemptOutcome>(outcome));
    model[id] = outcome;
  }
  for (const auto& [id, outcome] : model) RC_ASSERT(static_cast<int>(ledger->get(id).outcome) == outcome);
  RC_ASSERT(ledger->size() == (model.empty() ? 0 : model.rbegin()->first));
}

}  // namespace
}  // namespace blackstart
