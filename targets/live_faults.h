#pragma once
// Faults of a live drill: undo log and janitor, arming, the act on its instant, proof, healing. The undo log stands
// from bring_up on, since the target's processes and the scenario's commands are in it too. Blocking calls, several at
// a time; thread-safe.

#include "base/result.h"
#include "faults/fault.h"
#include "faults/janitor.h"
#include "faults/undo_log.h"
#include "rehearsal/world.h"
#include "targets/driver.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace blackstart {

class LiveFaults {
 public:
  struct Options {
    std::string tool;  // blackstart's own executable
    std::string drill_id;
    std::string folder;  // the scenario's: where `run` commands start
    std::string log_folder;
    std::chrono::steady_clock::time_point origin;
  };
  LiveFaults(Driver& driver, Options options);
  /// As close().
  ~LiveFaults();

  /// Opens the undo log, then starts the janitor that watches over it. Idempotent.
  Status open();
  /// REQUIRES: open() succeeded.
  UndoLog& undo_log() { return *undo_log_; }
  /// The janitor leaves; the log goes when nothing is open in it. Idempotent.
  Status close();

  /// World::inject(), blocking. `armed` is called on this thread and returns when the act may go on; `cut` is called
  /// with the instant just before the act.
  Result<Injection> inject(const FaultRequest& request, const std::function<void()>& armed,
                           const std::function<void(Instant)>& cut, const BlockingLimit& limit);
  Result<Healing> heal(std::uint64_t id, const BlockingLimit& limit);
  /// What is left of faults and, after close(), of anything that the drill started.
  [[nodiscard]] std::vector<Residue> residues() const;
  [[nodiscard]] const FaultRegistry& registry() const { return registry_; }

 private:
  struct Armed {
    std::unique_ptr<Fault> fault;
    std::string name;
    std::mutex using_it;  // one call at a time
  };
  Result<std::shared_ptr<Armed>> make(const FaultRequest& request);
  [[nodiscard]] Instant now() const;

  Driver& driver_;
  const Options options_;
  FaultRegistry registry_;
  mutable std::mutex mutex_;
  std::unique_ptr<UndoLog> undo_log_;
  std::unique_ptr<Janitor> janitor_;
  std::map<std::uint64_t, std::shared_ptr<Armed>> faults_;
};

/// Returns at `at` as exactly as the machine allows: sleeps, then turns. kCancelled when the limit's stop came first.
Status wait_exactly(std::chrono::steady_clock::time_point at, const BlockingLimit& limit);

}  // namespace blackstart
