// Members of services, each hard in its own way.

#include "tests/faults/helper.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace blackstart::test {
namespace {

void make_ready(const char* file) {
  const int made = ::open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (made >= 0) ::close(made);
}

volatile std::sig_atomic_t is_to_fork = 0;

void on_user_signal(int) { is_to_fork = 1; }

/// Adds CPU time and context switches all the time, and forks when it is told to: nothing but a flag is safe in a
/// signal's handler.
[[noreturn]] void work_for_ever() {
  volatile unsigned long work = 0;
  for (;;) {
    for (int i = 0; i < 2000; ++i) work = work + static_cast<unsigned long>(i);
    ::usleep(200);
    if (is_to_fork == 0) continue;
    is_to_fork = 0;
    (void)::fork();
  }
}

void fork_worker() {
  if (::fork() == 0) work_for_ever();
}

/// Away from its parent, its session and its process group.
void start_daemon(bool stopped) {
  if (::fork() == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    if (stopped) ::raise(SIGSTOP);
    work_for_ever();
  }
  ::wait(nullptr);
}

/// The first thread leaves, another works on: the process looks like a zombie and is none.
int leave_first_thread(const char* ready) {
  std::thread{[ready] {
    make_ready(ready);
    work_for_ever();
  }}.detach();
  ::pthread_exit(nullptr);
}

}  // namespace

int member_main(int argc, char** argv) {
  if (argc < 2) return 254;
  const std::string mode = argv[0];
  if (mode == "leaderless") return leave_first_thread(argv[1]);
  if (mode == "ignore-term") ::signal(SIGTERM, SIG_IGN);
  if (mode == "named") ::prctl(PR_SET_NAME, "a) R 1 (b");
  if (mode == "fork-on-signal") ::signal(SIGUSR1, on_user_signal);
  if (mode == "tree") {
    fork_worker();
    if (::fork() == 0) {
      fork_worker();
      work_for_ever();
    }
  }
  if (mode == "daemon") start_daemon(false);
  if (mode == "stopped-daemon") start_daemon(true);
  if (mode == "print") {
    std::printf("argument=%s variable=%s\n", argc > 2 ? argv[2] : "", std::getenv("MEMBER_VARIABLE"));
    char folder[4096];
    std::printf("folder=%s\n", ::getcwd(folder, sizeof folder));
    std::fflush(stdout);
  }
  make_ready(argv[1]);
  if (mode == "exit-3" || mode == "print") return 3;
  if (mode == "stop-self") ::raise(SIGSTOP);
  work_for_ever();
}

}  // namespace blackstart::test
