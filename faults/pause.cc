#include "faults/pause.h"

#include "faults/members.h"
#include "faults/undo_log.h"
#include "faults/wait.h"
#include "scenarios/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace blackstart {
namespace {

constexpr int kLooks = 3;

class PauseFault final : public Fault {
 public:
  PauseFault(FaultContext context, PauseOptions options)
      : context_(std::move(context)),
        options_(options),
        count_(static_cast<std::size_t>(number_argument(context_.spec.kind, "count", 0))) {}

  Status arm(UndoLog& log) override {
    log_ = &log;
    BS_ASSIGN(const auto members, running_members(*context_.target, context_.spec.kind, count_));
    auto held = hold_processes(members);
    for (const auto& each : held)
      if (each.main && is_stopped(each.handle.id()))
        return fail(ErrorCode::kUnavailable, fmt::format("process {} ({}) is stopped already, by someone else",
                                                         each.handle.id().pid, each.member));
    std::erase_if(held, [](const HeldProcess& each) { return is_stopped(each.handle.id()); });
    return hold(std::move(held));
  }

  Status act() override {
    acted_ = true;
    return signal_all(held_, SIGSTOP);
  }

  Proof prove(FaultLimit limit) override {
    if (!acted_) return {false, "it was not carried out"};
    std::string trouble;
    const bool stopped = wait_until(limit.deadline, limit.stop, [&] { return all_stopped(trouble); });
    if (!stopped) return {false, trouble.empty() ? moving() : trouble};
    // The state changes a moment before the last context switch is counted: a first look may still see that one.
    for (int look = 0; look < kLooks; ++look) {
      const auto before = activity();
      if (auto moved = watch_stillness(limit); !moved.empty()) return {false, std::move(moved)};
      if (activity() == before)
        return {true, fmt::format("{} stopped (state T), no progress over {} ms", describe(held_),
                                  options_.still_for.count())};
    }
    return {false, fmt::format("{} did work while stopped: something else resumed it", describe(held_))};
  }

  Status undo(FaultLimit limit) override {
    found_running_.clear();
    for (const auto& each : held_) {
      const auto& id = each.handle.id();
      if (acted_ && is_running(id) && !is_stopped(id))
        found_running_ += fmt::format("{}{}", found_running_.empty() ? "" : ", ", id.pid);
      // Also where it does not look stopped: a SIGSTOP may still be on its way.
      const Status sent = each.handle.signal(SIGCONT);
      if (!sent && sent.error().code != ErrorCode::kNotFound) return sent;
    }
    const auto resumed = [this] {
      return std::none_of(held_.begin(), held_.end(), [](const auto& each) { return is_stopped(each.handle.id()); });
    };
    if (wait_until(std::max(limit.deadline, std::chrono::steady_clock::now() + std::chrono::seconds{1}), {}, resumed))
      return ok();
    return fail(ErrorCode::kFailed, fmt::format("{} did not resume after SIGCONT", describe(held_)));
  }

  Proof prove_healed(FaultLimit) override {
    std::string text;
    for (const auto& each : held_) {
      const auto stat = read_process(each.handle.id());
      const bool running = stat && is_running(each.handle.id());
      if (running && stat->state == 'T')
        return {false, fmt::format("process {} ({}) is still stopped", stat->id.pid, each.member)};
      text += fmt::format("{}process {} ({}) {}", text.empty() ? "" : "; ", each.handle.id().pid, each.member,
                          running ? fmt::format("runs (state {})", stat->state) : "has ended meanwhile");
    }
    if (!found_running_.empty()) text += fmt::format("; {} ran already when it was to be resumed", found_running_);
    if (log_ != nullptr)
      if (const Status marked = log_->mark_done(context_.id, "pause"); !marked)
        return {false, marked.error().to_string()};
    return {true, text.empty() ? "nothing was stopped" : text};
  }

 private:
  /// The record of `more` is on disk before they are held for acting.
  Status hold(std::vector<HeldProcess> more) {
    nlohmann::ordered_json facts{{"name", context_.spec.name}, {"processes", to_json(more)}};
    if (context_.dead_man > Duration{}) facts["dead_man_ns"] = dead_man_ns();
    BS_TRY(log_->add({context_.id, "pause", std::move(facts), false, std::to_string(held_.size())}));
    for (auto& each : more) held_.push_back(std::move(each));
    return ok();
  }

  /// On steady_clock, which all processes of the machine share.
  [[nodiscard]] std::int64_t dead_man_ns() const {
    const auto from = std::max(context_.act_at, std::chrono::steady_clock::now());
    return std::chrono::nanoseconds{(from + context_.dead_man).time_since_epoch()}.count();
  }

  /// Looks for one stretch of `still_for`; what moved in it, empty: nothing.
  [[nodiscard]] std::string watch_stillness(const FaultLimit& limit) const {
    const auto until = std::chrono::steady_clock::now() + options_.still_for;
    while (std::chrono::steady_clock::now() < until) {
      if (limit.stop.stop_requested() || std::chrono::steady_clock::now() >= limit.deadline)
        return "the time for the proof was over before it was complete";
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
      if (const auto moved = moving(); !moved.empty()) return moved + ": something else resumed it";
    }
    return {};
  }

  /// Stops what was forked between arming and the act, too.
  bool all_stopped(std::string& trouble) {
    auto newcomers = hold_newcomers(held_);
    if (!newcomers.empty()) {
      const std::size_t first = held_.size();
      if (const Status held = hold(std::move(newcomers)); !held) {
        trouble = held.error().to_string();
        return false;
      }
      for (std::size_t i = first; i < held_.size(); ++i) (void)held_[i].handle.signal(SIGSTOP);
    }
    return moving().empty();
  }

  /// What is not stopped, in words; empty: all are. A member whose process ended is not paused either.
  [[nodiscard]] std::string moving() const {
    for (const auto& each : held_) {
      const auto look = read_activity(each.handle.id());
      if (!look && each.main) return fmt::format("process {} ({}) has ended", each.handle.id().pid, each.member);
      if (look && !look->all_stopped)
        return fmt::format("process {} ({}) is not stopped", each.handle.id().pid, each.member);
    }
    return {};
  }

  [[nodiscard]] std::vector<std::uint64_t> activity() const {
    std::vector<std::uint64_t> figures;
    for (const auto& each : held_) {
      const auto look = read_activity(each.handle.id());
      figures.push_back(look ? look->cpu_ns : 0);
      figures.push_back(look ? look->switches : 0);
    }
    return figures;
  }

  FaultContext context_;
  PauseOptions options_;
  std::size_t count_;
  UndoLog* log_ = nullptr;
  std::vector<HeldProcess> held_;
  bool acted_ = false;
  std::string found_running_;
};

}  // namespace

FaultRegistry::Kind pause_kind(PauseOptions options) {
  return {"pause", "stops every process of members of a service (SIGSTOP) until the fault ends",
          "every thread is in state T, and no CPU time and no context switch is added",
          [options](FaultContext context) -> Result<std::unique_ptr<Fault>> {
            return std::unique_ptr<Fault>{std::make_unique<PauseFault>(std::move(context), options)};
          }};
}

}  // namespace blackstart
