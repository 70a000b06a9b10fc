#include "tests/faults/reused_pid.h"

#include "tests/faults/support.h"

#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdint>
#include <utility>

namespace blackstart::test {
namespace {

int clone_with_number(int wanted) {
  pid_t numbers[] = {wanted};
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uintptr_t>(numbers);
  arguments.set_tid_size = 1;
  const auto pid = static_cast<int>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid != 0) return pid;
  ::setpgid(0, 0);
  ::raise(SIGSTOP);
  for (;;) ::pause();
}

}  // namespace

std::optional<ReusedPid> ReusedPid::make(const ProcessId& dead) {
  std::optional<ReusedPid> made;
  // Until the start differs: the kernel counts it in hundredths of a second.
  eventually([&] {
    const int pid = clone_with_number(dead.pid);
    if (pid < 0) return true;
    const auto id = identify(pid);
    if (id && *id != dead && eventually([&] { return state_of(*id) == 'T'; })) {
      made.emplace(ReusedPid{*id});
      return true;
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return false;
  });
  return made;
}

ReusedPid::ReusedPid(ReusedPid&& other) noexcept : id_(std::exchange(other.id_, {})) {}

ReusedPid::~ReusedPid() {
  if (id_.pid <= 0) return;
  ::kill(id_.pid, SIGKILL);
  ::waitpid(id_.pid, nullptr, 0);
}

}  // namespace blackstart::test
