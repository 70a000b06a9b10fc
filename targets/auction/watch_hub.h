#pragma once
// Watchers of auctions: server-sent events, at most one a second a watcher, each standing for all bids since the last
// and carrying the leading one. What a thousand watchers of one auction get is made once. Loop's thread only.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "targets/auction/bugs.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http_server.h"

namespace blackstart::auction {

/// What happened to an auction over a while.
struct BidNews {
  std::uint64_t id = 0;  // of the leading bid; of the highest, where none of them leads
  std::int64_t amount = 0;
  bool leading = false;
  std::uint64_t count = 0;  // bids that this stands for; 0: no news

  /// Takes in what came after.
  void merge(const BidNews& later);
  /// As an event on the wire.
  [[nodiscard]] std::string to_event() const;
};

class WatchHub {
 public:
  /// `every`: the least time between two events to a watcher.
  WatchHub(EventLoop& loop, std::chrono::nanoseconds every, Bug bug);
  ~WatchHub();

  void watch(std::uint32_t auction, std::unique_ptr<EventStream> stream);
  /// Cheap where nobody watches.
  void bid(std::uint32_t auction, const BidNews& news);

  [[nodiscard]] std::size_t watchers() const { return watchers_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  struct Watcher;
  struct Channel {
    std::vector<std::shared_ptr<Watcher>> watchers;
    BidNews news;
    SteadyTime told_last{};
    bool due = false;         // stands in due_
    bool delivering = false;  // its last event is still on the way to some watchers
  };
  struct Delivery {
    std::uint32_t auction;
    std::vector<std::shared_ptr<Watcher>> watchers;
    BidNews news;
    Bytes bytes;
    std::size_t next = 0;
  };

  void gone(std::uint32_t auction, const Watcher* watcher);
  void schedule(std::uint32_t auction, Channel& channel);
  void run_due();
  void tell(std::uint32_t auction, Channel& channel);
  void deliver();
  void delivered(std::uint32_t auction);
  void deliver_to(Watcher& watcher, const Delivery& delivery);
  void send_missed(Watcher& watcher);

  EventLoop& loop_;
  std::chrono::nanoseconds every_;
  Bug bug_;
  std::unordered_map<std::uint32_t, Channel> channels_;
  std::multimap<SteadyTime, std::uint32_t> due_;
  std::deque<Delivery> deliveries_;
  Timer timer_;
  Timer turn_;
  std::size_t watchers_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace blackstart::auction
