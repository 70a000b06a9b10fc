#include "targets/shell.h"

#include "base/text.h"
#include "scenarios/template.h"

#include <cstdlib>

#include <fmt/format.h>

namespace blackstart {

namespace {

/// What a reader of the journal has to know to run the command again.
std::vector<std::pair<std::string, std::string>> environment_of(const std::string& text, const Secrets& secrets) {
  std::vector<std::pair<std::string, std::string>> told;
  for (const char* name : {"PATH", "HOME", "USER", "SHELL", "LANG", "LC_ALL", "TZ"}) {
    if (const char* value = std::getenv(name)) told.emplace_back(name, printable(secrets.mask(value)));
  }
  for (const Placeholder& placeholder : find_placeholders(text)) {
    constexpr std::string_view kSecret = "env.";
    if (!placeholder.name.starts_with(kSecret)) continue;
    const std::string name = placeholder.name.substr(kSecret.size());
    std::erase_if(told, [&](const auto& known) { return known.first == name; });
    told.emplace_back(name, "***");
  }
  return told;
}

}  // namespace

Result<ShellResult> Shell::try_run(const std::string& text, const std::string& what, const std::string& log_file,
                                   const BlockingLimit& limit, const Templates::Extra& extra) {
  ShellResult result;
  BS_ASSIGN(result.command, templates_.fill_for_shell(text, extra));
  BS_TRY(check_limit(limit, fmt::format("{}: `{}`", what, result.command)));
  CommandRequest request;
  request.text = result.command;
  result.environment = environment_of(text, templates_.secrets());
  request.what = what;
  request.folder = folder_;
  request.secrets = templates_.secrets().forms();
  request.log_file = log_file;
  request.key = fmt::format("command {}", ++runs_);
  request.undo_log = undo_log_;
  BS_ASSIGN(const CommandEnd end, run_command(std::move(request), limit.deadline, limit.stop));
  result.output = printable(templates_.secrets().mask(end.output));
  if (end.cancelled || end.timed_out) {
    result.killed = fail(end.cancelled ? ErrorCode::kCancelled : ErrorCode::kTimeout,
                         templates_.secrets().mask(fmt::format("{}: `{}` {}", what, result.command, end.to_string())));
  }
  result.status = end.status.value_or(128 + end.signal);
  return result;
}

Result<ShellResult> Shell::run(const std::string& text, const std::string& what, const std::string& log_file,
                               const BlockingLimit& limit, const Templates::Extra& extra) {
  BS_ASSIGN(ShellResult result, try_run(text, what, log_file, limit, extra));
  if (result.killed) return *result.killed;
  return result;
}

}  // namespace blackstart
