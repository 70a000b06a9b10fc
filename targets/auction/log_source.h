#pragma once
// The giving side of replication: the recent log in memory (older parts come from disk), readers that wait for more of
// it, and what standbys have confirmed. A standby's next poll says up to where it is durable. Loop's thread only.

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "targets/auction/committer.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http_server.h"
#include "targets/auction/log_reader.h"

namespace blackstart::auction {

struct ReplicationMode {
  bool sync = false;                // acknowledge only what a standby has made durable too
  std::chrono::nanoseconds lag{0};  // async: entries reach standbys only once they are this old; at most kLagMax
  static constexpr std::chrono::seconds kLagMax{30};
};

struct LogPoll {
  std::uint64_t after = 0;
  std::chrono::milliseconds wait{0};   // for the first entry; then the answer is empty
  std::optional<std::string> standby;  // its name: `after` is durable there. Nothing: a mere reader, without lag
};

struct StandbyView {
  std::string name;
  std::uint64_t position = 0;
  std::chrono::nanoseconds lag{0};  // age of the oldest entry that it has not confirmed
  bool attached = false;            // heard of lately
  bool in_step = false;             // attached, and lacking no more than the mode's lag explains
};

class LogSource {
 public:
  /// `headers` makes the header lines of every answer.
  LogSource(EventLoop& loop, LogReader& reader, ReplicationMode mode, std::function<std::string()> headers);

  /// What the log holds before anything is committed here.
  void start_at(std::uint64_t position);
  void committed(const CommittedGroup& group);
  void poll(LogPoll poll, Responder responder);

  void set_mode(ReplicationMode mode);
  [[nodiscard]] const ReplicationMode& mode() const { return mode_; }
  /// Standbys heard of in the last minute, attached ones first.
  [[nodiscard]] std::vector<StandbyView> standbys() const;
  /// Whether some standby was heard of lately enough to count on it.
  [[nodiscard]] bool standby_attached() const;
  /// Runs `act(true)` once a standby has `position` durable, or `act(false)` when that takes longer than `at_most`.
  void when_replicated(std::uint64_t position, std::chrono::nanoseconds at_most, std::function<void(bool)> act);

 private:
  struct Group {
    std::uint64_t first;
    std::uint64_t last;
    SteadyTime at;
    std::string text;
  };
  struct Parked {
    LogPoll poll;
    SteadyTime until;
    Responder responder;
  };
  struct Standby {
    std::uint64_t position = 0;
    SteadyTime seen;
  };
  struct Waiting {
    std::uint64_t position;
    SteadyTime until;
    std::function<void(bool)> act;
  };

  void note_standby(const std::string& name, std::uint64_t position);
  [[nodiscard]] std::uint64_t offered_until(const LogPoll& poll) const;
  bool serve(Parked& parked);
  void serve_from_disk(Parked& parked, std::uint64_t until);
  [[nodiscard]] std::string recent(std::uint64_t after, std::uint64_t until) const;
  void serve_parked(const std::function<bool(const Parked&)>& whom);
  void tick();
  void schedule();
  void expire_waiting();
  [[nodiscard]] std::chrono::nanoseconds lag_of(std::uint64_t position) const;

  LogReader& reader_;
  ReplicationMode mode_;
  std::function<std::string()> headers_;
  std::deque<Group> recent_;
  std::size_t recent_bytes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t boot_last_ = 0;
  SteadyTime booted_;
  std::list<Parked> parked_;
  std::map<std::string, Standby> standbys_;
  std::deque<Waiting> waiting_;
  Timer timer_;
  bool timer_short_ = false;
  Timer waiting_timer_;
};

}  // namespace blackstart::auction
