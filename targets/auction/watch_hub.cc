#include "targets/auction/watch_hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blackstart::auction {

namespace {

// Sends in one turn of the loop: about a millisecond, so that bids do not wait for watchers.
constexpr std::size_t kSendsATurn = 200;

}  // namespace

void BidNews::merge(const BidNews& later) {
  const bool taken = count == 0 || later.leading || (!leading && later.amount > amount);
  const auto total = count + later.count;
  if (taken) *this = later;
  count = total;
}

std::string BidNews::to_event() const {
  return fmt::format("event: bid\ndata: {{\"id\":\"{}\",\"amount\":{},\"leading\":{},\"count\":{}}}\n\n", id, amount,
                     leading, count);
}

struct WatchHub::Watcher {
  std::unique_ptr<EventStream> stream;
  BidNews missed;  // came while the peer was still reading an earlier event
};

WatchHub::WatchHub(EventLoop& loop, std::chrono::nanoseconds every, Bug bug)
    : loop_(loop), every_(every), bug_(bug), timer_(loop), turn_(loop) {}
WatchHub::~WatchHub() = default;

void WatchHub::watch(std::uint32_t auction, std::unique_ptr<EventStream> stream) {
  auto watcher = std::make_shared<Watcher>();
  watcher->stream = std::move(stream);
  watcher->stream->on_closed([this, auction, held = watcher.get()] { gone(auction, held); });
  watcher->stream->on_idle([this, held = watcher.get()] { send_missed(*held); });
  if (watcher->stream->closed()) return;
  channels_[auction].watchers.push_back(std::move(watcher));
  ++watchers_;
}

// Runs inside the stream's own call, so that the watcher itself goes a turn later.
void WatchHub::gone(std::uint32_t auction, const Watcher* watcher) {
  auto& watching = channels_[auction].watchers;
  const auto found =
      std::find_if(watching.begin(), watching.end(), [watcher](const auto& held) { return held.get() == watcher; });
  if (found == watching.end()) return;
  loop_.post([last = std::move(*found)] {});
  *found = std::move(watching.back());
  watching.pop_back();
  --watchers_;
}

void WatchHub::bid(std::uint32_t auction, const BidNews& news) {
  const auto found = channels_.find(auction);
  if (found == channels_.end()) return;
  auto& channel = found->second;
  if (channel.watchers.empty()) {
    if (!channel.due && !channel.delivering) channels_.erase(found);
    return;
  }
  channel.news.merge(news);
  if (bug_ == Bug::kCoalesceNothing) return tell(auction, channel);
  if (!channel.due && !channel.delivering) schedule(auction, channel);
}

void WatchHub::schedule(std::uint32_t auction, Channel& channel) {
  channel.due = true;
  const auto now = SteadyClock::now();
  const auto at = std::max(now, channel.told_last + every_);
  const bool first = due_.empty() || at < due_.begin()->first;
  due_.emplace(at, auction);
  if (first) timer_.start(at - now, [this] { run_due(); });
}

void WatchHub::run_due() {
  const auto now = SteadyClock::now();
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto auction = due_.begin()->second;
    due_.erase(due_.begin());
    auto& channel = channels_[auction];
    channel.due = false;
    channel.told_last = now;
    tell(auction, channel);
  }
  if (!due_.empty()) timer_.start(due_.begin()->first - now, [this] { run_due(); });
}

void WatchHub::tell(std::uint32_t auction, Channel& channel) {
  const auto news = std::exchange(channel.news, BidNews{});
  if (channel.watchers.empty() || news.count == 0) return;
  channel.delivering = true;
  deliveries_.push_back(Delivery{.auction = auction,
                                 .watchers = channel.watchers,
                                 .news = news,
                                 .bytes = std::make_shared<const std::string>(news.to_event())});
  if (!turn_.pending()) turn_.start(std::chrono::nanoseconds(0), [this] { deliver(); });
}

void WatchHub::deliver() {
  for (std::size_t sent = 0; sent < kSendsATurn && !deliveries_.empty(); ++sent) {
    auto& delivery = deliveries_.front();
    deliver_to(*delivery.watchers[delivery.next], delivery);
    if (++delivery.next < delivery.watchers.size()) continue;
    const auto auction = delivery.auction;
    deliveries_.pop_front();
    delivered(auction);
  }
  if (!deliveries_.empty()) turn_.start(std::chrono::nanoseconds(0), [this] { deliver(); });
}

// What came while the last event was on its way is told next, so that a fan-out never piles up behind itself.
void WatchHub::delivered(std::uint32_t auction) {
  auto& channel = channels_[auction];
  channel.delivering = false;
  if (channel.news.count > 0 && !channel.due) schedule(auction, channel);
}

void WatchHub::deliver_to(Watcher& watcher, const Delivery& delivery) {
  const bool behind = watcher.missed.count > 0;
  if (!behind && watcher.stream->send(delivery.bytes)) {
    ++events_;
  } else {
    watcher.missed.merge(delivery.news);
  }
}

void WatchHub::send_missed(Watcher& watcher) {
  const auto news = std::exchange(watcher.missed, BidNews{});
  if (news.count == 0) return;
  if (watcher.stream->send(std::make_shared<const std::string>(news.to_event()))) {
    ++events_;
  } else {
    watcher.missed = news;
  }
}

}  // namespace blackstart::auction
