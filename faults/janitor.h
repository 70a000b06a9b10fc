#pragma once
// The janitor: a process of its own, started before the first fault. It holds one end of a pipe; when the drill dies in
// any way it sees the end of file, heals every open record of the undo log and exits. The tool starts itself again with
// a hidden verb (no fork of a threaded process). It is a session of its own and ignores SIGINT, SIGTERM and SIGHUP, so
// that what ends the drill does not end it. While the drill lives it enforces the dead-man limits of its records, for a
// drill that hangs. Start it before the cell: then no process of the drill can outlive a SIGKILL of the drill.

#include "base/result.h"
#include "faults/process.h"
#include "faults/undo_log.h"

#include <memory>
#include <string>

namespace blackstart {

inline constexpr const char* kJanitorVerb = "internal-janitor";

class Janitor {
 public:
  /// Starts `tool` (path of blackstart's own executable) as janitor of `log` and waits until it watches.
  static Result<std::unique_ptr<Janitor>> start(const std::string& tool, UndoLog& log);
  virtual ~Janitor() = default;  // as dismiss()
  /// The drill ends well: the janitor leaves without healing (it still heals records that are open) and is waited for.
  /// kFailed: something could not be healed; `blackstart recover` says what. Idempotent.
  virtual Status dismiss() = 0;
  /// False: it was killed. Nothing may be injected then: nobody would heal it.
  [[nodiscard]] virtual bool watches() const = 0;
  [[nodiscard]] virtual ProcessId process() const = 0;
};

/// main() of the hidden verb; returns its exit status: 0 all is healed, 4 something is left behind.
int janitor_main(int argc, char** argv);

}  // namespace blackstart
