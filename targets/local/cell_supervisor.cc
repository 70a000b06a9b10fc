// The cell's side of it: the first process of the cell, which starts, reaps and at the end kills its processes.
// One thread; nothing but the socket to the drill decides how long it lives.

#include "faults/process.h"
#include "faults/spawn.h"
#include "targets/local/cell.h"
#include "targets/local/cell_wire.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <thread>
#include <utility>

namespace blackstart {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSocket = 3;  // given by Cell::start

// ---- the namespace -------------------------------------------------------------------------------------------------

bool write_text(const char* path, const std::string& text) {
  const Descriptor file{::open(path, O_WRONLY | O_CLOEXEC)};
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

enum class Namespace { kOwn, kRefused, kHalfWay };

/// kOwn: children of this process will be in a PID namespace of their own, in a user namespace where we are not root;
/// users keep their numbers. kHalfWay: it can neither go on nor back.
Namespace enter_namespaces() {
  if (::unshare(CLONE_NEWPID | CLONE_NEWNS) == 0) return Namespace::kOwn;
  const auto user = ::geteuid();
  const auto group = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) != 0) return Namespace::kRefused;
  const bool mapped = write_text("/proc/self/setgroups", "deny") &&
                      write_text("/proc/self/uid_map", fmt::format("{0} {0} 1", user)) &&
                      write_text("/proc/self/gid_map", fmt::format("{0} {0} 1", group));
  return mapped ? Namespace::kOwn : Namespace::kHalfWay;
}

/// A /proc that shows the cell's own numbers, for programs that look themselves up. Never seen outside; where it is not
/// allowed the host's stays, which the drill does not mind.
void mount_own_proc() {
  if (::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return;
  ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
}

// ---- the supervisor ------------------------------------------------------------------------------------------------

class Supervisor {
 public:
  Supervisor(std::optional<PidHandle> drill, bool own_namespace)
      : drill_(std::move(drill)), own_namespace_(own_namespace) {}

  int run() {
    block_child_signal();
    const Descriptor self{static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))};
    if (!send_message(kSocket, Json{{"ready", own_namespace_}}, self.get())) return 1;
    while (turn()) {
    }
    // The first process of a namespace just ends: the kernel then ends all others.
    return own_namespace_ ? 0 : end_everything();
  }

 private:
  struct MemberState {
    std::uint64_t id = 0;
    bool seen = false;  // the drill has looked it up by its number: only then may it be reaped
  };

  void block_child_signal() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    children_ = Descriptor{::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK)};
  }

  /// False: the drill closed the cell, or died.
  bool turn() {
    std::array<pollfd, 3> waits{pollfd{kSocket, POLLIN, 0}, pollfd{children_.get(), POLLIN, 0},
                                pollfd{drill_ ? drill_->descriptor() : -1, POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), -1) < 0) return errno == EINTR;
    if (waits[2].revents != 0) return false;
    if (waits[1].revents != 0) {
      signalfd_siginfo info;
      while (::read(children_.get(), &info, sizeof info) > 0) {
      }
    }
    if (waits[0].revents != 0 && !serve_one()) return false;
    reap();
    return true;
  }

  bool serve_one() {
    const auto message = receive_message(kSocket);
    if (!message || !*message) return false;
    const Json& body = (*message)->body;
    if (body.contains("spawn")) spawn(body);
    if (body.contains("seen")) {
      for (auto& [pid, member] : members_)
        if (member.id == body.at("seen").get<std::uint64_t>()) member.seen = true;
    }
    return true;
  }

  void spawn(const Json& body) {
    const auto id = body.at("spawn").get<std::uint64_t>();
    const auto pid = start(body);
    if (!pid) {
      (void)send_message(
          kSocket,
          Json{{"failed", id}, {"code", static_cast<int>(pid.error().code)}, {"message", pid.error().message}});
      return;
    }
    members_[*pid] = {id, false};
    const Descriptor handle{static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0))};
    (void)send_message(kSocket, Json{{"started", id}}, handle.get());
  }

  static Result<int> start(const Json& body) {
    SpawnOptions options;
    options.program = body.at("program").get<std::string>();
    options.arguments = body.at("arguments").get<std::vector<std::string>>();
    for (const auto& variable : body.at("environment"))
      options.environment.emplace_back(variable.at(0).get<std::string>(), variable.at(1).get<std::string>());
    options.folder = body.at("folder").get<std::string>();
    const auto log_file = body.at("log_file").get<std::string>();
    Descriptor log;
    if (!log_file.empty()) {
      log = Descriptor{::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
      if (!log) return fail_errno(errno, fmt::format("cannot open the log file {}", log_file));
    }
    options.descriptors = {-1, log.get(), log.get()};
    return spawn_process(options);
  }

  /// Members that the drill knows, and orphans that came here.
  void reap() {
    for (auto member = members_.begin(); member != members_.end();) {
      siginfo_t info{};
      const bool ended = member->second.seen &&
                         ::waitid(P_PID, static_cast<id_t>(member->first), &info, WEXITED | WNOHANG) == 0 &&
                         info.si_pid == member->first;
      if (ended) report_exit(member->second.id, info);
      member = ended ? members_.erase(member) : std::next(member);
    }
    for (;;) {
      siginfo_t info{};
      const int got = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
      if (got != 0 || info.si_pid == 0 || members_.count(info.si_pid) != 0) return;
      ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
  }

  static void report_exit(std::uint64_t id, const siginfo_t& info) {
    const bool exited = info.si_code == CLD_EXITED;
    (void)send_message(
        kSocket, Json{{"exit", id}, {"status", exited ? info.si_status : -1}, {"signal", exited ? 0 : info.si_status}});
  }

  /// Without a namespace: kills all descendants until none is left. Orphans come here, so that the next round has them.
  static int end_everything() {
    const auto self = identify(::getpid());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (self && std::chrono::steady_clock::now() < deadline) {
      for (const auto& descendant : process_tree(*self))
        if (descendant != *self) ::kill(descendant.pid, SIGKILL);
      while (::waitpid(-1, nullptr, WNOHANG) > 0) {
      }
      if (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return 0;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return 1;
  }

  std::optional<PidHandle> drill_;
  bool own_namespace_;
  Descriptor children_;
  std::map<int, MemberState> members_;  // by the number in here
};

/// Stays outside the namespace, so that its end can be waited for there.
int wait_for_first_process(int pid) {
  ::close(kSocket);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int cell_main(int argc, char** argv) {
  int first = 0;
  while (first < argc && std::strcmp(argv[first], kCellVerb) != 0) ++first;
  if (argc - first != 4 || ::fcntl(kSocket, F_SETFD, FD_CLOEXEC) != 0) {
    std::fputs("internal-cell is started by `blackstart run` itself\n", stderr);
    return 254;
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU})
    ::signal(signal, SIG_IGN);
  const ProcessId drill_id{std::atoi(argv[first + 2]), std::strtoull(argv[first + 3], nullptr, 10)};
  auto drill = PidHandle::open(drill_id);
  if (!drill && drill.error().code == ErrorCode::kNotFound) return 0;  // it has died already
  std::optional<PidHandle> handle;
  if (drill) handle = std::move(*drill);
  const auto entered = std::strcmp(argv[first + 1], "namespace") == 0 ? enter_namespaces() : Namespace::kRefused;
  if (entered == Namespace::kHalfWay) return 1;  // the drill starts one without a namespace
  const bool own_namespace = entered == Namespace::kOwn;
  if (own_namespace) {
    const pid_t child = ::fork();
    if (child > 0) return wait_for_first_process(child);
    if (child < 0) return 1;
    mount_own_proc();
  }
  if (!own_namespace && ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return 1;
  return Supervisor{std::move(handle), own_namespace}.run();
}

}  // namespace blackstart
