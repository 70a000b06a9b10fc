#pragma once
// Driver `local`: the drill starts the target's processes itself, on made-up ports of 127.0.0.1, watches them, and ends
// every one of them. A member that dies stays dead until an action starts it again. Roles move (promote), and addresses
// and later command lines follow them. local_driver.cc has the life of members, roles.cc what changes roles and
// addresses, fault_port.cc what faults ask.

#include "targets/driver.h"
#include "targets/local/launcher.h"
#include "targets/local/member.h"
#include "targets/local/process_host.h"
#include "targets/shell.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace blackstart {

struct LocalOptions {
  std::string tool;  // blackstart's own executable
  std::string drill_id;
  std::string out_folder;           // logs/ and data/ go there
  std::int64_t origin_unix_ns = 0;  // wall time of drill time 0
};

class LocalDriver final : public Driver {
 public:
  LocalDriver(const Target& target, AddressBook& addresses, const Templates& templates, Shell& shell,
              LocalOptions options);
  ~LocalDriver() override;

  [[nodiscard]] std::string name() const override { return "local"; }
  [[nodiscard]] std::vector<Error> refusals(const Spec& spec) const override;
  Result<std::vector<std::string>> bring_up(UndoLog& undo_log, const BlockingLimit& limit) override;
  Status tear_down(const BlockingLimit& limit) override;

  Result<ActionOutcome> start(const std::string& service, const std::string& role, const BlockingLimit& limit) override;
  Result<ActionOutcome> stop(const std::string& service, const std::string& role, const BlockingLimit& limit) override;
  Result<ActionOutcome> restart(const std::string& service, const std::string& role,
                                const BlockingLimit& limit) override;
  Result<ActionOutcome> scale(const std::string& service, int to, const BlockingLimit& limit) override;
  Result<ActionOutcome> promote(const std::string& service, const std::string& role,
                                const BlockingLimit& limit) override;
  Result<ActionOutcome> repoint(const std::string& service, const std::string& to, const BlockingLimit& limit) override;
  Result<ActionOutcome> rebuild(const std::string& service, const std::string& role,
                                const BlockingLimit& limit) override;
  Result<ServiceState> state(const std::string& service, const std::string& role, Look look,
                             const BlockingLimit& limit) override;
  std::vector<Residue> residues() override;

  Result<std::vector<FaultMember>> members(const std::string& service, const std::string& role) override;
  Result<std::string> ensure_running(const FaultMember& member) override;
  std::shared_ptr<void> watch_starts(const std::string& service, const std::string& role,
                                     std::function<void(const FaultMember&)> started) override;
  Result<std::string> fill_command(const std::string& text) override;

 private:
  struct Watch {
    std::string service, role;
    std::function<void(const FaultMember&)> started;
  };

  struct Started {
    ProcessId process;
    LocalMember* member;
  };

  // Life of members (local_driver.cc).
  [[nodiscard]] std::string data_folder() const { return options_.out_folder + "/data"; }
  Status make_folders();
  Status bring_up_service(const ServiceSpec& service, std::vector<std::string>& notes, const BlockingLimit& limit);
  LocalMember& add_member(const ServiceSpec& service, const std::string& role, const std::string& region);
  Result<std::vector<LocalMember*>> matching(const std::string& service, const std::string& role) const;
  /// As matching(), and it is an error when there is none, or when the service is not run by this drill.
  Result<std::vector<LocalMember*>> some_matching(const std::string& service, const std::string& role) const;
  [[nodiscard]] bool runs(const LocalMember& member) const;
  Result<std::unique_lock<std::mutex>> operate(LocalMember& member, const BlockingLimit& limit) const;
  /// "started", "ran already". REQUIRES: the caller operates on the member.
  Result<std::string> start_locked(LocalMember& member, const BlockingLimit& limit);
  Status end_locked(LocalMember& member, const BlockingLimit& limit);
  /// The member that a fault holds: by the process it had, else by role and index. Null: it is none of ours.
  [[nodiscard]] LocalMember* held_member(const FaultMember& member) const;
  [[nodiscard]] FaultMember describe(const LocalMember& member) const;
  void tell_started(const LocalMember& member);
  [[nodiscard]] bool looks_good(const LocalMember& member, Look look, const BlockingLimit& limit,
                                std::string& detail) const;

  // Roles and addresses (roles.cc).
  /// `member` alone holds `role` from now on.
  void take_role(LocalMember& member, const std::string& role);
  Result<std::string> call(const HttpCall& call, const Templates::Extra& values, const BlockingLimit& limit) const;
  Result<std::string> call_or_run(const LocalMember& member, const std::optional<HttpCall>& http,
                                  const std::optional<std::string>& run, const Templates::Extra& more,
                                  const char* doing, const BlockingLimit& limit);
  Result<LocalMember*> member_to_rebuild(const ServiceSpec& service, const std::string& role);
  Status empty_folder(const LocalMember& member) const;
  [[nodiscard]] std::optional<Instant> newest_state(const std::string& answer) const;

  const Target& target_;
  AddressBook& addresses_;
  const Templates& templates_;
  Shell& shell_;
  const LocalOptions options_;
  UndoLog* undo_log_ = nullptr;  // from bring_up() to tear_down()
  std::unique_ptr<ProcessHost> host_;
  std::unique_ptr<Launcher> launcher_;
  mutable std::mutex mutex_;                           // guards the lists
  std::vector<std::unique_ptr<LocalMember>> members_;  // only ever grows
  std::vector<std::weak_ptr<Watch>> watches_;
  std::vector<Started> ever_started_;
};

}  // namespace blackstart
