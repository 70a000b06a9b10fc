// Every format of every sample, byte for byte. After a wanted change: BLACKSTART_UPDATE_GOLDEN=1 reports_test, then
// read the difference before it is committed.

#include "tests/reports/sample.h"
#include "tests/support/files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace blackstart::test {
namespace {

struct Sample {
  const char* name;
  Drill (*make)();
};

class Golden : public testing::TestWithParam<Sample> {
 protected:
  /// The histograms' base64 depends on the zlib at hand: what is golden are the lines around them. So do hashes.
  static std::string stable(std::string text, const ReportData& data) {
    const auto replace = [&](const std::string& found, const std::string& by) {
      for (std::size_t at = 0; !found.empty() && (at = text.find(found, at)) != std::string::npos; at += by.size())
        text.replace(at, found.size(), by);
    };
    replace(data.journal.head, "<head>");
    replace(data.journal.sha256, "<sha256>");
    for (const Event& event : data.journal.events)
      if (event.type == "traffic.interval") replace(event.body.at("latency").get<std::string>(), "<histogram>");
    return text;
  }
  static void compare(const std::string& name, const std::string& text) {
    const std::string path = std::string(BLACKSTART_SOURCE_DIR) + "/tests/reports/golden/" + name;
    if (std::getenv("BLACKSTART_UPDATE_GOLDEN") != nullptr) {
      std::ofstream(path, std::ios::binary) << text;
      return;
    }
    EXPECT_EQ(text, read_file(path)) << path << "; BLACKSTART_UPDATE_GOLDEN=1 writes it anew";
  }
};

TEST_P(Golden, EveryFormat) {
  const ReportData data = report_of(GetParam().make());
  for (const ReportFormat& format : report_formats())
    compare(std::string(GetParam().name) + "." + format.file, stable(format.make(data.input()), data));
}

TEST_P(Golden, Terminal) {
  const ReportData data = report_of(GetParam().make());
  const std::string name = std::string(GetParam().name) + ".terminal";
  compare(name + ".txt", stable(terminal_summary(data.input(), {.colour = false, .folder = "drills/one"}), data));
  compare(name + ".colour.txt", stable(terminal_summary(data.input(), {.colour = true, .folder = ""}), data));
}

INSTANTIATE_TEST_SUITE_P(Samples, Golden,
                         testing::Values(Sample{"passed", sample_passed}, Sample{"failed", sample_failed},
                                         Sample{"inconclusive", sample_inconclusive}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace blackstart::test
