#include "load/collector.h"

#include "base/check.h"
#include "load/io_thread.h"

#include <sys/prctl.h>
#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

constexpr auto kEvery = std::chrono::milliseconds{20};
constexpr std::uint64_t kAheadBids = 200'000;  // two seconds of a fast generator

}  // namespace

Collector::Collector(IntervalBuilder::Config config, std::function<Instant()> next_offered, Ledger& ledger,
                     std::vector<SpscRing<SettledBid>*> rings, std::function<Instant()> now, Sink sink)
    : builder_(config, std::move(next_offered)),
      ledger_(ledger),
      rings_(std::move(rings)),
      now_(std::move(now)),
      sink_(std::move(sink)) {
  reserve_ahead();  // before the first bid leaves
  thread_ = std::thread([this] { run(); });
}

Collector::~Collector() {
  end(now_());
  finish();
}

void Collector::cut(Instant at) {
  const std::lock_guard lock(mutex_);
  cuts_.push_back(at);
}

void Collector::end(Instant at) {
  const std::lock_guard lock(mutex_);
  if (!end_) end_ = at;
}

void Collector::finish() {
  {
    const std::lock_guard lock(mutex_);
    BS_CHECK(end_.has_value());
    all_settled_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::vector<std::string> Collector::notes() const {
  const std::lock_guard lock(mutex_);
  return notes_;
}

void Collector::run() {
  prctl(PR_SET_NAME, "load-collector");
  for (bool ended = false; !ended;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kEvery, [this] { return all_settled_; });
      for (const Instant at : cuts_) builder_.cut(at);
      cuts_.clear();
      if (end_) builder_.end(*end_);
      ended = all_settled_;
    }
    drain();
    reserve_ahead();
    seal();
  }
  BS_CHECK_MESSAGE(builder_.finished(), "a bid that was offered never settled");
  totals_.cpu_s = thread_cpu_s();
}

void Collector::drain() {
  for (SpscRing<SettledBid>* ring : rings_) {
    ring->drain([this](const SettledBid& bid) {
      ++totals_.bids;
      totals_.attempts += bid.attempts;
      const Instant intended = instant_from_ns(bid.intended_ns);
      totals_.first_intended = std::min(totals_.first_intended.value_or(intended), intended);
      totals_.last_intended = std::max(totals_.last_intended.value_or(intended), intended);
      builder_.add(bid);
    });
  }
}

void Collector::seal() {
  while (auto interval = builder_.seal(now_())) {
    totals_.lateness.add(interval->lateness);
    sink_(std::move(*interval));
  }
}

void Collector::reserve_ahead() {
  const auto attempts = static_cast<std::uint64_t>(ledger_.attempts_max());
  const std::uint64_t wanted = 1 + (ledger_.size() / attempts + kAheadBids) * attempts;  // a first attempt's id
  if (wanted < reserved_ + attempts * kAheadBids / 4) return;
  for (std::uint64_t id = reserved_ == 0 ? 1 : reserved_; id < wanted; id += attempts * kAheadBids / 4) {
    if (const Status reserved = ledger_.reserve(id); !reserved) {
      const std::lock_guard lock(mutex_);
      notes_.push_back(reserved.error().to_string());
    }
  }
  reserved_ = wanted;
}

}  // namespace blackstart
