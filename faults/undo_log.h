#pragma once
// The undo log: what must be undone, on disk before anything is done. One file a drill under the state folder
// ($BLACKSTART_STATE, else $XDG_STATE_HOME/blackstart, else /var/lib/blackstart as root or ~/.local/state/blackstart),
// JSON Lines, fsynced; locked (flock) by the drill or its janitor while one lives, so that `recover` leaves running
// drills alone. Records are keyed by kernel facts (process start time, file and hash), not by names.

#include "base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace blackstart {

struct UndoRecord {
  std::uint64_t fault = 0;
  std::string kind;              // "pause", "run", "process" (something the drill started), ...
  nlohmann::ordered_json facts;  // what the kind's healer needs
  bool done = false;             // proven healed
};

/// <state folder>/undo, created.
Result<std::string> undo_folder();

class UndoLog {
 public:
  /// Creates and locks <undo folder>/<drill id>.jsonl.
  static Result<std::unique_ptr<UndoLog>> create(const std::string& drill_id);
  /// Opens and locks one that a dead drill left. kUnavailable: a living process holds it.
  static Result<std::unique_ptr<UndoLog>> open(const std::string& path);
  ~UndoLog();

  /// Thread-safe; on disk (fdatasync) when it returns.
  Status add(const UndoRecord& record);
  /// Marks every record of `fault` with `kind` as healed; on disk when it returns.
  Status mark_done(std::uint64_t fault, const std::string& kind);
  [[nodiscard]] std::vector<UndoRecord> open_records() const;
  [[nodiscard]] const std::string& path() const;
  /// The descriptor that holds the lock, to hand to the janitor.
  [[nodiscard]] int descriptor() const;
  /// Removes the file when nothing is open in it; else leaves it for `recover`.
  Status close();

 private:
  UndoLog();
  struct State;
  std::unique_ptr<State> state_;
};

/// Undoes one record without the drill (janitor, recover): idempotent, from any state; returns what was found and done.
Result<std::string> undo_record(const UndoRecord& record);

/// What `recover` found in one undo log.
struct Recovered {
  std::string drill_id;
  std::vector<std::string> healed;      // in words
  std::vector<std::string> left_behind; // could not be healed: what, why, how to do it by hand
  bool running = false;                 // a living drill holds it: left alone
};
/// Heals everything dead drills left.
Result<std::vector<Recovered>> recover_all();

}  // namespace blackstart
