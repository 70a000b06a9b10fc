#include "faults/crash_loop.h"

#include "faults/members.h"
#include "faults/repeater.h"
#include "faults/undo_log.h"
#include "faults/wait.h"
#include "scenarios/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <optional>
#include <utility>

namespace blackstart {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// How often it looks for a start by itself; a driver's announcement comes sooner.
constexpr Duration kLookEvery = std::chrono::milliseconds{20};

class CrashLoopFault final : public Fault {
 public:
  explicit CrashLoopFault(FaultContext context)
      : context_(std::move(context)),
        lifetime_(duration_argument(context_.spec.kind, "every", Duration{})),
        times_(static_cast<int>(number_argument(context_.spec.kind, "times", 0))) {}
  ~CrashLoopFault() override { end_loop(); }

  Status arm(UndoLog& log) override {
    log_ = &log;
    BS_ASSIGN(members_, running_members(*context_.target, context_.spec.kind));
    BS_ASSIGN(const auto everyone, context_.target->members(members_.front().service, ""));
    for (const auto& member : everyone)
      if (!member.processes.empty()) known_.push_back(member.processes.front());
    held_ = hold_processes(members_);
    nlohmann::ordered_json facts{{"name", context_.spec.name}, {"processes", to_json(held_)}};
    return log.add({context_.id, "crash_loop", std::move(facts), false, {}});
  }

  Status act() override {
    acted_ = true;
    const Status sent = signal_all(held_, SIGKILL);
    if (!sent) return sent;
    kills_ = static_cast<int>(members_.size());
    start_loop();
    return ok();
  }

  Proof prove(FaultLimit limit) override {
    if (!acted_) return {false, "it was not carried out"};
    if (!end_with_groups(held_, SIGKILL, limit))
      return {false, fmt::format("{} did not all end after SIGKILL", describe(held_))};
    return {true, fmt::format("{} gone: SIGKILL; {} restart(s) killed so far", describe(held_), restarts_killed())};
  }

  Status undo(FaultLimit) override {
    end_loop();
    if (!acted_) return ok();
    wait_until_ended(held_, {std::chrono::steady_clock::now() + kEndPatience, {}});
    wait_until_ended(restarted_, {std::chrono::steady_clock::now() + kEndPatience, {}});
    put_back_.clear();
    for (const auto& member : members_) {
      BS_ASSIGN(const std::string how, context_.target->ensure_running(member));
      put_back_ += (put_back_.empty() ? "" : "; ") + how;
    }
    return ok();
  }

  Proof prove_healed(FaultLimit limit) override {
    Proof proof{true, "nothing was killed"};
    if (loop_) return {false, "the loop still runs: it was not undone"};
    if (acted_) {
      wait_until(limit.deadline, limit.stop, [&] {
        proof = prove_members_run(*context_.target, members_, members_.size());
        return proof.proven;
      });
      proof.text += fmt::format(" (killed {} times, {} of them restarts)", kills_.load(), restarts_killed());
      if (!put_back_.empty()) proof.text += fmt::format(" ({})", put_back_);
    }
    if (proof.proven && log_ != nullptr)
      if (const Status marked = log_->mark_done(context_.id, "crash_loop"); !marked)
        return {false, marked.error().to_string()};
    return proof;
  }

 private:
  [[nodiscard]] int restarts_killed() const { return kills_ - static_cast<int>(members_.size()); }

  void start_loop() {
    const auto end =
        context_.dead_man > Duration{} ? std::chrono::steady_clock::now() + context_.dead_man : SteadyTime::max();
    loop_.emplace(kLookEvery, end, [this] { look(); });
    watch_ = context_.target->watch_starts(members_.front().service, members_.front().role,
                                           [wake = loop_->waker()](const FaultMember&) { wake(); });
  }

  void end_loop() {
    watch_.reset();
    loop_.reset();
  }

  /// On the loop's thread alone, as everything that it touches.
  void look() {
    const auto members = running_members(*context_.target, context_.spec.kind);
    if (!members) return;  // none runs: killed and not started again yet
    for (const auto& member : *members) {
      if (times_ > 0 && kills_ >= times_) return;
      const ProcessId main = member.processes.front();
      if (std::find(known_.begin(), known_.end(), main) != known_.end()) continue;
      if (lived_long_enough(main)) kill_start(member);
    }
  }

  [[nodiscard]] bool lived_long_enough(const ProcessId& main) {
    const auto now = std::chrono::steady_clock::now();
    const auto seen = [&](const auto& each) { return each.first == main; };
    if (std::none_of(seen_.begin(), seen_.end(), seen)) seen_.emplace_back(main, now);
    return now - std::find_if(seen_.begin(), seen_.end(), seen)->second >= lifetime_;
  }

  void kill_start(const FaultMember& member) {
    std::erase_if(restarted_, [](const HeldProcess& each) { return each.handle.ended(); });
    auto held = hold_processes({member});
    for (const auto& each : held) (void)each.handle.signal(SIGKILL);
    known_.push_back(member.processes.front());
    if (!held.empty()) ++kills_;
    for (auto& each : held) restarted_.push_back(std::move(each));
  }

  FaultContext context_;
  Duration lifetime_;
  int times_;
  UndoLog* log_ = nullptr;
  std::vector<FaultMember> members_;
  std::vector<HeldProcess> held_;
  std::vector<HeldProcess> restarted_;  // killed restarts that may not have gone yet
  std::vector<ProcessId> known_;        // ran before, or killed already
  std::vector<std::pair<ProcessId, SteadyTime>> seen_;
  bool acted_ = false;
  std::atomic<int> kills_ = 0;
  std::string put_back_;
  std::shared_ptr<void> watch_;
  std::optional<Repeater> loop_;
};

}  // namespace

FaultRegistry::Kind crash_loop_kind() {
  return {"crash_loop", "kills members of a service now and after each of their starts",
          "the processes are gone, seen in /proc; the restarts that were killed are counted",
          [](FaultContext context) -> Result<std::unique_ptr<Fault>> {
            return std::unique_ptr<Fault>{std::make_unique<CrashLoopFault>(std::move(context))};
          }};
}

}  // namespace blackstart
