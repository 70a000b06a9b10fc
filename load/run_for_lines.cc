// The command of `read_back: run`.
#include "load/stored_source.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr int kSliceMs = 50;
constexpr int kCannotStart = 127;
constexpr std::size_t kErrorsKept = 128 * 1024;
constexpr int kLastPieces = 64;

std::vector<std::string> environment_of(const BidMapping& mapping) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  for (const auto& [name, value] : mapping.environment) all.push_back(name + "=" + value);
  all.push_back("BLACKSTART_DRILL=" + mapping.drill_id);
  return all;
}

/// A child process with its output and its errors on pipes; killed with its group when this goes.
class Child {
 public:
  ~Child() {
    for (const int end : {output_, errors_})
      if (end >= 0) close(end);
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  Status start(const BidMapping& mapping) {
    const std::vector<std::string> environment = environment_of(mapping);
    std::vector<char*> pointers;  // all memory before fork: the child may call nothing that takes a lock
    for (const std::string& entry : environment) pointers.push_back(const_cast<char*>(entry.c_str()));
    pointers.push_back(nullptr);
    int ends[2], error_ends[2];
    BS_TRY(make_pipe_into(ends));
    output_ = ends[0];
    if (const Status made = make_pipe_into(error_ends); !made) {
      close(ends[1]);
      return made;
    }
    errors_ = error_ends[0];
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(kCannotStart);
      setpgid(0, 0);
      signal(SIGPIPE, SIG_DFL);
      sigset_t none;
      sigemptyset(&none);
      sigprocmask(SIG_SETMASK, &none, nullptr);
      dup2(ends[1], STDOUT_FILENO);
      dup2(error_ends[1], STDERR_FILENO);
      const int null = open("/dev/null", O_RDONLY);
      if (null >= 0) dup2(null, STDIN_FILENO);
      if (!mapping.folder.empty() && chdir(mapping.folder.c_str()) != 0) _exit(kCannotStart);
      const char* const arguments[] = {"sh", "-c", mapping.run.c_str(), nullptr};
      execve("/bin/sh", const_cast<char**>(arguments), pointers.data());
      _exit(kCannotStart);
    }
    const int error = errno;
    close(ends[1]);
    close(error_ends[1]);
    if (pid_ < 0) return fail_errno(error, "could not start the read-back command");
    setpgid(pid_, pid_);  // whichever of the two comes first
    return ok();
  }

  [[nodiscard]] int output() const { return output_; }
  [[nodiscard]] int errors() const { return errors_; }

  /// After the end of its output. Its exit status, or -1 while it has none.
  int exit_status() {
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended != pid_) return -1;
    kill(-pid_, SIGKILL);  // what it left in the background
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  static Status make_pipe_into(int (&ends)[2]) {
    if (pipe2(ends, O_CLOEXEC) == 0) return ok();
    return fail_errno(errno, "could not make a pipe for the read-back command");
  }

  pid_t pid_ = 0;
  int output_ = -1, errors_ = -1;
};

/// The end of what the command prints beside its list. It is handed on once, when this goes: a secret that came in
/// pieces can only be found in the whole.
class ErrorText {
 public:
  ErrorText(const BidMapping& mapping, int descriptor) : mapping_(mapping), descriptor_(descriptor) {
    fcntl(descriptor_, F_SETFL, O_NONBLOCK);
  }
  ErrorText(const ErrorText&) = delete;
  ErrorText& operator=(const ErrorText&) = delete;
  ~ErrorText() {
    // Not for ever: what the command left in the background may print on.
    for (int piece = 0; piece < kLastPieces && take(); ++piece) {
    }
    if (mapping_.keep_errors && !text_.empty()) mapping_.keep_errors(text_, cut_);
  }
  /// Takes what is there; false when there is nothing (more) now.
  bool take() {
    if (ended_) return false;
    char piece[16 * 1024];
    const ssize_t got = read(descriptor_, piece, sizeof piece);
    ended_ = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    if (got <= 0) return false;
    text_.append(piece, static_cast<std::size_t>(got));
    if (text_.size() > 2 * kErrorsKept) {
      text_.erase(0, text_.size() - kErrorsKept);
      cut_ = true;
    }
    return true;
  }
  /// For poll(), which passes over a negative one.
  [[nodiscard]] int descriptor() const { return ended_ ? -1 : descriptor_; }

 private:
  const BidMapping& mapping_;
  const int descriptor_;
  std::string text_;
  bool cut_ = false, ended_ = false;
};

Status interrupted(const BidMapping& mapping, const StoredSource::Limit& limit) {
  if (limit.stop.stop_requested()) return fail(ErrorCode::kCancelled, "the read-back was stopped");
  if (SteadyClock::now() < limit.deadline) return ok();
  return fail(ErrorCode::kTimeout, fmt::format("the read-back command \"{}\" was not done in time", mapping.run));
}

}  // namespace

Status run_for_lines(const BidMapping& mapping, const LineSplitter::Take& take, const StoredSource::Limit& limit) {
  Child child;
  BS_TRY(child.start(mapping));
  ErrorText errors(mapping, child.errors());
  LineSplitter lines(take);
  std::vector<char> buffer(64 * 1024);
  for (;;) {
    BS_TRY(interrupted(mapping, limit));
    pollfd descriptors[] = {{child.output(), POLLIN, 0}, {errors.descriptor(), POLLIN, 0}};
    if (poll(descriptors, 2, kSliceMs) <= 0) continue;
    errors.take();
    if (descriptors[0].revents == 0) continue;
    const ssize_t got = read(child.output(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "could not read what the read-back command prints");
    if (got == 0) break;
    BS_TRY(lines.feed({buffer.data(), static_cast<std::size_t>(got)}));
  }
  BS_TRY(lines.finish());
  int status = child.exit_status();
  for (; status < 0; status = child.exit_status()) {
    BS_TRY(interrupted(mapping, limit));
    errors.take();
    poll(nullptr, 0, kSliceMs / 10);
  }
  if (status == 0) return ok();
  return fail(ErrorCode::kFailed,
              fmt::format("the read-back command \"{}\" ended with exit status {}{}; a list that may be "
                          "cut short is none",
                          mapping.run, status, status == kCannotStart ? " (not found, or its folder is missing)" : ""));
}

}  // namespace blackstart
