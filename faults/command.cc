#include "faults/command.h"

#include "base/text.h"
#include "faults/spawn.h"
#include "faults/undo_log.h"
#include "faults/wait.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace blackstart {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr off_t kOutputMax = off_t{64} << 20;
constexpr off_t kOutputKept = 64 << 10;
/// The shell waits for a line at the gate, then becomes the user's command; without one (the drill died) it ends.
constexpr const char* kGate = R"(IFS= read -r go <&3 || exit 125; exec 3<&-; exec sh -c "$1")";

/// A file without a name: unmasked output never has one, and vanishes with its writers.
Result<Descriptor> nameless_file(const std::string& log_file) {
  const std::string beside = std::filesystem::path{log_file}.parent_path().string();
  const std::string folder = beside.empty() ? std::filesystem::temp_directory_path().string() : beside;
  int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return Descriptor{file};
  std::string name = folder + "/.output-XXXXXX";  // a file system without O_TMPFILE
  file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return fail_errno(errno, fmt::format("cannot create a file for a command's output in {}", folder));
  ::unlink(name.c_str());
  return Descriptor{file};
}

off_t size_of(int file) {
  struct stat facts {};
  return ::fstat(file, &facts) == 0 ? facts.st_size : 0;
}

/// The end of the output, masked. What is cut away begins further back than the longest secret, so that no half of one
/// is left at the cut.
std::string last_part(int file, const std::vector<std::string>& secrets) {
  std::size_t longest = 0;
  for (const auto& secret : secrets) longest = std::max(longest, secret.size());
  const off_t size = size_of(file);
  const off_t begin = std::max<off_t>(0, size - kOutputKept - static_cast<off_t>(longest));
  std::string text(static_cast<std::size_t>(size - begin), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = ::pread(file, text.data() + done, text.size() - done, begin + static_cast<off_t>(done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  text.resize(done);
  text = mask_secrets(std::move(text), secrets);
  return begin == 0 ? text : text.substr(std::min(longest, text.size()));
}

void append_to_log(const std::string& path, const std::string& what, const CommandEnd& end) {
  if (path.empty()) return;
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  if (!file) return;
  const std::string text = fmt::format("--- {} {}\n{}{}", what, end.to_string(), end.output,
                                       end.output.empty() || end.output.back() == '\n' ? "" : "\n");
  [[maybe_unused]] const ssize_t wrote = ::write(file.get(), text.data(), text.size());
}

void kill_with_group(const ProcessId& leader) {
  // kill(-1) would reach every process of the machine.
  if (leader.pid <= 1 || !read_process(leader)) return;  // a zombie still keeps the number, and so the group
  ::kill(-leader.pid, SIGKILL);
}

class ShellCommand final : public Command {
 public:
  ShellCommand(CommandRequest request, ProcessId process, Descriptor gate, Descriptor output)
      : request_(std::move(request)), process_(process), gate_(std::move(gate)), output_(std::move(output)) {}
  ~ShellCommand() override {
    if (end_) return;
    kill_with_group(process_);
    wait_until(std::chrono::steady_clock::now() + std::chrono::seconds{5}, {}, [this] { return collect(); });
    close_record();
  }

  Status go() override {
    if (::write(gate_.get(), "\n", 1) == 1) return ok();
    return fail_errno(errno, fmt::format("{} could not be started: its shell is gone", request_.what));
  }

  CommandEnd wait(SteadyTime deadline, std::stop_token stop) override {
    if (end_) return *end_;
    CommandEnd end;
    while (!collect()) {
      end.cancelled = stop.stop_requested();
      end.timed_out = !end.cancelled && std::chrono::steady_clock::now() >= deadline;
      end.printed_too_much = size_of(output_.get()) > kOutputMax;
      if (end.cancelled || end.timed_out || end.printed_too_much) kill_with_group(process_);
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    if (status_ && WIFEXITED(*status_)) end.status = WEXITSTATUS(*status_);
    if (status_ && WIFSIGNALED(*status_)) end.signal = WTERMSIG(*status_);
    end.output = last_part(output_.get(), request_.secrets);
    append_to_log(request_.log_file, request_.what, end);
    close_record();
    end_ = end;
    return end;
  }

  [[nodiscard]] ProcessId process() const override { return process_; }

 private:
  /// True once the shell has been waited for.
  bool collect() {
    if (collected_) return true;
    int status = 0;
    const pid_t got = ::waitpid(process_.pid, &status, WNOHANG);
    if (got == process_.pid) status_ = status;
    collected_ = got == process_.pid || (got < 0 && errno == ECHILD);
    return collected_;
  }
  void close_record() {
    // An error leaves the record open: the janitor looks, and finds the process gone.
    if (request_.undo_log != nullptr) (void)request_.undo_log->mark_done(request_.fault, "command", record_key());
  }
  [[nodiscard]] std::string record_key() const { return fmt::format("{} {}", request_.key, process_.pid); }

  friend class Command;
  CommandRequest request_;
  ProcessId process_;
  Descriptor gate_, output_;
  std::optional<int> status_;  // empty although collected: another part of the program has waited for it
  bool collected_ = false;
  std::optional<CommandEnd> end_;
};

}  // namespace

std::string mask_secrets(std::string text, const std::vector<std::string>& secrets) {
  // The longest first: a secret may contain another.
  auto ordered = secrets;
  std::erase(ordered, std::string{});
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const auto& secret : ordered)
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  return text;
}

std::string CommandEnd::to_string() const {
  std::string text = timed_out          ? "was killed: it did not end in time"
                     : cancelled        ? "was killed: the drill stops"
                     : printed_too_much ? "was killed: it printed more than 64 MiB"
                     : status           ? fmt::format("ended with status {}", *status)
                     : signal != 0      ? fmt::format("was ended by {}", signal_name(signal))
                                        : "ended, its status is not known";
  const auto lines = split(trim(output), '\n');
  if (!lines.empty() && !lines.back().empty())
    text += fmt::format(" (last output: {})", printable(lines.back().substr(0, 200)));
  return text;
}

Result<std::unique_ptr<Command>> Command::prepare(CommandRequest request) {
  BS_ASSIGN(auto gate, make_pipe());
  BS_ASSIGN(auto output, nameless_file(request.log_file));
  SpawnOptions options;
  options.program = "sh";
  options.arguments = {"-c", kGate, "sh", request.text};
  options.environment = request.environment;
  options.folder = request.folder;
  options.descriptors = {-1, output.get(), output.get(), gate.read.get()};
  const auto pid = spawn_process(options);
  if (!pid) return fail(pid.error().code, fmt::format("{}: {}", request.what, pid.error().message));
  BS_ASSIGN(const ProcessId process, identify(*pid));
  auto command = std::make_unique<ShellCommand>(std::move(request), process, std::move(gate.write), std::move(output));
  if (UndoLog* log = command->request_.undo_log; log != nullptr) {
    nlohmann::ordered_json facts{
        {"pid", process.pid}, {"start_ticks", process.start_ticks}, {"what", command->request_.what}};
    BS_TRY(log->add({command->request_.fault, "command", std::move(facts), false, command->record_key()}));
  }
  return std::unique_ptr<Command>{std::move(command)};
}

Result<CommandEnd> run_command(CommandRequest request, SteadyTime deadline, std::stop_token stop) {
  BS_ASSIGN(const auto command, Command::prepare(std::move(request)));
  BS_TRY(command->go());
  return command->wait(deadline, std::move(stop));
}

Result<std::string> end_command(const ProcessId& process, const std::string& what) {
  if (!is_running(process)) return fmt::format("{} (process {}) has ended", what, process.pid);
  kill_with_group(process);
  const auto gone = [&] { return !is_running(process); };
  if (wait_until(std::chrono::steady_clock::now() + std::chrono::seconds{5}, {}, gone))
    return fmt::format("killed {} (process {} and its group)", what, process.pid);
  return fail(ErrorCode::kFailed,
              fmt::format("{} (process {}) was sent SIGKILL and is still there: end it by hand, kill -9 -{}", what,
                          process.pid, process.pid));
}

}  // namespace blackstart
