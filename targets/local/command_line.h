#pragma once
// From the `run:` text of a driver part to a program and its arguments. A plain command is split into words and
// started directly, so that a filled-in value never breaks into several words; one that uses the shell goes through
// `sh -c`. Pure, but for looking for the program.

#include "base/result.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct CommandLine {
  std::string program;                 // a path
  std::vector<std::string> arguments;  // argv[1..]
};

/// Who fills {{...}}: of a word that is passed on as it is, and of a text for the shell.
struct CommandFill {
  std::function<Result<std::string>(const std::string&)> word;
  std::function<Result<std::string>(const std::string&)> shell;
};

/// True when `text` cannot be started without a shell: pipes, variables, globs, several commands, {{env.…}}.
bool needs_shell(std::string_view text);
/// Words with quotes taken off; {{...}} stays together also with blanks in it. kInvalid: a quote is not closed, no
/// word.
Result<std::vector<std::string>> split_words(std::string_view text);

/// Where programs are looked for: `folder` for relative paths with a slash, `beside` first for "auctiond", PATH.
struct ProgramPlaces {
  std::string folder;
  std::string beside;
};
/// kNotFound names where was looked; kPermission: it may not be executed.
Result<std::string> find_program(const std::string& name, const ProgramPlaces& places);

/// `auctiond` in front of a shell text is replaced too.
Result<CommandLine> make_command_line(const std::string& text, const CommandFill& fill, const ProgramPlaces& places);

}  // namespace blackstart
