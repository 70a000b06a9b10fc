#include "targets/external/external_driver.h"

#include "base/text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace blackstart {
namespace {

constexpr Duration kReachLimit = std::chrono::seconds{5};
constexpr std::array<std::string_view, 7> kOwnActions = {"start",   "stop",    "restart", "scale",
                                                         "promote", "repoint", "rebuild"};

Error not_ours(std::string_view act) {
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: with driver external the system runs already, and the drill starts, stops and changes "
                          "nothing of it; use `run` with your own command, or a driver that runs the system",
                          act));
}

bool is_own(const Call& action) { return std::ranges::find(kOwnActions, action.word) != kOwnActions.end(); }

void refuse_steps(const std::vector<Step>& steps, std::vector<Error>& errors) {
  for (const Step& step : steps) {
    if (step.action && is_own(*step.action)) {
      Error error = not_ours("action " + step.action->word);
      error.context = step.action->where.to_string();
      errors.push_back(std::move(error));
    }
    for (const auto* nested : {&step.together, &step.options, &step.otherwise}) refuse_steps(*nested, errors);
  }
}

}  // namespace

ExternalDriver::ExternalDriver(const Target& target, AddressBook& addresses, const Templates& templates)
    : target_(target), addresses_(addresses), templates_(templates) {}

std::vector<Error> ExternalDriver::refusals(const Spec& spec) const {
  std::vector<Error> errors;
  for (const FaultSpec& fault : spec.scenario.faults) {
    if (fault.kind.word == "run") continue;
    Error error = not_ours(fmt::format("fault \"{}\" ({})", fault.name, fault.kind.word));
    error.context = fault.where.to_string();
    errors.push_back(std::move(error));
  }
  if (spec.scenario.recovery) refuse_steps(spec.scenario.recovery->steps, errors);
  for (const ValidationCheck& check : spec.scenario.validation) refuse_steps(check.otherwise, errors);
  const bool any_url =
      std::ranges::any_of(spec.target.services, [](const ServiceSpec& one) { return !one.url.empty(); });
  if (!any_url && spec.target.load.protocol_bids) {
    errors.push_back(
        fail(ErrorCode::kInvalid,
             fmt::format("target {}: with driver external a service is its url, and none has one; add `url:` "
                         "to the services",
                         spec.target.name),
             spec.target.file));
  }
  return errors;
}

Result<std::vector<std::string>> ExternalDriver::bring_up(UndoLog&, const BlockingLimit& limit) {
  std::vector<std::string> notes, unreachable;
  for (const ServiceSpec& service : target_.services) {
    if (service.url.empty()) continue;
    BS_ASSIGN(const std::string url, templates_.fill_for_request(service.url));
    auto address = address_of_url(url);
    if (!address) return fail(ErrorCode::kInvalid, address.error().message, "service " + service.name);
    const Status reached = tcp_reach(address->host, address->port, at_most(limit, kReachLimit));
    if (!reached && reached.error().code == ErrorCode::kCancelled) return reached.error();
    if (!reached) unreachable.push_back(fmt::format("{} ({})", service.name, reached.error().message));
    notes.push_back(fmt::format("{}: {}", service.name, templates_.secrets().mask(url)));
    addresses_.put(service.name, 1, {}, std::move(*address));
  }
  if (unreachable.empty()) return notes;
  return fail(
      ErrorCode::kUnavailable,
      fmt::format("the target {} cannot be reached: {}; driver external starts nothing: start the system first, or "
                  "correct the urls",
                  target_.name, join(unreachable, "; ")));
}

Status ExternalDriver::tear_down(const BlockingLimit&) { return ok(); }

Result<ActionOutcome> ExternalDriver::start(const std::string& service, const std::string&, const BlockingLimit&) {
  return not_ours("start " + service);
}
Result<ActionOutcome> ExternalDriver::stop(const std::string& service, const std::string&, const BlockingLimit&) {
  return not_ours("stop " + service);
}
Result<ActionOutcome> ExternalDriver::restart(const std::string& service, const std::string&, const BlockingLimit&) {
  return not_ours("restart " + service);
}
Result<ActionOutcome> ExternalDriver::scale(const std::string& service, int, const BlockingLimit&) {
  return not_ours("scale " + service);
}
Result<ActionOutcome> ExternalDriver::promote(const std::string& service, const std::string&, const BlockingLimit&) {
  return not_ours("promote " + service);
}
Result<ActionOutcome> ExternalDriver::repoint(const std::string& service, const std::string&, const BlockingLimit&) {
  return not_ours("repoint " + service);
}
Result<ActionOutcome> ExternalDriver::rebuild(const std::string& service, const std::string&, const BlockingLimit&) {
  return not_ours("rebuild " + service);
}

Result<ServiceState> ExternalDriver::state(const std::string& service, const std::string& role, Look look,
                                           const BlockingLimit& limit) {
  if (look == Look::kProcess) return not_ours("look at the processes of " + service);
  if (!role.empty()) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{} {}: driver external knows services by their url alone, not who "
                            "holds a role; use a http or exec probe",
                            service, role));
  }
  const auto address = addresses_.find(service);
  if (!address)
    return fail(ErrorCode::kUnavailable, fmt::format("{} has no url in the target {}", service, target_.name));
  ServiceState state{1, 0, {}};
  Status seen = ok();
  if (look == Look::kReady && address->url.starts_with("http")) {
    HttpRequest request;
    request.url = address->url;
    const auto answer = http_exchange(request, limit);
    if (!answer) {
      seen = answer.error();
    } else if (answer->status >= 500) {
      seen = fail(ErrorCode::kFailed, fmt::format("GET {} answered {}", request.url, answer->status));
    }
  } else {
    seen = tcp_reach(address->host, address->port, limit);
  }
  if (!seen && seen.error().code == ErrorCode::kCancelled) return seen.error();
  state.good = seen ? 1 : 0;
  state.detail = seen ? fmt::format("{} answers at {}", service, address->url) : seen.error().message;
  return state;
}

Result<std::vector<FaultMember>> ExternalDriver::members(const std::string& service, const std::string&) {
  return not_ours("find the processes of " + service);
}
Result<std::string> ExternalDriver::ensure_running(const FaultMember& member) {
  return not_ours("start " + member.name());
}
std::shared_ptr<void> ExternalDriver::watch_starts(const std::string&, const std::string&,
                                                   std::function<void(const FaultMember&)>) {
  return nullptr;
}
Result<std::string> ExternalDriver::fill_command(const std::string& text) { return templates_.fill_for_shell(text); }

}  // namespace blackstart
