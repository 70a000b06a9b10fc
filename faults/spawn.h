#pragma once
// Starting a process: posix_spawn with what every process of a drill needs: a session of its own (Ctrl-C in the
// terminal does not reach it), default signals, no descriptor but those given. No fork of a threaded process.
// Thread-safe.

#include "base/result.h"
#include "faults/process.h"

#include <string>
#include <utility>
#include <vector>

namespace blackstart {

struct SpawnOptions {
  std::string program;                                           // a path, or a name looked for in PATH
  std::vector<std::string> arguments;                            // argv[1..]
  std::vector<std::pair<std::string, std::string>> environment;  // on top of the caller's own
  std::string folder;                                            // empty: the caller's own
  /// descriptors[i] becomes descriptor i of the process; -1 is /dev/null. Everything else is closed.
  std::vector<int> descriptors = {-1, -1, -1};
};

/// The process's number; the caller waits for it. kNotFound, kPermission: the program cannot be run.
Result<int> spawn_process(const SpawnOptions& options);

/// The caller's environment with `changes` on top, as "NAME=value".
std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes);

/// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Descriptor() { reset(); }
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] explicit operator bool() const { return descriptor_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }
  void reset();

 private:
  int descriptor_ = -1;
};

struct PipeEnds {
  Descriptor read, write;
};
/// Both ends are closed on exec.
Result<PipeEnds> make_pipe();

}  // namespace blackstart
