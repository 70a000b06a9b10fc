#pragma once
// Facts about processes, read from /proc, and handles that cannot be confused by a reused number. Thread-safe; nothing
// is cached. What is asked about a process that is gone answers "gone", it does not fail.

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// In the environment of every process that a drill starts for its own use; the value is the drill's id.
inline constexpr const char* kDrillTagVariable = "BLACKSTART_CELL";

/// A process that cannot be confused with a later one of the same number.
struct ProcessId {
  int pid = 0;
  std::uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat
  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

struct ProcessStat {
  ProcessId id;
  std::string name;
  char state = '?';  // R S D T t Z X ...
  int parent = 0, group = 0, session = 0;
  std::uint64_t cpu_ticks = 0;  // user and system
};

/// Empty: there is no process of this number (now).
std::optional<ProcessStat> read_process(int pid);
/// The same, but empty as well when the number belongs to another process by now.
std::optional<ProcessStat> read_process(const ProcessId& id);
/// The identity of the process that has this number now. kNotFound.
Result<ProcessId> identify(int pid);
/// It is there and no zombie.
bool is_running(const ProcessId& id);
/// A signal has stopped it, and it has not been resumed.
bool is_stopped(const ProcessId& id);

/// All threads of a process at one look.
struct ProcessActivity {
  bool all_stopped = false;    // every thread is in state T
  std::uint64_t cpu_ns = 0;    // time on a CPU; ticks where the kernel does not count nanoseconds
  std::uint64_t switches = 0;  // context switches
};
/// Empty: gone (or a zombie).
std::optional<ProcessActivity> read_activity(const ProcessId& id);

/// Every process there is, in no order.
std::vector<ProcessStat> all_processes();
/// `root` and its descendants, parents before children; empty when `root` is gone.
std::vector<ProcessId> process_tree(const ProcessId& root);
/// Running processes of the group that `leader` leads, or led before it ended; empty once its number is another's.
std::vector<ProcessId> group_of(const ProcessId& leader);
/// Running processes whose environment, as they were started, has `variable` with exactly this value.
std::vector<ProcessId> processes_tagged(std::string_view variable, std::string_view value);

/// What tells this boot, and this numbering of processes, from another.
std::string boot_id();
std::string pid_namespace();

/// A process, held by a descriptor: signals through it never reach another one.
class PidHandle {
 public:
  /// kNotFound: this very process is gone.
  static Result<PidHandle> open(const ProcessId& id);
  /// Takes a descriptor that already is one.
  static Result<PidHandle> adopt(int descriptor);
  PidHandle(PidHandle&& other) noexcept;
  PidHandle& operator=(PidHandle&& other) noexcept;
  ~PidHandle();

  [[nodiscard]] const ProcessId& id() const { return id_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// kNotFound: it has ended. To a zombie that nobody has waited for yet the kernel says yes: ask ended() before.
  [[nodiscard]] Status signal(int signal) const;
  /// It has ended (a zombie counts as ended).
  [[nodiscard]] bool ended() const;

 private:
  PidHandle(int descriptor, ProcessId id) : descriptor_(descriptor), id_(id) {}
  int descriptor_ = -1;
  ProcessId id_;
};

/// "KILL", "SIGKILL" or "9" -> 9. kInvalid names the ones that are known.
Result<int> parse_signal(std::string_view text);
/// "SIGKILL".
std::string signal_name(int signal);

}  // namespace blackstart
