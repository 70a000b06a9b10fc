#include "faults/process.h"

#include "base/text.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

namespace blackstart {
namespace {

constexpr std::size_t kEnvironmentMax = std::size_t{4} << 20;

/// The whole of a /proc file; empty optional when it cannot be read (the process is gone, or not ours).
std::optional<std::string> read_proc(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string text;
  std::array<char, 8192> buffer;
  while (text.size() < kEnvironmentMax) {
    const ssize_t got = ::read(file, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      ::close(file);
      return std::nullopt;
    }
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(file);
  return text;
}

template <class Number>
Number to_number(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The fields of a stat line after the name, which may itself hold spaces and parentheses.
std::optional<ProcessStat> parse_stat(int pid, const std::string& line) {
  const auto open = line.find('(');
  const auto close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 >= line.size()) return std::nullopt;
  const auto fields = split(std::string_view{line}.substr(close + 2), ' ');
  constexpr std::size_t kStart = 19;  // field 22; the first here is field 3
  if (fields.size() <= kStart) return std::nullopt;
  ProcessStat stat;
  stat.id = {pid, to_number<std::uint64_t>(fields[kStart])};
  stat.name = line.substr(open + 1, close - open - 1);
  stat.state = fields[0].empty() ? '?' : fields[0][0];
  stat.parent = to_number<int>(fields[1]);
  stat.group = to_number<int>(fields[2]);
  stat.session = to_number<int>(fields[3]);
  stat.cpu_ticks = to_number<std::uint64_t>(fields[11]) + to_number<std::uint64_t>(fields[12]);
  return stat;
}

/// Numbers that name the entries of a folder of /proc.
std::vector<int> numbered_entries(const std::string& folder) {
  std::vector<int> numbers;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos)
      numbers.push_back(to_number<int>(name));
  }
  return numbers;
}

bool is_dead_state(char state) { return state == 'Z' || state == 'X' || state == 'x'; }

/// A process whose first thread has left looks like a zombie while its other threads work on.
bool has_ended(const ProcessStat& stat) {
  if (!is_dead_state(stat.state)) return false;
  const std::string tasks = fmt::format("/proc/{}/task", stat.id.pid);
  for (const int thread : numbered_entries(tasks)) {
    const auto line = thread == stat.id.pid ? std::nullopt : read_proc(fmt::format("{}/{}/stat", tasks, thread));
    const auto other = line ? parse_stat(thread, *line) : std::nullopt;
    if (other && !is_dead_state(other->state)) return false;
  }
  return true;
}

/// The number after "key:" at a line's start in a /proc status file; 0 when it is not there.
std::uint64_t status_number(const std::string& status, std::string_view key) {
  for (const auto line : split(status, '\n')) {
    if (line.substr(0, key.size()) != key || line.substr(key.size(), 1) != ":") continue;
    return to_number<std::uint64_t>(trim(line.substr(key.size() + 1)));
  }
  return 0;
}

void add_thread(ProcessActivity& activity, const std::string& folder, const ProcessStat& stat) {
  activity.all_stopped = activity.all_stopped && stat.state == 'T';
  static const std::uint64_t tick_ns = 1'000'000'000ULL / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto schedule = read_proc(folder + "/schedstat");
  const std::uint64_t counted = schedule ? to_number<std::uint64_t>(*schedule) : 0;
  activity.cpu_ns += counted != 0 ? counted : stat.cpu_ticks * tick_ns;
  const auto status = read_proc(folder + "/status");
  if (status)
    activity.switches +=
        status_number(*status, "voluntary_ctxt_switches") + status_number(*status, "nonvoluntary_ctxt_switches");
}

std::string link_target(const char* path) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(path, error);
  return error ? std::string{} : target.string();
}

constexpr std::array<std::pair<const char*, int>, 16> kSignals{{{"KILL", SIGKILL},
                                                                {"TERM", SIGTERM},
                                                                {"INT", SIGINT},
                                                                {"HUP", SIGHUP},
                                                                {"QUIT", SIGQUIT},
                                                                {"ABRT", SIGABRT},
                                                                {"SEGV", SIGSEGV},
                                                                {"BUS", SIGBUS},
                                                                {"FPE", SIGFPE},
                                                                {"ILL", SIGILL},
                                                                {"PIPE", SIGPIPE},
                                                                {"ALRM", SIGALRM},
                                                                {"USR1", SIGUSR1},
                                                                {"USR2", SIGUSR2},
                                                                {"STOP", SIGSTOP},
                                                                {"CONT", SIGCONT}}};

}  // namespace

std::optional<ProcessStat> read_process(int pid) {
  const auto line = read_proc(fmt::format("/proc/{}/stat", pid));
  return line ? parse_stat(pid, *line) : std::nullopt;
}

std::optional<ProcessStat> read_process(const ProcessId& id) {
  auto stat = read_process(id.pid);
  if (stat && stat->id != id) stat.reset();
  return stat;
}

Result<ProcessId> identify(int pid) {
  const auto stat = read_process(pid);
  if (!stat) return fail(ErrorCode::kNotFound, fmt::format("there is no process {}", pid));
  return stat->id;
}

bool is_running(const ProcessId& id) {
  const auto stat = read_process(id);
  return stat && !has_ended(*stat);
}

bool is_stopped(const ProcessId& id) {
  const auto stat = read_process(id);
  return stat && stat->state == 'T';
}

std::optional<ProcessActivity> read_activity(const ProcessId& id) {
  if (!is_running(id)) return std::nullopt;
  ProcessActivity activity;
  activity.all_stopped = true;
  const std::string tasks = fmt::format("/proc/{}/task", id.pid);
  bool any = false;
  for (const int thread : numbered_entries(tasks)) {
    const std::string folder = fmt::format("{}/{}", tasks, thread);
    const auto line = read_proc(folder + "/stat");
    const auto stat = line ? parse_stat(thread, *line) : std::nullopt;
    if (!stat || is_dead_state(stat->state)) continue;
    any = true;
    add_thread(activity, folder, *stat);
  }
  return any && is_running(id) ? std::optional{activity} : std::nullopt;
}

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> processes;
  for (const int pid : numbered_entries("/proc"))
    if (auto stat = read_process(pid)) processes.push_back(std::move(*stat));
  return processes;
}

std::vector<ProcessId> process_tree(const ProcessId& root) {
  if (!is_running(root)) return {};
  std::multimap<int, ProcessId> children;
  for (const auto& stat : all_processes())
    if (!has_ended(stat)) children.emplace(stat.parent, stat.id);
  std::vector<ProcessId> tree{root};
  for (std::size_t next = 0; next < tree.size(); ++next) {
    const auto [begin, end] = children.equal_range(tree[next].pid);
    for (auto child = begin; child != end; ++child) tree.push_back(child->second);
  }
  return tree;
}

std::vector<ProcessId> group_of(const ProcessId& leader) {
  std::vector<ProcessId> members;
  for (const auto& stat : all_processes()) {
    if (stat.group != leader.pid) continue;
    if (stat.id.pid == leader.pid && stat.id != leader) return {};
    if (!has_ended(stat)) members.push_back(stat.id);
  }
  return members;
}

std::vector<ProcessId> processes_tagged(std::string_view variable, std::string_view value) {
  std::string entry{variable};
  entry.append("=").append(value).push_back('\0');
  std::vector<ProcessId> tagged;
  for (const auto& stat : all_processes()) {
    if (has_ended(stat)) continue;
    const auto environment = read_proc(fmt::format("/proc/{}/environ", stat.id.pid));
    if (!environment) continue;
    const auto at = environment->find(entry);
    const bool whole = at == 0 || (at != std::string::npos && (*environment)[at - 1] == '\0');
    if (whole && is_running(stat.id)) tagged.push_back(stat.id);
  }
  return tagged;
}

std::string boot_id() {
  const auto text = read_proc("/proc/sys/kernel/random/boot_id");
  return text ? std::string{trim(*text)} : std::string{};
}

std::string pid_namespace() { return link_target("/proc/self/ns/pid"); }

Result<PidHandle> PidHandle::open(const ProcessId& id) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0));
  if (descriptor < 0) return fail_errno(errno, fmt::format("cannot get hold of process {}", id.pid));
  PidHandle handle{descriptor, id};
  // Looked at after opening: had the number been reused before, the start would differ now.
  if (!read_process(id))
    return fail(ErrorCode::kNotFound, fmt::format("process {} has ended, its number is another's now", id.pid));
  return handle;
}

Result<PidHandle> PidHandle::adopt(int descriptor) {
  PidHandle handle{descriptor, {}};
  const auto info = read_proc(fmt::format("/proc/self/fdinfo/{}", descriptor));
  const auto pid = info ? status_number(*info, "Pid") : 0;
  if (pid == 0 || pid > 0x7fffffff) return fail(ErrorCode::kNotFound, "the process has ended already");
  BS_ASSIGN(handle.id_, identify(static_cast<int>(pid)));
  return handle;
}

PidHandle::PidHandle(PidHandle&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), id_(std::exchange(other.id_, {})) {}

PidHandle& PidHandle::operator=(PidHandle&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    id_ = std::exchange(other.id_, {});
  }
  return *this;
}

PidHandle::~PidHandle() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status PidHandle::signal(int signal) const {
  if (::syscall(SYS_pidfd_send_signal, descriptor_, signal, nullptr, 0) == 0) return ok();
  const int error = errno;
  if (error == ESRCH) return fail(ErrorCode::kNotFound, fmt::format("process {} has ended", id_.pid));
  return fail_errno(error, fmt::format("cannot send {} to process {}", signal_name(signal), id_.pid));
}

bool PidHandle::ended() const {
  pollfd wait{descriptor_, POLLIN, 0};
  return ::poll(&wait, 1, 0) > 0;
}

Result<int> parse_signal(std::string_view text) {
  std::string_view name = text;
  if (name.substr(0, 3) == "SIG") name.remove_prefix(3);
  for (const auto& [known, number] : kSignals)
    if (name == known || text == std::to_string(number)) return number;
  std::string known;
  for (const auto& [each, number] : kSignals) known += known.empty() ? each : std::string{", "} + each;
  return fail(ErrorCode::kInvalid, fmt::format("'{}' is no signal; known are {}", text, known));
}

std::string signal_name(int signal) {
  for (const auto& [known, number] : kSignals)
    if (number == signal) return std::string{"SIG"} + known;
  return fmt::format("signal {}", signal);
}

}  // namespace blackstart
