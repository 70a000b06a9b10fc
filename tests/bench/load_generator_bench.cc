// The load generator's cost and truth against a bare server on loopback, beside wrk in the same run.
// load_generator_bench [seconds a run] [rate|fast|stop]
#include "load/generator.h"

#include "tests/bench/load_bare_client.h"
#include "tests/bench/load_bare_server.h"

#include <fmt/format.h>

#include <spawn.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <regex>
#include <thread>
#include <tuple>

namespace blackstart::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Outcome {
  Histogram latency, lateness;
  std::uint64_t bids = 0, acknowledged = 0;
  double length_s = 0;
  TrafficEnd end;
  [[nodiscard]] double cpu_per_100k() const { return end.generator.cpu_s / static_cast<double>(acknowledged) * 1e5; }
};

struct Run {
  double rate = 10'000;
  int connections = 64;
  double length_s = 10;
  bool as_fast = false;
  Duration tick = std::chrono::microseconds{650};
  std::function<void()> meanwhile;
};

double ms(Duration length) { return to_seconds(length) * 1e3; }

Outcome generate(const BareServer& server, const Run& run) {
  GeneratorConfig config;
  config.seed = 3;
  config.drill_id = "bench";
  config.load.profile = {{seconds(1), {run.rate}, {run.rate}}};
  config.load.connections_max = run.connections;
  config.load.timeout = seconds(10);
  config.mapping.url = server.url();
  config.origin = std::chrono::steady_clock::now();
  config.start = kDrillStart + milliseconds(100);
  config.workers = 1;
  config.tick = run.tick;
  config.as_fast_as_possible = run.as_fast;
  config.folder = "/tmp";
  auto made = Generator::create(config);
  if (!made) {
    fmt::print(stderr, "{}\n", made.error().to_string());
    std::exit(1);
  }
  Outcome outcome;
  (void)(*made)->start([&](TrafficInterval interval) {
    outcome.latency.add(interval.latency);
    outcome.lateness.add(interval.lateness);
    outcome.bids += interval.offered;
    outcome.acknowledged += interval.acknowledged;
  });
  std::thread meanwhile([&] {
    if (run.meanwhile) run.meanwhile();
  });
  std::this_thread::sleep_until(config.origin + milliseconds(100) + from_seconds(run.length_s));
  outcome.end = *(*made)->stop();
  meanwhile.join();
  outcome.length_s = to_seconds(outcome.end.last_intended - outcome.end.first_intended);
  return outcome;
}

struct Peer {
  double per_second = 0, cpu_per_100k = 0;
};

/// wrk, one thread, as fast as it goes, with a bid's request.
Peer wrk(const BareServer& server, int connections, double length_s) {
  const std::string script = "/tmp/blackstart-bench.lua";
  std::ofstream(script)
      << "wrk.method = 'POST'\nwrk.path = '/auctions/1/bids'\n"
         "wrk.headers['Content-Type'] = 'application/json'\nwrk.headers['Blackstart-Drill'] = 'bench'\n"
         "wrk.body = '{\"id\":\"123456\",\"bidder\":123456,\"amount\":123456,\"crc\":1234567890}'\n";
  const std::string command =
      fmt::format("wrk -t1 -c{} -d{}s -s {} {}", connections, static_cast<int>(length_s), script, server.url());
  rusage before{};
  rusage after{};
  getrusage(RUSAGE_CHILDREN, &before);
  std::string output;
  if (FILE* const pipe = popen(command.c_str(), "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, pipe) != nullptr) output += line;
    pclose(pipe);
  }
  getrusage(RUSAGE_CHILDREN, &after);
  const auto seconds_of = [](const rusage& usage) {
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  };
  std::smatch match;
  Peer peer;
  if (std::regex_search(output, match, std::regex("(\\d+) requests in"))) {
    const double requests = std::stod(match[1]);
    peer.cpu_per_100k = (seconds_of(after) - seconds_of(before)) / requests * 1e5;
  }
  if (std::regex_search(output, match, std::regex("Requests/sec:\\s*([0-9.]+)"))) peer.per_second = std::stod(match[1]);
  return peer;
}

constexpr int kTurns = 5;  // ours and the floor, one after the other: the machine's other work falls on both

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + kTurns / 2, values.end());
  return values[kTurns / 2];
}

void constant_rate(double length_s) {
  fmt::print(
      "constant rate, 10,000 bids/s (Poisson), with ledger, checksum and JSON; floor: bare sockets, without (medians "
      "of 5 turns)\n");
  fmt::print("  {:<28} {:>12} {:>7} {:>7} {:>9} {:>9} {:>9} {:>12}\n", "", "CPU s/100k", "floor", "ratio", "p50 ms",
             "p99 ms", "max ms", "late p99 ms");
  for (const auto& [connections, tick_us] : {std::pair{64, 650}, {256, 650}, {64, 250}, {64, 1000}}) {
    BareServer server;
    const std::chrono::microseconds tick{tick_us};
    const double turn_s = length_s / kTurns;
    Histogram latency;
    Histogram lateness;
    std::vector<double> ours;
    std::vector<double> bare;
    std::vector<double> ratios;
    for (int i = 0; i < kTurns; ++i) {
      const Outcome outcome = generate(server, {10'000, connections, turn_s, false, tick, {}});
      latency.add(outcome.latency);
      lateness.add(outcome.lateness);
      ours.push_back(outcome.cpu_per_100k());
      bare.push_back(BareClient(server, connections, connections).generate(10'000, turn_s, tick).cpu_per_100k_s);
      ratios.push_back(ours.back() / bare.back());
    }
    fmt::print("  {:<28} {:>12.2f} {:>7.2f} {:>7.2f} {:>9.3f} {:>9.3f} {:>9.2f} {:>12.3f}\n",
               fmt::format("{} connections, tick {} us", connections, tick_us), median(ours), median(bare),
               median(ratios), ms(latency.percentile(50)), ms(latency.percentile(99)), ms(latency.max()),
               ms(lateness.percentile(99)));
  }
}

void as_fast_as_it_goes(double length_s) {
  if (std::system("command -v wrk >/dev/null") != 0) {  // NOLINT: a fixed command
    fmt::print("as fast as it goes: left out, its peer is not installed (apt-get install wrk)\n");
    return;
  }
  fmt::print("as fast as it goes, one thread\n");
  for (const int connections : {64, 256}) {
    BareServer server;
    const Peer first = wrk(server, connections, length_s);
    const Outcome ours = generate(server, {0, connections, length_s, true, std::chrono::microseconds{650}, {}});
    const Peer again = wrk(server, connections, length_s);
    const double peer = (first.per_second + again.per_second) / 2;
    const double rate = static_cast<double>(ours.acknowledged) / ours.length_s;
    fmt::print("  {:>3} connections: {:>9.0f}/s at {:.2f} CPU s/100k; wrk {:>9.0f}/s at {:.2f}; ratio {:.2f}\n",
               connections, rate, ours.cpu_per_100k(), peer, (first.cpu_per_100k + again.cpu_per_100k) / 2,
               rate / peer);
  }
}

/// Stops the server for seconds 4 to 6.
void stop_for_2_s(const BareServer& server) {
  std::this_thread::sleep_for(seconds(4));
  kill(server.pid(), SIGSTOP);
  std::this_thread::sleep_for(seconds(2));
  kill(server.pid(), SIGCONT);
}

void print_percentiles(std::string_view who, const Histogram& latency, std::string_view more) {
  fmt::print("    {:<14} p50 {:.2f} p90 {:.0f} p99 {:.0f} p99.9 {:.0f} max {:.0f} ms{}\n", who,
             ms(latency.percentile(50)), ms(latency.percentile(90)), ms(latency.percentile(99)),
             ms(latency.percentile(99.9)), ms(latency.max()), more);
}

void coordinated_omission() {
  constexpr double kLengthS = 10;
  constexpr std::chrono::microseconds kTick{650};
  fmt::print(
      "server stopped 2 s in 10 s at 10,000/s, 64 connections to start; ideal, without the backlog of 20,000 bids that "
      "the server works off: p90 1000, p99 1900, p99.9 1990, max 2000 ms\n");
  for (const int connections_max : {64, 256, 4096}) {
    fmt::print("  {} connections at most\n", connections_max);
    BareServer server;
    const Outcome outcome =
        generate(server, {10'000, connections_max, kLengthS, false, kTick, [&] { stop_for_2_s(server); }});
    print_percentiles("blackstart", outcome.latency,
                      fmt::format("; {} of {} acknowledged, memory {:.0f} MB", outcome.acknowledged, outcome.bids,
                                  static_cast<double>(outcome.end.generator.memory_peak_bytes) / 1e6));
    BareServer another;
    std::thread stop([&] { stop_for_2_s(another); });
    BareClient bare(another, 64, connections_max);
    print_percentiles("bare sockets", bare.generate(10'000, kLengthS, kTick).latency, "");
    stop.join();
  }
}

}  // namespace
}  // namespace blackstart::bench

int main(int argc, char** argv) {
  const double length_s = argc > 1 ? std::atof(argv[1]) : 10;
  const std::string only = argc > 2 ? argv[2] : "";
  if (only.empty() || only == "stop") blackstart::bench::coordinated_omission();  // first: its memory is its own
  if (only.empty() || only == "rate") blackstart::bench::constant_rate(length_s);
  if (only.empty() || only == "fast") blackstart::bench::as_fast_as_it_goes(length_s);
  return 0;
}
