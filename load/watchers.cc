#include "load/watchers.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/random.h"
#include "load/channel.h"
#include "load/descriptors.h"
#include "load/endpoint.h"
#include "load/event_stream.h"
#include "load/http_parser.h"
#include "load/io_thread.h"

#include <fmt/format.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <limits>
#include <queue>
#include <thread>
#include <utility>
#include <vector>

namespace blackstart {
namespace {

constexpr std::size_t kConnectingMax = 256;  // at once: thousands of watchers do not come as one burst
constexpr auto kFirstBackoff = std::chrono::milliseconds{100};
constexpr auto kLongestBackoff = std::chrono::seconds{5};
constexpr auto kConnectWithin = std::chrono::seconds{5};
constexpr auto kIntervalLength = std::chrono::seconds{1};
/// An event may overtake its own acknowledgement; so long is that waited for.
constexpr auto kAcknowledgedWithin = std::chrono::seconds{2};

HttpLimits stream_limits() {
  HttpLimits limits;
  limits.body_bytes_max = std::numeric_limits<std::uint64_t>::max() / 2;
  limits.kept_bytes_max = kReadBuffer * 2;  // taken away as it comes
  return limits;
}

class LiveWatchers final : public Watchers {
 public:
  LiveWatchers(WatchersConfig config, const Ledger& ledger, Sink sink)
      : config_(std::move(config)), ledger_(ledger), sink_(std::move(sink)), read_buffer_(kReadBuffer) {}
  ~LiveWatchers() override { stop(); }

  Status begin();
  void stop() override;

 private:
  enum class State : std::uint8_t { kWaiting, kQueued, kDialling, kHandshake, kSending, kStreaming };
  struct Watcher {
    Channel channel;
    State state = State::kWaiting;
    std::uint32_t generation = 0;
    std::uint32_t events = 0;
    std::uint32_t auction = 0;
    std::uint32_t failures = 0;  // in a row
    std::size_t written = 0;
    HttpParser parser{nullptr, stream_limits()};
    EventStream stream;
  };
  /// Something to do with one watcher at an instant.
  struct Timer {
    Instant at;
    std::uint32_t index;
    std::uint32_t generation;
    bool operator>(const Timer& other) const { return at > other.at; }
  };
  struct Unacknowledged {
    Instant arrived;
    std::uint64_t id;
  };

  void run();
  [[nodiscard]] Instant now() const {
    return kDrillStart + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - config_.origin);
  }
  void on_timers();
  void dial_queued();
  void dial(std::uint32_t index);
  void on_event(std::uint32_t index);
  void on_dialled(std::uint32_t index);
  void on_handshake(std::uint32_t index);
  void on_sending(std::uint32_t index);
  void on_streaming(std::uint32_t index);
  void lose(std::uint32_t index);
  bool watch(std::uint32_t index, std::uint32_t events);
  void take_event(std::string_view data, Instant arrived);
  void settle_unacknowledged(bool last);
  void record(Instant arrived, Instant acknowledged);
  void close_interval(Instant end);
  [[nodiscard]] bool connecting(State state) const { return state >= State::kDialling && state <= State::kSending; }

  WatchersConfig config_;
  const Ledger& ledger_;
  Sink sink_;
  Endpoint endpoint_;
  std::vector<Address> addresses_;
  std::unique_ptr<TlsClient> tls_;
  int epoll_ = -1, waker_ = -1;
  std::vector<Watcher> watchers_;
  std::deque<std::uint32_t> queued_;
  std::size_t connecting_ = 0;
  std::size_t preferred_address_ = 0;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::deque<Unacknowledged> unacknowledged_;
  NotificationInterval interval_;
  std::vector<char> read_buffer_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

Status LiveWatchers::begin() {
  BS_ASSIGN(endpoint_, parse_endpoint(config_.url));
  BS_ASSIGN(addresses_, resolve(endpoint_));
  if (endpoint_.tls) {
    BS_ASSIGN(tls_, TlsClient::create(endpoint_.host));
  }
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  waker_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (epoll_ < 0 || waker_ < 0) return fail_errno(errno, "could not create the watchers' descriptors");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = std::numeric_limits<std::uint64_t>::max();
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, waker_, &event) != 0) return fail_errno(errno, "could not watch the watchers");
  const int allowed = allow_connections(config_.count);
  if (allowed < config_.count) {
    return fail(
        ErrorCode::kUnavailable,
        fmt::format("{} watchers need more open files than this machine allows ({}); raise the limit (ulimit -n) or "
                    "ask for fewer: load.watchers.count",
                    config_.count, allowed));
  }
  const ZipfTable auctions(config_.auctions, config_.popularity_zipf);
  watchers_ = std::vector<Watcher>(static_cast<std::size_t>(config_.count));
  for (std::uint32_t i = 0; i < watchers_.size(); ++i) {
    watchers_[i].auction = auctions.draw(mix64(config_.seed ^ mix64(i ^ hash64("load.watchers")))) + 1;
    watchers_[i].state = State::kQueued;
    queued_.push_back(i);
  }
  thread_ = std::thread([this] { run(); });
  return ok();
}

void LiveWatchers::stop() {
  if (!stopping_.exchange(true) && thread_.joinable()) {
    eventfd_write(waker_, 1);
    thread_.join();
  }
  watchers_.clear();
  for (int* fd : {&epoll_, &waker_}) {
    if (*fd >= 0) ::close(std::exchange(*fd, -1));
  }
}

void LiveWatchers::run() {
  prctl(PR_SET_NAME, "watchers");
  std::vector<epoll_event> events(kEventsAtOnce);
  interval_.start = now();
  while (!stopping_) {
    dial_queued();
    const Instant end = interval_.start + kIntervalLength;
    Instant wake = end;
    if (!timers_.empty()) wake = std::min(wake, timers_.top().at);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(wake - now()).count() + 1;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(std::max<std::int64_t>(left, 0)));
    for (int i = 0; i < count; ++i) {
      const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
      const auto index = static_cast<std::uint32_t>(data);
      if (index >= watchers_.size() || watchers_[index].generation != data >> 32) continue;
      on_event(index);
    }
    on_timers();
    settle_unacknowledged(false);
    if (now() >= end) close_interval(end);
  }
  settle_unacknowledged(true);
  close_interval(std::max(now(), interval_.start));
}

void LiveWatchers::on_timers() {
  const Instant at = now();
  while (!timers_.empty() && timers_.top().at <= at) {
    const Timer timer = timers_.top();
    timers_.pop();
    Watcher& watcher = watchers_[timer.index];
    if (watcher.generation != timer.generation) continue;
    if (watcher.state == State::kWaiting) {
      watcher.state = State::kQueued;
      queued_.push_back(timer.index);
    } else if (connecting(watcher.state)) {
      lose(timer.index);
    }
  }
}

void LiveWatchers::dial_queued() {
  while (!queued_.empty() && connecting_ < kConnectingMax) {
    const std::uint32_t index = queued_.front();
    queued_.pop_front();
    dial(index);
  }
}

void LiveWatchers::dial(std::uint32_t index) {
  Watcher& watcher = watchers_[index];
  watcher.state = State::kDialling;
  ++connecting_;
  timers_.push({now() + kConnectWithin, index, watcher.generation});
  const Address& address = addresses_[(preferred_address_ + watcher.failures) % addresses_.size()];
  if (watcher.channel.dial(address) != DialState::kPending || !watch(index, EPOLLIN | EPOLLOUT)) lose(index);
}

void LiveWatchers::on_event(std::uint32_t index) {
  switch (watchers_[index].state) {
    case State::kDialling:
      return on_dialled(index);
    case State::kHandshake:
      return on_handshake(index);
    case State::kSending:
      return on_sending(index);
    case State::kStreaming:
      return on_streaming(index);
    case State::kWaiting:
    case State::kQueued:
      return;
  }
}

void LiveWatchers::on_dialled(std::uint32_t index) {
  Watcher& watcher = watchers_[index];
  if (watcher.channel.dial_error() != 0) return lose(index);
  preferred_address_ = (preferred_address_ + watcher.failures) % addresses_.size();
  watcher.state = State::kHandshake;
  on_handshake(index);
}

void LiveWatchers::on_handshake(std::uint32_t index) {
  Watcher& watcher = watchers_[index];
  switch (watcher.channel.handshake(tls_.get())) {
    case IoState::kDone:
      watcher.state = State::kSending;
      watcher.written = 0;
      return on_sending(index);
    case IoState::kWantRead:
      watch(index, EPOLLIN);
      return;
    case IoState::kWantWrite:
      watch(index, EPOLLIN | EPOLLOUT);
      return;
    case IoState::kClosed:
    case IoState::kFailed:
      return lose(index);
  }
}

void LiveWatchers::on_sending(std::uint32_t index) {
  Watcher& watcher = watchers_[index];
  const std::string request =
      fmt::format("GET {}/auctions/{}/watch HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\n\r\n",
                  endpoint_.target == "/" ? "" : endpoint_.target, watcher.auction, endpoint_.authority);
  while (watcher.written < request.size()) {
    const IoResult sent = watcher.channel.write(std::string_view(request).substr(watcher.written));
    if (sent.state == IoState::kWantWrite || sent.state == IoState::kWantRead) {
      watch(index, EPOLLIN | EPOLLOUT);
      return;
    }
    if (sent.state != IoState::kDone) return lose(index);
    watcher.written += sent.bytes;
  }
  --connecting_;
  watcher.state = State::kStreaming;
  watcher.parser.reset();
  watcher.stream.reset();
  watch(index, EPOLLIN);
  on_streaming(index);
}

void LiveWatchers::on_streaming(std::uint32_t index) {
  Watcher& watcher = watchers_[index];
  for (;;) {
    const IoResult got = watcher.channel.read(read_buffer_.data(), read_buffer_.size());
    if (got.state == IoState::kWantRead || got.state == IoState::kWantWrite) return;
    if (got.state != IoState::kDone) return lose(index);
    const Instant arrived = now();
    std::size_t consumed = 0;
    const auto progress = watcher.parser.feed({read_buffer_.data(), got.bytes}, consumed);
    if (watcher.parser.headers_complete()) {
      if (watcher.parser.status() != 200) return lose(index);
      watcher.failures = 0;
    }
    const bool sane =
        watcher.stream.feed(watcher.parser.body(), [&](std::string_view data) { take_event(data, arrived); });
    watcher.parser.body().clear();
    if (!sane || progress != HttpParser::Progress::kNeedMore) return lose(index);
    if (tls_ == nullptr && got.bytes < read_buffer_.size()) return;
  }
}

void LiveWatchers::lose(std::uint32_t index) {
  Watcher& watcher = watchers_[index];
  if (connecting(watcher.state)) --connecting_;
  watcher.channel.close();
  watcher.events = 0;
  watcher.state = State::kWaiting;
  ++watcher.generation;
  // Doubling, up to a limit; spread by the watcher's number, so that a server that returns is not hit by all at once.
  Duration backoff = kFirstBackoff * (1U << std::min<std::uint32_t>(watcher.failures, 6));
  backoff = std::min<Duration>(backoff, kLongestBackoff);
  const double spread =
      static_cast<double>(mix64(config_.seed ^ index ^ (std::uint64_t{watcher.generation} << 32)) >> 11) * 0x1p-53;
  ++watcher.failures;
  timers_.push({now() + from_seconds(to_seconds(backoff) * (0.5 + 0.5 * spread)), index, watcher.generation});
}

bool LiveWatchers::watch(std::uint32_t index, std::uint32_t events) {
  Watcher& watcher = watchers_[index];
  if (watcher.events == events) return true;
  epoll_event event{};
  event.events = events;
  event.data.u64 = static_cast<std::uint64_t>(watcher.generation) << 32 | index;
  const int operation = watcher.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_, operation, watcher.channel.fd(), &event) != 0) return false;
  watcher.events = events;
  return true;
}

void LiveWatchers::take_event(std::string_view data, Instant arrived) {
  const std::optional<std::uint64_t> id = bid_of_event(data);
  if (!id || *id == 0 || *id > ledger_.size()) return;  // of another drill, or no bid's
  const LedgerEntry entry = ledger_.get(*id);
  if (entry.acknowledged != kNever) return record(arrived, entry.acknowledged);
  if (entry.outcome == AttemptOutcome::kInFlight) unacknowledged_.push_back({arrived, *id});
}

void LiveWatchers::settle_unacknowledged(bool last) {
  const Instant at = now();
  // Events overtake their acknowledgement by little: the oldest ones are looked at first, and the rest waits for them.
  while (!unacknowledged_.empty()) {
    const Unacknowledged& front = unacknowledged_.front();
    const LedgerEntry entry = ledger_.get(front.id);
    const bool open = entry.outcome == AttemptOutcome::kInFlight;
    if (open && !last && at < front.arrived + kAcknowledgedWithin) return;
    if (entry.acknowledged != kNever) record(front.arrived, entry.acknowledged);
    unacknowledged_.pop_front();
  }
}

void LiveWatchers::record(Instant arrived, Instant acknowledged) {
  ++interval_.events;
  interval_.delay.record(std::max(arrived - acknowledged, Duration::zero()));
}

void LiveWatchers::close_interval(Instant end) {
  interval_.length = end - interval_.start;
  if (interval_.length > Duration::zero()) sink_(interval_);
  interval_ = {};
  interval_.start = end;
}

}  // namespace

Result<std::unique_ptr<Watchers>> Watchers::start(WatchersConfig config, const Ledger& ledger, Sink sink) {
  if (config.count < 0 || config.auctions < 1) {
    return fail(ErrorCode::kInvalid, "load.watchers needs a count of at least 0 and auctions to watch");
  }
  auto watchers = std::make_unique<LiveWatchers>(std::move(config), ledger, std::move(sink));
  BS_TRY(watchers->begin());
  return std::unique_ptr<Watchers>(std::move(watchers));
}

}  // namespace blackstart
