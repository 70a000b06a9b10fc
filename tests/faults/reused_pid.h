#pragma once
// Makes the kernel give a number of a dead process to a new one, to see whom an undo hits then.

#include "faults/process.h"

#include <optional>

namespace blackstart::test {

/// A new process with the number of `dead` (which must have been waited for), stopped, ended with the object. Empty
/// where the kernel does not let us choose numbers (that takes CAP_CHECKPOINT_RESTORE).
class ReusedPid {
 public:
  static std::optional<ReusedPid> make(const ProcessId& dead);
  ReusedPid(ReusedPid&& other) noexcept;
  ReusedPid(const ReusedPid&) = delete;
  ~ReusedPid();
  [[nodiscard]] const ProcessId& id() const { return id_; }

 private:
  explicit ReusedPid(ProcessId id) : id_(id) {}
  ProcessId id_;
};

}  // namespace blackstart::test
