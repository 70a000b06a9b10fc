#pragma once
// Group commit: a thread that takes everything queued, writes it in one durable transaction, and reports back to the
// loop. Submit from the loop only; results come on the loop, in the order of the log.

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "targets/auction/bugs.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/log_writer.h"

namespace blackstart::auction {

/// One transaction's worth, durable.
struct CommittedGroup {
  std::uint64_t first = 0;  // positions; first > last: nothing was added
  std::uint64_t last = 0;
  std::int64_t newest_ns = 0;
  std::string log_text;  // the entries as log lines
};

/// Whether a job that failed with `code` left nothing behind.
bool certainly_not_stored(ErrorCode code);

class Committer {
 public:
  struct Config {
    std::chrono::nanoseconds interval = std::chrono::milliseconds(1);  // from one commit's begin to the next one's
    std::size_t entries_max = 200'000;                                 // queued; more are refused
    Bug bug = Bug::kNone;
  };
  /// `job` as it was submitted, with positions and marks; on error nothing of it is known to be durable.
  using JobDone = std::function<void(Status status, WriteJob& job)>;
  /// Runs before the group's JobDones.
  using GroupDone = std::function<void(CommittedGroup group)>;

  Committer(EventLoop& loop, std::unique_ptr<LogWriter> writer, Config config, GroupDone group_done);
  /// Commits what is queued, then ends the thread.
  ~Committer();

  /// False: the queue is full.
  bool submit(WriteJob job, JobDone done);
  /// Runs `act` on the committing thread, after what is queued, and `done` with its result on the loop.
  void run(std::function<Status(LogWriter&)> act, std::function<void(Status)> done);
  /// Safe from the loop at any time.
  [[nodiscard]] const Leaders& leaders() const;
  [[nodiscard]] std::uint64_t commits() const;
  [[nodiscard]] std::size_t queued() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace blackstart::auction
