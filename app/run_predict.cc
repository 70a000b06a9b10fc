// blackstart run --predict: what the virtual world says of a live drill before it is run. The prediction goes into the
// journal, so that every report sets it beside what was measured.

#include "app/run_parts.h"
#include "app/say.h"
#include "app/simulate_progress.h"
#include "app/simulate_runs.h"
#include "app/stop_signals.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <thread>

namespace blackstart {
namespace {

constexpr std::uint64_t kRuns = 200;
constexpr std::uint64_t kRunsMost = 100'000;
constexpr auto kAtMost = std::chrono::minutes{1};  // a person waits for the drill

/// The same drill, in the other world.
RunArguments simulated(RunArguments arguments) {
  arguments.load.world = "sim";
  arguments.load.driver.clear();
  arguments.predict.clear();
  return arguments;
}

}  // namespace

Result<std::uint64_t> predicted_runs(const RunArguments& arguments) {
  if (arguments.predict.empty()) return std::uint64_t{0};
  if (arguments.in_sim())
    return fail(ErrorCode::kUnsupported,
                "--predict sets simulated runs beside a live drill; this drill is itself simulated. For its odds: "
                "blackstart simulate " +
                    arguments.scenario);
  if (arguments.predict == "true") return kRuns;  // given without a number
  std::uint64_t runs = 0;
  const char* const end = arguments.predict.data() + arguments.predict.size();
  const auto [read, error] = std::from_chars(arguments.predict.data(), end, runs);
  if (error != std::errc{} || read != end || runs == 0 || runs > kRunsMost)
    return fail(ErrorCode::kInvalid, fmt::format("--predict {}: expected how many runs are simulated, from 1 to {}; "
                                                 "without a number it is {}",
                                                 arguments.predict, kRunsMost, kRuns));
  return runs;
}

boost::system::result<Prepared, std::vector<Error>> prepare_prediction(const RunArguments& arguments) {
  auto prepared = prepare_simulated(simulated(arguments));
  if (prepared) {  // a live recovery begins with its detection: nobody is called and waited for
    for (const char* absent : {"acknowledge", "assemble"}) prepared->spec.scenario.people.times.erase(absent);
    return std::move(*prepared);
  }
  std::vector<Error> errors = prepared.error();
  for (Error& error : errors)
    error.message += "; so --predict cannot simulate this drill: leave it out, or give the target what is missing";
  return errors;
}

Result<MonteCarlo> predict(const Prepared& prepared, const RunArguments& arguments, std::uint64_t runs) {
  StopSignals signals;
  SimulateProgress progress(runs);
  say("predicting from {} simulated runs, for at most {} s\n", runs, std::chrono::seconds{kAtMost}.count());
  const auto latest = std::chrono::steady_clock::now() + kAtMost;
  const auto played = play_seeds(prepared, outcome_arguments(simulated(arguments)), {1, runs},
                                 std::max(1U, std::thread::hardware_concurrency()), [&](std::uint64_t done) {
                                   progress.look(done);
                                   return signals.count() == 0 && std::chrono::steady_clock::now() < latest;
                                 });
  progress.clear();
  if (!played) return played.error();
  if (signals.count() > 0) return fail(ErrorCode::kCancelled, "stopped while --predict simulated; nothing was started");
  if (played->rows.empty())
    return fail(ErrorCode::kTimeout,
                "--predict: not one simulated run of this drill ended within a minute; nothing was started. Leave "
                "--predict out, or see with `blackstart simulate` what takes so long");
  return summarise(played->rows);
}

}  // namespace blackstart
