#pragma once
// Logs of processes without secrets in them. Where the drill uses secrets, a process writes into a named pipe, and one
// thread carries its lines, masked, to the log file; without secrets it writes to the file itself. Thread-safe.

#include "base/result.h"
#include "targets/secrets.h"

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace blackstart {

class LogPump {
 public:
  /// Pipes are made in `pipe_folder`, which is created when the first is needed.
  LogPump(const Secrets& secrets, std::string pipe_folder);
  /// Carries over what is left, removes the pipes.
  ~LogPump();
  LogPump(const LogPump&) = delete;
  LogPump& operator=(const LogPump&) = delete;

  /// Where a process has to write for its output to come to `log_file`.
  Result<std::string> path_for(const std::string& log_file);
  /// Everything that ended processes wrote for `log_file` is in it when this returns.
  void drain(const std::string& log_file);
  /// Appends `line` of our own to `log_file`, masked.
  void note(const std::string& log_file, std::string_view line);

 private:
  struct Pipe;
  void run(std::stop_token stop);
  static void carry(Pipe& pipe, const Secrets& secrets, bool everything);

  const Secrets& secrets_;
  const std::string pipe_folder_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Pipe>> pipes_;  // by log file
  int wake_ = -1;                                       // eventfd
  std::jthread thread_;                                 // started with the first pipe
};

/// The last `lines` lines of a file, each indented by two blanks; "" when there is nothing in it.
std::string last_lines(const std::string& file, int lines);

}  // namespace blackstart
