#include "faults/members.h"

#include "faults/wait.h"
#include "scenarios/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace blackstart {
namespace {

bool runs(const FaultMember& member) { return !member.processes.empty() && is_running(member.processes.front()); }

std::string wanted(const std::string& service, const std::string& role) {
  return role.empty() ? service : fmt::format("{} {}", service, role);
}

void hold_one(std::vector<HeldProcess>& held, const ProcessId& id, const std::string& member, bool main) {
  const auto known = [&](const HeldProcess& each) { return each.handle.id() == id; };
  if (std::any_of(held.begin(), held.end(), known)) return;
  auto handle = PidHandle::open(id);
  const auto stat = read_process(id);
  if (!handle || !stat || !is_running(id)) return;
  held.push_back({std::move(*handle), member, main, stat->group == id.pid});
}

/// By its handle and by /proc, which need not agree at the same moment.
bool all_ended(const std::vector<HeldProcess>& held) {
  return std::all_of(held.begin(), held.end(),
                     [](const HeldProcess& each) { return each.handle.ended() && !is_running(each.handle.id()); });
}

}  // namespace

Result<std::vector<FaultMember>> running_members(FaultTarget& target, const Call& call, std::size_t count) {
  const std::string service = text_argument(call, "service");
  const std::string role = text_argument(call, "role");
  BS_ASSIGN(auto members, target.members(service, role));
  std::erase_if(members, [](const FaultMember& member) { return !runs(member); });
  if (members.empty())
    return fail(ErrorCode::kNotFound,
                fmt::format("{} does not run: there is nothing to {}", wanted(service, role), call.word));
  std::sort(members.begin(), members.end(),
            [](const FaultMember& a, const FaultMember& b) { return a.index < b.index; });
  if (count > members.size())
    return fail(ErrorCode::kInvalid, fmt::format("{} members of {} are to be hit, and {} run", count,
                                                 wanted(service, role), members.size()));
  if (count > 0) members.resize(count);
  return members;
}

std::vector<HeldProcess> hold_processes(const std::vector<FaultMember>& members) {
  std::vector<HeldProcess> held;
  for (const auto& member : members) {
    for (const auto& process : member.processes)
      for (const auto& id : process_tree(process)) hold_one(held, id, member.name(), id == member.processes.front());
  }
  return held;
}

std::vector<HeldProcess> hold_newcomers(const std::vector<HeldProcess>& held) {
  std::vector<HeldProcess> newcomers;
  for (const auto& leader : held) {
    if (!leader.leads) continue;
    for (const auto& id : group_of(leader.handle.id())) {
      const auto known = [&](const HeldProcess& each) { return each.handle.id() == id; };
      if (std::none_of(held.begin(), held.end(), known)) hold_one(newcomers, id, leader.member, false);
    }
  }
  return newcomers;
}

Status signal_all(const std::vector<HeldProcess>& held, int signal) {
  Status first_error = ok();
  for (const auto& each : held) {
    const bool was_gone = each.main && each.handle.ended();
    const Status sent = was_gone
                            ? Status{fail(ErrorCode::kNotFound, fmt::format("process {} had ended before {}",
                                                                            each.handle.id().pid, signal_name(signal)))}
                            : each.handle.signal(signal);
    if (sent || (sent.error().code == ErrorCode::kNotFound && !each.main)) continue;
    if (first_error) first_error = fail(sent.error().code, fmt::format("{}: {}", each.member, sent.error().message));
  }
  return first_error;
}

bool wait_until_ended(const std::vector<HeldProcess>& held, const FaultLimit& limit) {
  return wait_until(limit.deadline, limit.stop, [&held] { return all_ended(held); });
}

bool end_with_groups(std::vector<HeldProcess>& held, int signal, const FaultLimit& limit) {
  return wait_until(limit.deadline, limit.stop, [&held, signal] {
    if (!all_ended(held)) return false;
    auto newcomers = hold_newcomers(held);
    for (auto& newcomer : newcomers) {
      (void)newcomer.handle.signal(signal);
      held.push_back(std::move(newcomer));
    }
    return newcomers.empty();
  });
}

nlohmann::ordered_json to_json(const std::vector<HeldProcess>& held) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& each : held)
    list.push_back(
        {{"pid", each.handle.id().pid}, {"start_ticks", each.handle.id().start_ticks}, {"member", each.member}});
  return list;
}

std::vector<ProcessId> processes_from_json(const nlohmann::ordered_json& list) {
  std::vector<ProcessId> processes;
  for (const auto& each : list)
    processes.push_back({each.value("pid", 0), each.value("start_ticks", std::uint64_t{0})});
  return processes;
}

std::string describe(const std::vector<HeldProcess>& held) {
  std::map<std::string, std::vector<std::string>> by_member;
  for (const auto& each : held) by_member[each.member].push_back(std::to_string(each.handle.id().pid));
  std::string text;
  for (const auto& [member, pids] : by_member) {
    std::string numbers;
    for (const auto& pid : pids) numbers += (numbers.empty() ? "" : ", ") + pid;
    text += fmt::format("{}{} {} ({})", text.empty() ? "" : "; ", pids.size() == 1 ? "process" : "processes", numbers,
                        member);
  }
  return text;
}

Proof prove_members_run(FaultTarget& target, const std::vector<FaultMember>& members, std::size_t before) {
  std::string text;
  for (const auto& member : members) {
    auto now = target.members(member.service, member.role);
    if (!now) return {false, fmt::format("{} could not be looked at: {}", member.name(), now.error().to_string())};
    std::erase_if(*now, [](const FaultMember& each) { return !runs(each); });
    auto holder =
        std::find_if(now->begin(), now->end(), [&](const FaultMember& each) { return each.index == member.index; });
    const bool held_by_another = holder == now->end() && (member.role.empty() ? now->size() >= before : !now->empty());
    if (holder == now->end() && !held_by_another)
      return {false, fmt::format("{} does not run, and no other member has its place", member.name())};
    if (held_by_another) holder = now->begin();
    text +=
        fmt::format("{}{} {} process {}", text.empty() ? "" : "; ", member.name(),
                    held_by_another ? "is replaced, its role is held by" : "runs as", holder->processes.front().pid);
  }
  return {true, text.empty() ? "no member was hit" : text};
}

}  // namespace blackstart
