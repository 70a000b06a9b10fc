// The pure parts of a bid's way: schedule, content, request, answer, ledger, reconciliation.
#include "load/classify.h"
#include "load/content.h"
#include "load/ledger.h"
#include "load/reconcile.h"
#include "load/request.h"
#include "load/schedule.h"
#include "load/stored_bid.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace blackstart {
namespace {

void schedule_next(benchmark::State& state) {
  ScheduleConfig config;
  config.profile = {{std::chrono::seconds(1), {10'000}, {10'000}}};
  Schedule schedule(config);
  for (auto _ : state) benchmark::DoNotOptimize(schedule.next());
}
BENCHMARK(schedule_next);

void content_make(benchmark::State& state) {
  const ContentMaker maker(1, 2000, 1.1, 1);
  std::uint64_t bid = 0;
  for (auto _ : state) benchmark::DoNotOptimize(maker.make(bid++, 0));
}
BENCHMARK(content_make);

void request_make(benchmark::State& state) {
  BidMapping mapping;
  mapping.url = "http://127.0.0.1:8080";
  mapping.drill_id = "bench";
  const auto maker = *RequestMaker::create(mapping);
  const BidContent bid = ContentMaker(1, 2000, 1.1, 1).make(123'456, 0);
  std::string scratch;
  std::string out;
  for (auto _ : state) {
    maker.make(bid, scratch, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(request_make);

void answer_parse_and_classify(benchmark::State& state) {
  const auto classifier = *Classifier::create({});
  HttpParser parser(&classifier.kept_headers(), classifier.limits());
  const std::string response =
      "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 42\r\n\r\n"
      "{\"id\":\"123456\",\"stored\":true,\"leading\":0.0}";
  for (auto _ : state) {
    parser.reset();
    std::size_t consumed = 0;
    parser.feed(response, consumed);
    benchmark::DoNotOptimize(classifier.classify(parser, 123'456));
  }
}
BENCHMARK(answer_parse_and_classify);

void ledger_set(benchmark::State& state) {
  auto ledger = *Ledger::create("", 1);
  std::uint64_t id = 0;
  for (auto _ : state) {
    id = id % 10'000'000 + 1;
    ledger->set(id, AttemptOutcome::kAcknowledged, instant_from_ns(static_cast<std::int64_t>(id) * 1000));
  }
}
BENCHMARK(ledger_set);

/// Two passes over a million stored bids, line by line, and the verdict on each.
void reconcile_two_passes(benchmark::State& state) {
  constexpr std::uint64_t kBids = 1'000'000;
  const ContentMaker content(1, 2000, 1.1, 1);
  auto ledger = *Ledger::create("", 1);
  ScheduleConfig schedule;
  schedule.profile = {{std::chrono::seconds(1), {10'000}, {10'000}}};
  std::vector<std::string> lines;
  for (std::uint64_t bid = 0; bid < kBids; ++bid) {
    const BidContent made = content.make(bid, 0);
    ledger->set(made.id, AttemptOutcome::kAcknowledged, instant_from_ns(static_cast<std::int64_t>(bid) * 100'000));
    lines.push_back(fmt::format(R"({{"id":"{}","auction":{},"bidder":{},"amount":{},"crc":{}}})", made.id, made.auction,
                                made.bidder, made.amount, made.crc));
  }
  for (auto _ : state) {
    Reconciler reconciler(*ledger, content, schedule, std::chrono::milliseconds(100));
    for (int pass = 0; pass < 2; ++pass) {
      reconciler.begin_pass(pass);
      for (const std::string& line : lines) reconciler.add(read_stored_line(line, "bench", content).bid);
      reconciler.end_pass();
    }
    const ReadBackResult result = reconciler.result({});
    if (result.kept != kBids) state.SkipWithError("a bid went missing");
  }
  state.counters["bids/s"] =
      benchmark::Counter(static_cast<double>(kBids), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(reconcile_two_passes)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace blackstart
