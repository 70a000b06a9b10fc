#pragma once
// What a fault is: arm (undo record on disk), act, prove, undo, prove healed. One file a fault. A fault acts on members
// of services through the FaultTarget port, which the driver in use implements; it never keeps a name where the kernel
// gives a handle. Blocking calls, made on one worker thread a fault; stop tokens and deadlines end waits.

#include "base/result.h"
#include "faults/process.h"
#include "scenarios/spec.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace blackstart {

/// One running member of a service.
struct FaultMember {
  std::string service, role;
  int index = 0;                     // from 0; index 1 prints as "auction-api#2"
  std::vector<ProcessId> processes;  // the member's process tree, the main one first; empty: not running
  std::string name() const;          // "database primary", "auction-api#2"
};

/// What faults may ask of the driver. Thread-safe.
class FaultTarget {
 public:
  virtual ~FaultTarget() = default;
  /// Members of `service` (with `role` alone, unless ""). kNotFound: no such service; kUnsupported: this driver does
  /// not own processes.
  virtual Result<std::vector<FaultMember>> members(const std::string& service, const std::string& role) = 0;
  /// After the fault: the member runs again, unless another has taken its role or it was replaced. Says which.
  virtual Result<std::string> ensure_running(const FaultMember& member) = 0;
  /// Calls `started` (any thread) whenever a member of `service` is started, until the returned handle goes.
  virtual std::shared_ptr<void> watch_starts(const std::string& service, const std::string& role,
                                             std::function<void(const FaultMember&)> started) = 0;
  /// Fills {{services.…}} in a `run` fault's commands; environment of the secrets used.
  virtual Result<std::string> fill_command(const std::string& text) = 0;
};

struct FaultLimit {
  std::chrono::steady_clock::time_point deadline;
  std::stop_token stop;
};
struct Proof {
  bool proven = false;
  std::string text;             // what was observed, from outside the injector
  bool only_by_impact = false;  // nothing could be observed here: an impact that follows is the proof
};

class UndoLog;

/// One injected (or to be injected) fault. Calls come in this order, undo() also after any failure, and repeatedly.
class Fault {
 public:
  virtual ~Fault() = default;
  /// Resolves what it will act on and writes the undo record (on disk when it returns). Nothing is changed yet.
  virtual Status arm(UndoLog& log) = 0;
  virtual Status act() = 0;
  virtual Proof prove(FaultLimit limit) = 0;
  /// Idempotent, from any state.
  virtual Status undo(FaultLimit limit) = 0;
  virtual Proof prove_healed(FaultLimit limit) = 0;
};

struct FaultContext {
  std::uint64_t id = 0;
  FaultSpec spec;
  FaultTarget* target = nullptr;
  std::string folder;      // scenario's folder: where `run` commands start
  std::string log_folder;  // where outputs go
  std::vector<std::pair<std::string, std::string>> environment;
  Duration dead_man{};  // after the act the janitor heals whatever happens; 0: no limit
  std::chrono::steady_clock::time_point
      act_at{};  // the planned instant; epoch: at once. The dead-man limit runs from it
};

/// The explicit list of kinds. Filled by register_builtin_faults(), never by static initialisers.
class FaultRegistry {
 public:
  using Maker = std::function<Result<std::unique_ptr<Fault>>(FaultContext)>;
  struct Kind {
    std::string name;
    std::string does;   // one line for `blackstart faults`
    std::string proof;  // how its effect is proven
    Maker make;
  };
  void add(Kind kind);
  [[nodiscard]] const Kind* find(const std::string& name) const;
  [[nodiscard]] const std::vector<Kind>& kinds() const { return kinds_; }

 private:
  std::vector<Kind> kinds_;
};
void register_builtin_faults(FaultRegistry& registry);

}  // namespace blackstart
