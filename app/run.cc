// blackstart run SCENARIO: one drill, from file to verdict. Live here; the virtual world's way is in run_sim.cc.

#include "app/exit_codes.h"
#include "app/live_view.h"
#include "app/paths.h"
#include "app/people_terminal.h"
#include "app/run_parts.h"
#include "app/say.h"
#include "app/verbs.h"
#include "rehearsal/conductor.h"
#include "targets/live_world.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace blackstart {

namespace {

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

/// Nothing can be printed on a terminal that is gone; the report is written all the same.
void leave_lost_terminal() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    errno = 0;
    if (::isatty(descriptor) == 1 || errno != EIO) continue;
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return;
    ::dup2(null, descriptor);
    ::close(null);
  }
}

/// First Ctrl-C: stop, heal, report. The second cuts the read-back short, a third leaves at once, and the janitor
/// heals.
class StopOnSignals {
 public:
  explicit StopOnSignals(LiveWorld& world) {
    world.on_signals([this](int signal) {
      if (signal == SIGHUP) leave_lost_terminal();
      if (++count_ == 1) {
        say("\nstopping: what the target still holds is read back, everything is healed, and what was measured "
            "is reported\n");
        source_.request_stop();
      } else if (count_ == 2) {
        say("\nhealing goes on, reading back is cut short; one more leaves at once and the janitor heals\n");
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

int drill(const Prepared& prepared, LiveWorld& world, const std::string& folder, const RunArguments& arguments,
          bool has_person, Json prediction) {
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
                   .arguments = outcome_arguments(arguments),
                   .prediction = std::move(prediction)};
  const auto result =
      world.run(conduct(prepared.plan, world, *journal, person.get(), std::move(facts), stop.token(), stop.hurry()));
  view.finish();
  if (!result) print_error(result.error());
  return report_run(folder, arguments, result ? result->exit_code : kExitInternal);
}

/// What --predict foretells, null without it; an exit code where there is to be no drill.
std::variant<Json, int> predict_drill(const RunArguments& arguments) {
  const auto runs = predicted_runs(arguments);
  if (!runs || *runs == 0) return Json(nullptr);
  const auto simulated = prepare_prediction(arguments);
  if (!simulated) {
    print_errors(simulated.error());
    return kExitBadInput;
  }
  const auto made = predict(*simulated, arguments, *runs);
  if (made) return prediction_json(*made, *runs);
  print_error(made.error());
  if (made.error().code == ErrorCode::kCancelled) return kExitStopped;
  return made.error().code == ErrorCode::kTimeout ? kExitBadInput : kExitInternal;
}

int run_verb(const RunArguments& arguments) {
  const bool terminal_person = ::isatty(STDIN_FILENO) == 1 && arguments.assume_manual.empty();
  const bool has_person = terminal_person || arguments.in_sim();  // the virtual world has people of its own
  const auto prepared = prepare_run(arguments, has_person);
  if (!prepared) return kExitBadInput;
  const auto folder = choose_run_folder(arguments.out, prepared->spec.scenario.name, prepared->started);
  if (!folder) {
    print_error(folder.error());
    return kExitBadInput;
  }
  if (arguments.in_sim()) return run_in_sim(*prepared, *folder, arguments);
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
  if (const auto others = find_data_of_others(*folder); !others) {
    print_error(others.error());
    return kExitBadInput;
  }
  auto prediction = predict_drill(arguments);
  if (const int* exit_code = std::get_if<int>(&prediction)) return *exit_code;
  if (const auto made = make_run_folder(*folder); !made) {
    print_error(made.error());
    return kExitBadInput;
  }
  return drill(*prepared, **world, *folder, arguments, has_person, std::get<Json>(std::move(prediction)));
}

}  // namespace

void add_run(VerbsLine& line) {
  Verb verb = line.verb("run", "Run a drill: load, faults, recovery, measurement, verdict");
  auto arguments = std::make_shared<RunArguments>();
  verb.option("SCENARIO", arguments->scenario, "A scenario file, or a name that `blackstart list` shows").required();
  arguments->load.add_to(verb);
  verb.option("--seed", arguments->seed, "Seed of arrivals and contents").shows_default();
  verb.option("--out", arguments->out, "Folder for journal and reports; default drills/<UTC time>-<scenario>");
  verb.flag("--dry", arguments->dry, "Everything but the faults: is the target well, is the load carried?");
  const VerbOption predict =
      verb.option(
              "--predict", arguments->predict,
              "First simulate the drill so often (200 without a number), and show what that foretold beside what is "
              "measured")
          .may_stand_alone("[RUNS]");
  verb.option("--assume-manual", arguments->assume_manual,
              "Without a person: manual steps take this long, as 5m, and are reported as assumed");
  verb.option("--allow-production", arguments->allow_production,
              "Inject faults into a target that says production: true: type the target's name");
  verb.option("--start", arguments->start,
              "In sim: the wall clock at the start, as 2026-11-20T01:59:00Z; default 2000-01-01T00:00:00Z");
  verb.flag("--json", arguments->json, "Print report.json instead of the summary");
  verb.footer(
      "Examples:\n"
      "  blackstart run auction-flow/database-failure\n"
      "  blackstart run auction-flow/database-failure --world sim --seed 7\n"
      "  blackstart run auction-flow/service-failure --predict\n"
      "  blackstart run my-drill.yaml --driver external --var url=http://127.0.0.1:8080 --set load.bids.rate=200/s\n"
      "Exit status: 0 met, 1 missed, 2 inconclusive, 3 stopped, 4 faults left behind, 254 bad input, 255 internal.");
  verb.runs([arguments, predict] {
    if (predict.given() && arguments->predict.empty()) arguments->predict = "true";  // without a number
    return run_verb(*arguments);
  });
}

}  // namespace blackstart
