#include "targets/local/process_host.h"

#include <csignal>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace blackstart {
namespace {

std::pair<int, std::uint64_t> key_of(const ProcessId& id) { return {id.pid, id.start_ticks}; }

bool any_running(const std::vector<ProcessId>& tree) {
  for (const ProcessId& id : tree) {
    if (is_running(id)) return true;
  }
  return false;
}

void signal_all(const std::vector<ProcessId>& tree, int signal) {
  for (const ProcessId& id : tree) {
    if (auto handle = PidHandle::open(id)) (void)handle->signal(signal);  // gone meanwhile is what is wanted
  }
}

}  // namespace

Result<std::unique_ptr<ProcessHost>> ProcessHost::start(Options options, const Secrets& secrets) {
  std::unique_ptr<ProcessHost> host(new ProcessHost(secrets, std::move(options.pipe_folder)));
  BS_ASSIGN(host->cell_, Cell::start(options.tool, options.cell));
  host->cell_->on_exit([raw = host.get()](const CellExit& ended) {
    const std::lock_guard lock(raw->mutex_);
    raw->exits_.emplace(key_of(ended.id), ended);
    raw->ended_.notify_all();
  });
  return host;
}

ProcessHost::~ProcessHost() {
  if (cell_) (void)cell_->close();  // the cell's own destructor insists; what is left is found by residues
}

Result<CellProcess> ProcessHost::spawn(SpawnRequest request) {
  if (!request.log_file.empty()) {
    BS_ASSIGN(request.log_file, logs_.path_for(request.log_file));
  }
  return cell_->spawn(request);
}

std::optional<CellExit> ProcessHost::exit_of(const ProcessId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = exits_.find(key_of(id));
  return found == exits_.end() ? std::nullopt : std::optional<CellExit>(found->second);
}

Result<CellExit> ProcessHost::wait_exit(const ProcessId& id, const BlockingLimit& limit) const {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return exits_.contains(key_of(id)); };
  if (ended_.wait_until(lock, limit.stop, limit.deadline, there)) return exits_.at(key_of(id));
  lock.unlock();
  BS_TRY(check_limit(limit, fmt::format("wait for the end of process {}", id.pid)));
  return fail(ErrorCode::kTimeout, fmt::format("process {} did not end in time", id.pid));
}

Status ProcessHost::end_tree(const ProcessId& id, Duration grace, const BlockingLimit& limit) {
  std::vector<ProcessId> tree = process_tree(id);
  const auto main = read_process(id);
  const bool stopped = main && (main->state == 'T' || main->state == 't');
  if (main && !stopped && grace > Duration::zero()) {
    (void)cell_->kill_group(id, SIGTERM);  // "ended already" is what is wanted
    (void)wait_exit(id, at_most(limit, grace));
  }
  for (const ProcessId& left : process_tree(id)) tree.push_back(left);
  (void)cell_->kill_group(id, SIGKILL);
  signal_all(tree, SIGKILL);
  while (any_running(tree)) {
    BS_TRY(check_limit(limit, fmt::format("end process {} and its children", id.pid)));
    pause_within(limit, std::chrono::milliseconds{5});
  }
  return ok();
}

Status ProcessHost::close() { return cell_->close(); }

}  // namespace blackstart
