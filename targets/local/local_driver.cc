#include "targets/local/local_driver.h"

#include "base/text.h"
#include "targets/local/left_out.h"
#include "targets/local/start_order.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace blackstart {
namespace {

namespace fs = std::filesystem;
constexpr Duration kEndLimit = std::chrono::seconds{15};  // to clean up after a failure, whatever the caller's limit

BlockingLimit own_limit(Duration length) { return {std::chrono::steady_clock::now() + length, {}}; }

/// Members without a role that a local drill starts: there are no regions on one machine, so those of the primary one.
int members_here(const Target& target, const ServiceSpec& service) {
  for (const auto& [region, count] : service.replicas_by_region) {
    if (region == target.primary_region) return count;
  }
  return service.replicas;
}

ActionOutcome done(std::vector<std::string> parts) {
  ActionOutcome outcome;
  outcome.ok = true;
  outcome.detail = join(parts, "; ");
  return outcome;
}

}  // namespace

LocalDriver::LocalDriver(const Target& target, AddressBook& addresses, const Templates& templates, Shell& shell,
                         LocalOptions options)
    : target_(target), addresses_(addresses), templates_(templates), shell_(shell), options_(std::move(options)) {}

LocalDriver::~LocalDriver() {
  (void)tear_down(own_limit(kEndLimit));
}  // what it could not end, residues() shows before

std::vector<Error> LocalDriver::refusals(const Spec& spec) const {
  std::vector<Error> errors = needed_but_left_out(spec);
  if (const auto order = start_order(spec.target); !order) errors.push_back(order.error());
  return errors;
}

// ---- bring up, tear down ---------------------------------------------------------------------------------------

Status LocalDriver::make_folders() {
  for (const char* part : {"logs", "data"}) {
    std::error_code error;
    fs::create_directories(fs::path(options_.out_folder) / part, error);
    if (error) {
      return fail(ErrorCode::kIo,
                  fmt::format("the folder {}/{} cannot be made: {}", options_.out_folder, part, error.message()));
    }
  }
  return ok();
}

Result<std::vector<std::string>> LocalDriver::bring_up(UndoLog& undo_log, const BlockingLimit& limit) {
  undo_log_ = &undo_log;
  BS_TRY(undo_log.add({0, "folder", {{"path", data_folder()}, {"name", "the drill's data"}}, false, {}}));
  BS_TRY(make_folders());
  BS_ASSIGN(const std::vector<std::string> order, start_order(target_));
  ProcessHost::Options host{options_.tool, {options_.drill_id, &undo_log}, data_folder() + "/pipes"};
  BS_ASSIGN(host_, ProcessHost::start(std::move(host), templates_.secrets()));
  launcher_ = std::make_unique<Launcher>(
      *host_, templates_, addresses_, Launcher::Places{target_.folder, fs::path(options_.tool).parent_path().string()});
  std::vector<std::string> notes;
  for (const std::string& name : order) {
    if (const Status up = bring_up_service(*target_.find_service(name), notes, limit); !up) {
      (void)tear_down(own_limit(kEndLimit));  // the first error is the one to tell
      return up.error();
    }
  }
  return notes;
}

Status LocalDriver::bring_up_service(const ServiceSpec& service, std::vector<std::string>& notes,
                                     const BlockingLimit& limit) {
  if (left_out(target_, service)) {
    notes.push_back(service.name + ": left out, as nothing is started for it here");
    return ok();
  }
  if (runs_elsewhere(target_, service)) {
    BS_ASSIGN(const std::string url, templates_.fill_for_request(service.url));
    BS_ASSIGN(ServiceAddress address, address_of_url(url));
    addresses_.put(service.name, 1, {}, std::move(address));
    notes.push_back(fmt::format("{}: {} (runs already)", service.name, templates_.secrets().mask(url)));
    return ok();
  }
  std::vector<LocalMember*> fresh;
  for (const RoleCount& count : service.roles) {
    for (int i = 0; i < count.count; ++i) fresh.push_back(&add_member(service, count.role, count.region));
  }
  for (int i = 0; service.roles.empty() && i < members_here(target_, service); ++i)
    fresh.push_back(&add_member(service, {}, target_.primary_region));
  for (LocalMember* member : fresh) {
    BS_ASSIGN(const auto lock, operate(*member, limit));
    BS_TRY(start_locked(*member, limit));
    notes.push_back(fmt::format("{}: {}:{}", member->name(), member->host, member->port));
  }
  return ok();
}

LocalMember& LocalDriver::add_member(const ServiceSpec& service, const std::string& role, const std::string& region) {
  const std::lock_guard lock(mutex_);
  auto member = std::make_unique<LocalMember>();
  member->service = &service;
  member->part = target_.find_local(service.name);
  for (const auto& other : members_) {
    if (other->service != &service) continue;
    ++member->number;
    if (other->first_role == role) ++member->index;
  }
  ++member->number;
  member->first_role = role;
  member->set_role(role);
  member->region = region;
  member->folder = fmt::format("{}/{}", data_folder(), member->file_name());
  member->log_file = fmt::format("{}/logs/{}.log", options_.out_folder, member->file_name());
  members_.push_back(std::move(member));
  return *members_.back();
}

Status LocalDriver::tear_down(const BlockingLimit&) {
  if (undo_log_ == nullptr) return ok();
  const Status closed = host_ ? host_->close() : ok();
  launcher_.reset();
  host_.reset();
  std::error_code ignored;  // data that stays is no harm: it lies in the drill's own folder
  fs::remove_all(data_folder(), ignored);
  const Status marked = std::exchange(undo_log_, nullptr)->mark_done(0, "folder");
  return closed ? marked : closed;
}

// ---- members ---------------------------------------------------------------------------------------------------

Result<std::vector<LocalMember*>> LocalDriver::matching(const std::string& service, const std::string& role) const {
  if (target_.find_service(service) == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("the target {} has no service {}", target_.name, service));
  }
  const std::lock_guard lock(mutex_);
  std::vector<LocalMember*> found;
  for (const auto& member : members_) {
    if (member->service->name == service && (role.empty() || member->role() == role)) found.push_back(member.get());
  }
  return found;
}

Result<std::vector<LocalMember*>> LocalDriver::some_matching(const std::string& service,
                                                             const std::string& role) const {
  BS_ASSIGN(std::vector<LocalMember*> found, matching(service, role));
  if (!found.empty()) return found;
  if (runs_elsewhere(target_, *target_.find_service(service))) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{} was not started by this drill: it is never stopped, started or "
                            "changed by it; use an action `run` with your own command",
                            service));
  }
  return fail(ErrorCode::kNotFound, role.empty() ? fmt::format("{} has no member: the target is not up", service)
                                                 : fmt::format("no member of {} holds the role {} now", service, role));
}

bool LocalDriver::runs(const LocalMember& member) const {
  const auto process = member.process();
  return process && host_ && !host_->exit_of(*process) && is_running(*process);
}

Result<std::unique_lock<std::mutex>> LocalDriver::operate(LocalMember& member, const BlockingLimit& limit) const {
  std::unique_lock lock(member.operating, std::defer_lock);
  while (!lock.try_lock()) {
    BS_TRY(check_limit(limit, fmt::format("wait until {} is no longer being started or stopped", member.name())));
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  if (!host_) return fail(ErrorCode::kUnavailable, fmt::format("{}: the target is not up", member.name()));
  return lock;
}

Result<std::string> LocalDriver::start_locked(LocalMember& member, const BlockingLimit& limit) {
  if (runs(member)) return "ran already";
  const auto spawned = [&](const CellProcess& process) {
    member.set_process(process.id);
    member.wanted = true;
    {
      const std::lock_guard lock(mutex_);
      ever_started_.push_back({process.id, &member});
    }
    tell_started(member);
  };
  BS_TRY(launcher_->start(member, spawned, limit));
  return "started";
}

Status LocalDriver::end_locked(LocalMember& member, const BlockingLimit& limit) {
  member.wanted = false;
  return launcher_->end(member, limit);
}

// ---- actions on whole members ----------------------------------------------------------------------------------

Result<ActionOutcome> LocalDriver::start(const std::string& service, const std::string& role,
                                         const BlockingLimit& limit) {
  BS_ASSIGN(const auto found, some_matching(service, role));
  std::vector<std::string> parts;
  for (LocalMember* member : found) {
    BS_ASSIGN(const auto lock, operate(*member, limit));
    BS_ASSIGN(const std::string how, start_locked(*member, limit));
    parts.push_back(fmt::format("{} {}", member->name(), how));
  }
  return done(std::move(parts));
}

Result<ActionOutcome> LocalDriver::stop(const std::string& service, const std::string& role,
                                        const BlockingLimit& limit) {
  BS_ASSIGN(const auto found, some_matching(service, role));
  std::vector<std::string> parts;
  for (LocalMember* member : found) {
    BS_ASSIGN(const auto lock, operate(*member, limit));
    const bool ran = runs(*member);
    BS_TRY(end_locked(*member, limit));
    parts.push_back(fmt::format("{} {}", member->name(), ran ? "stopped" : "was not running"));
  }
  return done(std::move(parts));
}

Result<ActionOutcome> LocalDriver::restart(const std::string& service, const std::string& role,
                                           const BlockingLimit& limit) {
  BS_ASSIGN(const auto found, some_matching(service, role));
  std::vector<std::string> parts;
  for (LocalMember* member : found) {
    BS_ASSIGN(const auto lock, operate(*member, limit));
    const bool ran = runs(*member);
    BS_TRY(end_locked(*member, limit));
    BS_ASSIGN(const std::string how, start_locked(*member, limit));
    parts.push_back(fmt::format("{} {} and ready", member->name(), ran ? "restarted" : how));
  }
  return done(std::move(parts));
}

Result<ActionOutcome> LocalDriver::scale(const std::string& service, int to, const BlockingLimit& limit) {
  BS_ASSIGN(std::vector<LocalMember*> found, some_matching(service, {}));
  const ServiceSpec& spec = *found.front()->service;
  if (!spec.roles.empty() && to > static_cast<int>(found.size())) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("{} has members with roles: it can be scaled up to its {} members, not to {}; rebuild adds a "
                    "member in a role",
                    service, found.size(), to));
  }
  while (static_cast<int>(found.size()) < to) found.push_back(&add_member(spec, {}, {}));
  for (int i = 0; i < static_cast<int>(found.size()); ++i) {
    LocalMember& member = *found[static_cast<std::size_t>(i)];
    BS_ASSIGN(const auto lock, operate(member, limit));
    if (i >= to) {
      BS_TRY(end_locked(member, limit));
    } else {
      BS_TRY(start_locked(member, limit));
    }
  }
  return done({fmt::format("{} runs with {} member{}", service, to, to == 1 ? "" : "s")});
}

// ---- observations ----------------------------------------------------------------------------------------------

bool LocalDriver::looks_good(const LocalMember& member, Look look, const BlockingLimit& limit,
                             std::string& detail) const {
  const auto process = member.process();
  if (!process || !runs(member)) {
    const auto ended = process && host_ ? host_->exit_of(*process) : std::nullopt;
    detail = member.name() + (ended ? " has ended (" + ended->to_string() + ")" : " does not run");
    return false;
  }
  detail = fmt::format("{} runs as process {}", member.name(), process->pid);
  if (look == Look::kProcess) return true;
  const BlockingLimit brief = at_most(limit, std::chrono::seconds{2});
  const Status seen =
      look == Look::kReady ? launcher_->ready(member, brief) : tcp_reach(member.host, member.port, brief);
  detail += !seen                 ? ", but " + seen.error().message
            : look == Look::kPort ? fmt::format(", port {} accepts", member.port)
                                  : ", ready";
  return seen.has_value();
}

Result<ServiceState> LocalDriver::state(const std::string& service, const std::string& role, Look look,
                                        const BlockingLimit& limit) {
  BS_ASSIGN(const auto found, matching(service, role));
  if (found.empty() && !runs_elsewhere(target_, *target_.find_service(service))) {
    return ServiceState{
        0, 0,
        role.empty() ? service + " has no member" : fmt::format("no member of {} holds the role {}", service, role)};
  }
  ServiceState state;
  std::vector<std::string> parts;
  for (const LocalMember* member : found) {
    if (member->replaced()) continue;
    ++state.members;
    parts.emplace_back();
    state.good += looks_good(*member, look, limit, parts.back()) ? 1 : 0;
  }
  if (found.empty()) {
    const auto address = addresses_.find(service);
    if (!address) return fail(ErrorCode::kUnavailable, service + ": the target is not up");
    const Status seen = tcp_reach(address->host, address->port, at_most(limit, std::chrono::seconds{2}));
    state = {1, seen ? 1 : 0, {}};
    parts.push_back(seen ? fmt::format("{} accepts at {}:{}", service, address->host, address->port)
                         : seen.error().message);
  }
  state.detail = join(parts, "; ");
  return state;
}

std::vector<Residue> LocalDriver::residues() {
  std::vector<Residue> left;
  if (host_) return left;  // what still stands is meant to
  const std::lock_guard lock(mutex_);
  for (const auto& [id, member] : ever_started_) {
    if (!is_running(id)) continue;
    left.push_back({fmt::format("process {} ({}) still runs after the drill", id.pid, member->name()),
                    fmt::format("kill -9 {}", id.pid)});
  }
  return left;
}

}  // namespace blackstart
