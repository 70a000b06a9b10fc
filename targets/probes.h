#pragma once
// The probes of a live drill, one function a word: http, tcp, exec, process; and the checks of state: {service, role,
// is}, {services, is}, {service, replication: healthy}. An observation that is "no" is an answer; an Error means that
// it could not be made at all. Blocking, thread-safe.

#include "base/result.h"
#include "targets/driver.h"
#include "targets/shell.h"
#include "targets/templates.h"

#include <string>
#include <vector>

namespace blackstart {

/// What probes work with. All outlive them.
struct ProbeContext {
  const Target& target;
  Driver& driver;
  const AddressBook& addresses;
  const Templates& templates;
  Shell& shell;
};

/// The words that run_probe() and run_check() know, for refusals.
const std::vector<std::string>& known_probes();
const std::vector<std::string>& known_checks();

Result<Observation> run_probe(const ProbeContext& context, const Call& probe, const BlockingLimit& limit);
Result<Observation> run_check(const ProbeContext& context, const Call& check, const BlockingLimit& limit);

/// The probe under `in_step:` of a service, as the target has it; nothing when it has none.
std::optional<Call> in_step_probe(const Target& target, const std::string& service);

}  // namespace blackstart
