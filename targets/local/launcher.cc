#include "targets/local/launcher.h"

#include "base/hash.h"
#include "base/text.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include <fmt/format.h>

namespace blackstart {
namespace {

constexpr int kPortTries = 4;
constexpr Duration kGrace = std::chrono::seconds{5};  // between TERM and KILL of a member
constexpr int kLinesShown = 20;

std::string with_log(std::string message, const LocalMember& member) {
  const std::string lines = last_lines(member.log_file, kLinesShown);
  return lines.empty() ? message + fmt::format("; it printed nothing ({})", member.log_file)
                       : message + fmt::format("; the end of {}:\n{}", member.log_file, lines);
}

}  // namespace

Launcher::Launcher(ProcessHost& host, const Templates& templates, AddressBook& addresses, Places places)
    : host_(host), templates_(templates), addresses_(addresses), places_(std::move(places)) {
  std::random_device source;
  for (int word = 0; word < 4; ++word) secret_salt_ += fmt::format("{:08x}", source());
}

Templates::Extra Launcher::values_of(const LocalMember& member) const {
  const std::string& service = member.service->name;
  return {{"port", std::to_string(member.port)},
          {"host", member.host},
          {"dir", member.folder},
          {"role", member.replaced() ? member.first_role : member.role()},
          {"region", member.region},
          {"index", std::to_string(member.number)},
          {"secret", sha256_hex(secret_salt_ + service).substr(0, 32)}};
}

Result<ServiceAddress> Launcher::publish(LocalMember& member) {
  ServiceAddress address{member.host, member.port, {}};
  const std::string& url = member.service->url;
  BS_ASSIGN(address.url,
            templates_.fill_for_request(url.empty() ? "http://{{host}}:{{port}}" : url, values_of(member)));
  addresses_.put(member.service->name, member.number, member.role(), address);
  return address;
}

Result<CellProcess> Launcher::spawn(LocalMember& member) {
  const Templates::Extra values = values_of(member);
  const CommandFill fill{[&](const std::string& word) { return templates_.fill_for_request(word, values); },
                         [&](const std::string& text) { return templates_.fill_for_shell(text, values); }};
  BS_ASSIGN(CommandLine command, make_command_line(member.part->run, fill, {places_.target_folder, places_.beside}));
  SpawnRequest request{command.program, command.arguments, {}, places_.target_folder, member.log_file};
  for (const auto& [name, text] : member.part->env) {
    BS_ASSIGN(std::string value, templates_.fill_for_request(text, values));
    request.environment.emplace_back(name, std::move(value));
  }
  std::error_code error;
  std::filesystem::create_directories(member.folder, error);
  if (error)
    return fail(ErrorCode::kIo, fmt::format("its folder {} cannot be made: {}", member.folder, error.message()));
  host_.logs().note(member.log_file, fmt::format("--- blackstart starts {}: {} {}", member.name(), command.program,
                                                 join(command.arguments, " ")));
  return host_.spawn(std::move(request));
}

Status Launcher::start(LocalMember& member, const std::function<void(const CellProcess&)>& spawned,
                       const BlockingLimit& limit) {
  const std::string attempted = fmt::format("start {}", member.name());
  for (int attempt = 1;; ++attempt) {
    if (!member.port_published) {
      BS_ASSIGN(member.port, ports_.take());
      BS_TRY(publish(member));
    } else if (!port_is_free(member.port)) {
      return fail(ErrorCode::kUnavailable, fmt::format("{}: its port {} is in use by another process; end that one "
                                                       "(`ss -ltnp 'sport = :{}'` shows it)",
                                                       attempted, member.port, member.port));
    }
    auto process = spawn(member);
    if (!process) return fail(process.error().code, attempted + ": " + process.error().message);
    spawned(*process);
    const Status ready = wait_ready(member, *process, at_most(limit, member.part->ready_within));
    if (ready) {
      member.port_published = true;
      return ok();
    }
    const bool died = host_.exit_of(process->id).has_value();
    BS_TRY(host_.end_tree(process->id, Duration::zero(), {std::chrono::steady_clock::now() + kGrace, {}}));
    host_.logs().drain(member.log_file);
    const bool port_lost = died && !port_is_free(member.port);
    if (port_lost && !member.port_published && attempt < kPortTries) continue;  // another program took it meanwhile
    return fail(ready.error().code, with_log(attempted + ": " + ready.error().message, member));
  }
}

Status Launcher::wait_ready(const LocalMember& member, const CellProcess& process, const BlockingLimit& limit) const {
  Duration nap = std::chrono::milliseconds{5};
  std::string seen = "no look was finished";
  while (true) {
    if (const auto ended = host_.exit_of(process.id)) {
      return fail(ErrorCode::kFailed, fmt::format("it ended while starting ({})", ended->to_string()));
    }
    const Status last = ready(member, at_most(limit, std::chrono::seconds{2}));
    // A look at the process after the answer: another program's answer on its port does not make it ready.
    if (last && !host_.exit_of(process.id)) return ok();
    // A look that the limit itself cut short says less than the one before.
    if (!last && check_limit(limit, {})) seen = last.error().message;
    if (const Status over = check_limit(limit, "it was not ready"); !over) {
      if (over.error().code == ErrorCode::kCancelled) return over;
      return fail(ErrorCode::kTimeout,
                  fmt::format("it was not ready within {} ({})", spell_duration(member.part->ready_within), seen));
    }
    pause_within(limit, nap);
    nap = std::min<Duration>(nap * 2, std::chrono::milliseconds{100});
  }
}

Status Launcher::ready(const LocalMember& member, const BlockingLimit& limit) const {
  if (member.part->ready_http) {
    HttpRequest request;
    request.url = fmt::format("http://{}:{}{}", member.host, member.port, *member.part->ready_http);
    BS_ASSIGN(const HttpAnswer answer, http_exchange(request, limit));
    if (answer.status >= 200 && answer.status < 300) return ok();
    return fail(ErrorCode::kFailed, fmt::format("GET {} answered {}", request.url, answer.status));
  }
  if (member.part->ready_tcp) return tcp_reach(member.host, member.port, limit);
  return ok();
}

Status Launcher::end(LocalMember& member, const BlockingLimit& limit) {
  const auto process = member.process();
  if (!process) return ok();
  BS_TRY(host_.end_tree(*process, kGrace, limit));
  host_.logs().drain(member.log_file);
  return ok();
}

}  // namespace blackstart
