#include "targets/probes.h"

#include "base/text.h"
#include "scenarios/arguments.h"
#include "targets/probe_http.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace blackstart {
namespace {

using ProbeFunction = Result<Observation> (*)(const ProbeContext&, const Call&, const BlockingLimit&);
struct NamedProbe {
  std::string word;
  ProbeFunction run;
};

Result<ServiceAddress> address_for_tcp(const ProbeContext& context, const Call& probe) {
  const std::string service = text_argument(probe, "service");
  if (!service.empty()) {
    const std::string role = text_argument(probe, "role");
    if (auto address = context.addresses.find(service, role)) return *address;
    return fail(ErrorCode::kNotFound, role.empty() ? fmt::format("{} has no address: no member of it is known", service)
                                                   : fmt::format("no member of {} holds the role {}", service, role));
  }
  ServiceAddress address;
  BS_ASSIGN(address.host, context.templates.fill_for_request(text_argument(probe, "host")));
  BS_ASSIGN(const std::string port, context.templates.fill_for_request(text_argument(probe, "port")));
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size() || address.port == 0) {
    return fail(ErrorCode::kInvalid, fmt::format("tcp probe: \"{}\" is no port from 1 to 65535", port));
  }
  return address;
}

Result<Observation> probe_tcp(const ProbeContext& context, const Call& probe, const BlockingLimit& limit) {
  const auto address = address_for_tcp(context, probe);
  if (!address && address.error().code == ErrorCode::kNotFound) return Observation{false, address.error().message};
  if (!address) return address.error();
  const Status reached = tcp_reach(address->host, address->port, limit);
  if (reached) return Observation{true, fmt::format("{}:{} accepts", address->host, address->port)};
  if (reached.error().code == ErrorCode::kCancelled) return reached.error();
  return Observation{false, reached.error().message};
}

Result<Observation> probe_exec(const ProbeContext& context, const Call& probe, const BlockingLimit& limit) {
  const auto result = context.shell.run(text_argument(probe, ""), "exec probe", {}, limit);
  if (!result && result.error().code == ErrorCode::kTimeout) return Observation{false, result.error().message};
  if (!result) return result.error();
  const std::string_view output = trim(result->output);
  return Observation{result->succeeded(), fmt::format("`{}` ended with status {}{}{}", result->command, result->status,
                                                      output.empty() ? "" : ": ", output.substr(0, 500))};
}

/// From a state to an answer to "are all (or, for down, none) good".
Observation judge_state(const ServiceState& state, bool down) {
  const bool holds = down ? state.good == 0 : state.members > 0 && state.good == state.members;
  return Observation{holds, state.detail};
}

Result<Observation> probe_process(const ProbeContext& context, const Call& probe, const BlockingLimit& limit) {
  BS_ASSIGN(const ServiceState state,
            context.driver.state(text_argument(probe, "service"), text_argument(probe, "role"), Look::kProcess, limit));
  return judge_state(state, false);
}

const std::vector<NamedProbe>& probes() {
  static const std::vector<NamedProbe> list = {
      {"http", probe_http}, {"tcp", probe_tcp}, {"exec", probe_exec}, {"process", probe_process}};
  return list;
}

Result<Observation> check_state(const ProbeContext& context, const Call& check, const BlockingLimit& limit) {
  const std::string is = text_argument(check, "is");
  const Look look = is == "healthy" ? Look::kReady : Look::kPort;
  Observation whole{true, {}};
  for (const std::string& service : list_argument(check, "services", "service")) {
    BS_ASSIGN(const ServiceState state, context.driver.state(service, text_argument(check, "role"), look, limit));
    const Observation one = judge_state(state, is == "down");
    whole.ok = whole.ok && one.ok;
    whole.detail += (whole.detail.empty() ? "" : "; ") + one.detail;
  }
  return whole;
}

Result<Observation> check_replication(const ProbeContext& context, const Call& check, const BlockingLimit& limit) {
  const std::string service = text_argument(check, "service");
  const auto probe = in_step_probe(context.target, service);
  if (!probe) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("replication of {0} cannot be looked at: the target says not how; add "
                            "`in_step:` with a probe to services.{0}",
                            service));
  }
  return run_probe(context, *probe, limit);
}

}  // namespace

const std::vector<std::string>& known_probes() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const NamedProbe& probe : probes()) list.push_back(probe.word);
    return list;
  }();
  return names;
}

const std::vector<std::string>& known_checks() {
  static const std::vector<std::string> names = {"state", "replication"};
  return names;
}

std::optional<Call> in_step_probe(const Target& target, const std::string& service) {
  const Node* node = target.resolved.find("services");
  node = node == nullptr ? nullptr : node->find(service);
  node = node == nullptr ? nullptr : node->find("in_step");
  if (node == nullptr || node->entries.empty()) return std::nullopt;
  return Call{node->entries.front().key, node->entries.front().value, node->where};
}

Result<Observation> run_probe(const ProbeContext& context, const Call& probe, const BlockingLimit& limit) {
  const auto found = std::ranges::find(probes(), probe.word, &NamedProbe::word);
  if (found != probes().end()) return found->run(context, probe, limit);
  return fail(ErrorCode::kUnsupported,
              fmt::format("probe {}: this version can do {}", probe.word, join(known_probes(), ", ")));
}

Result<Observation> run_check(const ProbeContext& context, const Call& check, const BlockingLimit& limit) {
  if (check.word == "state") return check_state(context, check, limit);
  if (check.word == "replication") return check_replication(context, check, limit);
  return fail(ErrorCode::kUnsupported, fmt::format("check {}: this version can do {}, reconcile and the probes {}",
                                                   check.word, join(known_checks(), ", "), join(known_probes(), ", ")));
}

}  // namespace blackstart
