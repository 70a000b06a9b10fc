#include "targets/local/cell.h"

#include "faults/spawn.h"
#include "faults/wait.h"
#include "targets/local/cell_wire.h"

#include <fmt/format.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <future>
#include <map>
#include <mutex>
#include <thread>

namespace blackstart {
namespace {

using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds{20};

bool readable(int descriptor, std::chrono::milliseconds patience) {
  pollfd wait{descriptor, POLLIN, 0};
  int got = 0;
  do {
    got = ::poll(&wait, 1, static_cast<int>(patience.count()));
  } while (got < 0 && errno == EINTR);
  return got > 0;
}

class CellHandle final : public Cell {
 public:
  CellHandle(CellOptions options, Descriptor socket, int outer, PidHandle supervisor, bool own_namespace)
      : options_(std::move(options)),
        socket_(std::move(socket)),
        outer_(outer),
        supervisor_(std::move(supervisor)),
        own_namespace_(own_namespace),
        reader_([this] { read(); }) {}
  ~CellHandle() override { (void)close(); }

  Result<CellProcess> spawn(const SpawnRequest& request) override;
  Status kill(const ProcessId& process, int signal) override;
  Status kill_group(const ProcessId& process, int signal) override;
  void on_exit(std::function<void(const CellExit&)> callback) override;
  Status close() override;
  [[nodiscard]] bool has_pid_namespace() const override { return own_namespace_; }
  [[nodiscard]] ProcessId supervisor() const override { return supervisor_.id(); }

  /// Puts the supervisor into the undo log.
  Status record(const ProcessId& process, const std::string& what) const {
    if (options_.undo_log == nullptr) return ok();
    Json facts{{"pid", process.pid}, {"start_ticks", process.start_ticks}, {"what", what}};
    return options_.undo_log->add({0, "process", std::move(facts), false, key_of(process)});
  }

 private:
  using Started = Result<CellProcess>;

  static std::string key_of(const ProcessId& process) {
    return fmt::format("cell {} {}", process.pid, process.start_ticks);
  }
  void read();
  void handle(CellMessage message);
  void handle_started(std::uint64_t id, Descriptor descriptor);
  void handle_exit(std::uint64_t id, int status, int signal);
  void lose_supervisor();
  void settle(std::uint64_t id, Started result);
  Status end_supervisor();
  Status prove_empty() const;

  CellOptions options_;
  Descriptor socket_;
  int outer_;  // our child; the supervisor itself where there is no namespace
  PidHandle supervisor_;
  bool own_namespace_;

  mutable std::mutex mutex_;
  std::uint64_t next_ = 1;
  bool lost_ = false;
  std::map<std::uint64_t, std::promise<Started>> waiting_;
  std::map<std::uint64_t, CellProcess> running_;
  std::vector<ProcessId> ever_;
  std::vector<CellExit> exits_;
  std::vector<std::function<void(const CellExit&)>> callbacks_;
  std::optional<Status> closed_;
  std::mutex closing_;
  std::jthread reader_;  // last: it uses the others
};

Result<CellProcess> CellHandle::spawn(const SpawnRequest& request) {
  std::future<Started> started;
  Json environment = Json::array();
  for (const auto& [name, value] : request.environment) environment.push_back({name, value});
  if (!options_.drill_id.empty()) environment.push_back({kCellVariable, options_.drill_id});
  Json body{{"spawn", 0},
            {"program", request.program},
            {"arguments", request.arguments},
            {"environment", environment},
            {"folder", request.folder},
            {"log_file", request.log_file}};
  {
    const std::lock_guard guard{mutex_};
    if (lost_ || closed_)
      return fail(ErrorCode::kUnavailable, fmt::format("cannot start '{}': the cell is closed", request.program));
    const auto id = next_++;
    body["spawn"] = id;
    started = waiting_[id].get_future();
    if (const Status sent = send_message(socket_.get(), body); !sent) {
      waiting_.erase(id);
      return fail(sent.error().code, fmt::format("cannot start '{}': {}", request.program, sent.error().message));
    }
  }
  if (started.wait_for(kPatience) != std::future_status::ready)
    return fail(ErrorCode::kTimeout, fmt::format("cannot start '{}': the cell does not answer", request.program));
  auto process = started.get();
  if (!process || own_namespace_) return process;
  // The kernel does not end it with the cell: the janitor must be able to.
  if (const Status kept = record(process->id, request.program); !kept) {
    (void)process->handle->signal(SIGKILL);
    return kept.error();
  }
  return process;
}

Status CellHandle::kill(const ProcessId& process, int signal) {
  const std::lock_guard guard{mutex_};
  for (const auto& [id, each] : running_)
    if (each.id == process) return each.handle->signal(signal);
  return fail(ErrorCode::kNotFound, fmt::format("process {} has ended", process.pid));
}

Status CellHandle::kill_group(const ProcessId& process, int signal) {
  bool any = false;
  for (const auto& id : group_of(process)) {
    const auto handle = PidHandle::open(id);
    if (!handle) continue;
    const Status sent = handle->signal(signal);
    if (!sent && sent.error().code != ErrorCode::kNotFound) return sent;
    any = any || sent.has_value();
  }
  if (any) return ok();
  return fail(ErrorCode::kNotFound, fmt::format("nothing of the process group {} is left", process.pid));
}

void CellHandle::on_exit(std::function<void(const CellExit&)> callback) {
  std::vector<CellExit> earlier;
  {
    const std::lock_guard guard{mutex_};
    earlier = exits_;
    callbacks_.push_back(callback);
  }
  for (const auto& exit : earlier) callback(exit);
}

void CellHandle::read() {
  for (;;) {
    auto message = receive_message(socket_.get());
    if (!message || !*message) break;
    handle(std::move(**message));
  }
  lose_supervisor();
}

void CellHandle::handle(CellMessage message) {
  const Json& body = message.body;
  if (body.contains("started")) handle_started(body.at("started").get<std::uint64_t>(), std::move(message.descriptor));
  if (body.contains("failed"))
    settle(body.at("failed").get<std::uint64_t>(),
           fail(static_cast<ErrorCode>(body.value("code", static_cast<int>(ErrorCode::kInternal))),
                body.value("message", std::string{})));
  if (body.contains("exit"))
    handle_exit(body.at("exit").get<std::uint64_t>(), body.value("status", -1), body.value("signal", 0));
}

void CellHandle::handle_started(std::uint64_t id, Descriptor descriptor) {
  auto handle = PidHandle::adopt(descriptor.release());
  if (!handle) {
    (void)send_message(socket_.get(), Json{{"seen", id}});
    settle(id, handle.error());
    return;
  }
  CellProcess process{handle->id(), std::make_shared<const PidHandle>(std::move(*handle))};
  {
    const std::lock_guard guard{mutex_};
    running_.emplace(id, process);
    ever_.push_back(process.id);
  }
  // Only now may the supervisor reap it: until then its number could not become another's.
  (void)send_message(socket_.get(), Json{{"seen", id}});
  settle(id, std::move(process));
}

void CellHandle::settle(std::uint64_t id, Started result) {
  const std::lock_guard guard{mutex_};
  const auto waiting = waiting_.find(id);
  if (waiting == waiting_.end()) return;
  waiting->second.set_value(std::move(result));
  waiting_.erase(waiting);
}

void CellHandle::handle_exit(std::uint64_t id, int status, int signal) {
  CellExit exit;
  std::vector<std::function<void(const CellExit&)>> callbacks;
  {
    const std::lock_guard guard{mutex_};
    const auto process = running_.find(id);
    if (process == running_.end()) return;
    exit = {process->second.id, status, signal};
    running_.erase(process);
    exits_.push_back(exit);
    callbacks = callbacks_;
  }
  for (const auto& callback : callbacks) callback(exit);
}

/// The supervisor has closed its end. In a namespace the kernel ends the rest; without one it is ended here.
void CellHandle::lose_supervisor() {
  std::map<std::uint64_t, CellProcess> left;
  std::map<std::uint64_t, std::promise<Started>> waiting;
  {
    const std::lock_guard guard{mutex_};
    lost_ = true;
    left = running_;
    waiting.swap(waiting_);
  }
  for (auto& [id, promise] : waiting)
    promise.set_value(fail(ErrorCode::kUnavailable, "the cell ended before the process was started"));
  for (const auto& [id, process] : left) {
    if (!own_namespace_) (void)process.handle->signal(SIGKILL);
    const auto deadline = SteadyClock::now() + kPatience;
    wait_until(deadline, {}, [&process] { return process.handle->ended(); });
    handle_exit(id, -1, SIGKILL);
  }
}

Status CellHandle::end_supervisor() {
  ::shutdown(socket_.get(), SHUT_WR);
  const auto reaped = [this] {
    const pid_t got = ::waitpid(outer_, nullptr, WNOHANG);
    return got == outer_ || (got < 0 && errno == ECHILD);
  };
  if (wait_until(SteadyClock::now() + kPatience, {}, reaped)) return ok();
  (void)supervisor_.signal(SIGKILL);
  if (wait_until(SteadyClock::now() + kPatience, {}, reaped)) return ok();
  return fail(ErrorCode::kFailed, fmt::format("the cell's first process ({}) does not end: kill -9 {}",
                                              supervisor_.id().pid, supervisor_.id().pid));
}

/// Looked at from outside: every process that was ever started, and everything with the drill's tag.
Status CellHandle::prove_empty() const {
  std::vector<ProcessId> left;
  const auto empty = [&] {
    left = options_.drill_id.empty() ? std::vector<ProcessId>{} : processes_tagged(kCellVariable, options_.drill_id);
    for (const auto& id : ever_)
      if (is_running(id)) left.push_back(id);
    for (const auto& id : left)
      if (const auto handle = PidHandle::open(id)) (void)handle->signal(SIGKILL);
    return left.empty();
  };
  if (wait_until(SteadyClock::now() + kPatience, {}, empty)) return ok();
  return fail(ErrorCode::kFailed, fmt::format("{} process(es) of the cell are left, one is {}: kill -9 {}", left.size(),
                                              left.front().pid, left.front().pid));
}

Status CellHandle::close() {
  const std::lock_guard closing{closing_};
  {
    const std::lock_guard guard{mutex_};
    if (closed_) return *closed_;
    closed_ = fail(ErrorCode::kUnavailable, "the cell is being closed");
  }
  Status result = end_supervisor();
  // With the supervisor gone its end of the socket is closed; should it hang, this ends the reader.
  if (!result) ::shutdown(socket_.get(), SHUT_RDWR);
  if (reader_.joinable()) reader_.join();
  if (result) result = prove_empty();
  if (result && options_.undo_log != nullptr) {
    for (const auto& id : own_namespace_ ? std::vector<ProcessId>{} : ever_)
      if (const Status marked = options_.undo_log->mark_done(0, "process", key_of(id)); !marked) result = marked;
    if (const Status marked = options_.undo_log->mark_done(0, "process", key_of(supervisor_.id())); !marked)
      result = marked;
  }
  const std::lock_guard guard{mutex_};
  closed_ = result;
  return result;
}

}  // namespace

std::string CellExit::to_string() const {
  return signal != 0 ? fmt::format("signal {} ({})", signal, signal_name(signal))
                     : fmt::format("exit status {}", status);
}

namespace {

/// One attempt; `own_namespace` is a wish that the supervisor may answer with "no".
Result<std::unique_ptr<Cell>> start_supervisor(const std::string& tool, const CellOptions& options,
                                               bool own_namespace) {
  BS_ASSIGN(auto sockets, make_cell_sockets());
  BS_ASSIGN(const ProcessId self, identify(::getpid()));
  SpawnOptions spawn;
  spawn.program = tool;
  spawn.arguments = {kCellVerb, own_namespace ? "namespace" : "adopt", std::to_string(self.pid),
                     std::to_string(self.start_ticks)};
  if (!options.drill_id.empty()) spawn.environment = {{kCellVariable, options.drill_id}};
  spawn.descriptors = {-1, STDERR_FILENO, STDERR_FILENO, sockets.supervisor.get()};
  const auto outer = spawn_process(spawn);
  if (!outer) return fail(outer.error().code, fmt::format("the cell could not be started: {}", outer.error().message));
  sockets.supervisor.reset();
  const auto give_up = [&](const std::string& why) {
    sockets.drill.reset();
    ::kill(*outer, SIGKILL);
    ::waitpid(*outer, nullptr, 0);
    return fail(ErrorCode::kUnavailable, fmt::format("the cell ('{} {}') did not come up: {}", tool, kCellVerb, why));
  };
  if (!readable(sockets.drill.get(), kPatience)) return give_up("no answer");
  auto ready = receive_message(sockets.drill.get());
  if (!ready || !*ready || !(*ready)->body.contains("ready") || !(*ready)->descriptor) return give_up("it ended");
  const bool granted = (*ready)->body.at("ready").get<bool>();
  auto supervisor = PidHandle::adopt((*ready)->descriptor.release());
  if (!supervisor) return give_up(supervisor.error().message);
  auto cell = std::make_unique<CellHandle>(options, std::move(sockets.drill), *outer, std::move(*supervisor), granted);
  BS_TRY(cell->record(cell->supervisor(), "the drill's cell"));
  return std::unique_ptr<Cell>{std::move(cell)};
}

}  // namespace

Result<std::unique_ptr<Cell>> Cell::start(const std::string& tool, CellOptions options) {
  if (options.pid_namespace) {
    auto cell = start_supervisor(tool, options, true);
    // Some kernels allow the namespace and then refuse what belongs to it; without one it works everywhere.
    if (cell || cell.error().code != ErrorCode::kUnavailable) return cell;
  }
  return start_supervisor(tool, options, false);
}

}  // namespace blackstart
