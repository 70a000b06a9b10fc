// The virtual world's engine: hold operations beside std::priority_queue of the same run, stations by recursion and by
// events, draws beside those of base/random.h.
#include "base/draws.h"
#include "base/histogram.h"
#include "base/random.h"
#include "simulator/agenda.h"
#include "simulator/duration_sampler.h"
#include "simulator/event_queue.h"
#include "simulator/station.h"
#include "simulator/station_recursion.h"

#include <benchmark/benchmark.h>

#include <queue>
#include <vector>

namespace blackstart {
namespace {

struct Payload {
  std::uint64_t bid = 0;
  std::uint64_t what = 0;
};

struct Later {
  bool operator()(const TimedEvent<Payload>& a, const TimedEvent<Payload>& b) const {
    return comes_before(b.time, b.sequence, a.time, a.sequence);
  }
};

/// std::priority_queue with the same order and the same events: the peer.
class BinaryHeap {
 public:
  void push(Instant time, const Payload& payload) { heap_.push({time, sequence_++, payload}); }
  TimedEvent<Payload> pop() {
    const TimedEvent<Payload> event = heap_.top();
    heap_.pop();
    return event;
  }
  Instant next_time() { return heap_.top().time; }

 private:
  std::priority_queue<TimedEvent<Payload>, std::vector<TimedEvent<Payload>>, Later> heap_;
  std::uint64_t sequence_ = 0;
};

/// Exponential delays of mean 1 ms, drawn beforehand: the queue is measured, not the draws.
std::vector<Duration> some_delays() {
  std::vector<Duration> delays(1 << 16);
  RandomStream stream{1, "bench.delays"};
  const auto sampler = DurationSampler::exponential(std::chrono::milliseconds(1));
  for (auto& delay : delays) delay = sampler.draw(stream);
  return delays;
}

/// Pop the earliest, push one at a random later instant, at a constant number pending.
template <class Queue, bool kLooks>
void hold(benchmark::State& state) {
  const std::vector<Duration> delays = some_delays();
  Queue queue;
  std::uint16_t draw = 0;
  for (std::int64_t i = 0; i < state.range(0); ++i) queue.push(kDrillStart + delays[draw++], {});
  std::uint64_t seen = 0;
  for (auto _ : state) {
    if (kLooks && queue.next_time() == kNever) break;
    const TimedEvent<Payload> event = queue.pop();
    seen += event.payload.bid;
    queue.push(event.time + delays[draw++], {event.sequence, 0});
  }
  benchmark::DoNotOptimize(seen);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hold<BinaryHeap, false>)->Name("hold/priority_queue")->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(hold<EventQueue<Payload>, false>)
    ->Name("hold/event_queue")
    ->Arg(100)
    ->Arg(1'000)
    ->Arg(10'000)
    ->Arg(1'000'000);
BENCHMARK(hold<EventQueue<Payload>, true>)->Name("hold/event_queue_looks")->Arg(1'000);
BENCHMARK(hold<Agenda<Payload>, false>)->Name("hold/agenda")->Arg(1'000);

void lane(benchmark::State& state) {
  FifoLane<Payload> lane{std::chrono::seconds(2)};
  std::uint64_t sequence = 0;
  for (int i = 0; i < 20'000; ++i)
    lane.push(instant_from_ns(static_cast<std::int64_t>(sequence)), sequence, {}), ++sequence;
  for (auto _ : state) {
    benchmark::DoNotOptimize(lane.pop().sequence);
    lane.push(instant_from_ns(static_cast<std::int64_t>(sequence)), sequence, {});
    ++sequence;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(lane);

struct Bids {
  std::vector<Instant> arrivals;
  std::vector<Duration> services;
};

/// A million bids at utilisation 0.8 of `servers`.
Bids some_bids(std::uint32_t servers) {
  RandomStream stream{1, "bench.bids"};
  const auto gap = DurationSampler::exponential(std::chrono::microseconds(100));
  const auto service = DurationSampler::exponential(std::chrono::microseconds(80) * servers);
  Bids bids;
  Instant now = kDrillStart;
  for (int i = 0; i < 1'000'000; ++i) {
    now += gap.draw(stream);
    bids.arrivals.push_back(now);
    bids.services.push_back(service.draw(stream));
  }
  return bids;
}

void recursion(benchmark::State& state) {
  const auto servers = static_cast<std::uint32_t>(state.range(0));
  const Bids bids = some_bids(servers);
  for (auto _ : state) {
    StationRecursion station{{servers, std::nullopt}};
    for (std::size_t i = 0; i < bids.arrivals.size(); ++i) {
      benchmark::DoNotOptimize(station.serve(bids.arrivals[i], bids.services[i]).end);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(bids.arrivals.size()));
}
BENCHMARK(recursion)->Arg(1)->Arg(4)->Arg(16)->Arg(64)->Unit(benchmark::kMillisecond);

/// Three FIFO stations in a row, latency into a histogram; services are drawn beforehand.
void recursion_of_three_with_histogram(benchmark::State& state) {
  const Bids bids = some_bids(1);
  for (auto _ : state) {
    Histogram latency;
    StationRecursion first{{}};
    StationRecursion second{{}};
    StationRecursion third{{}};
    for (std::size_t i = 0; i < bids.arrivals.size(); ++i) {
      const Instant one = first.serve(bids.arrivals[i], bids.services[i]).end;
      const Instant two = second.serve(one, bids.services[i] / 2).end;
      latency.record(third.serve(two, bids.services[i] / 4).end - bids.arrivals[i]);
    }
    benchmark::DoNotOptimize(latency.count());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(bids.arrivals.size()));
}
BENCHMARK(recursion_of_three_with_histogram)->Unit(benchmark::kMillisecond);

/// Two events a bid: its arrival and the end of its service.
void by_events(benchmark::State& state) {
  struct Step {
    bool arrival = false;
    std::uint32_t server = 0;
    std::uint32_t generation = 0;
  };
  const auto servers = static_cast<std::uint32_t>(state.range(0));
  const Bids bids = some_bids(servers);
  for (auto _ : state) {
    Station station{{servers, std::nullopt}};
    Agenda<Step> agenda;
    std::size_t next = 0;
    agenda.push(bids.arrivals[next], {true, 0, 0});
    while (!agenda.empty()) {
      const TimedEvent<Step> event = agenda.pop();
      const auto schedule = [&](const Station::Start& start) {
        agenda.push(start.end, {false, start.server, start.generation});
      };
      if (event.payload.arrival) {
        const auto offered = station.offer(event.time, next, bids.services[next]);
        if (offered.admission == Station::Admission::kStarted) schedule(offered.start);
        if (++next < bids.arrivals.size()) agenda.push(bids.arrivals[next], {true, 0, 0});
      } else if (const auto done = station.finish(event.time, event.payload.server, event.payload.generation)) {
        if (done->next) schedule(*done->next);
      }
    }
    benchmark::DoNotOptimize(station.totals(agenda.now()).done);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(bids.arrivals.size()));
}
BENCHMARK(by_events)->Arg(1)->Arg(16)->Unit(benchmark::kMillisecond);

template <class Draw>
void draw_with(benchmark::State& state, Draw draw) {
  RandomStream stream{1, "bench.draws"};
  for (auto _ : state) benchmark::DoNotOptimize(draw(stream));
  state.SetItemsProcessed(state.iterations());
}
using std::chrono::milliseconds;
BENCHMARK_CAPTURE(draw_with, exponential_base, [](RandomStream& stream) { return stream.exponential(); });
BENCHMARK_CAPTURE(draw_with, exponential, [](RandomStream& stream) { return draw_exponential(stream); });
BENCHMARK_CAPTURE(draw_with, normal_base, [](RandomStream& stream) { return stream.normal(); });
BENCHMARK_CAPTURE(draw_with, normal, [](RandomStream& stream) { return draw_normal(stream); });
BENCHMARK_CAPTURE(draw_with, log_normal_base, [](RandomStream& stream) { return stream.log_normal(4e5, 1.2e6); });
BENCHMARK_CAPTURE(draw_with, sampler_log_normal,
                  [sampler = DurationSampler::log_normal(milliseconds(1), milliseconds(3))](RandomStream& stream) {
                    return sampler.draw(stream);
                  });
BENCHMARK_CAPTURE(draw_with, sampler_exponential,
                  [sampler = DurationSampler::exponential(milliseconds(1))](RandomStream& stream) {
                    return sampler.draw(stream);
                  });
BENCHMARK_CAPTURE(draw_with, sampler_erlang_4,
                  [sampler = DurationSampler::erlang(4, milliseconds(1))](RandomStream& stream) {
                    return sampler.draw(stream);
                  });

}  // namespace
}  // namespace blackstart
