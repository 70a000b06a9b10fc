// blackstart simulate SCENARIO: the odds of a drill, from many runs in the virtual world.

#include "app/exit_codes.h"
#include "app/notes.h"
#include "app/paths.h"
#include "app/run_parts.h"
#include "app/sim_memory.h"
#include "app/simulate_progress.h"
#include "app/simulate_runs.h"
#include "app/stop_signals.h"
#include "app/verbs.h"
#include "app/what_if.h"
#include "base/units.h"
#include "reports/report.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

namespace blackstart {
namespace {

constexpr std::uint64_t kRunsMax = 1'000'000;

struct SimulateArguments {
  RunArguments run;
  std::uint64_t runs = 1000;
  std::string seeds;
  unsigned jobs = 0;  // 0: as many as there are processors
  std::vector<std::string> what_if;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<SeedRange> seed_range(const SimulateArguments& arguments) {
  SeedRange seeds{1, arguments.runs};
  if (!arguments.seeds.empty()) {
    const auto dots = arguments.seeds.find("..");
    const auto first = number(std::string_view(arguments.seeds).substr(0, dots));
    const auto last = dots == std::string::npos ? first : number(std::string_view(arguments.seeds).substr(dots + 2));
    if (!first || !last || *last < *first)
      return fail(ErrorCode::kInvalid,
                  fmt::format("--seeds {}: expected first..last, as 1..1000 or 4001..5000", arguments.seeds));
    seeds = {*first, *last};
  }
  if (seeds.last - seeds.first >= kRunsMax || arguments.runs == 0)
    return fail(ErrorCode::kInvalid,
                fmt::format("from 1 to {} runs at once; split more with --seeds a..b", human_count(kRunsMax)));
  return seeds;
}

/// For a shell: as it is where nothing in it means anything to one.
std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-_./=:%+,@").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// The command that plays one of the runs, but for its seed.
std::string run_command(const RunArguments& arguments) {
  std::string command = "blackstart run " + shell_word(arguments.scenario) + " --world sim";
  for (const auto& var : arguments.load.vars) command += " --var " + shell_word(var);
  for (const auto& set : arguments.load.sets) command += " --set " + shell_word(set);
  if (!arguments.assume_manual.empty()) command += " --assume-manual " + shell_word(arguments.assume_manual);
  if (!arguments.start.empty()) command += " --start " + shell_word(arguments.start);
  return command;
}

/// One set of values with all that its runs need.
struct Case {
  PathValues values;
  RunArguments arguments;
  Prepared prepared;
};

/// A mistake in a value that --what-if gave is told as such.
void name_what_if(const PathValues& values, std::vector<Error>& errors) {
  for (auto& error : errors)
    for (const auto& [path, value] : values)
      if (error.context == "--set " + path) error.context = fmt::format("--what-if {}={}", path, value);
}

boost::system::result<Case, std::vector<Error>> prepare_case(RunArguments arguments, PathValues values) {
  for (const auto& [path, value] : values) arguments.load.sets.push_back(fmt::format("{}={}", path, value));
  auto prepared = prepare_simulated(arguments);
  if (!prepared) {
    std::vector<Error> errors = prepared.error();
    name_what_if(values, errors);
    return errors;
  }
  return Case{std::move(values), std::move(arguments), std::move(*prepared)};
}

/// The scenario as it is, and with each combination of what-ifs. Prints every mistake once.
std::optional<std::vector<Case>> prepare_cases(const SimulateArguments& arguments) {
  auto combinations = what_if_combinations(arguments.what_if);
  if (!combinations) {
    print_error(combinations.error());
    return std::nullopt;
  }
  combinations->insert(combinations->begin(), PathValues{});
  std::vector<Case> cases;
  std::vector<Error> errors;
  for (const auto& values : *combinations) {
    auto prepared = prepare_case(arguments.run, values);
    if (prepared) {
      cases.push_back(std::move(*prepared));
      continue;
    }
    for (auto& error : prepared.error()) {
      const bool known = std::any_of(errors.begin(), errors.end(),
                                     [&](const Error& other) { return other.to_string() == error.to_string(); });
      if (!known) errors.push_back(std::move(error));
    }
    if (values.empty()) break;  // what is wrong without any what-if is wrong with each
  }
  if (errors.empty()) return cases;
  print_errors(errors);
  return std::nullopt;
}

Result<std::vector<ManyRuns>> play_cases(const std::vector<Case>& cases, SeedRange seeds, unsigned jobs,
                                         const StopSignals& signals) {
  SimulateProgress progress(seeds.count() * cases.size());
  std::vector<ManyRuns> all;
  for (const auto& one : cases) {
    const std::uint64_t before = seeds.count() * all.size();
    auto runs = play_seeds(one.prepared, outcome_arguments(one.arguments), seeds, jobs, [&](std::uint64_t done) {
      progress.look(before + done);
      return signals.count() == 0;
    });
    progress.clear();
    if (!runs) return runs.error();
    all.push_back(std::move(*runs));
    if (all.back().stopped) break;
  }
  return all;
}

/// Compares the runs of both that have the same seed.
void count_changes(const std::vector<RunRow>& as_it_is, const std::vector<RunRow>& rows, Variation& variation) {
  auto base = as_it_is.begin();
  for (const RunRow& row : rows) {
    while (base != as_it_is.end() && base->seed < row.seed) ++base;
    if (base == as_it_is.end() || base->seed != row.seed) continue;
    variation.better += row.verdict < base->verdict ? 1 : 0;
    variation.worse += row.verdict > base->verdict ? 1 : 0;
  }
}

SimulationReport make_report(const std::vector<Case>& cases, SeedRange seeds, const std::vector<ManyRuns>& all) {
  const Spec& spec = cases.front().prepared.spec;
  SimulationReport report;
  report.scenario = spec.scenario.name;
  report.title = spec.scenario.title;
  report.target = spec.target.name;
  report.tool_version = BLACKSTART_VERSION;
  report.seed_first = seeds.first;
  report.seed_last = seeds.last;
  report.stopped = all.size() < cases.size() || all.back().stopped;
  report.command = run_command(cases.front().arguments);
  report.result = summarise(all.front().rows);
  for (std::size_t index = 0; cases.size() > 1 && index < all.size(); ++index) {
    Variation variation{.values = cases[index].values,
                        .command = run_command(cases[index].arguments),
                        .result = index == 0 ? report.result : summarise(all[index].rows)};
    count_changes(all.front().rows, all[index].rows, variation);
    report.what_if.push_back(std::move(variation));
  }
  return report;
}

Result<std::string> make_folder(const SimulateArguments& arguments, const Spec& spec) {
  namespace fs = std::filesystem;
  const std::string name = fs::path(spec.scenario.name).filename().string() + "-simulated";
  BS_ASSIGN(std::string folder, choose_run_folder(arguments.run.out, name, wall_now()));
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::access(folder.c_str(), W_OK) != 0)
    return fail(ErrorCode::kIo, fmt::format("cannot write into the folder {}; choose another with --out", folder));
  return folder;
}

Status write_files(const std::string& folder, const std::string& json, const std::vector<Case>& cases,
                   const std::vector<ManyRuns>& all) {
  BS_TRY(write_file(folder + "/simulate.json", json));
  for (std::size_t index = 0; index < std::min(cases.size(), all.size()); ++index) {
    const std::string name = index == 0 ? "runs.csv" : fmt::format("runs-{}.csv", index);
    const Scenario& scenario = cases[index].prepared.spec.scenario;
    BS_TRY(write_file(fmt::format("{}/{}", folder, name), simulation_csv(scenario, all[index].rows)));
  }
  return ok();
}

unsigned jobs_of(const SimulateArguments& arguments) {
  return arguments.jobs > 0 ? arguments.jobs : std::max(1u, std::thread::hardware_concurrency());
}

int simulate_verb(const SimulateArguments& arguments) {
  const auto seeds = seed_range(arguments);
  if (!seeds) {
    print_error(seeds.error());
    return kExitBadInput;
  }
  const auto cases = prepare_cases(arguments);
  if (!cases) return kExitBadInput;
  const auto at_once = static_cast<unsigned>(std::min<std::uint64_t>(jobs_of(arguments), seeds->count()));
  for (const auto& one : *cases) {
    if (const auto fits = fits_memory(one.prepared.plan, at_once, memory_available()); !fits) {
      print_error(fits.error());
      return kExitBadInput;
    }
  }
  const StopSignals signals;  // from here on Ctrl-C reports what there is
  const auto folder = make_folder(arguments, cases->front().prepared.spec);
  if (!folder) {
    print_error(folder.error());
    return kExitBadInput;
  }
  const auto all = play_cases(*cases, *seeds, jobs_of(arguments), signals);
  if (!all) {
    print_error(all.error());
    return kExitInternal;
  }
  const SimulationReport report = make_report(*cases, *seeds, *all);
  const std::string json = simulation_json(report);
  int exit_code = report.stopped ? kExitStopped : 0;
  if (const auto written = write_files(*folder, json, *cases, *all); !written) {
    print_error(written.error());
    exit_code = kExitInternal;
  }
  const bool colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  print_result(arguments.run.json ? json : simulation_summary(report, *folder, colour));
  say_coarse_objectives(cases->front().prepared.spec.scenario);
  say_notices(cases->front().prepared.spec);
  return exit_code;
}

}  // namespace

void add_simulate(VerbsLine& line) {
  Verb verb = line.verb("simulate", "The odds of a drill: many runs in the virtual world, each with its seed");
  auto arguments = std::make_shared<SimulateArguments>();
  arguments->run.load.world = "sim";
  verb.option("SCENARIO", arguments->run.scenario, "A scenario file, or a name that `blackstart list` shows")
      .required();
  const VerbOption runs = verb.option("--runs", arguments->runs, "How many runs: seeds 1 to N").shows_default();
  verb.option("--seeds", arguments->seeds, "Which seeds instead, as 1001..2000").excludes(runs);
  verb.option("--jobs", arguments->jobs, "Threads; default: one a processor. The result does not depend on it")
      .between(1, 1024);
  arguments->run.load.add_values_to(verb);
  verb.option("--what-if", arguments->what_if,
              "Compare values, every combination with the same seeds: --what-if people.assemble.p95=15m,30m "
              "--what-if target.services.database.replication=async,sync")
      .one_value();
  verb.option("--out", arguments->run.out,
              "Folder for simulate.json and runs.csv; default drills/<UTC time>-<scenario>-simulated");
  verb.option("--assume-manual", arguments->run.assume_manual,
              "Manual steps take this long, as 5m, instead of the people's time");
  verb.option("--start", arguments->run.start,
              "The wall clock at the start, as 2026-11-20T01:59:00Z; default 2000-01-01T00:00:00Z");
  verb.flag("--json", arguments->run.json, "Print simulate.json instead of the summary");
  verb.footer(
      "Examples:\n"
      "  blackstart simulate auction-flow/database-failure --runs 1000\n"
      "  blackstart simulate auction-flow/database-failure --runs 200 --what-if target.sim.database.promote=30s,5m\n"
      "Exit status: 0 simulated (the odds are the result), 3 stopped, 254 bad input, 255 internal.");
  verb.runs([arguments] { return simulate_verb(*arguments); });
}

}  // namespace blackstart
