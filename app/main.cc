// The blackstart command: parses the verb and hands over. Hidden verbs are the tool's own helper processes.

#include "app/command_line.h"
#include "app/verbs.h"
#include "faults/janitor.h"
#include "targets/local/cell.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

namespace {

constexpr const char* kAbout =
    "Blackstart rehearses disasters: it drives load against a target, injects faults, measures the RTO and RPO\n"
    "that users' own requests show, and holds them to their targets.";

constexpr const char* kExamples =
    "Examples:\n"
    "  blackstart list                                   what can be drilled\n"
    "  blackstart run auction-flow/database-failure      a live drill, with its verdict at the end\n"
    "  blackstart report drills/DRILL/journal.jsonl      every report again, from the journal\n"
    "\n"
    "Exit status of a drill: 0 objectives met, 1 missed, 2 inconclusive, 3 stopped, 4 faults left behind,\n"
    "254 bad arguments or scenario, 255 internal error.";

int run_command(int argc, char** argv) {
  blackstart::VerbsLine line(kAbout, kExamples, "blackstart " BLACKSTART_VERSION);
  for (auto* add : {blackstart::add_run, blackstart::add_simulate, blackstart::add_validate, blackstart::add_audit,
                    blackstart::add_show, blackstart::add_schema, blackstart::add_list, blackstart::add_faults,
                    blackstart::add_doctor, blackstart::add_report, blackstart::add_verify, blackstart::add_recover}) {
    add(line);
  }
  return line.run(argc, argv);
}

/// Whoever starts the tool may have closed some: the next file that is opened would take their place, and what is said
/// to nobody would end up in a journal.
bool have_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != stream) return false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (!have_standard_streams()) return blackstart::kExitInternal;
  if (argc > 1 && std::string_view(argv[1]) == blackstart::kJanitorVerb) return blackstart::janitor_main(argc, argv);
  if (argc > 1 && std::string_view(argv[1]) == blackstart::kCellVerb) return blackstart::cell_main(argc, argv);
  try {
    return run_command(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "blackstart: internal error: %s\n", error.what());
    return blackstart::kExitInternal;
  }
}
