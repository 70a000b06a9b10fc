#pragma once
// The recovery actions of a live drill, one function a word. Blocking, thread-safe.

#include "base/result.h"
#include "targets/driver.h"
#include "targets/shell.h"
#include "targets/templates.h"

#include <string>
#include <vector>

namespace blackstart {

struct ActionContext {
  Driver& driver;
  const Templates& templates;
  Shell& shell;
  std::string log_folder;
};

/// The words that run_action() knows, for refusals.
const std::vector<std::string>& known_actions();

/// An Error: it was not carried out, or failed. `ok` false: it was carried out and says no (a command's exit status).
Result<ActionOutcome> run_action(const ActionContext& context, const Call& action, const std::string& step_title,
                                 const BlockingLimit& limit);

/// POSTs {audience, channel, message} to `webhook` (filled here). kFailed: it answered no 2xx.
Status post_notice(const Templates& templates, const std::string& webhook, const std::string& audience,
                   const std::string& channel, const std::string& message, const BlockingLimit& limit);

}  // namespace blackstart
