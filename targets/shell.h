#pragma once
// Shell commands of a scenario (`run`, `exec`) and of driver parts: filled, run within a limit, their output masked.
// They stand in the undo log while they run, so that the janitor ends them when the drill dies. Thread-safe.

#include "base/result.h"
#include "faults/command.h"
#include "targets/http_client.h"
#include "targets/templates.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

class UndoLog;

struct ShellResult {
  std::string command;  // as run, secrets as references
  int status = 0;       // 128 + signal where a signal ended it
  std::string output;   // masked, printable, at most 64 KiB
  /// Of the command's environment what decides how it runs (PATH, HOME, …), and the secrets it was given as ***.
  std::vector<std::pair<std::string, std::string>> environment;
  /// kTimeout, kCancelled: it was killed, and has no status; the message has its last output.
  std::optional<Error> killed;
  [[nodiscard]] bool succeeded() const { return status == 0 && !killed; }
};

class Shell {
 public:
  /// `undo_log` may be set later (set_undo_log): before, commands run without a record.
  Shell(const Templates& templates, std::string folder) : templates_(templates), folder_(std::move(folder)) {}
  void set_undo_log(UndoLog* undo_log) { undo_log_ = undo_log; }

  /// Runs `text` through sh -c in the shell's folder; the output is appended to `log_file` too, unless "". An exit
  /// status other than 0 is a result, and so is that it was killed.
  Result<ShellResult> try_run(const std::string& text, const std::string& what, const std::string& log_file,
                              const BlockingLimit& limit, const Templates::Extra& extra = {});
  /// The same, where a command that was killed has nothing to tell: kTimeout, kCancelled.
  Result<ShellResult> run(const std::string& text, const std::string& what, const std::string& log_file,
                          const BlockingLimit& limit, const Templates::Extra& extra = {});
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  const Templates& templates_;
  const std::string folder_;
  std::atomic<UndoLog*> undo_log_{nullptr};
  std::atomic<int> runs_{0};
};

}  // namespace blackstart
