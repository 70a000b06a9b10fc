#include "load/generator.h"

#include "base/check.h"
#include "load/collector.h"
#include "load/descriptors.h"
#include "load/io_thread.h"
#include "load/replay.h"
#include "load/worker.h"

#include <fmt/format.h>

#include <pthread.h>
#include <sys/resource.h>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>
#include <utility>

namespace blackstart {
namespace {

constexpr double kWorkerRate = 60'000;  // bids per second that one worker carries with room
constexpr auto kHoldPoll = std::chrono::microseconds{500};
constexpr int kConnectionsStart = 64;

std::uint64_t memory_peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

int choose_workers(const GeneratorConfig& config, const ScheduleConfig& schedule) {
  if (config.workers > 0) return config.workers;
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int needed = static_cast<int>(std::ceil(peak_rate(schedule) / kWorkerRate));
  return std::clamp(needed, 1, cores);
}

/// A whole divided among `parts`, the first ones getting one more.
int part_of(int whole, int parts, int index) { return whole / parts + (index < whole % parts ? 1 : 0); }

class LiveGenerator final : public Generator {
 public:
  LiveGenerator(GeneratorConfig config, RequestMaker requests, Classifier classifier)
      : config_(std::move(config)),
        requests_(std::move(requests)),
        classifier_(std::move(classifier)),
        content_(config_.seed, config_.load.auctions, config_.load.popularity_zipf, 1 + config_.load.retry.attempts) {}
  ~LiveGenerator() override { (void)stop(); }

  Status prepare();
  Status start(IntervalSink sink) override;
  void cut_bins(Instant at) override;
  Result<TrafficEnd> stop() override;
  const Ledger& ledger() const override { return *ledger_; }
  Ledger& ledger() override { return *ledger_; }
  const ScheduleConfig& schedule() const override { return shared_.schedule; }
  std::vector<std::string> notes() const override;

 private:
  [[nodiscard]] TrafficEnd figures() const;
  Status prepare_pool();

  GeneratorConfig config_;
  RequestMaker requests_;
  Classifier classifier_;
  ContentMaker content_;
  std::unique_ptr<TlsClient> tls_;
  std::unique_ptr<Ledger> ledger_;
  WorkerShared shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::vector<double> cpu_s_;  // of each worker's thread, written before it ends
  mutable std::mutex mutex_;   // guards collector_'s making and end_
  std::unique_ptr<Collector> collector_;
  std::optional<TrafficEnd> end_;
  std::vector<std::string> notes_;  // of create()
  int connections_max_ = 0;
};

Status LiveGenerator::prepare() {
  shared_.schedule = {config_.seed, config_.load.arrivals, config_.load.profile, {}, config_.start};
  if (config_.load.arrivals == Arrivals::kReplay && !config_.as_fast_as_possible) {
    BS_ASSIGN(shared_.schedule.replayed, read_replay_file(config_.load.replay_file));
  }
  BS_ASSIGN(shared_.addresses, resolve(requests_.endpoint()));
  if (requests_.endpoint().tls) {
    BS_ASSIGN(tls_, TlsClient::create(requests_.endpoint().host));
  }
  BS_ASSIGN(ledger_, Ledger::create(config_.folder, content_.attempts_max()));
  shared_.requests = &requests_;
  shared_.classifier = &classifier_;
  shared_.content = &content_;
  shared_.tls = tls_.get();
  shared_.ledger = ledger_.get();
  shared_.retry = config_.load.retry;
  shared_.seed = config_.seed;
  shared_.timeout = config_.load.timeout;
  shared_.tick = config_.tick;
  shared_.origin = config_.origin;
  shared_.as_fast_as_possible = config_.as_fast_as_possible;
  return prepare_pool();
}

Status LiveGenerator::prepare_pool() {
  connections_max_ = allow_connections(config_.load.connections_max);
  if (connections_max_ < config_.load.connections_max) {
    notes_.push_back(
        fmt::format("the pool of connections is limited to {} of {}: this machine allows no more open files "
                    "(ulimit -n)",
                    connections_max_, config_.load.connections_max));
  }
  shared_.workers = std::min(choose_workers(config_, shared_.schedule), connections_max_);
  const int start = config_.as_fast_as_possible ? connections_max_ : std::min(kConnectionsStart, connections_max_);
  for (int i = 0; i < shared_.workers; ++i) {
    const Worker::Pool pool{part_of(start, shared_.workers, i), part_of(connections_max_, shared_.workers, i)};
    workers_.push_back(std::make_unique<Worker>(shared_, i, pool));
    BS_TRY(workers_.back()->prepare());
  }
  cpu_s_.resize(workers_.size());
  return ok();
}

Status LiveGenerator::start(IntervalSink sink) {
  BS_CHECK(threads_.empty() && !end_);
  IntervalBuilder::Config intervals;
  intervals.start = config_.start;
  intervals.bin_length = config_.bin_length;
  intervals.service_level = config_.service_level;
  std::function<Instant()> offered;
  if (config_.as_fast_as_possible) {
    intervals.start = instant_from_ns(shared_.now_ns());  // bids leave at once
    intervals.margin += config_.load.timeout;             // without a schedule only time tells that all is settled
  } else {
    offered = [walk = std::make_shared<Schedule>(shared_.schedule)] { return walk->next().intended; };
  }
  std::vector<SpscRing<SettledBid>*> rings;
  for (const auto& worker : workers_) rings.push_back(&worker->settled());
  {
    const std::lock_guard lock(mutex_);
    collector_ = std::make_unique<Collector>(
        intervals, std::move(offered), *ledger_, std::move(rings), [this] { return instant_from_ns(shared_.now_ns()); },
        std::move(sink));
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    threads_.emplace_back([this, i] {
      workers_[i]->run();
      cpu_s_[i] = thread_cpu_s();
    });
  }
  return ok();
}

void LiveGenerator::cut_bins(Instant at) {
  const std::lock_guard lock(mutex_);
  if (collector_) collector_->cut(at);
}

Result<TrafficEnd> LiveGenerator::stop() {
  if (end_) return *end_;
  if (!collector_) return fail(ErrorCode::kInternal, "the traffic was stopped before it was started");
  shared_.hold.store(true, std::memory_order_release);
  std::int64_t stop_at = to_ns(config_.start);
  for (const auto& worker : workers_) {
    while (worker->held_ns() < 0) std::this_thread::sleep_for(kHoldPoll);
    stop_at = std::max(stop_at, worker->held_ns());
  }
  // With a schedule the collector knows what to wait for; without one, all is settled when the workers are gone.
  if (!config_.as_fast_as_possible) collector_->end(instant_from_ns(stop_at));
  shared_.stop_at_ns.store(stop_at, std::memory_order_release);
  for (std::thread& thread : threads_) thread.join();
  collector_->end(instant_from_ns(stop_at));
  collector_->finish();
  const std::lock_guard lock(mutex_);
  end_ = figures();
  return *end_;
}

TrafficEnd LiveGenerator::figures() const {
  const Collector::Totals& totals = collector_->totals();
  TrafficEnd end;
  end.first_intended = totals.first_intended.value_or(config_.start);
  end.last_intended = totals.last_intended.value_or(config_.start);
  end.bids = totals.bids;
  end.attempts = totals.attempts;
  end.generator.lateness = totals.lateness;
  end.generator.cpu_s = totals.cpu_s;
  for (const double cpu_s : cpu_s_) end.generator.cpu_s += cpu_s;
  const double length_s = to_seconds(end.last_intended - end.first_intended);
  end.generator.offered_rate = length_s > 0 ? static_cast<double>(totals.bids) / length_s : 0;
  end.generator.memory_peak_bytes = memory_peak_bytes();
  end.generator.connections_max = connections_max_;
  for (const auto& worker : workers_) end.generator.connections_peak += worker->connections_peak();
  return end;
}

std::vector<std::string> LiveGenerator::notes() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all = notes_;
  if (collector_) {
    const std::vector<std::string> more = collector_->notes();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

Status check(const GeneratorConfig& config) {
  if (config.load.timeout <= Duration::zero()) return fail(ErrorCode::kInvalid, "load.bids.timeout must be above 0");
  if (config.load.connections_max < 1) return fail(ErrorCode::kInvalid, "load.bids.connections.max must be at least 1");
  if (config.load.auctions < 1) return fail(ErrorCode::kInvalid, "load.bids.auctions.count must be at least 1");
  if (config.tick <= Duration::zero() || config.bin_length <= Duration::zero()) {
    return fail(ErrorCode::kInvalid, "the generator's tick and bins must be longer than 0");
  }
  if (config.load.profile.empty() && config.load.arrivals != Arrivals::kReplay && !config.as_fast_as_possible) {
    return fail(ErrorCode::kInvalid, "load.bids has no rate");
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<Generator>> Generator::create(GeneratorConfig config) {
  BS_TRY(check(config));
  config.mapping.drill_id = config.mapping.drill_id.empty() ? config.drill_id : config.mapping.drill_id;
  if (config.as_fast_as_possible && config.load.profile.empty()) config.load.profile.push_back({});
  BS_ASSIGN(RequestMaker requests, RequestMaker::create(config.mapping));
  BS_ASSIGN(Classifier classifier, Classifier::create(config.mapping));
  auto generator = std::make_unique<LiveGenerator>(std::move(config), std::move(requests), std::move(classifier));
  BS_TRY(generator->prepare());
  return std::unique_ptr<Generator>(std::move(generator));
}

}  // namespace blackstart
