#include "tests/faults/fake_target.h"

#include "scenarios/template.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart::test {

FakeTarget::~FakeTarget() {
  if (restarter_.joinable()) {
    restarter_.request_stop();
    restarter_.join();
  }
}

ProcessId FakeTarget::add(const std::string& service, const std::string& role, const std::string& mode) {
  auto child = start_member(state_, mode);
  const std::lock_guard guard{mutex_};
  Slot slot;
  slot.member.service = service;
  slot.member.role = role;
  slot.member.index = static_cast<int>(std::count_if(slots_.begin(), slots_.end(), [&](const Slot& each) {
    return each.member.service == service && each.member.role == role;
  }));
  slot.mode = mode;
  slot.process = child->id();
  slot.child = std::move(child);
  slots_.push_back(std::move(slot));
  ++starts_;
  return slots_.back().process;
}

void FakeTarget::adopt(const std::string& service, const ProcessId& process) {
  const std::lock_guard guard{mutex_};
  Slot slot;
  slot.member.service = service;
  slot.process = process;
  slot.foreign = true;
  slots_.push_back(std::move(slot));
}

void FakeTarget::set_role(const ProcessId& process, const std::string& role) {
  const std::lock_guard guard{mutex_};
  for (auto& slot : slots_)
    if (slot.process == process) slot.member.role = role;
}

void FakeTarget::restart_by_itself(bool announce) {
  restarter_ = std::jthread{[this, announce](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      restart_ended(announce);
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }};
}

void FakeTarget::restart_ended(bool announce) {
  std::vector<FaultMember> started;
  std::map<int, std::function<void(const FaultMember&)>> watchers;
  {
    const std::lock_guard guard{mutex_};
    for (auto& slot : slots_) {
      if (slot.foreign || is_running(slot.process)) continue;
      slot.child = start_member(state_, slot.mode);
      slot.process = slot.child->id();
      ++starts_;
      started.push_back(slot.member);
      started.back().processes = {slot.process};
    }
    if (announce) watchers = watchers_;
  }
  for (const auto& member : started)
    for (const auto& [number, watcher] : watchers) watcher(member);
}

int FakeTarget::starts() const {
  const std::lock_guard guard{mutex_};
  return starts_;
}

ProcessId FakeTarget::process(const std::string& service, const std::string& role, int index) {
  const std::lock_guard guard{mutex_};
  for (const auto& slot : slots_)
    if (slot.member.service == service && slot.member.role == role && slot.member.index == index) return slot.process;
  return {};
}

Result<std::vector<FaultMember>> FakeTarget::members(const std::string& service, const std::string& role) {
  const std::lock_guard guard{mutex_};
  std::vector<FaultMember> found;
  for (const auto& slot : slots_) {
    if (slot.member.service != service || (!role.empty() && slot.member.role != role)) continue;
    found.push_back(slot.member);
    if (is_running(slot.process)) found.back().processes = {slot.process};
  }
  if (found.empty()) return fail(ErrorCode::kNotFound, fmt::format("there is no service {} {}", service, role));
  return found;
}

Result<std::string> FakeTarget::ensure_running(const FaultMember& member) {
  const std::lock_guard guard{mutex_};
  if (refuse_restart_) return fail(ErrorCode::kFailed, "the member does not start again");
  for (auto& slot : slots_) {
    if (slot.member.service != member.service || slot.member.index != member.index) continue;
    if (slot.member.role != member.role || slot.foreign) continue;
    const bool taken = std::any_of(slots_.begin(), slots_.end(), [&](const Slot& each) {
      return &each != &slot && !member.role.empty() && each.member.role == member.role && is_running(each.process);
    });
    if (taken) return fmt::format("{}: its role is held by another", member.name());
    if (is_running(slot.process)) return fmt::format("{}: ran already", member.name());
    slot.child = start_member(state_, slot.mode);
    slot.process = slot.child->id();
    ++starts_;
    return fmt::format("{}: started again", member.name());
  }
  return fail(ErrorCode::kNotFound, fmt::format("there is no member {}", member.name()));
}

std::shared_ptr<void> FakeTarget::watch_starts(const std::string&, const std::string&,
                                               std::function<void(const FaultMember&)> started) {
  const std::lock_guard guard{mutex_};
  const int number = next_watcher_++;
  watchers_[number] = std::move(started);
  return {nullptr, [this, number](void*) {
            const std::lock_guard inner{mutex_};
            watchers_.erase(number);
          }};
}

Result<std::string> FakeTarget::fill_command(const std::string& text) {
  return blackstart::fill_command(text, [this](std::string_view name) -> std::optional<std::string> {
    const auto value = values.find(std::string{name});
    return value == values.end() ? std::nullopt : std::optional{value->second};
  });
}

}  // namespace blackstart::test
