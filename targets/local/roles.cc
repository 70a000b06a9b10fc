// Promote, repoint, rebuild: what moves roles and addresses in the local driver.

#include "base/text.h"
#include "targets/local/local_driver.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace blackstart {
namespace {

namespace fs = std::filesystem;

ActionOutcome carried_out(std::string detail, std::string output) {
  ActionOutcome outcome;
  outcome.ok = true;
  outcome.detail = std::move(detail);
  outcome.output = std::move(output);
  return outcome;
}

}  // namespace

void LocalDriver::take_role(LocalMember& member, const std::string& role) {
  const std::string& service = member.service->name;
  const std::lock_guard lock(mutex_);
  for (const auto& other : members_) {
    if (other->service != member.service || other->role() != role || other.get() == &member) continue;
    other->set_role({});
    addresses_.set_role(service, other->number, {});
  }
  member.set_role(role);
  addresses_.set_role(service, member.number, role);
}

Result<std::string> LocalDriver::call(const HttpCall& call, const Templates::Extra& values,
                                      const BlockingLimit& limit) const {
  HttpRequest request;
  request.method = call.method;
  BS_ASSIGN(request.url, templates_.fill_for_request(call.url, values));
  BS_ASSIGN(request.body, templates_.fill_for_request(call.body, values));
  for (const auto& [name, text] : call.headers) {
    BS_ASSIGN(std::string value, templates_.fill_for_request(text, values));
    request.headers.emplace_back(name, std::move(value));
  }
  BS_ASSIGN(HttpAnswer answer, http_exchange(request, limit));
  if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
  return fail(ErrorCode::kFailed, fmt::format("{} {} answered {}: {}", request.method, request.url, answer.status,
                                              printable(answer.body.substr(0, 500))));
}

Result<std::string> LocalDriver::call_or_run(const LocalMember& member, const std::optional<HttpCall>& http,
                                             const std::optional<std::string>& run, const Templates::Extra& more,
                                             const char* doing, const BlockingLimit& limit) {
  Templates::Extra values = launcher_->values_of(member);
  values.insert(more.begin(), more.end());
  const std::string attempted = fmt::format("{} {}", doing, member.name());
  if (http) {
    auto answer = call(*http, values, limit);
    if (!answer) return fail(answer.error().code, attempted + ": " + answer.error().message);
    return answer;
  }
  const std::string log = fmt::format("{}/logs/{}-{}.log", options_.out_folder, doing, member.file_name());
  BS_ASSIGN(ShellResult result, shell_.run(*run, attempted, log, limit, values));
  if (result.succeeded()) return std::move(result.output);
  return fail(ErrorCode::kFailed, fmt::format("{}: `{}` ended with status {}: {}", attempted, result.command,
                                              result.status, result.output));
}

std::optional<Instant> LocalDriver::newest_state(const std::string& answer) const {
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto newest = json.find("newest_ns");
  if (newest == json.end() || !newest->is_number_integer()) return std::nullopt;
  return instant_from_ns(newest->get<std::int64_t>() - options_.origin_unix_ns);
}

Result<ActionOutcome> LocalDriver::promote(const std::string& service, const std::string& role,
                                           const BlockingLimit& limit) {
  BS_ASSIGN(const auto found, some_matching(service, role));
  const ServiceSpec& spec = *found.front()->service;
  if (spec.roles.empty()) {
    return fail(ErrorCode::kInvalid,
                fmt::format("{} has no roles, so nothing of it can be promoted; give it `roles:` in "
                            "the target",
                            service));
  }
  const std::string& main_role = spec.roles.front().role;
  if (role == main_role) {
    return fail(ErrorCode::kInvalid, fmt::format("promote {} {}: it is {} already; name the role that is promoted",
                                                 service, role, main_role));
  }
  const auto alive = std::ranges::find_if(found, [&](const LocalMember* member) { return runs(*member); });
  if (alive == found.end()) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("promote {} {}: no member that holds this role runs", service, role));
  }
  LocalMember& member = **alive;
  const std::string was = member.name();
  BS_ASSIGN(const auto lock, operate(member, limit));
  std::string answer;
  if (member.part->promote || member.part->promote_run) {
    BS_ASSIGN(answer, call_or_run(member, member.part->promote, member.part->promote_run, {}, "promote", limit));
    take_role(member, main_role);
  } else {
    BS_TRY(end_locked(member, limit));
    take_role(member, main_role);
    BS_TRY(start_locked(member, limit));
  }
  ActionOutcome outcome =
      carried_out(fmt::format("{} is {} now, at {}:{}", was, main_role, member.host, member.port), answer);
  outcome.recovery_point = ActionOutcome::RecoveryPoint{service, "promote", {}, {}, newest_state(answer)};
  return outcome;
}

Result<ActionOutcome> LocalDriver::repoint(const std::string& service, const std::string& to,
                                           const BlockingLimit& limit) {
  BS_ASSIGN(const auto found, some_matching(service, {}));
  const auto address = addresses_.find(to);
  if (!address) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("repoint {} to {}: no member of {} has an address now", service, to, to));
  }
  const Templates::Extra target{{"to.url", address->url},
                                {"to.host", address->host},
                                {"to.port", std::to_string(address->port)},
                                {"to.service", to}};
  std::vector<std::string> parts;
  std::string output;
  for (LocalMember* member : found) {
    BS_ASSIGN(const auto lock, operate(*member, limit));
    const bool has_call = member->part->repoint || member->part->repoint_run;
    if (!runs(*member)) {
      parts.push_back(fmt::format("{} does not run and will start with the new address", member->name()));
    } else if (has_call) {
      BS_ASSIGN(const std::string answer,
                call_or_run(*member, member->part->repoint, member->part->repoint_run, target, "repoint", limit));
      output += answer;
      parts.push_back(fmt::format("{} uses {}", member->name(), address->url));
    } else {
      BS_TRY(end_locked(*member, limit));
      BS_TRY(start_locked(*member, limit));
      parts.push_back(fmt::format("{} restarted with {}", member->name(), address->url));
    }
  }
  return carried_out(join(parts, "; "), std::move(output));
}

Result<LocalMember*> LocalDriver::member_to_rebuild(const ServiceSpec& service, const std::string& role) {
  const bool known = std::ranges::any_of(service.roles, [&](const RoleCount& count) { return count.role == role; });
  if (!known) {
    return fail(ErrorCode::kInvalid,
                fmt::format("rebuild {} {}: the service has no role {}", service.name, role, role));
  }
  if (role == service.roles.front().role) {
    return fail(ErrorCode::kInvalid,
                fmt::format("rebuild {} {}: that would empty the member that serves; promote another "
                            "first",
                            service.name, role));
  }
  BS_ASSIGN(const auto all, matching(service.name, {}));
  const auto replaced = std::ranges::find_if(all, [](const LocalMember* one) { return one->replaced(); });
  if (replaced != all.end()) return *replaced;
  const auto holder = std::ranges::find_if(all, [&](const LocalMember* one) { return one->role() == role; });
  if (holder != all.end()) return *holder;
  return &add_member(service, role, {});
}

Status LocalDriver::empty_folder(const LocalMember& member) const {
  std::error_code error;
  fs::remove_all(member.folder, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("{} cannot be emptied: {}", member.folder, error.message()));
  return ok();
}

Result<ActionOutcome> LocalDriver::rebuild(const std::string& service, const std::string& role,
                                           const BlockingLimit& limit) {
  BS_ASSIGN(const auto found, some_matching(service, {}));
  BS_ASSIGN(LocalMember* const member, member_to_rebuild(*found.front()->service, role));
  BS_ASSIGN(const auto lock, operate(*member, limit));
  const std::string was = member->name();
  std::string answer;
  const bool has_call = member->part->rebuild || member->part->rebuild_run;
  if (has_call && runs(*member)) {
    BS_ASSIGN(answer, call_or_run(*member, member->part->rebuild, member->part->rebuild_run, {}, "rebuild", limit));
  } else {
    BS_TRY(end_locked(*member, limit));
    BS_TRY(empty_folder(*member));
  }
  member->set_role(role);
  if (member->port_published) addresses_.set_role(service, member->number, role);
  if (!runs(*member)) {
    BS_TRY(start_locked(*member, limit));
  }
  return carried_out(fmt::format("{} was rebuilt and is {} now, at {}:{}", was, role, member->host, member->port),
                     answer);
}

}  // namespace blackstart
