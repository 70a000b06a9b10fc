#include "targets/actions.h"

#include "base/text.h"
#include "scenarios/arguments.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace blackstart {
namespace {

struct ActionCall {
  const ActionContext& context;
  const Call& action;
  const std::string& title;
  const BlockingLimit& limit;

  [[nodiscard]] std::string text(std::string_view key) const { return text_argument(action, key); }
  [[nodiscard]] Driver& driver() const { return context.driver; }
};
using ActionFunction = Result<ActionOutcome> (*)(const ActionCall&);
struct NamedAction {
  std::string word;
  ActionFunction run;
};

/// Adds what one of several parts came to.
void add_part(ActionOutcome& whole, ActionOutcome part) {
  whole.ok = true;
  whole.detail += (whole.detail.empty() ? "" : "; ") + part.detail;
  whole.output += part.output;
}

Result<ActionOutcome> do_start(const ActionCall& call) {
  return call.driver().start(call.text("service"), call.text("role"), call.limit);
}
Result<ActionOutcome> do_stop(const ActionCall& call) {
  return call.driver().stop(call.text("service"), call.text("role"), call.limit);
}
Result<ActionOutcome> do_restart(const ActionCall& call) {
  return call.driver().restart(call.text("service"), call.text("role"), call.limit);
}
Result<ActionOutcome> do_promote(const ActionCall& call) {
  return call.driver().promote(call.text("service"), call.text("role"), call.limit);
}
Result<ActionOutcome> do_rebuild(const ActionCall& call) {
  return call.driver().rebuild(call.text("service"), call.text("role"), call.limit);
}

Result<ActionOutcome> do_repoint(const ActionCall& call) {
  ActionOutcome whole;
  for (const std::string& service : list_argument(call.action, "services", "service")) {
    BS_ASSIGN(ActionOutcome part, call.driver().repoint(service, call.text("to"), call.limit));
    add_part(whole, std::move(part));
  }
  return whole;
}

Result<ActionOutcome> do_scale(const ActionCall& call) {
  ActionOutcome whole;
  const int to = static_cast<int>(number_argument(call.action, "to", 1));
  for (const std::string& service : list_argument(call.action, "services", "service")) {
    BS_ASSIGN(ActionOutcome part, call.driver().scale(service, to, call.limit));
    add_part(whole, std::move(part));
  }
  return whole;
}

Result<ActionOutcome> do_run(const ActionCall& call) {
  const std::string log = fmt::format("{}/step-{}.log", call.context.log_folder, slug(call.title));
  BS_ASSIGN(const ShellResult result,
            call.context.shell.try_run(call.text(""), fmt::format("step \"{}\"", call.title), log, call.limit));
  ActionOutcome outcome;
  outcome.ok = result.succeeded();
  outcome.detail = result.killed ? result.killed->to_string()
                                 : fmt::format("`{}` ended with status {}", result.command, result.status);
  outcome.output = result.output;
  if (!result.killed) outcome.exit_status = result.status;
  outcome.command = result.command;
  outcome.environment = result.environment;
  return outcome;
}

Result<ActionOutcome> do_notify(const ActionCall& call) {
  BS_ASSIGN(const std::string message, call.context.templates.fill_for_people(call.text("message")));
  const std::string webhook = call.text("webhook");
  if (!webhook.empty()) {
    BS_TRY(
        post_notice(call.context.templates, webhook, call.text("audience"), call.text("channel"), message, call.limit));
  }
  ActionOutcome outcome;
  outcome.ok = true;
  outcome.detail = fmt::format("{} told by {}: {}", call.text("audience"), call.text("channel"), message);
  return outcome;
}

const std::vector<NamedAction>& actions() {
  static const std::vector<NamedAction> list = {
      {"restart", do_restart}, {"start", do_start},     {"stop", do_stop},
      {"scale", do_scale},     {"promote", do_promote}, {"repoint", do_repoint},
      {"rebuild", do_rebuild}, {"run", do_run},         {"notify", do_notify}};
  return list;
}

}  // namespace

const std::vector<std::string>& known_actions() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const NamedAction& action : actions()) list.push_back(action.word);
    return list;
  }();
  return names;
}

Result<ActionOutcome> run_action(const ActionContext& context, const Call& action, const std::string& step_title,
                                 const BlockingLimit& limit) {
  const auto found = std::ranges::find(actions(), action.word, &NamedAction::word);
  if (found != actions().end()) return found->run(ActionCall{context, action, step_title, limit});
  return fail(ErrorCode::kUnsupported,
              fmt::format("action {}: this version can do {}", action.word, join(known_actions(), ", ")));
}

Status post_notice(const Templates& templates, const std::string& webhook, const std::string& audience,
                   const std::string& channel, const std::string& message, const BlockingLimit& limit) {
  HttpRequest request;
  request.method = "POST";
  BS_ASSIGN(request.url, templates.fill_for_request(webhook));
  request.body = nlohmann::ordered_json{{"text", message}, {"audience", audience}, {"channel", channel}}.dump(
      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  BS_ASSIGN(const HttpAnswer answer, http_exchange(request, limit));
  if (answer.status >= 200 && answer.status < 300) return ok();
  return fail(ErrorCode::kFailed, fmt::format("POST {} answered {}: {}", request.url, answer.status,
                                              printable(answer.body.substr(0, 200))));
}

}  // namespace blackstart
