#include "targets/local/member.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

/// Members that share a role (or have none) are told apart by their number.
bool numbered(const LocalMember& member) {
  if (member.first_role.empty()) return member.service->replicas > 1 || member.number > 1;
  int of_role = 0;
  for (const RoleCount& count : member.service->roles) of_role += count.role == member.first_role ? count.count : 0;
  return of_role > 1;
}

}  // namespace

std::string LocalMember::role() const {
  const std::lock_guard lock(mutex_);
  return role_;
}

void LocalMember::set_role(const std::string& role) {
  const std::lock_guard lock(mutex_);
  role_ = role;
}

std::optional<ProcessId> LocalMember::process() const {
  const std::lock_guard lock(mutex_);
  return process_;
}

void LocalMember::set_process(const ProcessId& process) {
  const std::lock_guard lock(mutex_);
  process_ = process;
}

std::string LocalMember::name() const {
  const std::string held = role();
  std::string name = service->name;
  if (!first_role.empty()) name += held.empty() ? " former " + first_role : " " + held;
  return numbered(*this) ? fmt::format("{}#{}", name, number) : name;
}

std::string LocalMember::file_name() const {
  std::string name = service->name;
  if (!first_role.empty()) name += "-" + first_role;
  return numbered(*this) ? fmt::format("{}-{}", name, number) : name;
}

}  // namespace blackstart
