#pragma once
// Driver `external`: the system under drill runs already, and its services are their urls. Nothing is started, stopped
// or changed; faults and recovery are `run` commands of the user's own.

#include "targets/address_book.h"
#include "targets/driver.h"
#include "targets/templates.h"

#include <string>
#include <vector>

namespace blackstart {

class ExternalDriver final : public Driver {
 public:
  ExternalDriver(const Target& target, AddressBook& addresses, const Templates& templates);

  [[nodiscard]] std::string name() const override { return "external"; }
  [[nodiscard]] std::vector<Error> refusals(const Spec& spec) const override;
  /// Looks whether every service with a url can be reached. kUnavailable names those that cannot.
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
  /// kPort: its host and port accept. kReady: GET of its url answers with a status below 500 (of http urls; else as
  /// kPort). kProcess: kUnsupported.
  Result<ServiceState> state(const std::string& service, const std::string& role, Look look,
                             const BlockingLimit& limit) override;
  std::vector<Residue> residues() override { return {}; }

  Result<std::vector<FaultMember>> members(const std::string& service, const std::string& role) override;
  Result<std::string> ensure_running(const FaultMember& member) override;
  std::shared_ptr<void> watch_starts(const std::string& service, const std::string& role,
                                     std::function<void(const FaultMember&)> started) override;
  Result<std::string> fill_command(const std::string& text) override;

 private:
  const Target& target_;
  AddressBook& addresses_;
  const Templates& templates_;
};

}  // namespace blackstart
