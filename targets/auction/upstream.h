#pragma once
// An api's (or timers') hold on one store: knows whether it takes appends and in which epoch, and hands over entries in
// batches, a few in flight. Tells what certainly was not stored from what is unsettled. Loop's thread only.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "targets/auction/entry.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http_client.h"
#include "targets/auction/metrics.h"

namespace blackstart::auction {

/// The newest epoch known of a cluster. A store of an older one is a stale primary and gets nothing.
struct EpochSeen {
  std::string cluster;
  std::uint64_t epoch = 0;
};

/// What became of one entry.
enum class Settled {
  kStored,     // durable by the store's promise
  kNotStored,  // certainly not
  kUnknown,    // handed over, and no answer settles it
  kTimeout,    // the same, because none came in time
};

struct AppendResult {
  Settled settled = Settled::kNotStored;
  char mark = '0';  // of kStored: log_writer.h's marks
  std::string why;  // otherwise
};

class Upstream : public std::enable_shared_from_this<Upstream> {
 public:
  struct Config {
    Url url;
    std::chrono::nanoseconds settle_within = std::chrono::milliseconds(1500);  // from append() to its result
    std::chrono::nanoseconds batch_interval = std::chrono::milliseconds(1);    // between two hand-overs
    std::size_t in_flight_max = 2;
    std::size_t queue_max = 20'000;  // entries not handed over yet; more are refused at once
  };
  using Done = std::function<void(AppendResult result)>;

  /// Begins to ask the store for its state. `epoch_seen` is shared by all upstreams of a process and outlives them.
  static std::shared_ptr<Upstream> open(EventLoop& loop, Config config, EpochSeen& epoch_seen);

  /// `done` runs once, on the loop, within settle_within; at once where the store is known not to take appends.
  void append(const Entry& entry, std::string_view drill, Done done);
  /// Hands over no more: what waits is given back by `redo` for another upstream. What is in flight settles here: keep
  /// this until in_flight() is 0.
  void retire(const std::function<void(const Entry&, std::string_view drill, SteadyTime since, Done)>& redo);
  void append_since(const Entry& entry, std::string_view drill, SteadyTime since, Done done);

  [[nodiscard]] bool up() const { return state_ == State::kUp; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] const Url& url() const { return config_.url; }
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }
  [[nodiscard]] const BucketHistogram& batch_size() const { return batch_size_; }
  /// Reading calls, on connections of their own. The timeout is generous: a page may be large.
  void read(std::string target, HttpClient::Done done);
  /// Runs whenever the store becomes reachable, or its epoch changes.
  void on_up(std::function<void()> act) { up_act_ = std::move(act); }

 private:
  enum class State { kAsking, kUp, kDown };
  struct Item {
    Entry entry;
    std::uint32_t drill;
    SteadyTime since;
    Done done;
  };

  Upstream(EventLoop& loop, Config config, EpochSeen& epoch_seen);
  void ask();
  void told(const CallOutcome& outcome);
  void set_down(std::string why);
  void flush();
  void hand_over();
  void settle(std::vector<Item> items, const CallOutcome& outcome);
  void give_up_waiting(Settled settled, const std::string& why);

  EventLoop& loop_;
  Config config_;
  EpochSeen& epoch_seen_;
  HttpClient appends_;
  HttpClient reads_;
  HttpClient asks_;
  State state_ = State::kAsking;
  bool retired_ = false;
  std::string trouble_ = "not asked yet";
  std::uint64_t epoch_ = 0;
  std::vector<std::string> drills_;
  std::deque<Item> queue_;
  std::size_t in_flight_ = 0;
  SteadyTime handed_over_{};
  Timer flush_timer_;
  Timer ask_timer_;
  bool flush_posted_ = false;
  BucketHistogram batch_size_{kSizeBounds};
  std::function<void()> up_act_;
};

}  // namespace blackstart::auction
