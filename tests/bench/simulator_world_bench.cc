// The virtual world as a whole: drills of the catalogue on the complete auction-flow model, each in a process of its
// own so that its CPU time and its peak memory are its own. Ratios are of user CPU time; every part prints the floor of
// the same run, a hold operation of the event queue.
//   simulator_world_bench              events, a table of the short runs, 100 runs of `simulate`
//   simulator_world_bench table N      the table's cells of at most N bids; 1e10: all, up to 24 hours at 100,000 bids/s
//   simulator_world_bench cell T R     the one of steady state for T (24h, say) at R bids/s
//   simulator_world_bench long         4 hours at 10,000 bids/s by the command line, reports and all
//   simulator_world_bench simulate N   N runs of a drill of 30 minutes at 100 bids/s on two threads

#include "base/random.h"
#include "rehearsal/conductor.h"
#include "scenarios/loader.h"
#include "simulator/event_queue.h"
#include "simulator/sim_world.h"

#include <fmt/format.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace blackstart::bench {
namespace {

using namespace std::chrono_literals;
using Sets = std::vector<std::pair<std::string, std::string>>;

constexpr int kRepeats = 5;

/// What a process cost, and what it counted.
struct Cost {
  double user_s = 0, wall_s = 0;
  double memory_mib = 0;
  std::uint64_t bids = 0, events = 0, foreseen = 0;  // of the events
  bool well = false;
};

/// Runs `work` in a child; what it returns as bids and events comes back.
Cost in_child(const std::function<Cost()>& work) {
  int ends[2] = {};
  if (::pipe(ends) != 0) std::abort();
  std::fflush(stdout);
  const auto began = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    const Cost counted = work();
    const bool told = ::write(ends[1], &counted, sizeof counted) == static_cast<ssize_t>(sizeof counted);
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  Cost cost;
  const bool heard = ::read(ends[0], &cost, sizeof cost) == static_cast<ssize_t>(sizeof cost);
  ::close(ends[0]);
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  cost.well = heard && cost.well && status == 0;
  cost.user_s = static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
  cost.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  cost.memory_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  return cost;
}

Spec spec_of(const Sets& sets) {
  const std::string folder = std::string(BLACKSTART_SOURCE_DIR) + "/scenarios";
  LoadOptions options;
  options.live = false;
  options.targets_last = folder + "/targets";
  options.sets = sets;
  options.sets.emplace_back("stop_conditions", "[{name: too long, when: elapsed > 100h}]");
  auto spec = load_spec(folder + "/catalog/auction-flow/database-failure.yaml", options);
  if (spec) return std::move(*spec);
  for (const auto& error : spec.error().errors) fmt::print(stderr, "{}\n", error.to_string());
  std::exit(1);
}

/// One drill, measured as `simulate` does it: intervals as values, no file.
Cost drill(const Sets& sets, std::uint64_t seed) {
  return in_child([&] {
    const Spec spec = spec_of(sets);
    const Plan plan = make_plan(spec, {.seed = seed, .world = "sim"});
    SimWorld world({.plan = plan});
    JournalWriter journal = JournalWriter::of_values();
    Cost counted;
    counted.well = world.run(conduct(plan, world, journal, world.people(), {}, {})).has_value();
    const auto measured = measure(spec, journal.events());
    counted.well = counted.well && measured;
    if (measured) counted.bids = measured->bids.all.offered;
    counted.events = world.bid_events() + counted.bids;  // each arrival is an event, too
    counted.foreseen = world.foreseen_events();
    return counted;
  });
}

/// The middle one of several by user CPU time.
Cost median_of(int repeats, const std::function<Cost()>& measured) {
  std::vector<Cost> costs;
  for (int i = 0; i < repeats; ++i) costs.push_back(measured());
  std::sort(costs.begin(), costs.end(), [](const Cost& a, const Cost& b) { return a.user_s < b.user_s; });
  return costs[costs.size() / 2];
}

/// Seconds of user CPU time for one pop and push with 1,000 pending: what a drill's event can cost at least.
double hold_s() {
  constexpr int kOperations = 20'000'000;
  const Cost cost = median_of(kRepeats, [] {
    return in_child([] {
      EventQueue<std::uint64_t> queue;
      RandomStream stream{1, "bench"};
      std::vector<Duration> delays(1 << 12);
      for (auto& delay : delays) delay = from_seconds(stream.exponential() * 1e-3);
      for (std::size_t i = 0; i < 1'000; ++i) queue.push(kDrillStart + delays[i], i);
      for (std::size_t i = 0; i < kOperations; ++i) {
        const auto event = queue.pop();
        queue.push(event.time + delays[i % delays.size()], event.payload + 1);
      }
      Cost counted;
      counted.events = queue.pop().payload + kOperations;
      counted.well = counted.events > 0;
      return counted;
    });
  });
  return cost.user_s / kOperations;
}

void events() {
  const double floor = hold_s();
  fmt::print("floor, a hold operation of the event queue: {:.1f} ns, {:.1f} M/s\n", floor * 1e9, 1e-6 / floor);
  const Sets retries{{"load.bids.retry", "{attempts: 3, backoff: 100ms, jitter: full, budget: 20%}"},
                     {"steady_state.for", "1m"},
                     {"steady_state.within", "2m"}};
  std::uint64_t seed = 0;
  const Cost cost = median_of(kRepeats, [&] { return drill(retries, ++seed); });
  const double per_event = cost.user_s / static_cast<double>(cost.events);
  fmt::print(
      "database-failure, 10,000/s, retries on: {:.2f} M events/s ({:.0f} ns each, {:.1f} x the floor), {:.2f} M "
      "bids/s, "
      "{:.1f} events a bid ({:.0f} % foreseen), {:.2f} s user, {:.0f} MiB{}\n",
      1e-6 / per_event, per_event * 1e9, per_event / floor, 1e-6 * static_cast<double>(cost.bids) / cost.user_s,
      static_cast<double>(cost.events) / static_cast<double>(cost.bids),
      100 * static_cast<double>(cost.foreseen) / static_cast<double>(cost.events), cost.user_s, cost.memory_mib,
      cost.well ? "" : " (FAILED)");
}

constexpr double kBuiltFor = 10'000;  // bids/s: the target as it stands

/// What the model costs at `rate`, on a target that is built for it as Auction Flow is for 10,000 bids a second.
void cell(const std::string& length, double rate, int repeats) {
  const double larger = std::max(1.0, rate / kBuiltFor);
  const auto servers = [larger](double as_it_stands) { return fmt::format("{:.0f}", as_it_stands * larger); };
  const Sets sets{{"load.bids.rate", fmt::format("{:.0f}/s", rate)},
                  {"load.bids.connections.max", fmt::format("{:.0f}", std::max(4096.0, rate / 2))},
                  {"target.sim.auction-api.servers", servers(512)},
                  {"target.sim.cache.servers", servers(64)},
                  {"target.sim.stream.servers", servers(64)},
                  {"steady_state.for", length},
                  {"steady_state.within", "30h"}};
  const Cost cost = median_of(repeats, [&] { return drill(sets, 1); });
  fmt::print("{:>6} {:>9.0f} {:>14} {:>12.2f} {:>9.0f} {:>14.0f} {:>8.0f}{}\n", length, rate, cost.bids, cost.user_s,
             cost.user_s / static_cast<double>(cost.bids) * 1e9,
             100 * static_cast<double>(cost.foreseen) / static_cast<double>(cost.events), cost.memory_mib,
             cost.well ? "" : " (FAILED)");
  std::fflush(stdout);
}

void print_heading() {
  fmt::print("{:>6} {:>9} {:>14} {:>12} {:>9} {:>14} {:>8}\n", "steady", "bids/s", "bids", "user s", "ns a bid",
             "foreseen in %", "MiB");
}

void table(double bids_most) {
  const std::pair<const char*, double> lengths[] = {
      {"1m", 60}, {"10m", 600}, {"1h", 3'600}, {"4h", 14'400}, {"24h", 86'400}};
  print_heading();
  for (const double rate : {100.0, 1'000.0, 10'000.0, 100'000.0})
    for (const auto& [length, seconds] : lengths)
      if (rate * seconds <= bids_most) cell(length, rate, rate * seconds > 2e6 ? 1 : 3);
}

/// The command itself, its output thrown away.
Cost command(std::vector<std::string> arguments) {
  const auto program = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "blackstart").string();
  return in_child([&] {
    const pid_t child = ::fork();
    if (child == 0) {
      std::vector<char*> words;
      arguments.insert(arguments.begin(), program);
      for (auto& argument : arguments) words.push_back(argument.data());
      words.push_back(nullptr);
      if (std::freopen("/dev/null", "w", stdout) == nullptr || std::freopen("/dev/null", "w", stderr) == nullptr)
        ::_exit(2);
      ::execv(program.c_str(), words.data());
      ::_exit(2);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    Cost counted;
    counted.well = WIFEXITED(status) && WEXITSTATUS(status) <= 1;  // met or missed
    return counted;
  });
}

std::string fresh_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "simulator_world_bench.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

void tell(const std::string& what, const Cost& cost) {
  fmt::print("{}: {:.1f} s user, {:.1f} s on the clock, {:.0f} MiB{}\n", what, cost.user_s, cost.wall_s,
             cost.memory_mib, cost.well ? "" : " (FAILED)");
}

void four_hours() {
  const std::string folder = fresh_folder();
  tell("blackstart run, region-failure after 4 h at 10,000 bids/s",
       command({"run", "auction-flow/region-failure", "--world", "sim", "--set", "steady_state.for=4h", "--set",
                "steady_state.within=5h", "--set", "stop_conditions=[{name: too long, when: elapsed > 30h}]", "--out",
                folder + "/run"}));
  std::filesystem::remove_all(folder);
}

void simulate(int runs) {
  const std::string folder = fresh_folder();
  tell(fmt::format("blackstart simulate, {} runs of 30 min at 100 bids/s, 2 threads", runs),
       command({"simulate", "auction-flow/database-failure", "--runs", std::to_string(runs), "--jobs", "2", "--set",
                "load.bids.rate=100/s", "--set", "steady_state.for=29m", "--set", "steady_state.within=1h", "--set",
                "stop_conditions=[{name: too long, when: elapsed > 30h}]", "--out", folder + "/runs"}));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace blackstart::bench

int main(int argc, char** argv) {
  using namespace blackstart::bench;
  const std::string what = argc > 1 ? argv[1] : "";
  if (what.empty() || what == "events") events();
  if (what.empty() || what == "table") table(argc > 2 ? std::atof(argv[2]) : 4e6);
  if (what == "cell" && argc > 3) {
    print_heading();
    cell(argv[2], std::atof(argv[3]), 1);
  }
  if (what == "long") four_hours();
  if (what.empty() || what == "simulate") simulate(argc > 2 ? std::atoi(argv[2]) : 100);
  return 0;
}
