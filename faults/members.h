#pragma once
// What the faults on processes share: taking hold of the members of a service before the act, and looking afterwards
// whether the service stands again. Thread-safe as far as the FaultTarget is.

#include "faults/fault.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace blackstart {

/// One process of a member, held so that the act is one system call.
struct HeldProcess {
  PidHandle handle;
  std::string member;
  bool main = false;   // the member's first process
  bool leads = false;  // its number is also that of its process group
};

/// The running members of the service and role that `call` names, at most `count` of them (0: all), by index.
/// kNotFound: none runs, so that there is nothing to act on.
Result<std::vector<FaultMember>> running_members(FaultTarget& target, const Call& call, std::size_t count = 0);

/// The processes of `members`, descendants too, held. A process that ends meanwhile is left out.
std::vector<HeldProcess> hold_processes(const std::vector<FaultMember>& members);

/// Running processes in the groups that `held` lead which are not held yet (forked since), held.
std::vector<HeldProcess> hold_newcomers(const std::vector<HeldProcess>& held);

/// The act itself: one system call a process, two for a main one. An error where a main process had ended before (its
/// death is not this fault's doing) or the kernel refused; a child that ended by itself is none. All are tried.
Status signal_all(const std::vector<HeldProcess>& held, int signal);

/// How long undo() waits for processes that were sent a signal and are not gone yet.
inline constexpr auto kEndPatience = std::chrono::seconds{3};

/// Waits until all have ended. What was sent a signal a moment ago must not be taken for running when it is looked at
/// whether a member has to be started again.
bool wait_until_ended(const std::vector<HeldProcess>& held, const FaultLimit& limit);

/// The same, and whatever is found in their groups meanwhile (forked between arming and the act) gets `signal` and is
/// waited for, too. True: nothing of the members is left.
bool end_with_groups(std::vector<HeldProcess>& held, int signal, const FaultLimit& limit);

/// For undo records.
nlohmann::ordered_json to_json(const std::vector<HeldProcess>& held);
std::vector<ProcessId> processes_from_json(const nlohmann::ordered_json& list);

/// "process 4312 (database primary)"; of several: "processes 4312, 4313 (database primary)".
std::string describe(const std::vector<HeldProcess>& held);

/// After killed members were put back: whether each runs, or its role or place is held by another. `before` is how
/// many ran before the fault.
Proof prove_members_run(FaultTarget& target, const std::vector<FaultMember>& members, std::size_t before);

}  // namespace blackstart
