#pragma once
// A station event by event, for worlds in which something feeds back: time-outs, retries, kills, scaling. The station
// keeps who is served and who waits; the caller keeps time, and schedules what offer(), finish(), resume() and
// set_servers() hand out as starts. Deterministic; one thread.

#include "base/check.h"
#include "simulator/littles_law.h"
#include "simulator/ring.h"
#include "simulator/station_config.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace blackstart {

class Station {
 public:
  using Job = std::uint64_t;  // the caller's own number of a bid

  /// A service that has begun, or goes on: schedule finish(end, server, generation).
  struct Start {
    Instant end;
    std::uint32_t server = 0;
    std::uint32_t generation = 0;  // tells ends that a standstill or an eviction has overtaken
  };
  struct Done {
    Job job = 0;
    Instant arrival;
    Instant start;
    Instant end;
    std::optional<Start> next;  // of the bid that took the server over
  };
  enum class Admission { kStarted, kWaiting, kDropped };
  struct Offered {
    Admission admission = Admission::kDropped;
    Start start;  // with kStarted
  };

  explicit Station(const StationConfig& config);

  /// A bid arrives that needs `service` (at least kServiceLeast). REQUIRES here and below that `now` does not go back.
  Offered offer(Instant now, Job job, Duration service);
  /// The end of a service is due. Empty: that end was overtaken, nothing happens.
  std::optional<Done> finish(Instant now, std::uint32_t server, std::uint32_t generation);

  /// Work stands still from now on; ends due at this very instant still count. Nothing happens if it stands already.
  void stop(Instant now);
  /// Work goes on. What was begun, in order of arrival, is handed to `begin(Start)`.
  template <class Begin>
  void resume(Instant now, Begin begin) {
    if (!stopped_) return;
    advance(now);
    stopped_ = false;
    for (const std::uint32_t server : frozen()) begin(thaw(now, server));
  }
  [[nodiscard]] bool stopped() const { return stopped_; }

  /// Another number of servers (0 too). Those that are taken away finish what they do first; who can begin on new ones
  /// is handed to `begin(Start)`.
  template <class Begin>
  void set_servers(Instant now, std::uint32_t servers, Begin begin) {
    advance(now);
    servers_ = servers;
    while (!waiting_.empty() && busy_ < servers_) {
      if (const auto start = take_next(now)) begin(*start);
    }
  }

  /// Everyone is thrown out (a kill), also whose end is due at `now`: each, in order of arrival, is handed to
  /// `evicted(Job)` and counts as dropped.
  template <class Evicted>
  void evict(Instant now, Evicted evicted) {
    for (const Job job : clear(now)) evicted(job);
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::size_t in_service() const { return busy_; }
  [[nodiscard]] std::size_t in_flight() const { return busy_ + waiting_.size(); }
  /// Counts and area up to `now`. Checks Little's law with who is in flight, at a cost of their number.
  StationTotals totals(Instant now);

 private:
  struct Waiting {
    Job job;
    Instant arrival;
    Duration service;
    std::uint64_t ticket;
  };
  struct Server {
    Waiting bid{};
    Instant start = kNever;  // kNever: has taken the bid in a standstill, and has not begun
    Instant end = kNever;
    Duration left{};  // of the service, in a standstill
    std::uint32_t generation = 0;
    bool busy = false;
  };

  void advance(Instant now) { law_.advance(to_ns(now)); }
  std::optional<Start> take_next(Instant now);
  std::optional<Start> begin(Instant now, const Waiting& bid);
  Start thaw(Instant now, std::uint32_t server);
  void release(std::uint32_t server);
  [[nodiscard]] std::size_t freeing_at(Instant now) const;
  template <class Chosen>
  [[nodiscard]] std::vector<std::uint32_t> by_arrival(Chosen chosen) const;
  [[nodiscard]] std::vector<std::uint32_t> frozen() const;
  std::vector<Job> clear(Instant now);
  void check_conservation() const;

  std::uint32_t servers_;
  std::optional<std::uint32_t> queue_limit_;
  bool stopped_ = false;
  std::vector<Server> slots_;        // as many as were ever busy at once
  std::vector<std::uint32_t> idle_;  // slots
  std::size_t busy_ = 0;
  Ring<Waiting> waiting_;
  StationTotals totals_;
  LittlesLaw law_;
};

}  // namespace blackstart
