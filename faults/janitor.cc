#include "faults/janitor.h"

#include "faults/process.h"
#include "faults/spawn.h"
#include "faults/wait.h"

#include <fmt/format.h>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace blackstart {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Descriptors of the janitor.
constexpr int kLogDescriptor = 3;
constexpr int kLifeDescriptor = 4;  // end of file: the drill is dead
constexpr int kReadyDescriptor = 5;
constexpr char kDismissed = 'D';

constexpr auto kStartPatience = std::chrono::seconds{20};
constexpr auto kDismissPatience = std::chrono::minutes{5};
constexpr int kTickMs = 250;  // how late a dead-man limit is noticed at most
constexpr auto kDeadManAgain = std::chrono::seconds{5};
constexpr int kTries = 5;  // healing after a drill's death, a second apart
constexpr int kLeftBehind = 4;

bool readable(int descriptor, std::chrono::milliseconds patience) {
  pollfd wait{descriptor, POLLIN, 0};
  int got = 0;
  do {
    got = ::poll(&wait, 1, static_cast<int>(patience.count()));
  } while (got < 0 && errno == EINTR);
  return got > 0;
}

class JanitorHandle final : public Janitor {
 public:
  JanitorHandle(PidHandle process, Descriptor life) : process_(std::move(process)), life_(std::move(life)) {}
  ~JanitorHandle() override { (void)dismiss(); }

  Status dismiss() override {
    if (result_) return *result_;
    // A janitor that was killed has closed its end: then waiting below finds out.
    if (life_) send_dismissal();
    life_.reset();
    result_ = collect();
    return *result_;
  }

  [[nodiscard]] bool watches() const override { return !process_.ended(); }
  [[nodiscard]] ProcessId process() const override { return process_.id(); }

 private:
  void send_dismissal() const {
    sigset_t pipe_signal, before;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const bool broken = ::write(life_.get(), &kDismissed, 1) < 0 && errno == EPIPE;
    const timespec now{};
    if (broken && sigismember(&before, SIGPIPE) == 0) ::sigtimedwait(&pipe_signal, nullptr, &now);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  Status collect() const {
    const int pid = process_.id().pid;
    if (!readable(process_.descriptor(), kDismissPatience))
      return fail(ErrorCode::kTimeout, fmt::format("the janitor (process {}) still heals", pid));
    int status = 0;
    const pid_t got = ::waitpid(pid, &status, 0);
    if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) return ok();
    if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == kLeftBehind)
      return fail(ErrorCode::kFailed, "the janitor could not heal everything: run `blackstart recover`");
    return fail(ErrorCode::kFailed, fmt::format("the janitor (process {}) was gone before it was dismissed: run "
                                                "`blackstart recover`",
                                                pid));
  }

  PidHandle process_;
  Descriptor life_;
  std::optional<Status> result_;
};

// ---- inside the janitor's process --------------------------------------------------------------------------------

void say(const std::string& drill, const std::string& text) {
  const std::string line = fmt::format("blackstart janitor of {}: {}\n", drill, text);
  [[maybe_unused]] const ssize_t wrote = ::write(STDERR_FILENO, line.data(), line.size());
}

/// Heals records whose drill has kept them beyond their limit.
class DeadMan {
 public:
  explicit DeadMan(UndoLog& log) : log_(log) {}

  void enforce() {
    const auto now = SteadyClock::now();
    if (now < again_) return;
    for (const auto& record : log_.open_records())
      if (is_over(record, now)) heal(record, now);
  }

 private:
  static bool is_over(const UndoRecord& record, SteadyClock::time_point now) {
    if (!record.facts.is_object() || !record.facts.contains("dead_man_ns")) return false;
    const auto& limit = record.facts.at("dead_man_ns");
    return limit.is_number_integer() && now.time_since_epoch() >= std::chrono::nanoseconds{limit.get<std::int64_t>()};
  }

  void heal(const UndoRecord& record, SteadyClock::time_point now) {
    const auto undone = undo_record(record);
    Status marked = undone ? log_.mark_done(record.fault, record.kind, record.key) : Status{undone.error()};
    if (!marked) again_ = now + kDeadManAgain;
    say(log_.drill_id(), fmt::format("fault {} ({}) was beyond its dead-man limit: {}", record.fault, record.kind,
                                     marked ? *undone : marked.error().to_string()));
  }

  UndoLog& log_;
  SteadyClock::time_point again_{};
};

/// Returns when the drill has died (false) or dismissed the janitor (true).
bool watch(UndoLog& log, const std::optional<PidHandle>& drill) {
  DeadMan dead_man{log};
  for (;;) {
    // The pipe may outlive the drill in a process that got a copy of it; the handle does not.
    std::array<pollfd, 2> waits{pollfd{kLifeDescriptor, POLLIN, 0},
                                pollfd{drill ? drill->descriptor() : -1, POLLIN, 0}};
    const int got = ::poll(waits.data(), waits.size(), kTickMs);
    if (got < 0 && errno != EINTR) return false;
    if (got > 0 && waits[0].revents != 0) {
      char word = 0;
      return ::read(kLifeDescriptor, &word, 1) == 1 && word == kDismissed;
    }
    if (got > 0 && waits[1].revents != 0) return false;
    dead_man.enforce();
  }
}

void report(const Recovered& found) {
  for (const auto& text : found.healed) say(found.drill_id, text);
  for (const auto& text : found.left_behind) say(found.drill_id, "LEFT BEHIND: " + text);
}

/// After the drill's death: nobody else will, so it tries again for a while.
int heal_after_death(UndoLog& log) {
  Recovered found;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (attempt > 0) wait_until(SteadyClock::now() + std::chrono::seconds{1}, {}, [] { return false; });
    found = heal_all(log);
    report(found);
    if (found.left_behind.empty() && log.close()) return 0;
  }
  say(found.drill_id, "run `blackstart recover`");
  return kLeftBehind;
}

int heal_what_is_open(UndoLog& log) {
  if (log.open_records().empty()) return 0;
  const auto found = heal_all(log);
  report(found);
  return found.left_behind.empty() ? 0 : kLeftBehind;
}

void ignore_what_ends_drills() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU})
    ::signal(signal, SIG_IGN);
}

}  // namespace

Result<std::unique_ptr<Janitor>> Janitor::start(const std::string& tool, UndoLog& log) {
  BS_ASSIGN(auto life, make_pipe());
  BS_ASSIGN(auto ready, make_pipe());
  BS_ASSIGN(const ProcessId self, identify(::getpid()));
  SpawnOptions options;
  options.program = tool;
  options.arguments = {kJanitorVerb, log.path(), std::to_string(self.pid), std::to_string(self.start_ticks)};
  options.descriptors = {-1, STDERR_FILENO, STDERR_FILENO, log.descriptor(), life.read.get(), ready.write.get()};
  const auto pid = spawn_process(options);
  if (!pid) return fail(pid.error().code, fmt::format("the janitor could not be started: {}", pid.error().message));
  ready.write.reset();
  life.read.reset();
  BS_ASSIGN(const ProcessId process, identify(*pid));
  BS_ASSIGN(PidHandle handle, PidHandle::open(process));
  char word = 0;
  if (!readable(ready.read.get(), kStartPatience) || ::read(ready.read.get(), &word, 1) != 1) {
    (void)handle.signal(SIGKILL);
    ::waitpid(*pid, nullptr, 0);
    return fail(ErrorCode::kUnavailable, fmt::format("the janitor ('{} {}') did not come up; nothing is injected "
                                                     "without one",
                                                     tool, kJanitorVerb));
  }
  return std::unique_ptr<Janitor>{std::make_unique<JanitorHandle>(std::move(handle), std::move(life.write))};
}

int janitor_main(int argc, char** argv) {
  int first = 0;
  while (first < argc && std::strcmp(argv[first], kJanitorVerb) != 0) ++first;
  if (argc - first != 4) {
    std::fputs("internal-janitor is started by `blackstart run` itself\n", stderr);
    return 254;
  }
  ignore_what_ends_drills();
  auto log = UndoLog::adopt(kLogDescriptor, argv[first + 1]);
  if (!log) {
    std::fprintf(stderr, "blackstart janitor: %s\n", log.error().to_string().c_str());
    return 255;
  }
  const ProcessId drill{std::atoi(argv[first + 2]), std::strtoull(argv[first + 3], nullptr, 10)};
  std::optional<PidHandle> handle;
  if (auto opened = PidHandle::open(drill)) handle = std::move(*opened);
  if (::write(kReadyDescriptor, "R", 1) != 1) return 255;
  ::close(kReadyDescriptor);
  return watch(**log, handle) ? heal_what_is_open(**log) : heal_after_death(**log);
}

}  // namespace blackstart
