#include "base/text.h"
#include "scenarios/meaning.h"
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

void check_needs(const Node& target, Diagnostics& diagnostics) {
  const Node* services = target.find("services");
  if (services == nullptr) return;
  for (const Node::Entry& service : services->entries) {
    const Node* needs = service.value.find("needs");
    if (needs == nullptr) continue;
    for (const Node& need : needs->items) {
      if (need.scalar != service.key) continue;
      diagnostics.add(Spot{need.where, fmt::format("services.{}.needs", service.key), service.key},
                      "a service that needs itself", "other services");
    }
  }
}

}  // namespace

void check_target_meaning(const Node& target, bool live, const std::string& driver, Diagnostics& diagnostics) {
  if (!target.is_map()) return;
  check_regions(target, diagnostics);
  check_needs(target, diagnostics);
  check_load(target, live && driver == "external", diagnostics);
  check_distributions(target, Spot{target.where, "", ""}, diagnostics);
}

}  // namespace blackstart
