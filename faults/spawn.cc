#include "faults/spawn.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>

extern char** environ;

namespace blackstart {
namespace {

/// posix_spawn's two argument objects, freed on every way out.
struct SpawnState {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnState() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnState() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnState(const SpawnState&) = delete;
  SpawnState& operator=(const SpawnState&) = delete;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

/// Copies above the numbers that are about to be given out, so that no assignment overwrites the source of the next.
Result<std::vector<Descriptor>> copies_above(const std::vector<int>& descriptors) {
  std::vector<Descriptor> copies;
  for (const int descriptor : descriptors) {
    const int copy = descriptor >= 0 ? ::fcntl(descriptor, F_DUPFD_CLOEXEC, static_cast<int>(descriptors.size()))
                                     : ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (copy < 0) return fail_errno(errno, fmt::format("cannot prepare descriptor {} for a new process", descriptor));
    copies.emplace_back(copy);
    if (copy >= static_cast<int>(descriptors.size())) continue;
    const int higher = ::fcntl(copy, F_DUPFD_CLOEXEC, static_cast<int>(descriptors.size()));
    if (higher < 0) return fail_errno(errno, "cannot prepare a descriptor for a new process");
    copies.back() = Descriptor{higher};
  }
  return copies;
}

void set_attributes(SpawnState& state) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&state.attributes, &none);
  ::posix_spawnattr_setsigdefault(&state.attributes, &all);
  ::posix_spawnattr_setflags(&state.attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

}  // namespace

void Descriptor::reset() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<PipeEnds> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "cannot make a pipe");
  return PipeEnds{Descriptor{ends[0]}, Descriptor{ends[1]}};
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text{*variable};
    const auto name = text.substr(0, text.find('='));
    const bool changed =
        std::any_of(changes.begin(), changes.end(), [&](const auto& change) { return change.first == name; });
    if (!changed) variables.emplace_back(text);
  }
  for (const auto& [name, value] : changes) variables.push_back(name + "=" + value);
  return variables;
}

Result<int> spawn_process(const SpawnOptions& options) {
  BS_ASSIGN(const auto copies, copies_above(options.descriptors));
  SpawnState state;
  for (std::size_t number = 0; number < copies.size(); ++number)
    ::posix_spawn_file_actions_adddup2(&state.actions, copies[number].get(), static_cast<int>(number));
  ::posix_spawn_file_actions_addclosefrom_np(&state.actions, static_cast<int>(copies.size()));
  if (!options.folder.empty()) ::posix_spawn_file_actions_addchdir_np(&state.actions, options.folder.c_str());
  set_attributes(state);

  std::vector<std::string> arguments{options.program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  auto variables = environment_with(options.environment);
  const auto argv = pointers(arguments);
  const auto envp = pointers(variables);
  int pid = 0;
  const int error =
      ::posix_spawnp(&pid, options.program.c_str(), &state.actions, &state.attributes, argv.data(), envp.data());
  if (error == 0) return pid;
  return fail_errno(error, fmt::format("cannot run '{}'{}", options.program,
                                       options.folder.empty() ? "" : fmt::format(" in {}", options.folder)));
}

}  // namespace blackstart
