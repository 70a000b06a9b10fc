#include "targets/live_world.h"

#include "base/check.h"
#include "base/text.h"
#include "targets/actions.h"
#include "targets/external/external_driver.h"
#include "targets/host_figures.h"
#include "targets/live_canaries.h"
#include "targets/live_faults.h"
#include "targets/live_loop.h"
#include "targets/live_traffic.h"
#include "targets/local/local_driver.h"
#include "targets/probes.h"
#include "targets/refusals.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <future>
#include <utility>

#include <fmt/format.h>

namespace blackstart {
namespace {

constexpr std::size_t kOutputMax = 64u << 10;  // of a command, as far as it is journalled
constexpr std::array<std::string_view, 2> kDrivers = {"local", "external"};

Templates::Extra facts_of(const Plan& plan) {
  return {{"title", plan.spec.scenario.title}, {"drill.id", plan.drill_id}, {"target", plan.spec.target.name}};
}

std::int64_t unix_ns_of(std::chrono::steady_clock::time_point origin) {
  const auto ago = std::chrono::steady_clock::now() - origin;
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count() - Duration(ago).count();
}

}  // namespace

Result<std::string> choose_driver(const Target& target, const std::string& wanted) {
  const auto can = [](const std::string& driver) { return std::ranges::find(kDrivers, driver) != kDrivers.end(); };
  const std::string offered = target.drivers.empty() ? "none" : join(target.drivers, ", ");
  if (!wanted.empty()) {
    const bool there = std::ranges::find(target.drivers, wanted) != target.drivers.end();
    if (there && can(wanted)) return wanted;
    return fail(
        ErrorCode::kUnsupported,
        there ? fmt::format("driver {} is not part of this version: it can do local and external; target {} has {}",
                            wanted, target.name, offered)
              : fmt::format("target {} has no driver {}; it has {}", target.name, wanted, offered));
  }
  for (const std::string& driver : target.drivers) {
    if (can(driver)) return driver;
  }
  return fail(
      ErrorCode::kUnsupported,
      fmt::format("target {} has no driver that this version can do: it has {}, and local and external can be done",
                  target.name, offered));
}

struct LiveWorld::State {
  explicit State(LiveOptions given)
      : options(std::move(given)),
        log_folder(options.out_folder + "/logs"),
        secrets(options.plan.spec),
        templates(addresses, secrets, facts_of(options.plan)),
        shell(templates, options.plan.spec.scenario.folder),
        traffic(options.plan, templates, addresses, options.origin, options.out_folder),
        loop(options.origin) {}

  const LiveOptions options;
  const std::string log_folder;
  const Secrets secrets;
  AddressBook addresses;
  Templates templates;
  Shell shell;
  std::unique_ptr<Driver> driver;
  std::unique_ptr<LiveFaults> faults;
  LiveTraffic traffic;
  // After what its workers use: it ends first, when all of that still stands.
  LiveLoop loop;

  [[nodiscard]] const Spec& spec() const { return options.plan.spec; }
  [[nodiscard]] ProbeContext probing() { return {spec().target, *driver, addresses, templates, shell}; }

  /// The same, with a masked message where it is an Error.
  template <class T>
  [[nodiscard]] Result<T> masked(Result<T> result) const {
    if (result) return result;
    Error error = result.error();
    error.message = secrets.mask(error.message);
    return error;
  }
  [[nodiscard]] Result<Observation> masked_detail(Result<Observation> observed) const {
    observed = masked(std::move(observed));
    if (observed) observed->detail = printable(secrets.mask(observed->detail));
    return observed;
  }
  [[nodiscard]] Result<TargetUp> bring_up(const BlockingLimit& limit);
  Status tear_down(const BlockingLimit& limit);
};

Result<TargetUp> LiveWorld::State::bring_up(const BlockingLimit& limit) {
  std::error_code error;
  std::filesystem::create_directories(log_folder, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("the folder {} cannot be made: {}", log_folder, error.message()));
  if (const auto missing = secrets.missing(); !missing.empty()) return missing.front();
  BS_TRY(faults->open());
  shell.set_undo_log(&faults->undo_log());
  BS_ASSIGN(std::vector<std::string> notes, driver->bring_up(faults->undo_log(), limit));
  TargetUp up;
  up.values = addresses.values();
  for (auto& [name, value] : up.values) value = secrets.mask(value);
  up.notes = std::move(notes);
  return up;
}

Status LiveWorld::State::tear_down(const BlockingLimit& limit) {
  (void)traffic.stop();  // stopped by now, except after a failure that is told already
  const Status down = driver->tear_down(limit);
  shell.set_undo_log(nullptr);
  const Status closed = faults->close();
  return down ? closed : down;
}

LiveWorld::LiveWorld(std::unique_ptr<State> state) : state_(std::move(state)) {}

LiveWorld::~LiveWorld() {
  const BlockingLimit limit{std::chrono::steady_clock::now() + std::chrono::seconds{15}, {}};
  (void)state_->tear_down(limit);  // idempotent: after a whole drill there is nothing left to do
}

Result<std::unique_ptr<LiveWorld>> LiveWorld::create(LiveOptions options) {
  // Members start in folders of their own: what they are given has to mean the same from there.
  options.out_folder = std::filesystem::absolute(options.out_folder).string();
  options.tool = std::filesystem::absolute(options.tool).string();
  auto state = std::make_unique<State>(std::move(options));
  const LiveOptions& given = state->options;
  const Target& target = state->spec().target;
  if (given.driver == "local") {
    LocalOptions local{given.tool, given.plan.drill_id, given.out_folder, unix_ns_of(given.origin)};
    state->driver =
        std::make_unique<LocalDriver>(target, state->addresses, state->templates, state->shell, std::move(local));
  } else if (given.driver == "external") {
    state->driver = std::make_unique<ExternalDriver>(target, state->addresses, state->templates);
  } else {
    return fail(ErrorCode::kUnsupported,
                fmt::format("driver {} is not part of this version; it can do local and external", given.driver));
  }
  state->faults = std::make_unique<LiveFaults>(
      *state->driver, LiveFaults::Options{given.tool, given.plan.drill_id, state->spec().scenario.folder,
                                          state->log_folder, given.origin});
  return std::unique_ptr<LiveWorld>(new LiveWorld(std::move(state)));
}

void LiveWorld::run_until_finished(const std::function<void(std::function<void()>)>& start) { state_->loop.run(start); }
void LiveWorld::post(std::function<void()> action) { state_->loop.post(std::move(action)); }
void LiveWorld::on_signals(std::function<void(int)> handler) { state_->loop.on_signals(std::move(handler)); }
Clock& LiveWorld::clock() { return state_->loop; }
std::string LiveWorld::driver() const { return state_->driver->name(); }
Task<Result<Observation>> LiveWorld::write_canary(const Canary& canary, std::uint64_t number, Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop([=, now = clock().wall(), until = state->loop.blocking(limit)] {
    return write_canary_by_command(state->probing().shell, canary, number, now, until);
  });
}

Task<Result<std::vector<std::uint64_t>>> LiveWorld::read_canary(const Canary& canary, std::uint64_t from, Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop([=, until = state->loop.blocking(limit)] {
    return read_canary_by_command(state->probing().shell, canary, from, until);
  });
}

HostFigures LiveWorld::host_figures() { return read_host_figures(state_->options.out_folder); }

Result<std::string> LiveWorld::fill_text(const std::string& text) const {
  return state_->templates.fill_for_people(text);
}

void LiveWorld::remember_output(const std::string& step, const std::string& output) {
  state_->templates.remember_output(step, output);
}

std::vector<Error> LiveWorld::refusals(const Spec& spec) const {
  std::vector<Error> errors = live_refusals(spec, state_->faults->registry());
  for (Error& error : state_->driver->refusals(spec)) errors.push_back(std::move(error));
  for (Error& error : state_->secrets.missing()) errors.push_back(std::move(error));
  return errors;
}

// ---- operations: each hands a blocking call to a worker, which masks what comes of it ---------------------------

Task<Result<TargetUp>> LiveWorld::bring_up(Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop(
      [state, until = state->loop.blocking(limit)] { return state->masked(state->bring_up(until)); });
}

Task<Status> LiveWorld::tear_down(Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop(
      [state, until = state->loop.blocking(limit)] { return state->masked(state->tear_down(until)); });
}

Task<Status> LiveWorld::start(TrafficRequest request, TrafficListener& listener, Limit limit) {
  State* const state = state_.get();
  TrafficListener* const told = &listener;
  const auto intervals = [state, told](TrafficInterval interval) {
    auto kept = std::make_shared<const TrafficInterval>(std::move(interval));
    state->loop.post([told, kept] { told->on_interval(*kept); });
  };
  const auto notifications = [state, told](NotificationInterval interval) {
    auto kept = std::make_shared<const NotificationInterval>(std::move(interval));
    state->loop.post([told, kept] { told->on_notifications(*kept); });
  };
  return state->loop.off_loop([=, until = state->loop.blocking(limit)]() -> Status {
    BS_TRY(check_limit(until, "start the traffic"));
    return state->masked(state->traffic.start(request, intervals, notifications));
  });
}

Task<Result<TrafficEnd>> LiveWorld::stop(Limit) {
  State* const state = state_.get();
  // No limit: settling takes at most the bids' time-out, and an early end would lose what it is for. Intervals are
  // posted before this answer, so the listener has them all when it comes.
  return state->loop.off_loop([state] { return state->masked(state->traffic.stop()); });
}

Task<Result<Injection>> LiveWorld::inject(FaultRequest request, std::function<void()> armed, Limit limit) {
  State* const state = state_.get();
  // The worker goes on only after the loop has run `armed`, which writes the announcement of the act.
  const auto announce = [state, armed = std::move(armed)] {
    const auto told = std::make_shared<std::promise<void>>();
    state->loop.post([armed, told] {
      armed();
      told->set_value();
    });
    told->get_future().wait();
  };
  const auto cut = [state](Instant at) { state->traffic.cut_bins(at); };
  return state->loop.off_loop([=, until = state->loop.blocking(limit)]() -> Result<Injection> {
    auto injection = state->masked(state->faults->inject(request, announce, cut, until));
    if (injection) injection->proof = printable(state->secrets.mask(injection->proof));
    return injection;
  });
}

Task<Result<Healing>> LiveWorld::heal(std::uint64_t id, Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop([state, id, until = state->loop.blocking(limit)]() -> Result<Healing> {
    auto healing = state->masked(state->faults->heal(id, until));
    if (healing) healing->proof = printable(state->secrets.mask(healing->proof));
    return healing;
  });
}

Task<Result<ActionOutcome>> LiveWorld::perform(Call action, std::string step_title, Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop([=, until = state->loop.blocking(limit)]() -> Result<ActionOutcome> {
    const ActionContext context{*state->driver, state->templates, state->shell, state->log_folder};
    auto outcome = state->masked(run_action(context, action, step_title, until));
    if (!outcome) return outcome;
    outcome->detail = printable(state->secrets.mask(outcome->detail));
    outcome->output = printable(state->secrets.mask(outcome->output)).substr(0, kOutputMax);
    return outcome;
  });
}

Task<Result<Observation>> LiveWorld::probe(const Call& probe, Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop([=, until = state->loop.blocking(limit)] {
    return state->masked_detail(run_probe(state->probing(), probe, until));
  });
}

Task<Result<Observation>> LiveWorld::check(const Call& check, Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop([=, until = state->loop.blocking(limit)] {
    return state->masked_detail(run_check(state->probing(), check, until));
  });
}

Task<Result<ReadBackResult>> LiveWorld::read_back(ReadBackRequest request, Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop([=, until = state->loop.blocking(limit)]() -> Result<ReadBackResult> {
    auto result = state->masked(state->traffic.read_back(request, until));
    if (result) result->why_incomplete = printable(state->secrets.mask(result->why_incomplete));
    return result;
  });
}

Task<Result<std::vector<Residue>>> LiveWorld::residues(Limit) {
  State* const state = state_.get();
  return state->loop.off_loop([state]() -> Result<std::vector<Residue>> {  // looks, and waits for nothing
    std::vector<Residue> found = state->faults->residues();
    for (Residue& residue : state->driver->residues()) found.push_back(std::move(residue));
    return found;
  });
}

Task<Status> LiveWorld::notify(Communication communication, std::string text, Limit limit) {
  State* const state = state_.get();
  return state->loop.off_loop([=, until = state->loop.blocking(limit)]() -> Status {
    if (communication.webhook.empty()) return ok();
    return state->masked(post_notice(state->templates, communication.webhook, communication.audience,
                                     communication.channel, text, until));
  });
}

}  // namespace blackstart
