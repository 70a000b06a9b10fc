#pragma once
// A generator against a server, for tests: runs it for a while, collects what it says, reads back.

#include "load/generator.h"
#include "load/reconcile.h"

#include <functional>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace blackstart::testing {

inline BidLoad constant_load(double rate) {
  BidLoad load;
  load.profile = {{std::chrono::hours(1), {rate}, {rate}}};
  load.arrivals = Arrivals::kConstant;
  load.timeout = std::chrono::seconds(2);
  return load;
}

/// The counts of all intervals, added up.
inline TrafficInterval total_of(const std::vector<TrafficInterval>& intervals) {
  TrafficInterval all;
  for (const TrafficInterval& one : intervals) {
    all.offered += one.offered;
    all.sent += one.sent;
    all.acknowledged += one.acknowledged;
    all.degraded += one.degraded;
    all.refused += one.refused;
    all.indeterminate += one.indeterminate;
    all.timed_out += one.timed_out;
    all.unsent_no_connection += one.unsent_no_connection;
    all.unsent_generator += one.unsent_generator;
    all.attempts += one.attempts;
    all.latency.add(one.latency);
    all.service_time.add(one.service_time);
    all.lateness.add(one.lateness);
    all.bins.insert(all.bins.end(), one.bins.begin(), one.bins.end());
  }
  return all;
}

class TrafficRun {
 public:
  TrafficRun(BidLoad load, BidMapping mapping, GeneratorConfig config = {}, Instant start = instant_from_ns(50'000'000))
      : origin_(std::chrono::steady_clock::now()), mapping_(std::move(mapping)) {
    mapping_.drill_id = "drill-1";
    config.seed = 7;
    config.drill_id = mapping_.drill_id;
    config.load = std::move(load);
    config.mapping = mapping_;
    config.origin = origin_;
    config.start = start;
    auto made = Generator::create(config);
    if (!made) throw std::runtime_error(made.error().to_string());
    generator = std::move(*made);
    config_ = config;
  }

  void start() {
    const Status started = generator->start([this](TrafficInterval interval) {
      const std::lock_guard lock(mutex_);
      intervals_.push_back(std::move(interval));
    });
    if (!started) throw std::runtime_error(started.error().to_string());
  }
  void stop() {
    auto stopped = generator->stop();
    if (!stopped) throw std::runtime_error(stopped.error().to_string());
    end = *stopped;
  }
  std::vector<TrafficInterval> intervals() const {
    const std::lock_guard lock(mutex_);
    return intervals_;
  }
  std::chrono::steady_clock::time_point origin() const { return origin_; }
  Instant now() const {
    return kDrillStart + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - origin_);
  }
  Result<ReadBackResult> read(ReadBackRequest request = {}) {
    const ContentMaker content(config_.seed, config_.load.auctions, config_.load.popularity_zipf,
                               1 + config_.load.retry.attempts);
    return read_back(mapping_, generator->ledger(), content, generator->schedule(), config_.bin_length, request,
                     std::chrono::steady_clock::now() + std::chrono::seconds(60), {});
  }

  TrafficEnd end;

 private:
  std::chrono::steady_clock::time_point origin_;
  BidMapping mapping_;
  GeneratorConfig config_;
  mutable std::mutex mutex_;
  std::vector<TrafficInterval> intervals_;

 public:
  std::unique_ptr<Generator> generator;  // goes first: its thread hands intervals over
};

inline BidMapping protocol_mapping(const std::string& url) {
  BidMapping mapping;
  mapping.url = url;
  mapping.read_back_url = url;
  return mapping;
}

}  // namespace blackstart::testing
