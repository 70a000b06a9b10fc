#include "scenarios/target_names.h"

#include <algorithm>

namespace blackstart {
namespace {

void collect_keys(const Node* map, std::vector<std::string>& keys) {
  if (map == nullptr) return;
  for (const Node::Entry& entry : map->entries) keys.push_back(entry.key);
}

}  // namespace

TargetNames names_of_target(const Node& target) {
  TargetNames names;
  names.target = target.text("name");
  collect_keys(target.find("regions"), names.regions);
  if (const Node* regions = target.find("regions")) {
    for (const Node::Entry& region : regions->entries) {
      const Node* zones = region.value.find("zones");
      if (zones == nullptr) continue;
      for (const Node& zone : zones->items) names.zones.push_back(zone.scalar);
    }
  }
  collect_keys(target.find("credentials"), names.credentials);
  collect_keys(target.find("drivers"), names.drivers);
  const Node* services = target.find("services");
  if (services == nullptr) return names;
  for (const Node::Entry& service : services->entries) {
    names.services.push_back(service.key);
    const std::string tier = service.value.text("tier");
    if (!tier.empty() && std::find(names.tiers.begin(), names.tiers.end(), tier) == names.tiers.end()) {
      names.tiers.push_back(tier);
    }
    if (service.value.find("url") != nullptr) names.services_with_url.push_back(service.key);
    if (const Node* roles = service.value.find("roles")) collect_keys(roles, names.roles[service.key]);
  }
  return names;
}

}  // namespace blackstart
