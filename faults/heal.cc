// Healing from the undo log alone, without the drill: what the janitor and `blackstart recover` do.

#include "faults/command.h"
#include "faults/members.h"
#include "faults/process.h"
#include "faults/run.h"
#include "faults/undo_log.h"
#include "faults/wait.h"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <filesystem>

namespace blackstart {
namespace {

using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds{5};
constexpr auto kLockPatience = std::chrono::seconds{1};

ProcessId process_of(const Json& facts) {
  return {facts.value("pid", 0), facts.value("start_ticks", std::uint64_t{0})};
}

void append(std::string& text, const std::string& more) { text += (text.empty() ? "" : "; ") + more; }

Result<std::string> resume(const ProcessId& id) {
  if (!is_running(id)) return fmt::format("process {} has ended", id.pid);
  const auto handle = PidHandle::open(id);
  if (!handle && handle.error().code == ErrorCode::kNotFound) return fmt::format("process {} has ended", id.pid);
  if (!handle) return handle.error();
  const bool was_stopped = is_stopped(id);
  // Also where it looks running: a SIGSTOP may still be on its way.
  const Status sent = handle->signal(SIGCONT);
  if (!sent && sent.error().code != ErrorCode::kNotFound) return sent.error();
  if (!wait_until(SteadyClock::now() + kPatience, {}, [&] { return !is_stopped(id); }))
    return fail(
        ErrorCode::kFailed,
        fmt::format("process {} is still stopped after SIGCONT: resume it by hand, kill -CONT {}", id.pid, id.pid));
  return fmt::format("process {} {}", id.pid, was_stopped ? "was stopped: resumed" : "runs");
}

Result<std::string> heal_pause(const Json& facts) {
  std::string text;
  for (const auto& id : processes_from_json(facts.value("processes", Json::array()))) {
    BS_ASSIGN(const std::string what, resume(id));
    append(text, what);
  }
  return text.empty() ? "no process was stopped" : text;
}

/// Kills have no undo here: what was killed belonged to the drill, and the rest of it ends with the drill.
Result<std::string> heal_kill(const Json& facts) {
  std::string text;
  for (const auto& id : processes_from_json(facts.value("processes", Json::array())))
    append(text, fmt::format("process {} {}", id.pid, is_running(id) ? "was not killed" : "is gone for good"));
  return text.empty() ? "no process was killed" : text;
}

/// SIGKILL to `root`, its descendants and its group, until none is left.
bool end_tree(const ProcessId& root) {
  return wait_until(SteadyClock::now() + kPatience, {}, [&root] {
    auto targets = process_tree(root);
    for (const auto& member : group_of(root)) targets.push_back(member);
    for (const auto& target : targets)
      if (const auto handle = PidHandle::open(target)) (void)handle->signal(SIGKILL);
    return targets.empty();
  });
}

Result<std::string> heal_process(const Json& facts) {
  const ProcessId id = process_of(facts);
  const std::string what = facts.value("what", std::string{"a process of the drill"});
  if (!is_running(id) && group_of(id).empty()) return fmt::format("{} (process {}) has ended", what, id.pid);
  if (end_tree(id)) return fmt::format("killed {} (process {} and what it had started)", what, id.pid);
  return fail(ErrorCode::kFailed, fmt::format("{} (process {}) was sent SIGKILL and is still there: end it by hand, "
                                              "kill -9 {}",
                                              what, id.pid, id.pid));
}

/// Processes of the record cannot be told by their numbers here.
bool is_elsewhere(const Json& facts) {
  const auto where = facts.value("pid_namespace", std::string{});
  return !where.empty() && where != pid_namespace();
}

bool is_of_earlier_boot(const Json& facts) {
  const auto boot = facts.value("boot", std::string{});
  return !boot.empty() && boot != boot_id();
}

Result<std::string> heal_processes(const UndoRecord& record) {
  const Json& facts = record.facts;
  if (is_of_earlier_boot(facts)) return "the machine was started anew since: no process of then is left";
  if (is_elsewhere(facts))
    return fail(ErrorCode::kUnavailable,
                "its processes are numbered by another PID namespace (a container?): run "
                "`blackstart recover` there");
  if (record.kind == "pause") return heal_pause(facts);
  if (record.kind == "kill" || record.kind == "crash_loop") return heal_kill(facts);
  if (record.kind == "process") return heal_process(facts);
  if (record.kind == "command") return end_command(process_of(facts), facts.value("what", std::string{"a command"}));
  return fail(ErrorCode::kUnsupported,
              fmt::format("this version of blackstart cannot undo faults of kind '{}': use the "
                          "version that ran the drill",
                          record.kind));
}

/// What the drill's services stored: it goes with them, as at a drill's usual end.
Result<std::string> heal_folder(const Json& facts) {
  const std::string path = facts.value("path", std::string{});
  if (!is_of_earlier_boot(facts) && is_elsewhere(facts))
    return fail(ErrorCode::kUnavailable,
                fmt::format("the folder {} was made in another PID namespace (a container?), where it may be another "
                            "one: run `blackstart recover` there",
                            path));
  std::error_code error;
  const auto removed = std::filesystem::remove_all(path, error);
  if (error)
    return fail(ErrorCode::kFailed, fmt::format("the folder {} cannot be removed: {}; remove it by hand, rm -r '{}'",
                                                path, error.message(), path));
  return removed == 0 ? fmt::format("{} was not there", path) : fmt::format("removed {}", path);
}

std::string title(const UndoRecord& record) {
  const auto name = record.facts.is_object() ? record.facts.value("name", std::string{}) : std::string{};
  if (!name.empty()) return fmt::format("{} ({})", record.kind, name);
  return record.kind;
}

/// Whatever carries the drill's tag ended up outside its records: daemons of a cell without a PID namespace.
void end_tagged(const std::string& drill_id, Recovered& found) {
  std::vector<ProcessId> ended, left;
  wait_until(SteadyClock::now() + kPatience, {}, [&] {
    left = processes_tagged(kDrillTagVariable, drill_id);
    std::erase_if(left, [](const ProcessId& id) { return id.pid == ::getpid(); });
    for (const auto& id : left) {
      if (const auto handle = PidHandle::open(id)) (void)handle->signal(SIGKILL);
      if (std::find(ended.begin(), ended.end(), id) == ended.end()) ended.push_back(id);
    }
    // Who is dying shows no tag any more, a moment before it is gone.
    return left.empty() && std::none_of(ended.begin(), ended.end(), is_running);
  });
  for (const auto& id : left)
    found.left_behind.push_back(
        fmt::format("process {} of the drill was sent SIGKILL and is still there: kill -9 {}", id.pid, id.pid));
  if (left.empty())
    for (const auto& id : ended) found.healed.push_back(fmt::format("killed process {} of the drill", id.pid));
}

Recovered recover_one(const std::string& path) {
  Recovered found;
  found.drill_id = std::filesystem::path{path}.stem().string();
  auto log = UndoLog::open(path);
  // A process that a drill was just starting when it was killed still shares its lock, for a moment.
  wait_until(SteadyClock::now() + kLockPatience, {}, [&] {
    if (log || log.error().code != ErrorCode::kUnavailable) return true;
    log = UndoLog::open(path);
    return log.has_value();
  });
  if (!log && log.error().code == ErrorCode::kUnavailable) {
    found.running = true;
    return found;
  }
  if (!log && log.error().code == ErrorCode::kNotFound) return found;
  if (!log) {
    found.left_behind.push_back(log.error().to_string());
    return found;
  }
  found = heal_all(**log);
  if (const Status closed = (*log)->close(); !closed && found.left_behind.empty())
    found.left_behind.push_back(closed.error().to_string());
  return found;
}

}  // namespace

Result<std::string> undo_record(const UndoRecord& record) {
  try {
    if (record.kind == "run") return heal_run(record.fault, record.facts);
    return record.kind == "folder" ? heal_folder(record.facts) : heal_processes(record);
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::kInvalid, fmt::format("the undo record cannot be read: {}", error.what()));
  }
}

Recovered heal_all(UndoLog& log) {
  Recovered found;
  found.drill_id = log.drill_id();
  auto records = log.open_records();
  // The newest first, as it was built up.
  std::reverse(records.begin(), records.end());
  for (const auto& record : records) {
    const auto undone = undo_record(record);
    if (!undone) {
      found.left_behind.push_back(fmt::format("{}: {}", title(record), undone.error().to_string()));
      continue;
    }
    found.healed.push_back(fmt::format("{}: {}", title(record), *undone));
    if (const Status marked = log.mark_done(record.fault, record.kind, record.key); !marked)
      found.left_behind.push_back(marked.error().to_string());
  }
  if (const auto lines = log.unreadable_lines(); lines > 0)
    found.healed.push_back(fmt::format("{} unfinished line(s) in the log: what they announced was never done", lines));
  end_tagged(found.drill_id, found);
  return found;
}

Result<std::vector<Recovered>> recover_all() {
  BS_ASSIGN(const std::string folder, undo_folder());
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error})
    if (entry.path().extension() == ".jsonl") paths.push_back(entry.path().string());
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot look into the undo logs {}: {}", folder, error.message()));
  std::sort(paths.begin(), paths.end());
  std::vector<Recovered> all;
  for (const auto& path : paths) all.push_back(recover_one(path));
  std::erase_if(all,
                [](const Recovered& one) { return !one.running && one.healed.empty() && one.left_behind.empty(); });
  return all;
}

}  // namespace blackstart
