#pragma once
// The cell: where the processes that a drill starts live. A supervisor process (the tool itself, started again with a
// hidden verb) is the first process of a PID namespace of its own, with the kernel's permission as root or in a user
// namespace; when it ends, in whatever way, the kernel ends every process of the cell, also daemons and stopped ones.
// Where the kernel does not allow that, the supervisor adopts orphans (child subreaper) and kills them all itself, and
// every member stands in the undo log for the janitor. The supervisor ends when the drill closes the cell or dies.
// The cell is a session of its own: Ctrl-C in the terminal does not reach its members. Loopback is the host's.
// Thread-safe, except that close() and the destructor come last.

#include "base/result.h"
#include "faults/process.h"
#include "faults/undo_log.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

inline constexpr const char* kCellVerb = "internal-cell";
/// Set to the drill's id in the environment of everything in the cell, so that it can be found without the log.
inline constexpr const char* kCellVariable = kDrillTagVariable;

struct CellOptions {
  std::string drill_id;         // the tag; may be empty in tests
  UndoLog* undo_log = nullptr;  // must outlive the cell; without one only the supervisor ends the processes
  bool pid_namespace = true;    // false: the fallback, also where the kernel allows a namespace
};

struct SpawnRequest {
  std::string program;                                           // a path, or a name looked for in PATH
  std::vector<std::string> arguments;                            // argv[1..]
  std::vector<std::pair<std::string, std::string>> environment;  // on top of the drill's own
  std::string folder;                                            // working directory; empty: the drill's own
  std::string log_file;                                          // stdout and stderr are appended; empty: thrown away
};

/// A started process, as seen from outside the cell. It leads a session and process group of its own.
struct CellProcess {
  ProcessId id;
  std::shared_ptr<const PidHandle> handle;  // names this process for good
};

struct CellExit {
  ProcessId id;
  int status = 0;                 // exit status, or -1 when a signal ended it
  int signal = 0;                 // the signal, or 0
  std::string to_string() const;  // "exit status 3", "signal 9 (SIGKILL)"
};

class Cell {
 public:
  /// Starts `tool` (path of blackstart's own executable) as supervisor and waits until it stands.
  static Result<std::unique_ptr<Cell>> start(const std::string& tool, CellOptions options = {});
  virtual ~Cell() = default;  // as close()

  /// Returns once the program runs (exec succeeded). kNotFound, kPermission: it cannot be run. kUnavailable: the cell
  /// is closed or its supervisor gone.
  virtual Result<CellProcess> spawn(const SpawnRequest& request) = 0;
  /// To one process that spawn() gave. kNotFound when it has ended already.
  virtual Status kill(const ProcessId& process, int signal) = 0;
  /// To every process of its process group that is left.
  virtual Status kill_group(const ProcessId& process, int signal) = 0;
  /// Called on the cell's reader thread at the end of every process that spawn() gave, once each, also of those that
  /// ended before this call. Must not call close(). When the supervisor itself is lost every process is reported
  /// with signal 9.
  virtual void on_exit(std::function<void(const CellExit&)> callback) = 0;
  /// Ends every process of the cell, waits until they are gone, proves it. Idempotent.
  virtual Status close() = 0;

  [[nodiscard]] virtual bool has_pid_namespace() const = 0;
  /// The first process of the cell, as seen from outside.
  [[nodiscard]] virtual ProcessId supervisor() const = 0;
};

/// main() of the hidden verb; returns its exit status.
int cell_main(int argc, char** argv);

}  // namespace blackstart
