// What a restore brings back.

#include "simulator/backups.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace blackstart::testing {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kDrillDate{946'684'800'000'000'000};

BackupSpec spec(std::string name, BackupSpec::Kind kind, Duration every, Duration takes) {
  BackupSpec made;
  made.name = std::move(name);
  made.kind = kind;
  made.every = every;
  made.takes = always(takes);
  return made;
}

TEST(Backups, SnapshotsAreOlderByWhatTheyTakeAndUpToOneIntervalMore) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 1h, 10min)};
  const Backups backups(service, 1, kDrillDate);
  double sum = 0;
  int count = 0;
  for (Duration at = 0s; at < 5h; at += 7s, ++count) {
    const auto choice = backups.choose(kDrillStart + at, "latest", kNever);
    ASSERT_TRUE(choice.has_value());
    const Duration age = kDrillStart + at - choice->point;
    EXPECT_GE(age, 10min);
    EXPECT_LT(age, 1h + 10min);
    sum += to_seconds(age);
  }
  EXPECT_NEAR(sum / count, 600 + 1800, 20);
}

TEST(Backups, TheLogBringsARestoreUpToItsLastArchivedPart) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 24h, 10min), spec("log", BackupSpec::Kind::kLog, 1min, 0s)};
  service.backups[0].at = 2h;
  Backups backups(service, 1, kDrillDate);
  const Instant now = kDrillStart + 14h + 90s;
  const auto choice = backups.choose(now, "latest", kNever);
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->base, kDrillStart + 2h);
  EXPECT_EQ(choice->point, kDrillStart + 14h + 60s);
  const auto earlier = backups.choose(now, "latest", kDrillStart + 13h + 7s);
  ASSERT_TRUE(earlier.has_value());
  EXPECT_EQ(earlier->point, kDrillStart + 13h + 7s);
  backups.lose_log();
  EXPECT_EQ(backups.choose(now, "latest", kNever)->point, kDrillStart + 2h);
}

TEST(Backups, ABackupThatIsNamedComesAlone) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 24h, 10min),
                     spec("weekly", BackupSpec::Kind::kFull, 168h, 20min),
                     spec("log", BackupSpec::Kind::kLog, 1min, 0s)};
  const Backups backups(service, 1, kDrillDate);
  const Instant now = kDrillStart + 14h;
  const auto dump = backups.choose(now, "full", kNever);
  ASSERT_TRUE(dump.has_value());
  EXPECT_EQ(dump->point, kDrillStart) << "a dump, and no log";
  const auto weekly = backups.choose(now, "weekly", kNever);
  ASSERT_TRUE(weekly.has_value());
  EXPECT_EQ(weekly->point, kDrillStart - 6 * 24h) << "older than the newest full one";
  EXPECT_EQ(backups.choose(now, "latest", kNever)->point, now) << "with the log";
  EXPECT_EQ(backups.choose(now, dump->id, kNever)->id, dump->id);
  EXPECT_FALSE(backups.choose(now, "monthly", kNever).has_value());
}

TEST(Backups, WeeklyOnesAreMadeOnSundays) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("weekly", BackupSpec::Kind::kFull, 168h, 20min)};
  const Backups backups(service, 1, kDrillDate);  // a Saturday
  EXPECT_EQ(backups.choose(kDrillStart + 14h, "weekly", kNever)->point, kDrillStart - 6 * 24h);
  EXPECT_EQ(backups.choose(kDrillStart + 24h + 19min, "weekly", kNever)->point, kDrillStart - 6 * 24h);
  EXPECT_EQ(backups.choose(kDrillStart + 24h + 20min, "weekly", kNever)->point, kDrillStart + 24h);
}

TEST(Backups, NoneIsMadeWhileTheServiceIsDownAndOneUnderWayIsLost) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 1h, 10min), spec("log", BackupSpec::Kind::kLog, 1min, 0s)};
  Backups backups(service, 1, kDrillDate);
  backups.can_be_made(true, kDrillStart);
  backups.can_be_made(false, kDrillStart + 2h + 5min);
  const auto choice = backups.choose(kDrillStart + 3h + 30min, "latest", kNever);
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->base, kDrillStart + 1h) << "that of 2 h was not ready at 2 h 05 min";
  EXPECT_EQ(choice->point, kDrillStart + 2h + 4min) << "the log's last time before it stopped, not in that instant";
  backups.can_be_made(true, kDrillStart + 3h + 45min);
  EXPECT_EQ(backups.choose(kDrillStart + 3h + 50min, "latest", kNever)->point, kDrillStart + 3h + 50min);
}

TEST(Backups, AnUnreadableBackupIsPassedOverAndNamed) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 1h, 10min)};
  Backups backups(service, 1, kDrillDate);
  const Instant now = kDrillStart + 3h + 30min;
  const auto whole = backups.choose(now, "latest", kNever);
  backups.corrupt(now, "latest");
  const auto choice = backups.choose(now, "latest", kNever);
  ASSERT_TRUE(whole && choice);
  EXPECT_EQ(choice->base, whole->base - 1h);
  EXPECT_EQ(choice->unreadable, std::vector<std::string>{whole->id});
}

TEST(Backups, ALostKeyHidesWhatIsEncrypted) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 1h, 0s), spec("dump", BackupSpec::Kind::kFull, 24h, 0s),
                     spec("log", BackupSpec::Kind::kLog, 1min, 0s)};
  service.backups[0].encrypted = "gpg";
  service.backups[2].encrypted = "gpg";
  Backups backups(service, 1, kDrillDate);
  const Instant now = kDrillStart + 3h + 30min;
  EXPECT_EQ(backups.choose(now, "latest", kNever)->point, now);
  backups.lose_key();
  EXPECT_EQ(backups.choose(now, "latest", kNever)->point, kDrillStart) << "the dump, without the log";
  EXPECT_EQ(backups.choose(now, "full", kNever).error().code, ErrorCode::kPermission);
  EXPECT_EQ(backups.why_unprotected(), "the key of its backups is lost");
  backups.mend();
  EXPECT_EQ(backups.choose(now, "latest", kNever)->point, now);
}

/// Unreadable backups of three days that a restore finds out, and those that trials have.
std::pair<std::size_t, std::size_t> found_out(std::optional<Duration> verified) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 1h, 10min)};
  service.backups[0].succeeds = {0.5};
  service.backups[0].verified = verified;
  const Backups backups(service, 1, kDrillDate);
  std::set<std::string> at_restore, by_trial;
  for (Duration at = 30min; at < 72h; at += 1h) {
    const auto choice = backups.choose(kDrillStart + at, "latest", kNever);
    if (!choice) continue;
    at_restore.insert(choice->unreadable.begin(), choice->unreadable.end());
    by_trial.insert(choice->known.begin(), choice->known.end());
  }
  return {at_restore.size(), by_trial.size()};
}

TEST(Backups, ATrialFindsOutWhatARestoreWouldHave) {
  const auto [untried, none] = found_out(std::nullopt);
  EXPECT_GT(untried, 20U);
  EXPECT_EQ(none, 0U);
  EXPECT_EQ(found_out(1h), std::pair(std::size_t{0}, untried)) << "each is tried as it is made";
  const auto [others, tried] = found_out(3h);
  EXPECT_EQ(others + tried, untried);
  EXPECT_GT(tried, untried / 6);
  EXPECT_LT(tried, untried / 2);
}

TEST(Backups, WhatLiesInALostRegionAloneCannotBeRestored) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 1h, 0s), spec("log", BackupSpec::Kind::kLog, 1min, 0s)};
  Backups backups(service, 1, kDrillDate);
  backups.lie_in("east", kDrillStart);
  const Instant moved = kDrillStart + 2h + 30min, now = moved + 10min;
  const auto lost = backups.choose(now, "latest", kNever, {"east"});
  ASSERT_FALSE(lost.has_value());
  EXPECT_NE(lost.error().message.find("those called full lie in east, which is lost"), std::string::npos);
  EXPECT_EQ(backups.choose(now, "latest", kNever, {"west"})->point, now);
  backups.lie_in("west", moved);
  EXPECT_FALSE(backups.choose(now, "latest", kNever, {"east"}).has_value()) << "none was made in the west yet";
  EXPECT_EQ(backups.choose(kDrillStart + 3h + 5min, "latest", kNever, {"east"})->point, kDrillStart + 3h + 5min);
  EXPECT_EQ(backups.choose(now, "latest", kNever, {"west"})->point, moved) << "up to where the log is";
  service.backups[0].copies = {"west"};
  EXPECT_EQ(backups.choose(now, "latest", kNever, {"east"})->point, kDrillStart + 2h) << "without the log";
  service.backups[1].copies = {"west"};
  EXPECT_EQ(backups.choose(now, "latest", kNever, {"east"})->point, now);
}

TEST(Backups, BackupsOfTheDayBeforeAreThere) {
  ServiceSpec service;
  service.name = "db";
  service.backups = {spec("full", BackupSpec::Kind::kFull, 24h, 20min)};
  service.backups[0].at = 2h;
  const Backups backups(service, 1, kDrillDate);
  const auto choice = backups.choose(kDrillStart + 1h, "latest", kNever);
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->point, kDrillStart - 22h);
  EXPECT_EQ(backups.next("full", kDrillStart), kDrillStart + 2h);
}

}  // namespace
}  // namespace blackstart::testing
