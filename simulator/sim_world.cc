#include "simulator/sim_world.h"

#include "base/check.h"
#include "load/replay.h"
#include "rehearsal/modelled_people.h"
#include "simulator/sim_actions.h"
#include "simulator/sim_canaries.h"
#include "simulator/sim_faults.h"
#include "simulator/sim_people.h"
#include "simulator/sim_probes.h"
#include "simulator/sim_refusals.h"
#include "simulator/sim_state.h"
#include "simulator/upkeep.h"
#include "simulator/watcher_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace blackstart {
namespace {

constexpr Duration kSealEvery = std::chrono::milliseconds{100};
constexpr Duration kReadBackBase = std::chrono::milliseconds{200};
constexpr std::uint64_t kReadBackPerSecond = 1'000'000;  // copies
constexpr std::uint32_t kClients = 0xffffffff;           // of kExpired: the clients' own lane
constexpr double kPlenty = 1e12;                         // of whatever a stop condition of the host asks for

Expectation::State state_of(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::kOpen:
      return Expectation::State::kOpen;
    case CircuitBreaker::State::kHalfOpen:
      return Expectation::State::kHalfOpen;
    case CircuitBreaker::State::kClosed:
      break;
  }
  return Expectation::State::kClosed;
}

/// Whoever of the front answers, in the active region first; the first of all where nobody does.
MemberIndex asked_front(const SimState& state) {
  const Service& service = state.model.service(state.model.front());
  MemberIndex well = kNoMember;
  for (const MemberIndex index : service.members) {
    if (!health_of(state, index).ok) continue;
    if (state.model.member(index).region == service.active_region) return index;
    if (well == kNoMember) well = index;
  }
  return well == kNoMember ? service.members.front() : well;
}

}  // namespace

struct SimWorld::Parts {
  explicit Parts(SimState& state)
      : faults(state), people_model(state), people(state.plan.spec.scenario, state.clock, people_model) {}
  SimFaults faults;
  SimPeople people_model;
  ModelledPeople people;
  bool sealing = false;
  bool foresees = true, tells_watchers = true;
  std::optional<WatcherGroups> watchers;
  ServiceOutages outages;
  TrafficListener* listener = nullptr;
  Instant traffic_start;
  std::uint64_t acknowledged_before = 0;
  std::vector<std::pair<std::uint64_t, BidEvent>> together;  // of the instant in hand
};

SimWorld::SimWorld(SimOptions options)
    : state_(std::make_unique<SimState>(std::move(options.plan), options.start)),
      parts_(std::make_unique<Parts>(*state_)) {
  parts_->foresees = options.foresees;
  parts_->tells_watchers = options.tells_watchers;
}

SimWorld::~SimWorld() = default;

Clock& SimWorld::clock() { return state_->clock; }

// ---- the loop ----

void SimWorld::run_events(const std::function<bool()>& done, const std::function<void()>& between) {
  while (!done()) {
    run_bids();
    BS_CHECK_MESSAGE(state_->clock.next() != kNever, "nothing is left to happen, and the drill has not ended");
    state_->clock.run_next();
    if (between) between();
  }
}

/// Every event of the bids before the next control event.
void SimWorld::run_bids() {
  SimState& state = *state_;
  if (!state.clients) return;
  while (true) {
    const std::int64_t arrival = state.clients->next_arrival_ns();
    const std::int64_t event = state.events.next_ns();
    const std::int64_t next = std::min(arrival, event);
    const std::int64_t control = to_ns(state.clock.next());
    if (next >= control) return state.clients->catch_up(control);
    state.clock.advance(instant_from_ns(next));
    if (arrival <= event) {
      state.clients->arrive();
      continue;
    }
    const BidEvent due = state.events.pop();
    if (state.events.is_due(event)) [[unlikely]]
      run_together(due, event);
    else
      run_bid(due, std::min(arrival, control));
  }
}

/// All that falls on one instant, in the order of CallFlow::rank(), however each came to be scheduled: what is
/// scheduled for it meanwhile, too.
void SimWorld::run_together(const BidEvent& first, std::int64_t at_ns) {
  SimState& state = *state_;
  auto& together = parts_->together;
  together.assign(1, {state.flow->rank(first), first});
  for (std::size_t next = 0; next < together.size(); ++next) {
    if (state.events.is_due(at_ns)) {
      while (state.events.is_due(at_ns)) {
        const BidEvent due = state.events.pop();
        together.emplace_back(state.flow->rank(due), due);
      }
      std::ranges::stable_sort(together.begin() + static_cast<std::ptrdiff_t>(next), together.end(), {},
                               &std::pair<std::uint64_t, BidEvent>::first);
    }
    run_bid(BidEvent{together[next].second}, at_ns);
  }
}

/// Nothing but the bids' events happens before `quiet_until_ns`.
void SimWorld::run_bid(const BidEvent& due, std::int64_t quiet_until_ns) {
  const bool own =
      due.kind() == BidEvent::Kind::kRetry || (due.kind() == BidEvent::Kind::kExpired && due.index == kClients);
  if (own)
    state_->clients->handle(due);
  else
    state_->flow->handle(due, quiet_until_ns);
}

PeopleModel* SimWorld::people_model() { return &parts_->people_model; }

People* SimWorld::people() { return &parts_->people; }

std::uint64_t SimWorld::bid_events() const { return state_->events.pushed() + foreseen_events(); }

std::uint64_t SimWorld::foreseen_events() const { return state_->flow ? state_->flow->events_foreseen() : 0; }

std::vector<ServedCalls> SimWorld::served() const {
  BS_CHECK(state_->flow);
  return state_->flow->served();
}

std::vector<ServiceOutage> SimWorld::services_out() const { return parts_->outages.found(); }

// ---- the system under drill ----

std::vector<Error> SimWorld::refusals(const Spec& spec) const {
  auto errors = find_sim_refusals(spec);
  const auto look = [&](const std::vector<ProbeRule>& rules) {
    for (const auto& rule : rules) {
      const Status understood = probe_is_understood(*state_, rule.probe);
      if (!understood)
        errors.push_back(fail(ErrorCode::kUnsupported, understood.error().message, rule.where.to_string()));
    }
  };
  look(spec.scenario.detection);
  if (spec.scenario.steady_state) look(spec.scenario.steady_state->probes);
  for (const Canary& canary : spec.scenario.canaries)
    if (const Status understood = canary_is_understood(*state_, canary); !understood)
      errors.push_back(understood.error());
  return errors;
}

Task<Result<TargetUp>> SimWorld::bring_up(Limit) {
  TargetUp up;
  for (const auto& service : state_->model.services()) {
    const std::string url = "http://" + service.spec->name + ".sim";
    up.values["services." + service.spec->name + ".url"] = url;
    up.notes.push_back(fmt::format("{}: {} member{}", service.spec->name, service.members.size(),
                                   service.members.size() == 1 ? "" : "s"));
  }
  co_return up;
}

Task<Status> SimWorld::tear_down(Limit) { co_return ok(); }

// ---- traffic ----

Task<Status> SimWorld::start(TrafficRequest request, TrafficListener& listener, Limit) {
  SimState& state = *state_;
  const Scenario& scenario = state.plan.spec.scenario;
  BidClients::Config config;
  config.seed = request.seed;
  config.load = scenario.load.bids;
  config.service_level = scenario.objectives.service_level;
  config.bin_length = state.plan.bin_length;
  config.start = request.start;
  state.history.begin(request.start);
  mark_backups(request.start);
  state.clients = std::make_unique<BidClients>(std::move(config), state.clock, state.events, state.history, listener);
  state.flow = std::make_unique<CallFlow>(
      CallFlow::Config{request.seed, to_ns(scenario.load.bids.timeout), state.clients->rate_most(), parts_->foresees},
      state.model, state.clock, state.events, state.resolver, *state.clients);
  state.clients->connect(*state.flow);
  parts_->sealing = true;
  parts_->listener = &listener;
  parts_->traffic_start = request.start;
  if (scenario.load.watchers > 0 && parts_->tells_watchers) parts_->watchers.emplace(scenario.load, request.seed);
  seal_again();
  sample_again();
  begin_upkeep(state);
  co_return ok();
}

/// Backups' instants may become what a restore goes back to.
void SimWorld::mark_backups(Instant after) {
  constexpr Duration kAhead = std::chrono::minutes{1};
  for (const auto& [name, backups] : state_->backups)
    for (const Instant at : backups.taken(after, after + kAhead)) state_->history.may_fork_at(at);
  state_->clock.post_at(after + kAhead, [this, next = after + kAhead] {
    if (parts_->sealing) mark_backups(next);
  });
}

void SimWorld::seal_again() {
  state_->clock.post_at(state_->now() + kSealEvery, [this] {
    if (!parts_->sealing) return;
    state_->clients->seal();
    seal_again();
  });
}

void SimWorld::sample_again() {
  state_->metrics.sample();
  state_->consumers.look();
  parts_->outages.look(*state_, SimMetrics::kEvery);
  tell_watchers();
  state_->clock.post_at(state_->now() + SimMetrics::kEvery, [this] {
    if (parts_->sealing) sample_again();
  });
}

/// Of the second that has just passed.
void SimWorld::tell_watchers() {
  if (!parts_->watchers || state_->now() < parts_->traffic_start + SimMetrics::kEvery) return;
  const std::uint64_t total = state_->consumers.written();
  const std::uint64_t acknowledged = total - std::exchange(parts_->acknowledged_before, total);
  const auto& target = state_->plan.spec.target;
  const ServiceIndex teller = state_->model.find(target.load.watch).value_or(state_->model.front());
  parts_->listener->on_notifications(parts_->watchers->second(state_->model, teller, state_->now() - SimMetrics::kEvery,
                                                              acknowledged, state_->consumers.behind(teller)));
}

Task<Result<TrafficEnd>> SimWorld::stop(Limit limit) {
  if (!state_->clients) co_return fail(ErrorCode::kInvalid, "no traffic was started");
  state_->clients->end();
  while (true) {
    state_->clients->seal();
    if (state_->clients->finished()) break;
    Limit own = limit;
    const Status passed = co_await pass(state_.get(), kSealEvery, std::move(own));
    if (!passed) co_return passed.error();
  }
  parts_->sealing = state_->upkeep = false;
  const auto counts = state_->flow->conservation();
  BS_CHECK(counts.begun == counts.done + counts.refused + counts.lost + counts.in_flight);
  co_return state_->clients->totals();
}

// ---- faults ----

Task<Result<Injection>> SimWorld::inject(FaultRequest request, std::function<void()> armed, Limit limit) {
  const Status ready = parts_->faults.arm(request);
  if (!ready) co_return ready.error();
  armed();
  const auto woken = co_await state_->clock.sleep_until(request.act_at, limit.stop);
  if (!woken) co_return woken.error();
  Injection injection;
  injection.id = request.id;
  injection.acted = injection.effective = state_->now();
  if (request.cuts_bins && state_->clients) state_->clients->cut_bins(state_->now());
  state_->history.split_at(state_->now());
  const auto act = parts_->faults.act(request.id);
  if (!act) co_return act.error();
  if (act->lasts > Duration{}) (void)co_await state_->clock.sleep_until(state_->now() + act->lasts, {});
  injection.effective = state_->now();
  state_->history.effective_at(state_->now());
  injection.proven = true;
  injection.proof = act->proof;
  co_return injection;
}

Task<Result<Healing>> SimWorld::heal(std::uint64_t id, Limit limit) {
  const auto proof = co_await parts_->faults.heal(id, std::move(limit));
  if (!proof) co_return proof.error();
  co_return Healing{state_->now(), true, *proof};
}

Task<Result<std::vector<Residue>>> SimWorld::residues(Limit) {
  std::vector<Residue> found;
  for (const auto& name : parts_->faults.left())
    found.push_back({"fault \"" + name + "\" still acts", "nothing: the virtual world ends with the drill"});
  co_return found;
}

// ---- recovery, probes ----

Result<std::vector<BreakerChange>> SimWorld::breaker_changes(const std::string& service, Instant since) const {
  const auto behind = state_->model.find(service);
  std::vector<BreakerChange> changes;
  if (!behind || !state_->flow) return changes;
  const auto& turns = state_->flow->breaker_turns();
  const auto first = std::ranges::lower_bound(turns, since, {}, &CallFlow::BreakerTurn::at);
  for (auto turn = first; turn != turns.end(); ++turn)
    if (turn->service == *behind)
      changes.push_back({turn->at, state_->model.name_of(turn->caller), state_of(turn->state)});
  return changes;
}

Task<Result<ActionOutcome>> SimWorld::perform(Call action, std::string, Limit limit) {
  SimAction work{state_.get(), std::move(action), std::move(limit), std::nullopt};
  co_return co_await run_sim_action(std::move(work));
}

Task<Result<Observation>> SimWorld::probe(const Call& probe, Limit limit) {
  return run_sim_probe(state_.get(), probe, std::move(limit));
}

Task<Result<Observation>> SimWorld::check(const Call& check, Limit limit) {
  return run_sim_probe(state_.get(), check, std::move(limit));
}

/// Reads what the store that the bids go to holds now.
Task<Result<ReadBackResult>> SimWorld::read_back(ReadBackRequest request, Limit limit) {
  SimState& state = *state_;
  if (!state.clients) co_return fail(ErrorCode::kInvalid, "nothing can be read back: no traffic was started");
  const auto passes = static_cast<std::uint64_t>(request.passes);
  const Duration time =
      kReadBackBase + from_seconds(static_cast<double>(state.history.copies() * passes) / kReadBackPerSecond);
  Limit own = limit;
  const Status passed = co_await pass(&state, time, std::move(own));
  ReadBackResult result;
  result.passes = request.passes;
  if (!passed && passed.error().code == ErrorCode::kCancelled) co_return passed.error();
  const MemberIndex front = asked_front(state);
  const MemberIndex store = state.model.service(state.model.keeper()).by_role
                                ? state.model.address(state.model.writer(), state.model.keeper())
                                : state.model.service(state.model.keeper()).members.front();
  const Observation health = health_of(state, front);
  if (!passed)
    result.why_incomplete = "there was no time to read everything";
  else if (store == kNoMember || !health.ok)
    result.why_incomplete = health.detail;
  else
    result = state.history.read(state.model.member(store).timeline, request, state.clients->open_bids());
  if (result.complete && request.acknowledged_before == kNever) state.clients->check_accounts(result);
  co_return result;
}

Task<Result<Observation>> SimWorld::write_canary(const Canary& canary, std::uint64_t number, Limit limit) {
  return write_sim_canary(state_.get(), canary, number, std::move(limit));
}

Task<Result<std::vector<std::uint64_t>>> SimWorld::read_canary(const Canary& canary, std::uint64_t from, Limit limit) {
  return read_sim_canary(state_.get(), canary, from, std::move(limit));
}

Task<Result<Observation>> SimWorld::protection(Limit) { co_return protection_of(*state_); }

HostFigures SimWorld::host_figures() {
  return {{"host.disk_free", kPlenty}, {"host.memory_free", kPlenty}, {"host.load", 0}};
}

/// Of every stream that lasts as long as the drill; a backup's own is made anew whenever it is asked for.
std::map<std::string, std::uint64_t> SimWorld::next_draws() const {
  std::map<std::string, std::uint64_t> next;
  const auto add = [&next](const std::string& name, RandomStream copy) { next[name] = copy.next(); };
  state_->visit_streams(add);
  if (parts_->watchers) add("watchers", parts_->watchers->random());
  return next;
}

Task<Status> SimWorld::notify(Communication, std::string, Limit) { co_return ok(); }

Result<std::string> SimWorld::fill_text(const std::string& text) const { return state_->fill_text(text); }

void SimWorld::remember_output(const std::string& step, const std::string& output) { state_->outputs[step] = output; }

}  // namespace blackstart
