#include "tests/rehearsal/fake_world.h"

#include <algorithm>

namespace blackstart::testing {
namespace {

constexpr Duration kBin = 100ms;
constexpr Duration kInterval = 1s;
constexpr Duration kSettled = 200ms;  // after its end, an interval is known
constexpr std::uint64_t kBidsInBin = 100;

Error unavailable(const std::string& call) { return fail(ErrorCode::kUnavailable, "scripted failure of " + call); }

}  // namespace

Task<Status> FakeClock::sleep_until(Instant wake, std::stop_token stop) {
  ++sleeps;
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopped");
  const auto completion = std::make_shared<Completion<Status>>();
  post_at(wake, [completion] {
    if (!completion->done()) completion->complete(ok());
  });
  std::function<void()> cancel = [this, completion] {
    const auto now = [kept = completion] {
      if (!kept->done()) kept->complete(fail(ErrorCode::kCancelled, "stopped"));
    };
    if (cancel_inline)
      now();
    else
      post_at(now_, now);
  };
  const std::stop_callback<std::function<void()>> on_stop(stop, std::move(cancel));
  Status result = co_await *completion;
  co_return result;
}

void FakeClock::post_at(Instant when, std::function<void()> action) {
  queue_.emplace(std::pair{std::max(when, now_), posted_++}, std::move(action));
}

bool FakeClock::run(const bool& done) {
  while (!done && !queue_.empty() && now_ < at(24h)) {
    auto next = queue_.extract(queue_.begin());
    now_ = next.key().first;
    next.mapped()();
  }
  return done;
}

std::optional<Error> FakeWorld::fails_now(const std::string& call) {
  calls.push_back(call);
  ++calls_that_can_fail;
  if (script.failing_call > 0 && calls_that_can_fail == static_cast<std::uint64_t>(script.failing_call))
    return unavailable(call);
  return std::nullopt;
}

void FakeWorld::set_good(bool good) {
  good_ = good;
  changes_.emplace_back(time.now(), good);
}

Task<Result<TargetUp>> FakeWorld::bring_up(Limit limit) {
  up = true;  // also a failed one leaves something to tear down
  if (auto error = fails_now("bring_up")) co_return *error;
  if (script.bring_up_error) co_return *script.bring_up_error;
  const auto woken = co_await time.sleep_until(time.now() + 2s, limit.stop);
  if (!woken) co_return woken.error();
  co_return TargetUp{};
}

Task<Status> FakeWorld::tear_down(Limit) {
  if (auto error = fails_now("tear_down")) co_return *error;
  up = false;
  co_return ok();
}

Task<Status> FakeWorld::start(TrafficRequest request, TrafficListener& listener, Limit) {
  if (auto error = fails_now("start")) co_return *error;
  listener_ = &listener;
  traffic = true;
  traffic_start_ = interval_start_ = request.start;
  set_good(script.good_from == Duration{});
  if (script.good_from > Duration{}) time.post_at(time.now() + script.good_from, [this] { set_good(true); });
  for (const Duration again : script.good_again) time.post_at(at(again), [this] { set_good(true); });
  tick(++generation_);
  co_return ok();
}

void FakeWorld::tick(std::uint64_t generation) {
  time.post_at(interval_start_ + kInterval, [this, generation] {
    if (generation != generation_ || !traffic) return;
    end_interval();
    tick(generation_);
  });
}

/// Cuts the interval in progress now; it is handed over once it is settled.
void FakeWorld::end_interval() {
  TrafficInterval interval;
  interval.start = interval_start_;
  interval.length = time.now() - interval_start_;
  interval_start_ = time.now();
  for (Instant start = interval.start; start < interval.end(); start += kBin) {
    bool ok = true;
    for (const auto& [when, good] : changes_)
      if (when <= start) ok = good;
    Bin bin{.start = start, .length = std::min<Duration>(kBin, interval.end() - start), .offered = kBidsInBin};
    bin.ok = ok;
    bin.good = ok ? kBidsInBin : 0;
    interval.offered += kBidsInBin;
    interval.acknowledged += bin.good;
    interval.refused += kBidsInBin - bin.good;
    if (ok) interval.latency.record(2ms, kBidsInBin);
    interval.bins.push_back(bin);
  }
  interval.sent = interval.attempts = interval.offered;
  interval.lateness.record(100us, interval.offered);
  interval.service_time = interval.latency;
  bids_ += interval.offered;
  pending_.emplace_back(time.now(), std::move(interval));
  time.post_at(time.now() + kSettled, [this] { deliver_all(); });
}

/// Hands over what is settled by now.
void FakeWorld::deliver_all() {
  while (!pending_.empty() && (pending_.front().first + kSettled <= time.now() || !traffic)) {
    const TrafficInterval interval = std::move(pending_.front().second);
    pending_.erase(pending_.begin());
    listener_->on_interval(interval);
  }
}

Task<Result<TrafficEnd>> FakeWorld::stop(Limit) {
  if (auto error = fails_now("stop")) co_return *error;
  if (traffic) {
    if (interval_start_ < time.now()) end_interval();
    traffic = false;
    (void)co_await time.sleep_until(time.now() + 100ms, {});
    deliver_all();
  }
  TrafficEnd end;
  end.first_intended = traffic_start_;
  end.last_intended = interval_start_;
  end.bids = end.attempts = bids_;
  co_return end;
}

Task<Result<Injection>> FakeWorld::inject(FaultRequest request, std::function<void()> armed, Limit limit) {
  const FaultScript fault = script.faults[request.id];
  if (auto error = fails_now("arm " + std::to_string(request.id))) co_return *error;
  if (fault.error) co_return *fault.error;
  armed();
  const auto woken = co_await time.sleep_until(request.act_at, limit.stop);
  if (!woken) co_return woken.error();
  calls.push_back("act " + std::to_string(request.id));
  acting.insert(request.id);
  ever_acted.insert(request.id);
  if (traffic && request.cuts_bins && interval_start_ < time.now()) {
    end_interval();
    tick(++generation_);
  }
  if (fault.hurts) set_good(false);
  if (script.fault_loses_canaries) canary_records.clear();
  Injection injection{.id = request.id, .acted = time.now(), .effective = {}, .proven = false, .proof = "no proof"};
  const auto proven = co_await time.sleep_until(time.now() + fault.proof_takes, limit.stop);
  injection.proven = fault.proven && proven.has_value();
  injection.effective = time.now();
  if (injection.proven) injection.proof = "seen to be gone";
  co_return injection;
}

Task<Result<Healing>> FakeWorld::heal(std::uint64_t id, Limit) {
  if (auto error = fails_now("heal " + std::to_string(id))) co_return *error;
  FaultScript& fault = script.faults[id];
  (void)co_await time.sleep_until(time.now() + 100ms, {});
  if (fault.heals_that_fail-- > 0) co_return Healing{time.now(), false, "it is still there"};
  acting.erase(id);
  if (fault.heals_service && traffic) set_good(true);
  co_return Healing{time.now(), true, "it is gone"};
}

Task<Result<ActionOutcome>> FakeWorld::perform(Call, std::string step_title, Limit limit) {
  if (auto error = fails_now("perform " + step_title)) co_return *error;
  const ActionScript action = script.actions[step_title];
  const Instant end = time.now() + action.takes;
  const auto woken = co_await time.sleep_until(std::min(end, limit.deadline), limit.stop);
  if (!woken) co_return woken.error();
  if (time.now() < end) co_return fail(ErrorCode::kTimeout, "not done in time");
  if (action.restores) set_good(true);
  if (action.hurts) set_good(false);
  ActionOutcome outcome{.ok = action.ok,
                        .detail = action.ok ? "done" : "refused",
                        .output = "out",
                        .exit_status = 0,
                        .command = "do " + step_title,
                        .environment = {},
                        .recovery_point = action.recovery_point};
  co_return outcome;
}

Task<Result<Observation>> FakeWorld::probe(const Call& probe, Limit limit) {
  if (script.probe_error) co_return *script.probe_error;
  const auto woken = co_await time.sleep_until(time.now() + 1ms, limit.stop);
  if (!woken) co_return woken.error();
  const auto scripted = script.checks.find(probe.word);
  const bool ok = scripted == script.checks.end() ? good_ : scripted->second();
  co_return Observation{ok, ok ? "200" : "connection refused"};
}

Task<Result<Observation>> FakeWorld::protection(Limit) {
  if (!script.redundant) co_return fail(ErrorCode::kUnsupported, "redundancy is not observed");
  co_return Observation{script.redundant(), "replicas"};
}

Task<Result<Observation>> FakeWorld::check(const Call& check, Limit limit) {
  if (auto error = fails_now("check " + check.word)) co_return *error;
  const auto woken = co_await time.sleep_until(time.now() + 1ms, limit.stop);
  if (!woken) co_return woken.error();
  const auto scripted = script.checks.find(check.word);
  const bool ok = scripted == script.checks.end() ? good_ : scripted->second();
  co_return Observation{ok, ok ? "as asked for" : "not as asked for"};
}

Task<Result<ReadBackResult>> FakeWorld::read_back(ReadBackRequest request, Limit limit) {
  read_backs.push_back(request);
  if (request.progress) {
    request.progress->pass = 1;
    request.progress->read = 42;
  }
  if (auto error = fails_now(request.passes == 1 ? "read_back provisional" : "read_back")) co_return *error;
  const auto woken =
      co_await time.sleep_until(std::min(time.now() + script.read_back_takes, limit.deadline), limit.stop);
  if (!woken) co_return woken.error();
  if (script.read_back_error) co_return *script.read_back_error;
  ReadBackResult result = script.read_back;
  result.passes = request.passes;
  co_return result;
}

Result<std::vector<BreakerChange>> FakeWorld::breaker_changes(const std::string&, Instant since) const {
  std::vector<BreakerChange> changes;
  for (const BreakerChange& change : script.breakers)
    if (change.at >= since && change.at <= time.now()) changes.push_back(change);
  return changes;
}

Task<Result<std::vector<Residue>>> FakeWorld::residues(Limit) {
  if (auto error = fails_now("residues")) co_return *error;
  co_return script.residues;
}

/// A bad service takes no record and shows none.
Task<Result<Observation>> FakeWorld::write_canary(const Canary&, std::uint64_t number, Limit limit) {
  const auto woken = co_await time.sleep_until(time.now() + 5ms, limit.stop);
  if (!woken) co_return woken.error();
  if (good_) canary_records.insert(number);
  co_return Observation{good_, good_ ? "stored" : "refused"};
}

Task<Result<std::vector<std::uint64_t>>> FakeWorld::read_canary(const Canary&, std::uint64_t from, Limit limit) {
  const auto woken = co_await time.sleep_until(time.now() + 1ms, limit.stop);
  if (!woken) co_return woken.error();
  if (!good_) co_return unavailable("read_canary");
  co_return std::vector<std::uint64_t>{canary_records.lower_bound(from), canary_records.end()};
}

Task<Status> FakeWorld::notify(Communication communication, std::string, Limit limit) {
  calls.push_back("notify " + communication.audience);
  const auto answered =
      co_await time.sleep_until(std::min(time.now() + script.notify_takes, limit.deadline), limit.stop);
  if (!answered) co_return answered.error();
  if (time.now() >= limit.deadline) co_return fail(ErrorCode::kTimeout, "webhook: no answer");
  if (script.notify_error) co_return *script.notify_error;
  co_return ok();
}

}  // namespace blackstart::testing
