// The blackstart command: parses the verb and hands over. Hidden verbs are the tool's own helper processes.

#include "app/verbs.h"
#include "base/text.h"
#include "faults/janitor.h"
#include "targets/local/cell.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr const char* kAbout =
    "Blackstart rehearses disasters: it drives load against a target, injects faults, measures the RTO and RPO\n"
    "that users' own requests show, and holds them to their targets.";

constexpr const char* kExamples =
    "Examples:\n"
    "  blackstart list                                   what can be drilled\n"
    "  blackstart run auction-flow/database-failure      a live drill, with its verdict at the end\n"
    "  blackstart report drills/LATEST/journal.jsonl     every report again, from the journal\n"
    "\n"
    "Exit status of a drill: 0 objectives met, 1 missed, 2 inconclusive, 3 stopped, 4 faults left behind,\n"
    "254 bad arguments or scenario, 255 internal error.";

/// Whether `word` is a verb; says which was meant where it is none.
bool is_verb(CLI::App& app, const std::string& word) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](CLI::App*) { return true; })) verbs.push_back(verb->get_name());
  if (std::find(verbs.begin(), verbs.end(), word) != verbs.end()) return true;
  const auto meant = blackstart::nearest_word(word, verbs);
  fmt::print(stderr, "blackstart: there is no verb \"{}\"{}; allowed: {}\n", word,
             meant ? fmt::format("; did you mean \"{}\"?", *meant) : "", fmt::join(verbs, ", "));
  return false;
}

int run_command(int argc, char** argv) {
  CLI::App app{kAbout, "blackstart"};
  app.footer(kExamples);
  app.set_version_flag("--version", "blackstart " BLACKSTART_VERSION);
  app.require_subcommand(1);
  int exit_code = 0;
  for (auto* add : {blackstart::add_run, blackstart::add_simulate, blackstart::add_validate, blackstart::add_show,
                    blackstart::add_schema, blackstart::add_list, blackstart::add_faults, blackstart::add_doctor,
                    blackstart::add_report, blackstart::add_verify, blackstart::add_recover}) {
    add(app, exit_code);
  }
  if (argc < 2) {
    fmt::print(stderr, "{}", app.help());
    return blackstart::kExitBadInput;
  }
  if (argv[1][0] != '-' && !is_verb(app, argv[1])) return blackstart::kExitBadInput;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : blackstart::kExitBadInput;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc > 1 && std::string_view(argv[1]) == blackstart::kJanitorVerb) return blackstart::janitor_main(argc, argv);
  if (argc > 1 && std::string_view(argv[1]) == blackstart::kCellVerb) return blackstart::cell_main(argc, argv);
  try {
    return run_command(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "blackstart: internal error: %s\n", error.what());
    return blackstart::kExitInternal;
  }
}
