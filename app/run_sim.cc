// blackstart run --world sim: one drill in virtual time.

#include "app/live_view.h"
#include "app/notes.h"
#include "app/paths.h"
#include "app/run_parts.h"
#include "app/say.h"
#include "app/sim_memory.h"
#include "app/stop_signals.h"
#include "app/verbs.h"
#include "base/units.h"
#include "rehearsal/conductor.h"
#include "simulator/sim_world.h"

#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace blackstart {
namespace {

/// Turns Ctrl-C into stop tokens, looked at between events.
class StopWishesOfTerminal {
 public:
  void look() {
    if (signals_.count() >= 1 && !source_.stop_requested()) {
      say("\nstopping: what was measured is reported\n");
      source_.request_stop();
    }
    if (signals_.count() >= 2 && !hurry_.stop_requested()) hurry_.request_stop();
  }
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  [[nodiscard]] std::stop_token hurry() const { return hurry_.get_token(); }

 private:
  StopSignals signals_;
  std::stop_source source_, hurry_;
};

/// One line on a terminal: how far virtual time has come, and how fast it goes.
class SimProgress {
 public:
  explicit SimProgress(bool terminal) : terminal_(terminal) {}
  void look(Instant now) {
    if (!terminal_ || ++looks_ % 64 != 0) return;
    const auto real = std::chrono::steady_clock::now();
    if (real - drawn_ < std::chrono::milliseconds{200}) return;
    drawn_ = real;
    const double seconds = std::chrono::duration<double>(real - began_).count();
    say("\r\x1b[Kvirtual time {}, {:.0f} x real time", human_duration(now - kDrillStart),
        to_seconds(now - kDrillStart) / seconds);
    std::fflush(stderr);
    shown_ = true;
  }
  void clear() {
    if (shown_) say("\r\x1b[K");
    shown_ = false;
  }

 private:
  bool terminal_;
  bool shown_ = false;
  unsigned looks_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now(), drawn_ = began_;
};

}  // namespace

namespace {

/// Plays the drill into the folder's journal. World and journal end here: the report reads the file, and a drill of
/// hours would not have to be held twice.
int play(const Prepared& prepared, SimWorld& world, JournalWriter& journal, const RunArguments& arguments) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  LiveView view(prepared.spec, false, 100);
  SimProgress progress(terminal);
  journal.on_append([&](const Event& event) {
    if (event.type == "traffic.interval") return;
    progress.clear();
    view.on_event(event);
  });
  StopWishesOfTerminal stop;
  DrillFacts facts{.tool_version = BLACKSTART_VERSION,
                   .tool_sha256 = "",  // the same journal from every build
                   .host = "",
                   .started = prepared.wall,
                   .arguments = outcome_arguments(arguments)};
  auto task = conduct(prepared.plan, world, journal, world.people(), std::move(facts), stop.token(), stop.hurry());
  const auto result = world.run(std::move(task), [&] {
    stop.look();
    progress.look(world.clock().now());
  });
  progress.clear();
  view.finish();
  if (!result) print_error(result.error());
  return result ? result->exit_code : kExitInternal;
}

int bad_input(const Error& error) {
  print_error(error);
  return kExitBadInput;
}

}  // namespace

int run_in_sim(const Prepared& prepared, const std::string& folder, const RunArguments& arguments) {
  int exit_code = kExitInternal;
  {
    SimWorld world({.plan = prepared.plan, .start = prepared.wall});
    if (const auto refused = world.refusals(prepared.spec); !refused.empty()) {
      print_errors(refused);
      return kExitBadInput;
    }
    if (const auto fits = fits_memory(prepared.plan, 1, memory_available()); !fits) return bad_input(fits.error());
    if (const auto made = make_run_folder(folder); !made) return bad_input(made.error());
    auto journal = JournalWriter::create(folder + "/journal.jsonl");
    if (!journal) return bad_input(journal.error());
    exit_code = play(prepared, world, *journal, arguments);
  }
  exit_code = report_run(folder, arguments, exit_code);
  say_notices(prepared.spec);
  return exit_code;
}

}  // namespace blackstart
