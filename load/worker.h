#pragma once
// One worker thread of the generator: walks the schedule, sends its share (bid n is worker n % workers'), reads the
// answers. Everything due goes out at a tick; one wake-up serves many bids; nothing on a bid's way allocates, waits on
// a timer of its own or suspends. Live only.

#include "base/time.h"
#include "load/channel.h"
#include "load/classify.h"
#include "load/content.h"
#include "load/http_parser.h"
#include "load/intervals.h"
#include "load/ledger.h"
#include "load/request.h"
#include "load/retry_budget.h"
#include "load/schedule.h"
#include "load/spsc_ring.h"
#include "scenarios/spec.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <vector>

struct epoll_event;

namespace blackstart {

/// What all workers share; outlives them. Only the atomics change after the start.
struct WorkerShared {
  const RequestMaker* requests = nullptr;
  const Classifier* classifier = nullptr;
  const ContentMaker* content = nullptr;
  const TlsClient* tls = nullptr;  // null: plain HTTP
  Ledger* ledger = nullptr;
  std::vector<Address> addresses;
  ScheduleConfig schedule;
  Retry retry;
  std::uint64_t seed = 1;
  Duration timeout{};
  Duration tick{};
  std::chrono::steady_clock::time_point origin;
  int workers = 1;
  bool as_fast_as_possible = false;
  // Stopping takes two steps, so that all workers end at one instant however late a thread is scheduled: asked to hold,
  // each says up to where it has offered (held_ns()); then the latest of these becomes the end for all.
  std::atomic<bool> hold{false};
  std::atomic<std::int64_t> stop_at_ns{INT64_MAX};  // bids intended at or after this are not offered

  [[nodiscard]] std::int64_t now_ns() const {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - origin).count();
  }
};

class Worker {
 public:
  struct Pool {
    int start = 64;  // connections dialled at once
    int max = 4096;
  };
  Worker(WorkerShared& shared, int index, Pool pool);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Asks the kernel for what run() needs. kIo where it says no.
  Status prepare();
  /// The thread's body: returns when stop_at_ns was set and every attempt before it is settled.
  void run();
  /// The collector's end.
  SpscRing<SettledBid>& settled() { return settled_; }
  /// After shared.hold was set: bids intended before this were offered, and none after it. -1 until it is known.
  [[nodiscard]] std::int64_t held_ns() const { return held_ns_.load(std::memory_order_acquire); }
  [[nodiscard]] int connections_peak() const { return connections_peak_.load(std::memory_order_relaxed); }

 private:
  /// An attempt on its way, with what is known of its bid's earlier ones.
  struct Attempt {
    std::uint64_t bid = 0;
    std::int64_t intended_ns = 0;  // the bid's
    std::int64_t due_ns = 0;       // the attempt's: the bid's intended start, or the end of a back-off
    std::int64_t lateness_ns = -1;
    std::uint16_t number = 0;  // from 0
    std::uint16_t sent = 0;    // attempts made so far: sent, or refused a connection
    bool waited = false;       // it found no free connection
    bool refused = false, indeterminate = false, timed_out = false;  // of attempts so far
  };
  struct LaterFirst {
    bool operator()(const Attempt& a, const Attempt& b) const { return a.due_ns > b.due_ns; }
  };
  enum class State : std::uint8_t { kClosed, kDialling, kHandshake, kIdle, kSending, kAwaiting };
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Connection {
    Connection(const std::vector<std::string>* kept_headers, HttpLimits limits) : parser(kept_headers, limits) {}
    Channel channel;
    State state = State::kClosed;
    std::uint32_t generation = 0;                  // tells events of an earlier descriptor in this slot
    std::uint32_t events = 0;                      // what epoll watches for
    std::uint32_t previous = kNone, next = kNone;  // in the list that the state says
    std::uint16_t address = 0;                     // dialled now
    std::uint16_t addresses_tried = 0;
    std::int64_t since_ns = 0;  // dialled, or the first byte was written
    std::size_t written = 0;
    Attempt attempt;
    HttpParser parser;
  };
  /// Connections in the order in which they joined, by index.
  struct Lane {
    std::uint32_t first = kNone, last = kNone;
    std::uint32_t size = 0;
  };

  // worker.cc: time, schedule, outcomes
  void wait_and_handle();
  void handle(const epoll_event& event);
  [[nodiscard]] std::int64_t next_wake_ns() const;
  void tick();
  void offer_due(std::int64_t now);
  void offer(Attempt attempt, std::int64_t now);
  void expire(std::int64_t now);
  void expire_waiting(std::int64_t now, bool held);
  void advance_schedule();
  void conclude(Attempt& attempt, AttemptOutcome outcome, bool worth_retrying, std::int64_t now,
                std::int64_t service_ns);
  bool schedule_retry(Attempt& attempt, std::int64_t now);
  void settle(const Attempt& attempt, AttemptOutcome outcome, std::int64_t latency_ns, std::int64_t service_ns);
  void drop_retries(std::int64_t now);
  void hold_or_end(std::int64_t now);
  [[nodiscard]] bool holding() const { return held_ns_.load(std::memory_order_relaxed) >= 0; }
  [[nodiscard]] bool drained() const;
  [[nodiscard]] std::uint64_t id_of(const Attempt& attempt) const;
  /// How long it may wait for a connection. On its way, its time-out runs from its first byte.
  [[nodiscard]] std::int64_t patience_of(const Attempt& attempt) const {
    return attempt.due_ns + shared_.timeout.count();
  }
  [[nodiscard]] std::int64_t expiry_of(const Connection& connection) const {
    return connection.since_ns + shared_.timeout.count();
  }

  // worker_connections.cc: descriptors
  void dial_more(std::int64_t now);
  bool dial(std::int64_t now);
  DialState dial_address(std::uint32_t index);
  void on_dialled(std::uint32_t index);
  void on_dial_failed(std::uint32_t index);
  void on_handshake(std::uint32_t index);
  void on_open(std::uint32_t index);
  void send_attempt(std::uint32_t index, Attempt attempt, std::int64_t now);
  void write_rest(std::uint32_t index);
  void on_readable(std::uint32_t index);
  void on_answer(std::uint32_t index, bool more_follows);
  void on_lost(std::uint32_t index);
  void make_free(std::uint32_t index, std::int64_t now);
  void serve_waiting(std::int64_t now);
  void close(std::uint32_t index);
  bool watch(std::uint32_t index, std::uint32_t events);  // false: the kernel's limit of watches is reached
  void join(Lane& lane, std::uint32_t index);
  void leave(Lane& lane, std::uint32_t index);
  Lane& lane_of(State state);
  [[nodiscard]] int open_connections() const { return static_cast<int>(idle_.size + in_flight_.size + dialling_.size); }

  WorkerShared& shared_;
  const int index_;
  const Pool pool_;
  int epoll_ = -1;
  bool fine_timeout_ = true;  // epoll_pwait2 works here
  Schedule schedule_;
  Arrival next_;             // the next bid of this worker
  std::int64_t now_ns_ = 0;  // at the last look
  std::int64_t tick_base_ns_ = 0;
  std::int64_t dial_again_ns_ = 0;  // after a local shortage
  std::uint64_t closed_loop_bid_ = 0;
  RetryBudget retry_budget_;
  bool ending_ = false;

  std::vector<Connection> connections_;
  std::vector<std::uint32_t> closed_slots_;
  Lane idle_, in_flight_, dialling_;
  std::vector<Attempt> waiting_;  // a ring: bids without a connection, oldest first
  std::size_t waiting_first_ = 0, waiting_size_ = 0;
  std::priority_queue<Attempt, std::vector<Attempt>, LaterFirst> retries_;
  void push_waiting(const Attempt& attempt, bool in_front);
  Attempt pop_waiting();

  std::uint16_t preferred_address_ = 0;
  std::vector<char> read_buffer_;
  std::string request_, scratch_;
  std::vector<epoll_event> events_;
  SpscRing<SettledBid> settled_;
  std::atomic<int> connections_peak_{0};
  std::atomic<std::int64_t> held_ns_{-1};
};

}  // namespace blackstart
