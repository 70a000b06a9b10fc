// `sim:` and `network:` of a target: which words a kind takes, and what contradicts.

#include "base/text.h"
#include "base/units.h"
#include "scenarios/languages.h"
#include "scenarios/meaning_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace blackstart {
namespace {

constexpr std::string_view kClients = "clients";

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<int> count_of(const Node* node) {
  if (node == nullptr || !node->is_scalar()) return std::nullopt;
  int value = 0;
  const char* const end = node->scalar.data() + node->scalar.size();
  const auto [stop, code] = std::from_chars(node->scalar.data(), end, value);
  if (code != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// Members in all roles and regions.
std::optional<int> members_of(const Node& service) {
  const auto sum = [](const Node& counts) {
    int total = 0;
    for (const Node::Entry& entry : counts.entries) total += count_of(&entry.value).value_or(0);
    return total;
  };
  if (const Node* replicas = service.find("replicas")) return replicas->is_map() ? sum(*replicas) : count_of(replicas);
  const Node* roles = service.find("roles");
  if (roles == nullptr) return 1;
  int total = 0;
  for (const Node::Entry& role : roles->entries) {
    total += role.value.is_map() ? sum(role.value) : count_of(&role.value).value_or(0);
  }
  return total;
}

/// One part of `sim:` with the service that it describes.
class Part {
 public:
  Part(const Node& part, const Node& service, const Node& services, Spot spot, Diagnostics& diagnostics)
      : part_(part),
        service_(service),
        services_(services),
        spot_(std::move(spot)),
        diagnostics_(diagnostics),
        kind_(service.text("kind")) {}

  void check() {
    if (!part_.is_map() || kind_.empty()) return;
    check_words();
    check_needed();
    check_calls();
    check_sizes();
    check_scaling();
    check_order_of("cold_ratio", "hit_ratio");
    check_stream();
    check_dns();
  }

 private:
  void report(const char* key, const std::string& found, const std::string& allowed) {
    const Node* node = part_.find(key);
    diagnostics_.add(spot_.child(node != nullptr ? node->where : part_.where, key), found, allowed);
  }

  void check_words() {
    const std::vector<std::string> words = sim_words_of(kind_);
    if (words.empty()) return;
    for (const Node::Entry& entry : part_.entries) {
      const bool known = std::any_of(sim_words().begin(), sim_words().end(),
                                     [&](const SimWord& word) { return word.field.name == entry.key; });
      if (!known || contains(words, entry.key)) continue;  // an unknown one is said elsewhere
      diagnostics_.add(spot_.child(entry.where, entry.key),
                       fmt::format("{}, which a service of kind {} does not have", entry.key, kind_), join(words, ", "),
                       entry.key, words);
    }
  }

  void check_needed() {
    const bool serves = kind_ == "api" || kind_ == "gateway" || kind_ == "search" || kind_ == "external";
    if (serves && part_.find("service_time") == nullptr) {
      report("service_time", fmt::format("nothing, and a service of kind {} needs it", kind_),
             "how long one call takes a server, such as {median: 2ms, p95: 9ms}");
    }
    if (part_.find("capacity") != nullptr && part_.find("provision") == nullptr) {
      report("provision", "nothing, and capacity needs it",
             "how long one more host takes, such as {median: 3m, p95: 8m}");
    }
    if (part_.find("stale") != nullptr && part_.find("stale_for") == nullptr) {
      report("stale_for", "nothing, and stale needs it", "how long the old answer is kept, such as 10m");
    }
  }

  void check_calls() {
    const Node* calls = part_.find("calls");
    if (calls == nullptr || !calls->is_map()) return;
    std::vector<std::string> needs;
    if (const Node* list = service_.find("needs")) {
      for (const Node& need : list->items) needs.push_back(need.scalar);
    }
    const Spot at = spot_.child(calls->where, "calls");
    for (const Node::Entry& call : calls->entries) {
      Node name;
      name.kind = Node::Kind::kScalar;
      name.scalar = call.key;
      name.where = call.where;
      if (services_.find(call.key) != nullptr) {  // else it is said that there is none of this name
        report_unknown(name, at.child(call.where, call.key), needs, "no call, as the service needs none", diagnostics_);
      }
      if (call.value.text("wait") != "false") continue;
      for (const char* key : {"fallback", "breaker", "retry", "required"}) {
        const Node* waits = call.value.find(key);
        if (waits == nullptr || (key == std::string_view{"required"} && waits->scalar == "false")) continue;
        diagnostics_.add(at.child(waits->where, call.key + "." + key),
                         fmt::format("{} of a call that nobody waits for", key),
                         fmt::format("{} beside wait: true", key));
      }
    }
  }

  void check_sizes() {
    if (contains(sim_words_of(kind_), "size")) return;
    for (const char* key : {"restore", "rebuild"}) {
      const Node* transfer = part_.find(key);
      if (transfer == nullptr || !transfer->is_scalar() || !transfer->scalar.ends_with("B/s")) continue;
      report(key, fmt::format("{}, and a service of kind {} has no size", describe_found(*transfer), kind_),
             "how long it takes, such as {median: 5m, p95: 12m}");
    }
  }

  void check_scaling() {
    const Node* scaling = part_.find("autoscaling");
    if (scaling == nullptr) return;
    const auto min = count_of(scaling->find("min"));
    const auto max = count_of(scaling->find("max"));
    if (!min || !max || *min <= *max) return;
    report("autoscaling", fmt::format("at least {} and at most {} members", *min, *max),
           "a min that is at most the max");
  }

  void check_order_of(const char* low, const char* high) {
    const Node* from = part_.find(low);
    if (from == nullptr) return;
    const auto least = parse_share(from->scalar);
    const auto most = parse_share(part_.text(high, "90%"));
    if (!least || !most || least->value <= most->value) return;
    report(low, fmt::format("{} above a {} of {}", from->scalar, high, part_.text(high, "90%")),
           fmt::format("at most {}", part_.text(high, "90%")));
  }

  void check_stream() {
    if (kind_ != "stream") return;
    const int copies = count_of(part_.find("replication_factor")).value_or(1);
    const auto members = members_of(service_);
    if (members && copies > *members) {
      report("replication_factor", fmt::format("{} copies on {} members", copies, *members),
             fmt::format("at most {}, or more replicas of the service", *members));
    }
    const auto in_sync = count_of(part_.find("min_in_sync"));
    if (in_sync && *in_sync > copies) {
      report("min_in_sync", fmt::format("{} of {} copies", *in_sync, copies),
             fmt::format("at most the replication_factor, which is {}", copies));
    }
  }

  void check_dns();

  const Node& part_;
  const Node& service_;
  const Node& services_;
  const Spot spot_;
  Diagnostics& diagnostics_;
  const std::string kind_;
};

void Part::check_dns() {
  const Node* records = part_.find("records");
  if (records == nullptr || !records->is_map()) return;
  for (const Node::Entry& record : records->entries) {
    if (record.key.find('.') != std::string::npos) continue;
    diagnostics_.add(spot_.child(record.where, "records." + record.key), fmt::format("\"{}\"", record.key),
                     "a name with its domain, such as api.example.com");
  }
}

/// The places of the network: regions, zones, clients.
std::vector<std::string> places_of(const Node& target) {
  std::vector<std::string> places;
  if (const Node* regions = target.find("regions")) {
    for (const Node::Entry& region : regions->entries) {
      places.push_back(region.key);
      const Node* zones = region.value.find("zones");
      if (zones == nullptr) continue;
      for (const Node& zone : zones->items) places.push_back(zone.scalar);
    }
  }
  places.emplace_back(kClients);
  return places;
}

void check_network(const Node& target, Diagnostics& diagnostics) {
  const Node* network = target.find("network");
  const Node* links = network != nullptr ? network->find("links") : nullptr;
  if (links == nullptr) return;
  const std::vector<std::string> places = places_of(target);
  for (std::size_t index = 0; index < links->items.size(); ++index) {
    const Node* between = links->items[index].find("between");
    if (between == nullptr || !between->is_list()) continue;
    const Spot spot{between->where, fmt::format("network.links.{}.between", index), ""};
    for (std::size_t end = 0; end < between->items.size(); ++end) {
      const Node& place = between->items[end];
      if (place.is_scalar())
        report_unknown(place, spot.child(place.where, std::to_string(end)), places, "", diagnostics);
    }
    const bool same = between->items.size() == 2 && between->items[0].scalar == between->items[1].scalar;
    if (same) diagnostics.add(spot, fmt::format("\"{}\" twice", between->items[0].scalar), "two places that differ");
  }
}

}  // namespace

void check_sim_meaning(const Node& target, Diagnostics& diagnostics) {
  const Node* sim = target.find("sim");
  const Node* services = target.find("services");
  if (sim != nullptr && services != nullptr) {
    for (const Node::Entry& entry : sim->entries) {
      const Node* service = services->find(entry.key);
      const Spot spot{entry.value.where, "sim." + entry.key, entry.key};
      if (service != nullptr) Part{entry.value, *service, *services, spot, diagnostics}.check();
    }
  }
  check_network(target, diagnostics);
}

}  // namespace blackstart
