#pragma once
// A FaultTarget over processes of the helper program, as a driver would own them. Thread-safe.

#include "faults/fault.h"
#include "tests/faults/support.h"

#include <map>
#include <mutex>
#include <thread>

namespace blackstart::test {

class FakeTarget final : public FaultTarget {
 public:
  explicit FakeTarget(const StateFolder& state) : state_(state) {}
  ~FakeTarget() override;

  /// Starts a member in `mode` (helper_members.cc); its index within service and role counts from 0.
  ProcessId add(const std::string& service, const std::string& role, const std::string& mode = "busy");
  /// Takes a running process that is not its own to end.
  void adopt(const std::string& service, const ProcessId& process);
  /// Another member holds the role from now on.
  void set_role(const ProcessId& process, const std::string& role);
  /// Starts what has ended again, by itself, until the target goes; tells the watchers when `announce`.
  void restart_by_itself(bool announce);
  /// Faults in the driver itself.
  void refuse_to_restart() { refuse_restart_ = true; }
  [[nodiscard]] int starts() const;
  [[nodiscard]] ProcessId process(const std::string& service, const std::string& role, int index = 0);
  /// What fill_command() makes of {{name}}.
  std::map<std::string, std::string> values;

  Result<std::vector<FaultMember>> members(const std::string& service, const std::string& role) override;
  Result<std::string> ensure_running(const FaultMember& member) override;
  std::shared_ptr<void> watch_starts(const std::string& service, const std::string& role,
                                     std::function<void(const FaultMember&)> started) override;
  Result<std::string> fill_command(const std::string& text) override;

 private:
  struct Slot {
    FaultMember member;
    std::string mode;
    std::unique_ptr<Child> child;
    ProcessId process;
    bool foreign = false;
  };
  void restart_ended(bool announce);

  const StateFolder& state_;
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::map<int, std::function<void(const FaultMember&)>> watchers_;
  int next_watcher_ = 0;
  int starts_ = 0;
  bool refuse_restart_ = false;
  std::jthread restarter_;
};

}  // namespace blackstart::test
