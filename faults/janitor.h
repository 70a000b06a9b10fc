#pragma once
// The janitor: a process of its own, started before the first fault. It holds one end of a pipe; when the drill dies in
// any way it sees the end of file, heals every open record of the undo log and exits. The tool starts itself again with
// a hidden verb (no fork of a threaded process).

#include "base/result.h"
#include "faults/undo_log.h"

#include <memory>
#include <string>

namespace blackstart {

inline constexpr const char* kJanitorVerb = "internal-janitor";

class Janitor {
 public:
  /// Starts `tool` (path of blackstart's own executable) as janitor of `log`.
  static Result<std::unique_ptr<Janitor>> start(const std::string& tool, UndoLog& log);
  virtual ~Janitor() = default;   // as dismiss()
  /// The drill ends well: the janitor leaves without healing (it still heals records that are open) and is waited for.
  virtual Status dismiss() = 0;
};

/// main() of the hidden verb; returns its exit status.
int janitor_main(int argc, char** argv);

}  // namespace blackstart
