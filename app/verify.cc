// blackstart verify JOURNAL: checks the hash chain.

#include "app/arguments.h"
#include "app/say.h"
#include "app/verbs.h"
#include "rehearsal/journal.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace blackstart {

namespace {

struct VerifyArguments {
  std::string journal;
  std::string head;
  bool json = false;
};

int verify_verb(const VerifyArguments& arguments) {
  std::filesystem::path file = arguments.journal;
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) file /= "journal.jsonl";
  const auto journal = load_journal(file.string());
  if (!journal) {
    if (arguments.json) {
      print_result(nlohmann::ordered_json{{"intact", false}, {"error", journal.error().to_string()}}.dump(2) + "\n");
    }
    print_error(journal.error());
    return journal.error().code == ErrorCode::kInvalid ? 1 : kExitBadInput;  // broken, or not there at all
  }
  const bool head_matches = arguments.head.empty() || arguments.head == journal->head;
  if (arguments.json) {
    print_result(nlohmann::ordered_json{{"intact", head_matches},
                                        {"events", journal->events.size()},
                                        {"head", journal->head},
                                        {"sha256", journal->sha256},
                                        {"torn", journal->torn},
                                        {"finished", journal->finished}}
                     .dump(2) +
                 "\n");
  } else {
    print_result(fmt::format("{}: {} events, the chain is intact\nhead {}{}{}\n", file.string(), journal->events.size(),
                             journal->head, journal->torn ? "\nthe last line is torn and was left out" : "",
                             journal->finished ? "" : "\nincomplete: the drill was cut off before its end"));
  }
  if (!head_matches) {
    say("blackstart: the head is not {}: this is another journal, or it was written anew\n", arguments.head);
    return 1;
  }
  return 0;
}

}  // namespace

void add_verify(VerbsLine& line) {
  Verb verb = line.verb("verify", "Check a journal's hash chain: one changed byte is found, and named");
  auto arguments = std::make_shared<VerifyArguments>();
  verb.option("JOURNAL", arguments->journal, "journal.jsonl of a drill, or the folder it is in").required();
  verb.option("--head", arguments->head, "The head hash that was noted elsewhere; it must be this journal's");
  verb.flag("--json", arguments->json, "Print the result as JSON");
  verb.footer(
      "Example:\n  blackstart verify drills/20261120T122503Z-database-failure/journal.jsonl\n"
      "Exit status: 0 the chain is intact, 1 it is not (or --head differs), 254 there is no such journal.");
  verb.runs([arguments] { return verify_verb(*arguments); });
}

}  // namespace blackstart
