#pragma once
// The store's log on disk, its writing side: SQLite in WAL mode with synchronous=FULL, so that a commit is fsynced
// before write() returns. One writer a data directory (a lock file sees to it), used by one thread at a time.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "targets/auction/bugs.h"
#include "targets/auction/entry.h"
#include "targets/auction/leaders.h"
#include "targets/auction/sqlite.h"
#include "targets/auction/timeline.h"

namespace blackstart::auction {

/// Entries to write together.
struct WriteJob {
  Batch batch;
  bool placed = false;  // the entries come from a primary, with their positions; otherwise write() gives them
  std::string marks;    // out, one character an entry: '1' bid that leads, '0' one that does not, 'c' round closed,
                        // 'a' round was closed already (the entry is dropped)
};

class LogWriter {
 public:
  /// Opens or creates `folder`; refuses one that another store has open.
  static Result<std::unique_ptr<LogWriter>> open(const std::string& folder);
  ~LogWriter();

  /// Writes all jobs in one transaction, with `at_ns` where a position is given here. After success everything is
  /// durable. kUnavailable: certainly nothing was written. Any other error: unknown; the writer must not be used on.
  Status write(std::span<WriteJob* const> jobs, std::int64_t at_ns);

  /// The last durable position, and the wall clock of its entry (0 without entries).
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] std::int64_t newest_ns() const { return newest_ns_; }
  [[nodiscard]] const Timeline& timeline() const { return timeline_; }
  /// Takes over a primary's history.
  Status adopt(const std::string& cluster, const Timeline& timeline);
  /// Begins a new epoch here and notes the role "primary" and its `origin`, all or nothing.
  Status begin_epoch(const std::string& origin);
  /// A value that survives restarts ("cluster", "role", "origin"); empty when never set.
  Result<std::string> note(const std::string& key);
  Status set_note(const std::string& key, const std::string& value);
  Leaders& leaders() { return leaders_; }
  /// Of bugs.h, those that lie in the writing.
  void plant(Bug bug) { bug_ = bug; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  LogWriter() = default;
  Status prepare();
  Status load();
  Status transact(const std::function<Status()>& change);
  Status put_timeline(const Timeline& timeline);
  Status write_job(WriteJob& job, std::int64_t at_ns);
  Result<char> write_entry(Entry& entry, bool placed, std::int64_t drill_number);
  Result<std::int64_t> drill_number(const std::string& name);

  std::string path_;
  int lock_ = -1;
  Sqlite database_;
  Statement insert_, insert_closing_, insert_drill_, begin_, commit_, rollback_;
  std::unordered_map<std::string, std::int64_t> drills_;
  Timeline timeline_;
  Leaders leaders_;
  std::uint64_t position_ = 0;
  std::int64_t newest_ns_ = 0;
  Bug bug_ = Bug::kNone;
  std::uint64_t next_ = 1;  // while a transaction is open
  std::int64_t next_newest_ns_ = 0;
};

}  // namespace blackstart::auction
