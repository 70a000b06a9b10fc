#include "tests/faults/support.h"

#include "base/check.h"
#include "faults/spawn.h"

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstdlib>

namespace blackstart::test {

StateFolder::StateFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "faults-test-XXXXXX").string();
  BS_CHECK(::mkdtemp(name.data()) != nullptr);
  path_ = name;
  ::setenv("BLACKSTART_STATE", path_.c_str(), 1);
}

StateFolder::~StateFolder() {
  ::unsetenv("BLACKSTART_STATE");
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::vector<std::string> StateFolder::logs() const {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{path_ + "/undo", error})
    found.push_back(entry.path().string());
  return found;
}

Child::Child(const std::vector<std::string>& arguments, bool ready, const std::string& ready_file,
             const std::vector<std::pair<std::string, std::string>>& environment) {
  SpawnOptions options;
  options.program = FAULT_HELPER;
  options.arguments = arguments;
  options.environment = environment;
  options.descriptors = {-1, STDERR_FILENO, STDERR_FILENO};
  const auto pid = spawn_process(options);
  BS_CHECK_MESSAGE(pid.has_value(), "the helper program cannot be run");
  const auto id = identify(*pid);
  BS_CHECK(id.has_value() && id->pid > 1);  // signals go to -pid: -1 would be everything
  id_ = *id;
  if (ready) BS_CHECK(eventually([&] { return std::filesystem::exists(ready_file); }));
}

Child::~Child() {
  if (collected_) return;
  ::kill(-id_.pid, SIGKILL);
  ::waitpid(id_.pid, nullptr, 0);
}

void Child::signal(int number) const { ::kill(id_.pid, number); }

int Child::wait() {
  int status = -1;
  eventually([&] { return collected_ = ::waitpid(id_.pid, &status, WNOHANG) == id_.pid; });
  return status;
}

std::unique_ptr<Child> start_member(const StateFolder& state, const std::string& mode) {
  static std::atomic<int> count{0};
  const std::string ready = state.file("ready-" + std::to_string(++count));
  return std::make_unique<Child>(std::vector<std::string>{"member", mode, ready}, true, ready);
}

bool eventually(const std::function<bool()>& condition) {
  return wait_until(std::chrono::steady_clock::now() + std::chrono::seconds{20}, {}, condition);
}

FaultLimit soon(std::chrono::milliseconds length) { return {std::chrono::steady_clock::now() + length, {}}; }

char state_of(const ProcessId& id) {
  const auto stat = read_process(id);
  return stat ? stat->state : '-';
}

Call call(const std::string& word, const std::vector<std::pair<std::string, std::string>>& arguments) {
  Call made;
  made.word = word;
  made.arguments.kind = Node::Kind::kMap;
  for (const auto& [key, value] : arguments) {
    Node node;
    node.kind = Node::Kind::kScalar;
    node.scalar = value;
    made.arguments.entries.push_back({key, {}, node});
  }
  return made;
}

Result<std::unique_ptr<Fault>> make_fault(FaultContext context) {
  FaultRegistry registry;
  register_builtin_faults(registry);
  const auto* kind = registry.find(context.spec.kind.word);
  BS_CHECK(kind != nullptr);
  return kind->make(std::move(context));
}

FaultContext context_of(FaultTarget& target, Call kind, std::uint64_t id) {
  FaultContext context;
  context.id = id;
  context.spec.name = "a " + kind.word;
  context.spec.kind = std::move(kind);
  context.target = &target;
  return context;
}

}  // namespace blackstart::test
