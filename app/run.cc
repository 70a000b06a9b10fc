// blackstart run SCENARIO: one live drill, from file to verdict.

#include "app/arguments.h"
#include "app/live_view.h"
#include "app/paths.h"
#include "app/people_terminal.h"
#include "app/verbs.h"
#include "rehearsal/conductor.h"
#include "reports/report.h"
#include "targets/live_world.h"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

namespace blackstart {

namespace {

struct RunArguments {
  LoadArguments load;
  std::string scenario;
  std::string out;
  std::uint64_t seed = 1;
  bool dry = false;
  bool predict = false;
  bool json = false;
  std::string assume_manual;
  std::string allow_production;
};

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

/// What changes the outcome, for the journal: never --out or a path.
Json outcome_arguments(const RunArguments& arguments) {
  Json json = {{"seed", arguments.seed}, {"world", arguments.load.world}, {"dry", arguments.dry}};
  if (!arguments.load.vars.empty()) json["var"] = arguments.load.vars;
  if (!arguments.load.sets.empty()) json["set"] = arguments.load.sets;
  if (!arguments.assume_manual.empty()) json["assume_manual"] = arguments.assume_manual;
  return json;
}

Result<Duration> manual_time(const RunArguments& arguments) {
  if (arguments.assume_manual.empty()) return Duration{-1};
  return parse_duration(arguments.assume_manual);
}

/// Everything that must be right before anything is started.
struct Prepared {
  Spec spec;
  Plan plan;
  std::string driver;
  WallTime started;
};

Status refuse_unavailable(const RunArguments& arguments) {
  if (arguments.load.world == "sim" || arguments.predict) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: the virtual world is not part of this version; run the drill live (--world live)",
                            arguments.predict ? "--predict" : "--world sim"));
  }
  return ok();
}

/// Prints every mistake and returns nothing, or all that the drill needs.
std::optional<Prepared> prepare(const RunArguments& arguments, bool has_person) {
  if (const auto available = refuse_unavailable(arguments); !available) {
    print_error(available.error());
    return std::nullopt;
  }
  auto spec = load_scenario(arguments.scenario, arguments.load);
  if (!spec) return std::nullopt;
  const auto manual = manual_time(arguments);
  const auto driver = choose_driver(spec->target, arguments.load.driver);
  if (!manual || !driver) {
    print_error(manual ? driver.error() : manual.error());
    return std::nullopt;
  }
  Prepared prepared{.spec = {}, .plan = {}, .driver = *driver, .started = wall_now()};
  const PlanOptions options{.seed = arguments.seed,
                            .world = arguments.load.world,
                            .started = prepared.started,
                            .dry = arguments.dry,
                            .assume_manual = *manual,
                            .allow_production = arguments.allow_production};
  prepared.plan = make_plan(*spec, options);
  prepared.spec = std::move(*spec);
  if (const auto refused = plan_refusals(prepared.plan, has_person); !refused.empty()) {
    print_errors(refused);
    return std::nullopt;
  }
  return prepared;
}

/// First Ctrl-C: stop, heal, report. The second cuts the read-back short, a third leaves at once, and the janitor
/// heals.
class StopOnSignals {
 public:
  explicit StopOnSignals(LiveWorld& world) {
    world.on_signals([this](int) {
      if (++count_ == 1) {
        fmt::print(stderr, "\nstopping: everything is healed first, then what was measured is reported\n");
        source_.request_stop();
      } else if (count_ == 2) {
        fmt::print(stderr,
                   "\nhealing goes on, reading back is cut short; one more leaves at once and the janitor heals\n");
        hurry_.request_stop();
      } else {
        ::_exit(3);
      }
    });
  }
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  [[nodiscard]] std::stop_token hurry() const { return hurry_.get_token(); }

 private:
  std::stop_source source_;
  std::stop_source hurry_;
  int count_ = 0;
};

/// Reports come from the journal on disk alone, so that `blackstart report` makes the same bytes later.
int report_run(const std::string& folder, const RunArguments& arguments, int exit_code) {
  const auto journal = load_journal(folder + "/journal.jsonl");
  if (!journal) {
    print_error(journal.error());
    return kExitInternal;
  }
  const auto data = load_report(*journal);
  if (!data) {
    print_error(data.error());
    return kExitInternal;
  }
  if (auto written = write_reports(data->input(), folder); !written) {
    print_error(written.error());
    fmt::print(stderr,
               "the journal is whole; make the reports again with: blackstart report {}/journal.jsonl --out DIR\n",
               folder);
    if (exit_code != 4) exit_code = kExitInternal;
  }
  const bool colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  print_result(arguments.json ? report_json(data->input())
                              : terminal_summary(data->input(), TerminalStyle{.colour = colour, .folder = folder}));
  return exit_code;
}

int drill(const Prepared& prepared, LiveWorld& world, const std::string& folder, const RunArguments& arguments,
          bool has_person) {
  auto journal = JournalWriter::create(folder + "/journal.jsonl");
  if (!journal) {
    print_error(journal.error());
    return kExitBadInput;
  }
  const bool terminal = ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  LiveView view(prepared.spec, terminal, terminal_columns());
  journal->on_append([&view](const Event& event) { view.on_event(event); });
  StopOnSignals stop(world);
  std::unique_ptr<People> person;
  if (has_person)
    person = make_terminal_people([&world](std::function<void()> action) { world.post(std::move(action)); });
  DrillFacts facts{.tool_version = BLACKSTART_VERSION,
                   .tool_sha256 = tool_sha256(),
                   .host = host_name(),
                   .started = prepared.started,
                   .arguments = outcome_arguments(arguments)};
  const auto result =
      world.run(conduct(prepared.plan, world, *journal, person.get(), std::move(facts), stop.token(), stop.hurry()));
  view.finish();
  if (!result) print_error(result.error());
  return report_run(folder, arguments, result ? result->exit_code : kExitInternal);
}

int run_verb(const RunArguments& arguments) {
  const bool has_person = ::isatty(STDIN_FILENO) == 1 && arguments.assume_manual.empty();
  const auto prepared = prepare(arguments, has_person);
  if (!prepared) return kExitBadInput;
  const auto folder = choose_run_folder(arguments.out, prepared->spec.scenario.name, prepared->started);
  if (!folder) {
    print_error(folder.error());
    return kExitBadInput;
  }
  auto world = LiveWorld::create({.plan = prepared->plan,
                                  .driver = prepared->driver,
                                  .out_folder = std::filesystem::absolute(*folder).string(),
                                  .tool = tool_path()});
  if (!world) {
    print_error(world.error());
    return kExitBadInput;
  }
  if (const auto refused = (*world)->refusals(prepared->spec); !refused.empty()) {
    print_errors(refused);
    return kExitBadInput;
  }
  if (const auto made = make_run_folder(*folder); !made) {
    print_error(made.error());
    return kExitBadInput;
  }
  return drill(*prepared, **world, *folder, arguments, has_person);
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto* verb = app.add_subcommand("run", "Run a drill live: load, faults, recovery, measurement, verdict");
  auto arguments = std::make_shared<RunArguments>();
  verb->add_option("SCENARIO", arguments->scenario, "A scenario file, or a name that `blackstart list` shows")
      ->required();
  arguments->load.add_to(*verb);
  verb->add_option("--seed", arguments->seed, "Seed of arrivals and contents")->capture_default_str();
  verb->add_option("--out", arguments->out, "Folder for journal and reports; default drills/<UTC time>-<scenario>");
  verb->add_flag("--dry", arguments->dry, "Everything but the faults: is the target well, is the load carried?");
  verb->add_flag("--predict", arguments->predict, "Show what the virtual world predicts beside what was measured");
  verb->add_option("--assume-manual", arguments->assume_manual,
                   "Without a person: manual steps take this long, as 5m, and are reported as assumed");
  verb->add_option("--allow-production", arguments->allow_production,
                   "Inject faults into a target that says production: true: type the target's name");
  verb->add_flag("--json", arguments->json, "Print report.json instead of the summary");
  verb->footer(
      "Examples:\n"
      "  blackstart run auction-flow/database-failure\n"
      "  blackstart run my-drill.yaml --driver external --var url=http://127.0.0.1:8080 --set load.bids.rate=200/s\n"
      "Exit status: 0 met, 1 missed, 2 inconclusive, 3 stopped, 4 faults left behind, 254 bad input, 255 internal.");
  verb->callback([arguments, &exit_code] { exit_code = run_verb(*arguments); });
}

}  // namespace blackstart
