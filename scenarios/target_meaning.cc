#include "base/text.h"
#include "scenarios/meaning.h"
#include "scenarios/meaning_parts.h"
#include "scenarios/target_names.h"
#include "scenarios/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace blackstart {
namespace {

bool mentions(const Node* node, std::string_view name) {
  if (node == nullptr) return false;
  if (node->is_scalar()) {
    const auto placeholders = find_placeholders(node->scalar);
    return std::any_of(placeholders.begin(), placeholders.end(), [&](const Placeholder& p) { return p.name == name; });
  }
  return std::any_of(node->entries.begin(), node->entries.end(),
                     [&](const Node::Entry& entry) { return mentions(&entry.value, name); });
}

void check_regions(const Node& target, Diagnostics& diagnostics) {
  const Node* regions = target.find("regions");
  if (regions == nullptr) return;
  std::string first;
  for (const Node::Entry& region : regions->entries) {
    if (region.value.text("primary") != "true") continue;
    if (!first.empty()) {
      diagnostics.add(Spot{region.value.where, fmt::format("regions.{}.primary", region.key), region.key},
                      "a second primary region", fmt::format("one (it is {} already)", first));
    }
    first = region.key;
  }
}

void check_statuses(const Node& http, Diagnostics& diagnostics) {
  const Node* acknowledged = http.find("acknowledged");
  const Node* refused = http.find("refused");
  if (acknowledged == nullptr || refused == nullptr) return;
  for (std::size_t index = 0; index < refused->items.size(); ++index) {
    const Node& status = refused->items[index];
    const bool both = std::any_of(acknowledged->items.begin(), acknowledged->items.end(),
                                  [&](const Node& other) { return other.scalar == status.scalar; });
    if (!both) continue;
    diagnostics.add(Spot{status.where, fmt::format("load.http.refused.{}", index), ""},
                    fmt::format("{}, which acknowledged has too", describe_found(status)),
                    "each status in one of the two");
  }
}

void check_read_back(const Node& load, Diagnostics& diagnostics) {
  const Node* http = load.find("http");
  const Node* read_back = load.find("read_back");
  const bool reads = read_back != nullptr && read_back->is_map();
  if (http != nullptr && reads && !mentions(http, "bid.id")) {
    diagnostics.add(Spot{http->where, "load.http", ""},
                    "a request without {{bid.id}}, and a read_back that is to find each bid",
                    "{{bid.id}} in the url, the body or a header");
  }
  const Node* pages = reads ? read_back->find("http") : nullptr;
  if (pages != nullptr && pages->find("next") != nullptr && !mentions(pages->find("url"), "cursor")) {
    diagnostics.add(Spot{pages->where, "load.read_back.http.url", ""}, "a next page, and a url without {{cursor}}",
                    "{{cursor}} in the url, where the next page's cursor goes");
  }
}

void check_load(const Node& target, bool external, Diagnostics& diagnostics) {
  const Node* load = target.find("load");
  if (load == nullptr || !load->is_map()) return;
  const Node* service = load->find("service");
  if (load->find("protocol") != nullptr && service == nullptr) {
    diagnostics.add(Spot{load->where, "load.service", ""}, "nothing, and protocol: bids needs it",
                    "the service that takes bids");
  }
  if (service != nullptr && service->is_scalar() && external) {
    const TargetNames names = names_of_target(target);
    const auto has = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), service->scalar) != list.end();
    };
    if (has(names.services) && !has(names.services_with_url)) {
      diagnostics.add(Spot{service->where, "load.service", ""},
                      fmt::format("{}, which has no url", describe_found(*service)),
                      "a service with a url, as the driver external starts nothing");
    }
  }
  if (const Node* http = load->find("http")) check_statuses(*http, diagnostics);
  check_read_back(*load, diagnostics);
}

/// Follows `needs` from one service; a circle is said once, where it closes.
class Needs {
 public:
  Needs(const Node& services, Diagnostics& diagnostics) : services_(services), diagnostics_(diagnostics) {}

  void check() {
    for (const Node::Entry& service : services_.entries) follow(service.key);
  }

 private:
  void follow(const std::string& name) {
    if (std::find(done_.begin(), done_.end(), name) != done_.end()) return;
    path_.push_back(name);
    const Node* service = services_.find(name);
    const Node* needs = service != nullptr ? service->find("needs") : nullptr;
    for (std::size_t index = 0; needs != nullptr && index < needs->items.size(); ++index) {
      const Node& need = needs->items[index];
      const Spot spot{need.where, fmt::format("services.{}.needs", name), name};
      if (need.scalar == name) {
        diagnostics_.add(spot, "a service that needs itself", "other services");
      } else if (const auto begin = std::find(path_.begin(), path_.end(), need.scalar); begin != path_.end()) {
        const std::vector<std::string> circle(begin, path_.end());
        diagnostics_.add(spot.child(need.where, std::to_string(index)),
                         fmt::format("a circle: {} needs {}", join(circle, " needs "), need.scalar),
                         "services that do not need each other, or none could be started first");
      } else {
        follow(need.scalar);
      }
    }
    path_.pop_back();
    done_.push_back(name);
  }

  const Node& services_;
  Diagnostics& diagnostics_;
  std::vector<std::string> path_;
  std::vector<std::string> done_;
};

bool is_zero(const Node& count) { return count.is_scalar() && count.scalar == "0"; }

/// Somebody has to be there.
void check_members(const Node& services, Diagnostics& diagnostics) {
  for (const Node::Entry& service : services.entries) {
    const Spot spot{service.value.where, "services." + service.key, service.key};
    const auto nobody = [](const Node& counts) {
      return counts.is_map() && !counts.entries.empty() &&
             std::all_of(counts.entries.begin(), counts.entries.end(), [](const Node::Entry& entry) {
               const auto& below = entry.value.entries;
               return is_zero(entry.value) ||
                      (!below.empty() && std::all_of(below.begin(), below.end(),
                                                     [](const auto& region) { return is_zero(region.value); }));
             });
    };
    for (const char* key : {"replicas", "roles"}) {
      const Node* counts = service.value.find(key);
      if (counts == nullptr || !nobody(*counts)) continue;
      diagnostics.add(spot.child(counts->where, key), "no member at all", "at least one");
    }
  }
}

void check_zones(const Node& target, Diagnostics& diagnostics) {
  const Node* regions = target.find("regions");
  if (regions == nullptr) return;
  std::vector<std::string> known = {"clients"};
  for (const Node::Entry& region : regions->entries) known.push_back(region.key);
  if (std::count(known.begin(), known.end(), "clients") > 1) {
    diagnostics.add(Spot{regions->where, "regions.clients", ""}, "a region called clients",
                    "another name, as clients are a place of their own in network");
  }
  for (const Node::Entry& region : regions->entries) {
    const Node* zones = region.value.find("zones");
    for (std::size_t index = 0; zones != nullptr && index < zones->items.size(); ++index) {
      const Node& zone = zones->items[index];
      const Spot spot{zone.where, fmt::format("regions.{}.zones.{}", region.key, index), region.key};
      if (std::find(known.begin(), known.end(), zone.scalar) != known.end()) {
        diagnostics.add(spot, fmt::format("{} a second time", describe_found(zone)),
                        "names that no other zone or region has, nor clients");
      }
      known.push_back(zone.scalar);
    }
  }
}

}  // namespace

void check_target_meaning(const Node& target, bool live, const std::string& driver, const std::string& folder,
                          Diagnostics& diagnostics) {
  if (!target.is_map()) return;
  check_regions(target, diagnostics);
  check_zones(target, diagnostics);
  if (const Node* services = target.find("services")) {
    Needs{*services, diagnostics}.check();
    check_members(*services, diagnostics);
  }
  check_backups_meaning(target, diagnostics);
  check_load(target, live && driver == "external", diagnostics);
  check_sim_meaning(target, diagnostics);
  check_distributions(target, Spot{target.where, "", ""}, folder, diagnostics);
}

}  // namespace blackstart
