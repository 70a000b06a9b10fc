#pragma once
// The undo log: what must be undone, on disk before anything is done. One file a drill under the state folder
// ($BLACKSTART_STATE, else $XDG_STATE_HOME/blackstart, else /var/lib/blackstart as root or ~/.local/state/blackstart),
// JSON Lines, synced; locked (flock) by the drill or its janitor while one lives, so that `recover` leaves running
// drills alone. Records are keyed by kernel facts (process start time, file and hash), not by names. No secret is ever
// written: commands keep references to environment variables.

#include "base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace blackstart {

struct UndoRecord {
  std::uint64_t fault = 0;       // 0: no fault's, the drill's own (its cell, its processes, its data)
  std::string kind;              // "pause", "run", "kill", "crash_loop", "process", "command", "folder"
  nlohmann::ordered_json facts;  // what the kind's healer needs
  bool done = false;             // proven healed
  std::string key;               // tells apart several records of one fault and kind; may be empty
};

/// <state folder>/undo, created.
Result<std::string> undo_folder();

class UndoLog {
 public:
  /// Creates and locks <undo folder>/<drill id>.jsonl. kInvalid: the id is no file name, or has a log already.
  static Result<std::unique_ptr<UndoLog>> create(const std::string& drill_id);
  /// Opens and locks one that a dead drill left. kUnavailable: a living process holds it. kNotFound: it is gone.
  static Result<std::unique_ptr<UndoLog>> open(const std::string& path);
  /// For the janitor: reads and appends through `descriptor`, which shares the drill's lock. Takes it.
  static Result<std::unique_ptr<UndoLog>> adopt(int descriptor, const std::string& path);
  ~UndoLog();

  /// Thread-safe; on disk (fdatasync) when it returns. The facts gain the boot and the process numbering they hold in.
  /// After an error nothing may be done: what the record announces could not be undone.
  Status add(const UndoRecord& record);
  /// Marks every record of `fault` with `kind` (with `key` alone, unless "") as healed; on disk when it returns.
  Status mark_done(std::uint64_t fault, const std::string& kind, const std::string& key = {});
  /// Open ones in the order they were added, also what the janitor wrote meanwhile.
  [[nodiscard]] std::vector<UndoRecord> open_records() const;
  [[nodiscard]] std::vector<UndoRecord> records() const;
  /// Whole lines that say nothing: writes that failed half-way. What they announced was never done.
  [[nodiscard]] std::size_t unreadable_lines() const;
  [[nodiscard]] const std::string& drill_id() const;
  [[nodiscard]] const std::string& path() const;
  /// The descriptor that holds the lock, to hand to the janitor.
  [[nodiscard]] int descriptor() const;
  /// Removes the file when nothing is open in it; else leaves it for `recover` and says so (kFailed). records() and
  /// open_records() go on answering.
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
  std::vector<std::string> healed;       // in words
  std::vector<std::string> left_behind;  // could not be healed: what, why, how to do it by hand
  bool running = false;                  // a living drill holds it: left alone
};
/// Heals every open record of `log`, the newest first, marking what is done, and ends what the drill left running.
Recovered heal_all(UndoLog& log);
/// Heals everything dead drills left.
Result<std::vector<Recovered>> recover_all();

}  // namespace blackstart
