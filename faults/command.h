#pragma once
// A user's shell command as a fault (or its healing) runs it: through sh -c, in a session of its own, with a time-out,
// output captured and secrets masked. It is prepared behind a gate first: the process exists and stands in the undo
// log, but runs nothing until go(). When the drill dies meanwhile the janitor ends the command; a prepared one that was
// never let go ends by itself. Not thread-safe; one thread an object.

#include "base/result.h"
#include "faults/process.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

class UndoLog;

struct CommandRequest {
  std::string text;    // for sh -c; secrets as references to environment variables
  std::string what;    // "the inject command of fault 'cache gone'", for messages
  std::string folder;  // empty: the caller's own
  std::vector<std::pair<std::string, std::string>> environment;  // on top of the caller's own
  std::vector<std::string> secrets;                              // values that are masked in the output
  std::string log_file;  // the output is appended; empty: kept in CommandEnd alone
  std::uint64_t fault = 0;
  std::string key;              // of the "command" record: "inject", "heal", "prove"
  UndoLog* undo_log = nullptr;  // null: no record (janitor and recover, which are waited for)
};

struct CommandEnd {
  std::optional<int> status;  // exit status; empty: ended by a signal or not at all
  int signal = 0;
  bool timed_out = false;         // it was killed, with its process group
  bool cancelled = false;         // the same, because the caller stopped
  bool printed_too_much = false;  // the same, because its output would fill the disk
  std::string output;             // masked, the last 64 KiB
  [[nodiscard]] bool succeeded() const { return status == 0 && !timed_out && !cancelled; }
  /// "ended with status 3", "was killed after 30s without an end", with the last line of its output.
  [[nodiscard]] std::string to_string() const;
};

class Command {
 public:
  /// Starts the shell, which waits at the gate, and writes the undo record.
  static Result<std::unique_ptr<Command>> prepare(CommandRequest request);
  /// Kills what still runs.
  virtual ~Command() = default;
  /// Opens the gate: one write.
  virtual Status go() = 0;
  /// Waits for the shell's end, at most until `deadline`; then kills its process group. Output that processes left in
  /// the background print later is thrown away. Idempotent: a second call gives the same answer.
  virtual CommandEnd wait(std::chrono::steady_clock::time_point deadline, std::stop_token stop) = 0;
  [[nodiscard]] virtual ProcessId process() const = 0;
};

/// prepare, go, wait.
Result<CommandEnd> run_command(CommandRequest request, std::chrono::steady_clock::time_point deadline,
                               std::stop_token stop);

/// Ends a command that a dead drill left running, with its process group; waits until it is gone. Says what was found.
Result<std::string> end_command(const ProcessId& process, const std::string& what);

/// `text` with every occurrence of a secret replaced by "***".
std::string mask_secrets(std::string text, const std::vector<std::string>& secrets);

}  // namespace blackstart
