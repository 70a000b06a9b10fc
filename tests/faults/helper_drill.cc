// Drills in small that die: with a fault at some step, with a cell, with a full disk.

#include "faults/janitor.h"
#include "faults/undo_log.h"
#include "targets/local/cell.h"
#include "tests/faults/fake_target.h"
#include "tests/faults/helper.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace blackstart::test {
namespace {

/// Dies as by SIGKILL when the step is the one to die at.
class Steps {
 public:
  explicit Steps(std::string die_at) : die_at_(std::move(die_at)) {}
  void reach(const std::string& step) const {
    if (step == die_at_) ::kill(::getpid(), SIGKILL);
  }

 private:
  std::string die_at_;
};

/// The state folder is the caller's (BLACKSTART_STATE): this one only lends its path to FakeTarget.
int die_of(const Error& error) {
  std::cerr << "the drill in small: " << error.to_string() << "\n";
  return 255;
}

Call kind_of(const std::string& kind, const std::string& marker) {
  if (kind != "run") return call(kind, {{"service", "api"}});
  return call("run", {{"inject", "touch " + marker + "; sleep 0.05; touch " + marker},
                      {"heal", "rm -f " + marker},
                      {"prove", "test -e " + marker},
                      {"prove_healed", "test ! -e " + marker}});
}

Status inject_and_heal(Fault& fault, UndoLog& log, const Steps& steps) {
  BS_TRY(fault.arm(log));
  steps.reach("armed");
  BS_TRY(fault.act());
  steps.reach("acted");
  (void)fault.prove(soon());
  steps.reach("proven");
  BS_TRY(fault.undo(soon()));
  steps.reach("undone");
  (void)fault.prove_healed(soon());
  steps.reach("healed");
  return ok();
}

[[noreturn]] void wait_for_the_end() {
  for (;;) ::pause();
}

}  // namespace

int drill_main(int argc, char** argv) {
  if (argc < 5) return 254;
  const std::string kind = argv[0];
  const Steps steps{argv[3]};
  const auto victim = identify(std::atoi(argv[1]));
  if (!victim) return die_of(victim.error());
  const std::string state = std::getenv("BLACKSTART_STATE");
  auto log = UndoLog::create("drill-" + std::to_string(::getpid()));
  if (!log) return die_of(log.error());
  steps.reach("logged");
  auto janitor = Janitor::start(FAULT_HELPER, **log);
  if (!janitor) return die_of(janitor.error());
  std::ofstream{std::string{argv[4]} + ".janitor"} << (*janitor)->process().pid << std::flush;
  std::ofstream{argv[4]} << (*janitor)->process().pid << std::flush;

  const auto lender = std::make_unique<StateFolder>();
  ::setenv("BLACKSTART_STATE", state.c_str(), 1);
  FakeTarget target{*lender};
  target.adopt("api", *victim);
  // Over and over, so that a SIGKILL from outside finds every state.
  for (std::uint64_t id = 1;; ++id) {
    auto context = context_of(target, kind_of(kind, argv[2]), id);
    if (argc > 5) context.dead_man = std::chrono::milliseconds{std::atoi(argv[5])};
    auto fault = make_fault(std::move(context));
    if (!fault) return die_of(fault.error());
    if (argc > 5) {
      if (const Status armed = (*fault)->arm(**log); !armed) return die_of(armed.error());
      if (const Status acted = (*fault)->act(); !acted) return die_of(acted.error());
      wait_for_the_end();
    }
    if (const Status done = inject_and_heal(**fault, **log, steps); !done) return die_of(done.error());
  }
}

int cell_owner_main(int argc, char** argv) {
  if (argc < 4) return 254;
  const auto user = static_cast<uid_t>(std::atoi(argv[1]));
  if (user != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(user) != 0 || ::setuid(user) != 0)) return 77;
  const std::string folder = std::string{argv[2]} + "-members";
  CellOptions options;
  options.drill_id = argv[3];
  options.pid_namespace = std::string{argv[0]} == "namespace";
  auto cell = Cell::start(FAULT_HELPER, options);
  if (!cell) return die_of(cell.error());
  int number = 0;
  for (const auto* mode : {"busy", "ignore-term", "tree", "daemon", "stopped-daemon", "stop-self"}) {
    SpawnRequest request;
    request.program = FAULT_HELPER;
    request.arguments = {"member", mode, folder + std::to_string(++number)};
    const auto started = (*cell)->spawn(request);
    if (!started) return die_of(started.error());
  }
  for (int each = 1; each <= number; ++each)
    if (!eventually([&] { return std::filesystem::exists(folder + std::to_string(each)); })) return 1;
  std::ofstream{argv[2]} << ((*cell)->has_pid_namespace() ? "namespace " : "adopt ") << (*cell)->supervisor().pid
                         << std::flush;
  wait_for_the_end();
}

int full_disk_main(int, char**) {
  ::signal(SIGXFSZ, SIG_IGN);
  auto log = UndoLog::create("full");
  if (!log) return die_of(log.error());
  const auto record = [](std::uint64_t fault) {
    return UndoRecord{fault, "pause", {{"name", std::string(200, 'x')}}, false, {}};
  };
  if (!(*log)->add(record(1))) return 2;
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit tight{700, limit.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &tight);
  std::uint64_t kept = 1;
  Status added = ok();
  while (kept < 100 && added) {
    added = (*log)->add(record(kept + 1));
    if (added) ++kept;
  }
  if (added || added.error().message.find((*log)->path()) == std::string::npos) return 3;
  // What failed must not be there, also not after the disk has room again.
  if ((*log)->open_records().size() != kept) return 4;
  ::setrlimit(RLIMIT_FSIZE, &limit);
  if (!(*log)->add(record(1000))) return 5;
  const auto records = (*log)->open_records();
  if (records.size() != kept + 1 || records.back().fault != 1000) return 6;
  if ((*log)->unreadable_lines() != 1) return 7;  // the half of a line
  return 0;
}

}  // namespace blackstart::test
