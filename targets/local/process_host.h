#pragma once
// Processes of a drill, one level above the cell: who has ended and how, waiting for an end, ending a whole tree, logs
// without secrets. Thread-safe.

#include "base/result.h"
#include "targets/http_client.h"
#include "targets/local/cell.h"
#include "targets/local/log_pump.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace blackstart {

class ProcessHost {
 public:
  struct Options {
    std::string tool;  // blackstart's own executable: the cell's supervisor
    CellOptions cell;
    std::string pipe_folder;  // of LogPump
  };
  /// Starts the cell.
  static Result<std::unique_ptr<ProcessHost>> start(Options options, const Secrets& secrets);
  /// As close().
  ~ProcessHost();

  /// As Cell::spawn(); secrets are masked on the way to request.log_file.
  Result<CellProcess> spawn(SpawnRequest request);
  /// How it ended; nothing while it runs.
  [[nodiscard]] std::optional<CellExit> exit_of(const ProcessId& id) const;
  /// Waits for its end.
  Result<CellExit> wait_exit(const ProcessId& id, const BlockingLimit& limit) const;
  /// Ends `id` and all its descendants: asked with TERM first, given `grace`, then with KILL. Those that are stopped
  /// are killed at once. Idempotent.
  Status end_tree(const ProcessId& id, Duration grace, const BlockingLimit& limit);
  /// Ends everything. Idempotent.
  Status close();

  LogPump& logs() { return logs_; }

 private:
  ProcessHost(const Secrets& secrets, std::string pipe_folder) : logs_(secrets, std::move(pipe_folder)) {}

  LogPump logs_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any ended_;
  std::map<std::pair<int, std::uint64_t>, CellExit> exits_;
  std::unique_ptr<Cell> cell_;  // last: its reader thread calls into the rest
};

}  // namespace blackstart
