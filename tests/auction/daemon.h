#pragma once
// The real auctiond as child processes, each with a folder of its own under one that is removed with the fixture.

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace blackstart::auction {

/// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// One process of auctiond. Dies with this object (and with the test program, however that ends).
class Daemon {
 public:
  /// Starts it; `bug` goes to AUCTIOND_BUG. With `file_bytes_max`, writing a file beyond that fails.
  explicit Daemon(std::vector<std::string> arguments, const std::string& bug = "", std::uint64_t file_bytes_max = 0);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// The port it says it listens on; fails the test when it never does.
  std::uint16_t port();
  [[nodiscard]] std::string url() { return "http://127.0.0.1:" + std::to_string(port()); }
  /// Nothing once it has been waited for.
  void signal(int number) const;
  /// Waits for its end: the exit status, or minus the signal that ended it.
  int wait();
  /// SIGKILL, and gone when this returns. Idempotent.
  void kill();
  /// Everything it has written to stderr.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  std::string log_path_;
  std::uint16_t port_ = 0;
};

}  // namespace blackstart::auction
