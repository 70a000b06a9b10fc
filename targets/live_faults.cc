#include "targets/live_faults.h"

#include "faults/residues.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <ctime>
#include <utility>

#include <fmt/format.h>

namespace blackstart {
namespace {

using Steady = std::chrono::steady_clock;
constexpr Duration kWakeEarly = std::chrono::milliseconds{3};  // the stop token is still looked at until then
constexpr Duration kTurnFor = std::chrono::microseconds{150};  // the rest, without giving up the processor

/// The calling thread goes first while this lives, where the machine allows: an act waits for nobody.
class Urgent {
 public:
  Urgent() : thread_(static_cast<id_t>(::syscall(SYS_gettid))), usual_(::getpriority(PRIO_PROCESS, thread_)) {
    ::setpriority(PRIO_PROCESS, thread_, -15);  // refused without the right to: then it is as it was
  }
  ~Urgent() { ::setpriority(PRIO_PROCESS, thread_, usual_); }
  Urgent(const Urgent&) = delete;
  Urgent& operator=(const Urgent&) = delete;

 private:
  id_t thread_;
  int usual_;
};

void sleep_to(Steady::time_point at) {
  const auto since = at.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  const timespec wake{static_cast<time_t>(seconds.count()), static_cast<long>(Duration(since - seconds).count())};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nullptr) == EINTR) {
  }
}

}  // namespace

Status wait_exactly(Steady::time_point at, const BlockingLimit& limit) {
  const BlockingLimit early{at - kWakeEarly, limit.stop};
  while (Steady::now() < early.deadline && !limit.stop.stop_requested()) pause_within(early, at - Steady::now());
  if (limit.stop.stop_requested()) return fail(ErrorCode::kCancelled, "it was stopped before its instant");
  if (Steady::now() < at - kTurnFor) sleep_to(at - kTurnFor);
  while (Steady::now() < at) {
  }
  return ok();
}

LiveFaults::LiveFaults(Driver& driver, Options options) : driver_(driver), options_(std::move(options)) {
  register_builtin_faults(registry_);
}

LiveFaults::~LiveFaults() { (void)close(); }  // what is open stays in the log for `blackstart recover`

Instant LiveFaults::now() const { return Instant{Steady::now() - options_.origin}; }

Status LiveFaults::open() {
  const std::lock_guard lock(mutex_);
  if (janitor_) return ok();
  BS_ASSIGN(undo_log_, UndoLog::create(options_.drill_id));
  auto janitor = Janitor::start(options_.tool, *undo_log_);
  if (!janitor) {
    (void)undo_log_->close();
    return fail(janitor.error().code,
                "the janitor, which heals when the drill dies, cannot be started: " + janitor.error().to_string());
  }
  janitor_ = std::move(*janitor);
  return ok();
}

Status LiveFaults::close() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
  if (!janitor_) return ok();
  const Status dismissed = std::exchange(janitor_, nullptr)->dismiss();
  const Status closed = undo_log_->close();
  return dismissed ? closed : dismissed;
}

Result<std::shared_ptr<LiveFaults::Armed>> LiveFaults::make(const FaultRequest& request) {
  const auto* kind = registry_.find(request.spec.kind.word);
  if (kind == nullptr) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("fault {}: this version cannot inject it", request.spec.kind.word));
  }
  FaultContext context;
  context.id = request.id;
  context.spec = request.spec;
  context.target = &driver_;
  context.folder = options_.folder;
  context.log_folder = options_.log_folder;
  context.dead_man = request.dead_man;
  context.act_at = options_.origin + request.act_at.time_since_epoch();
  auto armed = std::make_shared<Armed>();
  BS_ASSIGN(armed->fault, kind->make(std::move(context)));
  armed->name = request.spec.name;
  return armed;
}

Result<Injection> LiveFaults::inject(const FaultRequest& request, const std::function<void()>& armed,
                                     const std::function<void(Instant)>& cut, const BlockingLimit& limit) {
  const std::string attempted = fmt::format("inject fault \"{}\"", request.spec.name);
  BS_TRY(check_limit(limit, attempted));
  BS_TRY(open());
  BS_ASSIGN(const std::shared_ptr<Armed> entry, make(request));
  const std::lock_guard using_it(entry->using_it);
  {
    const std::lock_guard lock(mutex_);
    faults_[request.id] = entry;
  }
  if (const Status ready = entry->fault->arm(*undo_log_); !ready) {
    return fail(ready.error().code, fmt::format("{}: {}", attempted, ready.error().message), ready.error().context);
  }
  if (!janitor_->watches()) {
    return fail(ErrorCode::kFailed, attempted +
                                        ": the janitor has ended, so nobody would heal it if the drill died; "
                                        "nothing was injected");
  }
  armed();
  Injection injection;
  injection.id = request.id;
  Status acted = ok();
  {
    const Urgent first;
    BS_TRY(wait_exactly(options_.origin + request.act_at.time_since_epoch(), limit));
    injection.acted = now();
    if (request.cuts_bins) cut(injection.acted);
    acted = entry->fault->act();
  }
  if (!acted) return fail(acted.error().code, fmt::format("{}: {}", attempted, acted.error().message));
  const Proof proof = entry->fault->prove(limit);
  injection.effective = now();
  injection.proven = proof.proven;
  injection.proof = proof.text;
  return injection;
}

Result<Healing> LiveFaults::heal(std::uint64_t id, const BlockingLimit& limit) {
  std::shared_ptr<Armed> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = faults_.find(id);
    if (found != faults_.end()) entry = found->second;
  }
  if (!entry) return Healing{now(), true, "it was never armed: nothing was changed"};
  const std::lock_guard using_it(entry->using_it);
  if (const Status undone = entry->fault->undo(limit); !undone) {
    return fail(undone.error().code, fmt::format("heal fault \"{}\": {}", entry->name, undone.error().message));
  }
  const Proof proof = entry->fault->prove_healed(limit);
  return Healing{now(), proof.proven, proof.text};
}

std::vector<Residue> LiveFaults::residues() const {
  const std::lock_guard lock(mutex_);
  ResidueSearch search;
  search.drill_id = options_.drill_id;
  search.log = undo_log_.get();
  search.torn_down = janitor_ == nullptr;
  std::vector<Residue> left;
  for (FaultResidue& found : find_residues(search))
    left.push_back({std::move(found.what), std::move(found.how_to_heal)});
  return left;
}

}  // namespace blackstart
