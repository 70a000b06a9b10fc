// What faults ask of the local driver: members with their processes, a killed one running again, news of starts.

#include "targets/local/local_driver.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace blackstart {
namespace {

constexpr Duration kEnsureLimit = std::chrono::seconds{60};

}  // namespace

FaultMember LocalDriver::describe(const LocalMember& member) const {
  FaultMember described{member.service->name, member.role(), member.index, {}};
  if (const auto process = member.process()) described.processes = process_tree(*process);
  return described;
}

Result<std::vector<FaultMember>> LocalDriver::members(const std::string& service, const std::string& role) {
  BS_ASSIGN(const auto found, some_matching(service, role));
  std::vector<FaultMember> described;
  for (const LocalMember* member : found) {
    if (!member->replaced()) described.push_back(describe(*member));
  }
  return described;
}

LocalMember* LocalDriver::held_member(const FaultMember& member) const {
  const std::lock_guard lock(mutex_);
  for (const Started& started : ever_started_) {
    const bool same = !member.processes.empty() && started.process == member.processes.front();
    if (same) return started.member;
  }
  const auto found = std::ranges::find_if(members_, [&](const auto& one) {
    return one->service->name == member.service && one->first_role == member.role && one->index == member.index;
  });
  return found == members_.end() ? nullptr : found->get();
}

Result<std::string> LocalDriver::ensure_running(const FaultMember& member) {
  LocalMember* const found = held_member(member);
  if (found == nullptr) return fail(ErrorCode::kNotFound, member.name() + " is no member of the target");
  LocalMember& local = *found;
  const BlockingLimit limit{std::chrono::steady_clock::now() + kEnsureLimit, {}};
  BS_ASSIGN(const auto lock, operate(local, limit));
  if (local.role() != member.role) {
    return local.replaced() ? fmt::format("another member has taken the role {} of {}: it is not started again",
                                          member.role, member.service)
                            : fmt::format("{} was replaced and is {} now", member.name(), local.role());
  }
  if (runs(local)) return fmt::format("{} runs", local.name());
  if (!local.wanted) return fmt::format("{} was stopped by an action: it is not started again", local.name());
  BS_ASSIGN(const std::string how, start_locked(local, limit));
  return fmt::format("{} {}", local.name(), how);
}

std::shared_ptr<void> LocalDriver::watch_starts(const std::string& service, const std::string& role,
                                                std::function<void(const FaultMember&)> started) {
  auto watch = std::make_shared<Watch>(Watch{service, role, std::move(started)});
  const std::lock_guard lock(mutex_);
  watches_.push_back(watch);
  return watch;
}

void LocalDriver::tell_started(const LocalMember& member) {
  std::vector<std::shared_ptr<Watch>> told;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(watches_, [](const auto& watch) { return watch.expired(); });
    for (const auto& weak : watches_) {
      auto watch = weak.lock();
      const bool meant =
          watch && watch->service == member.service->name && (watch->role.empty() || watch->role == member.role());
      if (meant) told.push_back(std::move(watch));
    }
  }
  const FaultMember described = describe(member);
  for (const auto& watch : told) watch->started(described);
}

Result<std::string> LocalDriver::fill_command(const std::string& text) { return templates_.fill_for_shell(text); }

}  // namespace blackstart
