#pragma once
// The bids' clients: arrivals on the schedule whatever comes back, connections, time-outs, retries with backoff, jitter
// and budget, and what became of each bid: intervals for the journal, fates for the history. The same rules as the live
// generator's (load/worker.h); a generator of the virtual world is never late. Single-threaded, deterministic.

#include "load/intervals.h"
#include "load/retry_budget.h"
#include "load/schedule.h"
#include "rehearsal/traffic.h"
#include "rehearsal/world.h"
#include "scenarios/spec.h"
#include "simulator/bid_history.h"
#include "simulator/call_flow.h"
#include "simulator/littles_law.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace blackstart {

class BidClients final : public AttemptListener {
 public:
  struct Config {
    std::uint64_t seed = 1;
    BidLoad load;
    ServiceLevel service_level;
    Duration bin_length{};
    Instant start;
    std::vector<Duration> replayed;
  };
  BidClients(Config config, SimClock& clock, BidEvents& events, BidHistory& history, TrafficListener& sink);
  /// Where attempts go. Before the first event.
  void connect(CallFlow& flow) { flow_ = &flow; }

  /// The next bid's intended start; kNeverNs: no more.
  [[nodiscard]] std::int64_t next_arrival_ns() const { return std::min(next_ns_, next_extra_ns_); }
  /// The next bid arrives. REQUIRES: it is next_arrival_ns().
  void arrive();
  /// Handles kRetry and the kExpired of its lane.
  void handle(const BidEvent& event);
  /// Every answer that was heard before `at_ns` counts from now on. Before anybody asks anything.
  void catch_up(std::int64_t at_ns) { flow_->catch_up(at_ns); }

  /// Offers `factor` times the schedule's rate from now on; 1 ends it.
  void surge(double factor);
  /// Lets in a share of the bids, from `from` to `to` over `over` from now on; the others are refused at the door.
  void admit(double from, double to, Duration over);

  void cut_bins(Instant at) { intervals_.cut(at); }
  /// Hands over what is settled.
  void seal();
  /// No bid from now on; what waits for a retry gives up.
  void end();
  /// Everything settled and handed over.
  [[nodiscard]] bool finished() const { return ended_ && open_.inside() == 0 && intervals_.finished(); }
  [[nodiscard]] TrafficEnd totals() const;
  /// Bids a second that the schedule offers at most; 0 for replayed arrivals.
  [[nodiscard]] double rate_most() const;

  /// Bids acknowledged so far.
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  /// Bids of which calls are still under way, for a read-back.
  [[nodiscard]] std::vector<BidHistory::OpenBid> open_bids() const;
  /// Stops the run where a read-back of all bids tells of more or fewer than were sent, and not refused.
  void check_accounts(const ReadBackResult& read) const;
  /// Of the last interval handed over.
  [[nodiscard]] const Histogram& recent_service_time() const { return recent_service_time_; }

  /// visit(name, stream) for each of its random streams.
  template <class Visit>
  void visit_streams(const Visit& visit) const {
    visit("load.arrivals", schedule_.gaps());
    visit("surge", extra_gaps_);
    visit("admission", door_);
  }

  void on_answer(std::uint32_t bid, std::uint32_t attempt, Answer answer) override;
  void on_stored(std::uint32_t bid, std::uint32_t attempt, std::uint16_t timeline) override;
  void on_gone(std::uint32_t bid) override;
  BidHistory::CopyIndex on_express_stored(const Passenger& passenger, std::uint16_t timeline) override;
  void on_express_answer(const Passenger& passenger, std::int64_t at_ns) override;
  std::uint32_t on_express_left(const Passenger& passenger) override;

 private:
  enum class Stage : std::uint8_t { kFree, kWaiting, kSent, kBackingOff, kSettled };
  struct alignas(64) Bid {     // one line of the cache
    std::uint64_t number = 0;  // from 0
    std::int64_t intended_ns = 0;
    std::int64_t sent_ns = 0;  // the present attempt
    std::int64_t due_ns = 0;   // it gives up
    std::int64_t acknowledged_ns = -1;
    std::uint32_t generation = 0;
    std::uint32_t next = 0;          // free list
    BidHistory::CopyIndex copy = 0;  // the first
    std::uint16_t attempt = 0;       // the present one, from 0
    std::uint16_t sent = 0;
    std::uint16_t copies = 0;
    Stage stage = Stage::kFree;
    bool refused : 1 = false, indeterminate : 1 = false, timed_out : 1 = false;
  };
  static_assert(sizeof(Bid) == 64);

  void advance_schedule();
  void advance_extra();
  [[nodiscard]] double rate_now() const;
  [[nodiscard]] bool turned_away();
  std::uint32_t make_bid(std::uint64_t number, std::int64_t intended_ns);
  [[nodiscard]] bool has_connection();
  void take_connection();
  void send_first(std::uint64_t number);
  void offer(std::uint32_t index);
  void send(std::uint32_t index, MemberIndex front);
  void watch(std::uint32_t index, std::int64_t from_ns);
  void expire();
  void give_up(std::uint32_t index);
  void serve_waiting();
  void conclude(std::uint32_t index, AttemptOutcome outcome, bool worth_retrying, std::int64_t service_ns);
  bool schedule_retry(std::uint32_t index);
  void settle(std::uint32_t index, AttemptOutcome outcome, std::int64_t latency_ns, std::int64_t service_ns);
  [[nodiscard]] static bool needs_fate(const Bid& bid);
  [[nodiscard]] BidHistory::Fate fate_of(const Bid& bid) const;
  void close(std::uint32_t index);
  [[nodiscard]] std::uint64_t id_of(std::uint64_t number, std::uint32_t attempt) const {
    return 1 + number * attempts_most_ + attempt;
  }
  [[nodiscard]] std::int64_t now_ns() const { return to_ns(clock_.now()); }

  Config config_;
  SimClock& clock_;
  BidEvents& events_;
  BidHistory& history_;
  TrafficListener& sink_;
  CallFlow* flow_ = nullptr;
  std::uint64_t attempts_most_;
  Schedule schedule_;
  std::int64_t next_ns_ = BidEvents::kNeverNs;
  std::int64_t next_extra_ns_ = BidEvents::kNeverNs;  // of a surge
  std::uint64_t number_ = 0;                          // bids so far
  double surge_ = 1;
  RandomStream extra_gaps_, door_;
  struct Admission {
    double from = 1, to = 1;
    Instant begin;
    Duration over{};
  };
  std::optional<Admission> admission_;
  RetryBudget retry_budget_;

  std::vector<Bid> bids_;
  std::uint32_t free_ = 0xffffffff;
  LittlesLaw open_;                    // bids from their intended start until they are settled
  std::deque<std::uint32_t> waiting_;  // for a connection
  bool serving_ = false;
  int connections_ = 0, connections_peak_ = 0;
  TimeoutLane lane_;
  std::vector<TimeoutLane::Entry> expired_;                                   // in expire()
  std::vector<std::pair<std::uint32_t, BidHistory::CopyIndex>> more_copies_;  // beyond a bid's first

  Ring<Instant> offered_;  // not yet counted by the intervals
  IntervalBuilder intervals_;
  bool ended_ = false;
  Histogram recent_service_time_;
  Instant last_intended_;
  std::uint64_t attempts_ = 0, acknowledged_ = 0;
  std::uint64_t indeterminate_ = 0;  // settled so
  std::uint64_t in_time_ = 0;        // bids sent, none of them late
};

}  // namespace blackstart
