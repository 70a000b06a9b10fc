#pragma once
// What the tests of faults share: a state folder of their own, processes that are ended with the test, waiting for a
// condition with a deadline.

#include "faults/fault.h"
#include "faults/process.h"
#include "faults/undo_log.h"
#include "faults/wait.h"
#include "tests/support/files.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace blackstart::test {

/// A folder that goes with the object; BLACKSTART_STATE points into it meanwhile.
class StateFolder {
 public:
  StateFolder();
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  /// Undo logs that are there.
  [[nodiscard]] std::vector<std::string> logs() const;

 private:
  std::string path_;
};

/// A process of the helper program, SIGKILLed with its group and waited for when the object goes.
class Child {
 public:
  /// `arguments` of the helper; waits until it has made `ready_file` (its last argument), where `ready` says so.
  Child(const std::vector<std::string>& arguments, bool ready, const std::string& ready_file = {},
        const std::vector<std::pair<std::string, std::string>>& environment = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  [[nodiscard]] int pid() const { return id_.pid; }
  [[nodiscard]] const ProcessId& id() const { return id_; }
  void signal(int number) const;
  /// Waits for its end; the wait status. -1 after 20 s.
  int wait();

 private:
  ProcessId id_;
  bool collected_ = false;
};

/// A member of the helper program that is ready: `mode` as in helper_members.cc.
std::unique_ptr<Child> start_member(const StateFolder& state, const std::string& mode);

/// Waits up to 20 s.
bool eventually(const std::function<bool()>& condition);
FaultLimit soon(std::chrono::milliseconds length = std::chrono::seconds{20});
char state_of(const ProcessId& id);  // '-' when it is gone

/// {word: {key: value, ...}}
Call call(const std::string& word, const std::vector<std::pair<std::string, std::string>>& arguments);
/// Makes the fault that `context.spec.kind` names, from the built-in registry.
Result<std::unique_ptr<Fault>> make_fault(FaultContext context);
FaultContext context_of(FaultTarget& target, Call kind, std::uint64_t id = 1);

}  // namespace blackstart::test
