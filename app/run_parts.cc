#include "app/run_parts.h"

#include "app/notes.h"
#include "app/paths.h"
#include "app/say.h"
#include "app/verbs.h"
#include "base/units.h"
#include "reports/report.h"
#include "targets/live_world.h"

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace blackstart {
namespace {

constexpr std::int64_t kSimStartUnixNs = 946'684'800'000'000'000;  // 2000-01-01T00:00:00Z

Result<Duration> manual_time(const RunArguments& arguments) {
  if (arguments.assume_manual.empty()) return Duration{-1};
  return parse_duration(arguments.assume_manual);
}

/// "2026-11-20T12:25:03Z".
Result<WallTime> wall_time(const std::string& text) {
  std::chrono::sys_seconds::rep parts[6] = {};
  char end = 0;
  const int read = std::sscanf(text.c_str(), "%4ld-%2ld-%2ldT%2ld:%2ld:%2ld%c", &parts[0], &parts[1], &parts[2],
                               &parts[3], &parts[4], &parts[5], &end);
  const std::chrono::year_month_day day{std::chrono::year{static_cast<int>(parts[0])},
                                        std::chrono::month{static_cast<unsigned>(parts[1])},
                                        std::chrono::day{static_cast<unsigned>(parts[2])}};
  const bool valid = read == 7 && end == 'Z' && text.size() == 20 && day.ok() && parts[3] < 24 && parts[4] < 60 &&
                     parts[5] < 60 && parts[0] >= 1970 && parts[0] < 2200;
  if (!valid)
    return fail(ErrorCode::kInvalid, fmt::format("--start {}: expected a time in UTC, as 2026-11-20T01:59:00Z", text));
  const auto seconds = std::chrono::sys_days{day} + std::chrono::hours{parts[3]} + std::chrono::minutes{parts[4]} +
                       std::chrono::seconds{parts[5]};
  return WallTime{std::chrono::duration_cast<std::chrono::nanoseconds>(seconds.time_since_epoch()).count()};
}

/// What the drill's clock shows at its begin.
Result<WallTime> drill_start(const RunArguments& arguments, const Scenario& scenario, WallTime now) {
  if (!arguments.in_sim()) {
    if (arguments.start.empty()) return now;
    return fail(ErrorCode::kInvalid, "--start is for the virtual world (--world sim): a live drill starts now");
  }
  if (arguments.start.empty()) return WallTime{kSimStartUnixNs + to_ns(scenario.start.value_or(Duration{}))};
  return wall_time(arguments.start);
}

/// Live, the driver; nothing in sim.
Result<std::string> driver_of(const Spec& spec, const RunArguments& arguments) {
  if (arguments.in_sim()) return std::string();
  return choose_driver(spec.target, arguments.load.driver);
}

}  // namespace

boost::system::result<Prepared, std::vector<Error>> prepare_loaded(Spec spec, const RunArguments& arguments,
                                                                   bool has_person) {
  const auto manual = manual_time(arguments);
  const auto driver = driver_of(spec, arguments);
  const auto wall = drill_start(arguments, spec.scenario, wall_now());
  if (!manual || !driver || !wall)
    return std::vector{!manual ? manual.error() : !driver ? driver.error() : wall.error()};
  Prepared prepared{.spec = {}, .plan = {}, .options = {}, .driver = *driver, .started = wall_now(), .wall = *wall};
  prepared.options = {.seed = arguments.seed,
                      .world = arguments.load.world,
                      .started = *wall,
                      .clock_given = !arguments.start.empty(),
                      .dry = arguments.dry,
                      .assume_manual = *manual,
                      .allow_production = arguments.allow_production};
  prepared.plan = make_plan(spec, prepared.options);
  if (arguments.in_sim()) prepared.wall = prepared.plan.started;
  prepared.spec = std::move(spec);
  if (auto refused = plan_refusals(prepared.plan, has_person); !refused.empty()) return refused;
  return prepared;
}

std::optional<Prepared> prepare_run(const RunArguments& arguments, bool has_person) {
  if (const auto runs = predicted_runs(arguments); !runs) {
    print_error(runs.error());
    return std::nullopt;
  }
  auto spec = load_scenario(arguments.scenario, arguments.load);
  if (!spec) return std::nullopt;
  auto prepared = prepare_loaded(std::move(*spec), arguments, has_person);
  if (prepared) {
    say_coarse_objectives(prepared->spec.scenario);
    return std::move(*prepared);
  }
  print_errors(prepared.error());
  return std::nullopt;
}

Json outcome_arguments(const RunArguments& arguments) {
  Json json = {{"seed", arguments.seed}, {"world", arguments.load.world}, {"dry", arguments.dry}};
  if (!arguments.load.vars.empty()) json["var"] = arguments.load.vars;
  if (!arguments.load.sets.empty()) json["set"] = arguments.load.sets;
  if (!arguments.assume_manual.empty()) json["assume_manual"] = arguments.assume_manual;
  if (!arguments.start.empty()) json["start"] = arguments.start;
  return json;
}

int report_run(const std::string& folder, const RunArguments& arguments, int exit_code) {
  auto journal = load_journal(folder + "/journal.jsonl", Intervals::kAsValues);
  if (!journal) {
    print_error(journal.error());
    return kExitInternal;
  }
  const auto data = load_report(std::move(*journal));
  if (!data) {
    print_error(data.error());
    return kExitInternal;
  }
  if (auto written = write_reports(data->input(), folder); !written) {
    print_error(written.error());
    say("the journal is whole; make the reports again with: blackstart report {}/journal.jsonl --out DIR\n", folder);
    if (exit_code != 4) exit_code = kExitInternal;
  }
  const bool colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  print_result(arguments.json ? report_json(data->input())
                              : terminal_summary(data->input(), TerminalStyle{.colour = colour, .folder = folder}));
  return exit_code;
}

}  // namespace blackstart
