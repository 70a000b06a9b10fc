#include "app/machine.h"

#include "app/paths.h"
#include "base/units.h"
#include "faults/undo_log.h"

#include <fmt/format.h>

#include <sched.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

namespace blackstart {

namespace fs = std::filesystem;

namespace {

MachineFinding kernel() {
  utsname name{};
  ::uname(&name);
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
  const bool ok = fd >= 0;
  if (ok) ::close(fd);
  return {"kernel with pidfd", ok, true, fmt::format("{} {}", name.sysname, name.release),
          "Linux 5.3 or newer is needed: faults hold processes by a handle that cannot be reused"};
}

/// Whether a child may create namespaces of `flags`: tried for real.
MachineFinding namespaces(const std::string& name, int flags, const std::string& what_for) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::unshare(flags) == 0 ? 0 : errno & 0x7f);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool ok = child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return {name, ok, false, ok ? "can be created" : fmt::format("refused: {}", std::strerror(WEXITSTATUS(status))),
          what_for};
}

MachineFinding descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const bool ok = limit.rlim_max >= 8192;
  return {"file descriptors", ok, false, fmt::format("{} now, {} at most", limit.rlim_cur, limit.rlim_max),
          "4,096 connections need about 8,192: raise the hard limit (ulimit -Hn), or the pool is lowered"};
}

MachineFinding state_folder() {
  const auto folder = undo_folder();
  const bool ok = folder && ::access(folder->c_str(), W_OK) == 0;
  return {"undo log folder", ok, true, folder ? *folder : folder.error().message,
          "set BLACKSTART_STATE to a folder that you may write"};
}

MachineFinding disk() {
  struct statvfs info {};
  const bool known = ::statvfs(".", &info) == 0;
  const std::uint64_t bytes = known ? std::uint64_t{info.f_bavail} * info.f_frsize : 0;
  return {"disk here", bytes >= (1ULL << 30), false,
          fmt::format("{:.1f} GiB free", static_cast<double>(bytes) / (1ULL << 30)),
          "a drill writes journal, logs and the platform's data: have 1 GiB free, or choose --out elsewhere"};
}

MachineFinding processors() {
  const unsigned count = std::thread::hardware_concurrency();
  return {"processors", count >= 2, false, fmt::format("{}", count),
          "10,000 bids a second with the embedded platform want two"};
}

MachineFinding program(const std::string& name, const std::string& path, bool needed, const std::string& advice) {
  const bool ok = !path.empty() && ::access(path.c_str(), X_OK) == 0;
  return {name, ok, needed, ok ? path : "not found", advice};
}

std::string on_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "" : path;
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const fs::path candidate = fs::path(folders.substr(begin, end - begin)) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
    begin = end + 1;
  }
  return {};
}

MachineFinding control_groups() {
  std::error_code error;
  const bool v2 = fs::exists("/sys/fs/cgroup/cgroup.controllers", error);
  const bool v1 = fs::exists("/sys/fs/cgroup/cpu", error) || fs::exists("/sys/fs/cgroup/memory", error);
  return {"control groups", v1 || v2, false,
          v2   ? "version 2"
          : v1 ? "version 1"
               : "none seen",
          "no drill of this version needs them"};
}

}  // namespace

std::vector<MachineFinding> examine_machine() {
  const std::string auctiond = (fs::path(tool_path()).parent_path() / "auctiond").string();
  return {
      kernel(),
      program("auctiond", auctiond, false,
              "the Auction Flow drills need it beside blackstart: build the target auctiond"),
      state_folder(),
      processors(),
      descriptors(),
      disk(),
      namespaces("PID namespace", CLONE_NEWPID | (::geteuid() == 0 ? 0 : CLONE_NEWUSER),
                 "without it processes are ended by the janitor, not by the kernel"),
      control_groups(),
      program("shell", "/bin/sh", true, "commands of scenarios run through sh -c"),
      program("docker (driver compose)", on_path("docker"), false, "no drill of this version needs it"),
      program("kubectl (driver kubernetes)", on_path("kubectl"), false, "no drill of this version needs it"),
  };
}

}  // namespace blackstart
