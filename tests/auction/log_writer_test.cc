// The log on disk: what comes back after closing it, what is refused, what is closed once.

#include <gtest/gtest.h>

#include <fstream>

#include "targets/auction/log_writer.h"
#include "tests/auction/daemon.h"

namespace blackstart::auction {
namespace {

Entry bid(std::uint64_t id, std::uint32_t auction, std::int64_t amount) {
  Entry entry;
  entry.id = id;
  entry.auction = auction;
  entry.amount = amount;
  return entry;
}

Entry closing(std::uint32_t auction, std::uint64_t round) {
  Entry entry;
  entry.auction = auction;
  entry.round = round;
  return entry;
}

WriteJob job_of(std::vector<Entry> entries, const std::string& drill = "d") {
  WriteJob job;
  job.batch.drill_index(drill);
  job.batch.entries = std::move(entries);
  return job;
}

Status write(LogWriter& writer, WriteJob& job, std::int64_t at_ns = 1) {
  WriteJob* jobs[] = {&job};
  return writer.write(jobs, at_ns);
}

TEST(LogOnDisk, ComesBack) {
  TemporaryFolder folder;
  {
    auto writer = LogWriter::open(folder / "data").value();
    auto job = job_of({bid(1, 5, 10), bid(2, 5, 9), bid(3, 6, -1)});
    ASSERT_TRUE(write(*writer, job, 77));
    EXPECT_EQ(job.marks, "101");
    EXPECT_EQ(job.batch.entries.back().position, 3U);
    ASSERT_TRUE(writer->set_note("cluster", "c"));
    ASSERT_TRUE(writer->begin_epoch("first"));
  }
  auto writer = LogWriter::open(folder / "data").value();
  EXPECT_EQ(writer->position(), 3U);
  EXPECT_EQ(writer->newest_ns(), 77);
  EXPECT_EQ(writer->leaders().find(5).id, 1U);
  EXPECT_EQ(writer->note("cluster").value(), "c");
  EXPECT_EQ(writer->note("role").value(), "primary");
  EXPECT_EQ(writer->timeline().to_text(), "1=3");
}

TEST(LogOnDisk, HasOneWriter) {
  TemporaryFolder folder;
  auto first = LogWriter::open(folder / "data").value();
  const auto second = LogWriter::open(folder / "data");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("in use by another store"), std::string::npos);
  first.reset();
  EXPECT_TRUE(LogWriter::open(folder / "data"));
}

TEST(LogOnDisk, ClosesARoundOnceAndNamesTheWinner) {
  TemporaryFolder folder;
  auto writer = LogWriter::open(folder / "data").value();
  auto job = job_of({bid(1, 5, 10), closing(5, 3), closing(5, 3), bid(2, 5, 1), closing(5, 4), closing(6, 3)});
  ASSERT_TRUE(write(*writer, job));
  EXPECT_EQ(job.marks, "1ca1cc");
  ASSERT_EQ(job.batch.entries.size(), 5U) << "what was closed already is not in the log again";
  EXPECT_EQ(job.batch.entries[1].id, 1U);
  EXPECT_EQ(job.batch.entries[3].id, 2U);
  EXPECT_EQ(job.batch.entries[4].id, 0U) << "nobody bid";
  EXPECT_EQ(writer->position(), 5U);
  writer.reset();
  writer = LogWriter::open(folder / "data").value();
  auto again = job_of({closing(5, 3), closing(5, 4)});
  ASSERT_TRUE(write(*writer, again));
  EXPECT_EQ(again.marks, "aa");
  EXPECT_EQ(writer->position(), 5U);
}

TEST(LogOnDisk, TheTestAboveFindsAWriterThatClosesTwice) {
  TemporaryFolder folder;
  auto writer = LogWriter::open(folder / "data").value();
  writer->plant(Bug::kCloseTwice);
  auto job = job_of({closing(5, 3), closing(5, 3)});
  ASSERT_TRUE(write(*writer, job));
  EXPECT_NE(job.marks, "ca");
}

TEST(LogOnDisk, TakesAPrimarysLogOnlyWithoutGaps) {
  TemporaryFolder folder;
  auto writer = LogWriter::open(folder / "data").value();
  const auto placed = [](std::uint64_t position) {
    auto entry = bid(position, 1, static_cast<std::int64_t>(position));
    entry.position = position;
    entry.at_ns = 5;
    auto job = job_of({entry}, "of the primary");
    job.placed = true;
    return job;
  };
  auto first = placed(1);
  ASSERT_TRUE(write(*writer, first, 99));
  EXPECT_EQ(writer->newest_ns(), 5) << "the primary's time stays";
  auto gap = placed(3);
  const auto status = write(*writer, gap);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kProtocol);
  EXPECT_EQ(writer->position(), 1U);
  EXPECT_EQ(writer->leaders().find(1).id, 1U) << "nothing of a failed write shows";
  auto next = placed(2);
  EXPECT_TRUE(write(*writer, next));
  EXPECT_EQ(writer->position(), 2U);
}

TEST(LogOnDisk, SaysWhatIsNoLog) {
  TemporaryFolder folder;
  std::ofstream(folder / "auction.db") << std::string(8192, 'x');
  const auto writer = LogWriter::open(folder.path());
  ASSERT_FALSE(writer);
  EXPECT_NE(writer.error().message.find("not a database"), std::string::npos) << writer.error().message;
}

}  // namespace
}  // namespace blackstart::auction
