#pragma once
// The Driver port: how a live drill handles the system under drill. local/ starts processes itself; external/ finds
// everything running. Calls block, are made on worker threads, several at a time, and honour their limit. A driver
// keeps the AddressBook it was given up to date: that is how {{services.…}} follows a promote.

#include "base/result.h"
#include "faults/fault.h"
#include "rehearsal/world.h"
#include "targets/http_client.h"

#include <string>
#include <vector>

namespace blackstart {

/// How closely to look at members.
enum class Look { kProcess, kPort, kReady };

/// How the members of a service (or of one role) are.
struct ServiceState {
  int members = 0;
  int good = 0;        // kProcess: run (stopped ones too); kPort: run and accept; kReady: pass their readiness check
  std::string detail;  // one part a member: "auction-api runs as process 71, port 12001 accepts"
};

class Driver : public FaultTarget {
 public:
  /// "local", "external".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Everything of `spec` that this driver cannot do, in words.
  [[nodiscard]] virtual std::vector<Error> refusals(const Spec& spec) const = 0;

  /// The target stands and is ready, or nothing of it is left running. Returns notes for people.
  /// What it starts stands in `undo_log`, which outlives the driver.
  virtual Result<std::vector<std::string>> bring_up(UndoLog& undo_log, const BlockingLimit& limit) = 0;
  /// Ends everything that the driver started. Idempotent.
  virtual Status tear_down(const BlockingLimit& limit) = 0;

  // Actions. `role` "" means every member of the service. An Error: it did not succeed, and why.
  virtual Result<ActionOutcome> start(const std::string& service, const std::string& role,
                                      const BlockingLimit& limit) = 0;
  virtual Result<ActionOutcome> stop(const std::string& service, const std::string& role,
                                     const BlockingLimit& limit) = 0;
  virtual Result<ActionOutcome> restart(const std::string& service, const std::string& role,
                                        const BlockingLimit& limit) = 0;
  virtual Result<ActionOutcome> scale(const std::string& service, int to, const BlockingLimit& limit) = 0;
  /// The member that holds `role` takes the service's first role (primary); its former holder then holds none.
  virtual Result<ActionOutcome> promote(const std::string& service, const std::string& role,
                                        const BlockingLimit& limit) = 0;
  /// `service` uses the current address of the service `to` from now on.
  virtual Result<ActionOutcome> repoint(const std::string& service, const std::string& to,
                                        const BlockingLimit& limit) = 0;
  /// A member holds `role` again, with nothing of its old state.
  virtual Result<ActionOutcome> rebuild(const std::string& service, const std::string& role,
                                        const BlockingLimit& limit) = 0;

  /// Looks at every matching member. kNotFound: no such service; a role that nobody holds is a state without members.
  virtual Result<ServiceState> state(const std::string& service, const std::string& role, Look look,
                                     const BlockingLimit& limit) = 0;

  /// What it started and tear_down() did not end.
  virtual std::vector<Residue> residues() = 0;
};

}  // namespace blackstart
