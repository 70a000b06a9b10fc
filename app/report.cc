// blackstart report JOURNAL: makes every report again from a journal alone.

#include "reports/report.h"
#include "app/arguments.h"
#include "app/say.h"
#include "app/verbs.h"

#include <fmt/format.h>

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <utility>

namespace blackstart {

namespace {

struct ReportArguments {
  std::string journal;
  std::string out;
  bool json = false;
};

int report_verb(const ReportArguments& arguments) {
  namespace fs = std::filesystem;
  fs::path file = arguments.journal;
  std::error_code error;
  if (fs::is_directory(file, error)) file /= "journal.jsonl";
  auto journal = load_journal(file.string(), Intervals::kAsValues);
  if (!journal) {
    print_error(journal.error());
    return kExitBadInput;
  }
  const auto data = load_report(std::move(*journal));
  if (!data) {
    print_error(data.error());
    return kExitBadInput;
  }
  const fs::path folder = arguments.out.empty() ? file.parent_path() : fs::path(arguments.out);
  if (!folder.empty()) fs::create_directories(folder, error);
  const std::string shown = folder.empty() ? "." : folder.string();
  if (auto written = write_reports(data->input(), shown); !written) {
    print_error(written.error());
    return kExitInternal;
  }
  if (!data->journal.finished) {
    say("note: this journal has no end (the drill was cut off); the reports say what it holds\n");
  }
  const TerminalStyle style{.colour = ::isatty(STDOUT_FILENO) == 1, .folder = shown};
  print_result(arguments.json ? report_json(data->input()) : terminal_summary(data->input(), style));
  return 0;
}

}  // namespace

void add_report(VerbsLine& line) {
  Verb verb = line.verb("report", "Make every report again from a journal; same journal, same bytes");
  auto arguments = std::make_shared<ReportArguments>();
  verb.option("JOURNAL", arguments->journal, "journal.jsonl of a drill, or the folder it is in").required();
  verb.option("--out", arguments->out, "Folder for the reports; default: beside the journal");
  verb.flag("--json", arguments->json, "Print report.json instead of the summary");
  verb.footer("Example:\n  blackstart report drills/20261120T122503Z-database-failure/journal.jsonl --out again");
  verb.runs([arguments] { return report_verb(*arguments); });
}

}  // namespace blackstart
