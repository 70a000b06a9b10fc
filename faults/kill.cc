#include "faults/kill.h"

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

namespace blackstart {
namespace {

class KillFault final : public Fault {
 public:
  KillFault(FaultContext context, int signal)
      : context_(std::move(context)),
        signal_(signal),
        count_(static_cast<std::size_t>(number_argument(context_.spec.kind, "count", 0))),
        every_(duration_argument(context_.spec.kind, "every", Duration{})) {}

  Status arm(UndoLog& log) override {
    log_ = &log;
    BS_ASSIGN(members_, running_members(*context_.target, context_.spec.kind, count_));
    BS_ASSIGN(const auto all, running_members(*context_.target, context_.spec.kind));
    before_ = all.size();
    held_ = hold_processes(members_);
    nlohmann::ordered_json facts{{"name", context_.spec.name}, {"processes", to_json(held_)}, {"signal", signal_}};
    return log.add({context_.id, "kill", std::move(facts), false, {}});
  }

  Status act() override {
    acted_ = true;
    acted_at_ = std::chrono::steady_clock::now();
    const Status sent = signal_all(held_, signal_);
    rounds_ = 1;
    if (every_ > Duration{}) start_repeating();
    return sent;
  }

  Proof prove(FaultLimit limit) override {
    if (!acted_) return {false, "it was not carried out"};
    const bool proven = end_with_groups(held_, signal_, limit);
    return proven ? Proof{true, fmt::format("{} gone: {}", describe(held_), signal_name(signal_))}
                  : Proof{false, survivors()};
  }

  Status undo(FaultLimit) override {
    repeater_.reset();
    if (!acted_) return ok();
    wait_until_ended(held_, {std::chrono::steady_clock::now() + kEndPatience, {}});
    wait_until_ended(again_, {std::chrono::steady_clock::now() + kEndPatience, {}});
    put_back_.clear();
    for (const auto& member : members_) {
      BS_ASSIGN(const std::string how, context_.target->ensure_running(member));
      put_back_ += (put_back_.empty() ? "" : "; ") + how;
    }
    return ok();
  }

  Proof prove_healed(FaultLimit limit) override {
    Proof proof{true, "nothing was killed"};
    if (acted_) {
      wait_until(limit.deadline, limit.stop, [&] {
        proof = prove_members_run(*context_.target, members_, before_);
        return proof.proven;
      });
      if (every_ > Duration{}) proof.text += fmt::format(" (killed {} times)", rounds_.load());
      if (!put_back_.empty()) proof.text += fmt::format(" ({})", put_back_);
    }
    if (proof.proven && log_ != nullptr)
      if (const Status marked = log_->mark_done(context_.id, "kill"); !marked)
        return {false, marked.error().to_string()};
    return proof;
  }

 private:
  void start_repeating() {
    // A drill that hangs keeps no loop going beyond the limit; one that dies takes it along.
    const auto end =
        context_.dead_man > Duration{} ? acted_at_ + context_.dead_man : std::chrono::steady_clock::time_point::max();
    repeater_.emplace(every_, end, [this] { kill_again(); });
  }

  void kill_again() {
    // None running is no error here: what was killed is not back yet.
    const auto members = running_members(*context_.target, context_.spec.kind);
    if (!members) return;
    auto hit = *members;
    if (count_ > 0 && hit.size() > count_) hit.resize(count_);
    again_ = hold_processes(hit);
    for (const auto& each : again_) (void)each.handle.signal(signal_);
    if (!again_.empty()) ++rounds_;
  }

  [[nodiscard]] std::string survivors() const {
    std::string text;
    for (const auto& each : held_) {
      const auto stat = read_process(each.handle.id());
      if (!stat || !is_running(each.handle.id())) continue;
      text += fmt::format("{}process {} ({}) is still alive (state {}) after {}", text.empty() ? "" : "; ",
                          each.handle.id().pid, each.member, stat->state, signal_name(signal_));
    }
    return text.empty() ? "the processes went away only after the time for the proof was over" : text;
  }

  FaultContext context_;
  int signal_;
  std::size_t count_;
  Duration every_;
  UndoLog* log_ = nullptr;
  std::vector<FaultMember> members_;
  std::size_t before_ = 0;
  std::vector<HeldProcess> held_;
  std::vector<HeldProcess> again_;  // of the last repetition; the repeater's while it runs
  bool acted_ = false;
  std::chrono::steady_clock::time_point acted_at_;
  std::atomic<int> rounds_ = 0;
  std::string put_back_;
  std::optional<Repeater> repeater_;  // last: it uses the others until it has gone
};

}  // namespace

FaultRegistry::Kind kill_kind() {
  return {"kill", "ends members of a service by a signal; with every, again and again",
          "every process of the members is gone, seen in /proc",
          [](FaultContext context) -> Result<std::unique_ptr<Fault>> {
            BS_ASSIGN(const int signal, parse_signal(text_argument(context.spec.kind, "signal", "KILL")));
            return std::unique_ptr<Fault>{std::make_unique<KillFault>(std::move(context), signal)};
          }};
}

}  // namespace blackstart
