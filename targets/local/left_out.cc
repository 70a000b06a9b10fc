#include "targets/local/left_out.h"

#include "scenarios/template.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace blackstart {
namespace {

constexpr std::string_view kNamingKeys[] = {"service", "services", "between", "of", "to", "from", "sql", "redis"};
constexpr std::string_view kNamingParts[] = {"canaries",  "steady_state", "faults",
                                             "detection", "recovery",     "validation"};

bool asks_for_address(const std::string& text, const std::string& service) {
  const std::string address = fmt::format("services.{}.", service);
  const auto placeholders = find_placeholders(text);
  return std::ranges::any_of(placeholders, [&](const Placeholder& p) { return p.name.starts_with(address); });
}

bool is_service(const Node& node, const std::string& service) {
  if (node.is_scalar()) return node.scalar == service;
  return std::ranges::any_of(node.items, [&](const Node& item) { return item.is_scalar() && item.scalar == service; });
}

/// Whether anything below `node` names the service.
bool names(const Node& node, const std::string& service) {
  if (node.is_scalar()) return asks_for_address(node.scalar, service);
  if (std::ranges::any_of(node.items, [&](const Node& item) { return names(item, service); })) return true;
  return std::ranges::any_of(node.entries, [&](const Node::Entry& entry) {
    const bool key_names = std::ranges::find(kNamingKeys, entry.key) != std::end(kNamingKeys);
    return (key_names && is_service(entry.value, service)) || names(entry.value, service);
  });
}

/// Who needs it, for the message; "" when nobody does.
std::string needed_by(const Spec& spec, const std::string& service) {
  const LoadMapping& load = spec.target.load;
  if (load.service == service) return "it takes the bids";
  if (load.watch == service) return "it tells the watchers";
  for (const std::string_view part : kNamingParts) {
    const Node* node = spec.scenario.resolved.find(part);
    if (node != nullptr && names(*node, service)) return fmt::format("{} of the scenario names it", part);
  }
  for (const LocalService& local : spec.target.local) {
    const Node* parts = spec.target.drivers_node.find("local");
    const Node* part = parts != nullptr ? parts->find(local.service) : nullptr;
    if (part != nullptr && names(*part, service))
      return fmt::format("drivers.local.{} asks for its address", local.service);
  }
  const Node* mapping = spec.target.resolved.find("load");
  return mapping != nullptr && names(*mapping, service) ? "the target's load names it" : "";
}

}  // namespace

bool runs_elsewhere(const Target& target, const ServiceSpec& service) {
  return target.find_local(service.name) == nullptr && !service.url.empty() &&
         service.url.find("{{port}}") == std::string::npos;
}

bool left_out(const Target& target, const ServiceSpec& service) {
  return target.find_local(service.name) == nullptr && !runs_elsewhere(target, service);
}

std::vector<Error> needed_but_left_out(const Spec& spec) {
  std::vector<Error> errors;
  for (const ServiceSpec& service : spec.target.services) {
    if (!left_out(spec.target, service)) continue;
    const std::string why = needed_by(spec, service.name);
    if (why.empty()) continue;
    errors.push_back(
        fail(ErrorCode::kInvalid,
             fmt::format("service {0} cannot be started ({1}): the target has no drivers.local.{0}; add one with "
                         "its `run:` command, or give the service the url where it runs already",
                         service.name, why),
             service.where.to_string()));
  }
  return errors;
}

}  // namespace blackstart
