// From a journal's bytes to the files: what is made again is the same, what cannot be read is said.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/reports/sample.h"
#include "tests/support/files.h"
#include "tests/support/scratch_folder.h"

namespace blackstart::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Folder : public testing::Test {
 protected:
  ScratchFolder scratch_;
  fs::path path_ = scratch_.path();
};

TEST_F(Folder, EveryFileAndNothingElse) {
  const ReportData data = report_of(sample_passed());
  ASSERT_TRUE(write_reports(data.input(), path_.string()).has_value());
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(path_)) {
    ++files;
    EXPECT_NE(entry.path().extension(), ".part");
  }
  EXPECT_EQ(files, report_formats().size());
  EXPECT_EQ(read_file(path_ / "report.json"), report_json(data.input()));
}

TEST_F(Folder, AFolderThatIsNotThereIsAnErrorThatNamesTheFile) {
  const ReportData data = report_of(sample_passed());
  const auto status = write_reports(data.input(), (path_ / "missing").string());
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().to_string(), HasSubstr("missing/report.json"));
}

TEST_F(Folder, AFileThatCannotBeReplacedLeavesNoHalfOne) {
  fs::create_directories(path_ / "report.md" / "in the way");
  const ReportData data = report_of(sample_passed());
  EXPECT_FALSE(write_reports(data.input(), path_.string()).has_value());
  EXPECT_FALSE(fs::exists(path_ / "report.md.part"));
  EXPECT_TRUE(fs::exists(path_ / "report.json"));
}

TEST(Load, MadeAgainItIsTheSameToTheByte) {
  for (const auto& drill : {sample_passed(), sample_failed(), sample_inconclusive()}) {
    const std::string text = journal_text(drill);
    const auto make = [&] {
      auto journal = read_journal(text, "journal.jsonl", Intervals::kAsValues);
      auto data = load_report(std::move(*journal));
      std::string all = terminal_summary(data->input(), {.colour = true, .folder = "x"});
      for (const ReportFormat& format : report_formats()) all += format.make(data->input());
      return all;
    };
    EXPECT_EQ(make(), make());
  }
}

TEST(Load, AJournalThatWasCutOffSaysWhatItHolds) {
  const std::string whole = journal_text(sample_passed());
  std::size_t lines = 0;
  for (std::size_t end = whole.find('\n'); end != std::string::npos; end = whole.find('\n', end + 1)) {
    // Every prefix of whole lines, and one line torn.
    for (const std::string& text : {whole.substr(0, end + 1), whole.substr(0, end)}) {
      auto journal = read_journal(text, "journal.jsonl", Intervals::kAsValues);
      ASSERT_TRUE(journal.has_value()) << lines;
      if (journal->events.empty()) continue;
      const auto data = load_report(std::move(*journal));
      ASSERT_TRUE(data.has_value()) << lines << ": " << data.error().to_string();
      if (!data->journal.finished && data->journal.last("drill.judged") == nullptr &&
          data->journal.last("read_back.finished") == nullptr) {
        EXPECT_NE(data->verdict.outcome, Outcome::kPass) << "line " << lines;
      }
      for (const ReportFormat& format : report_formats()) EXPECT_FALSE(format.make(data->input()).empty());
    }
    ++lines;
  }
}

TEST(Load, WithoutItsFirstLineItIsNoJournalOfADrill) {
  const auto empty = load_report(Journal{});
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(empty.error().to_string(), HasSubstr("drill.started"));
}

TEST(Load, AScenarioThatThisVersionCannotReadIsSaid) {
  Journal journal = journal_of(sample_passed());
  journal.events[0].body["scenario"]["objectives"]["rto"] = "soon";
  const auto broken = load_report(std::move(journal));
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error().to_string(), HasSubstr("soon"));
  Journal without = journal_of(sample_passed());
  without.events[0].body.erase("target");
  EXPECT_THAT(load_report(std::move(without)).error().to_string(), HasSubstr("target"));
}

TEST(Load, AMalformedEventNamesItsLine) {
  Journal journal = journal_of(sample_passed());
  journal.events[3].body = Json::object();
  journal.events[3].value = {};
  const auto broken = load_report(std::move(journal));
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error().to_string(), HasSubstr("line 4"));
}

}  // namespace
}  // namespace blackstart::test
