#include "scenarios/bind.h"

#include <charconv>

namespace blackstart {
namespace {

int as_count(const Node& node) {
  int count = 0;
  std::from_chars(node.scalar.data(), node.scalar.data() + node.scalar.size(), count);
  return count;
}

std::vector<std::pair<std::string, std::string>> read_pairs(const Node* map) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (map == nullptr) return pairs;
  for (const Node::Entry& entry : map->entries) pairs.emplace_back(entry.key, entry.value.scalar);
  return pairs;
}

std::vector<RoleCount> read_roles(const Node* roles) {
  std::vector<RoleCount> counts;
  if (roles == nullptr) return counts;
  for (const Node::Entry& role : roles->entries) {
    if (role.value.is_scalar()) counts.push_back(RoleCount{role.key, "", as_count(role.value)});
    for (const Node::Entry& region : role.value.entries) {
      counts.push_back(RoleCount{role.key, region.key, as_count(region.value)});
    }
  }
  return counts;
}

void read_replicas(const Node* replicas, ServiceSpec& service) {
  if (replicas == nullptr) return;
  if (replicas->is_scalar()) service.replicas = as_count(*replicas);
  if (!replicas->is_map()) return;
  service.replicas = 0;
  for (const Node::Entry& region : replicas->entries) {
    service.replicas_by_region.emplace_back(region.key, as_count(region.value));
    service.replicas += as_count(region.value);
  }
}

BackupSpec::Kind backup_kind(const std::string& name) {
  if (name == "log") return BackupSpec::Kind::kLog;
  return name == "incremental" ? BackupSpec::Kind::kIncremental : BackupSpec::Kind::kFull;
}

BackupSpec read_backup(const std::string& name, const Node& node, const std::string& folder) {
  BackupSpec backup;
  backup.name = name;
  backup.kind = backup_kind(node.text("kind", name));
  backup.every = read_duration(*node.find("every"));
  if (const Node* at = node.find("at")) backup.at = read_time_of_day(at->scalar);
  backup.keep = read_optional_duration(node, "keep");
  backup.encrypted = node.text("encrypted");
  if (const Node* takes = node.find("takes")) backup.takes = read_distribution(*takes, folder);
  backup.succeeds = read_share(node, "succeeds", backup.succeeds);
  backup.verified = read_optional_duration(node, "verified");
  backup.copies = read_texts(node.find("copies"));
  backup.where = node.where;
  return backup;
}

void read_regions(const Node& root, Target& target) {
  const Node* regions = root.find("regions");
  if (regions == nullptr) return;
  for (const Node::Entry& entry : regions->entries) {
    target.regions.push_back(entry.key);
    target.region_specs.push_back(
        Region{entry.key, entry.value.text("primary") == "true", read_texts(entry.value.find("zones"))});
    if (target.region_specs.back().primary || target.primary_region.empty()) target.primary_region = entry.key;
  }
  for (Region& region : target.region_specs) region.primary = region.name == target.primary_region;
}

void read_credentials(const Node& root, Target& target) {
  const Node* credentials = root.find("credentials");
  if (credentials == nullptr) return;
  for (const Node::Entry& entry : credentials->entries) {
    target.credentials.push_back(
        CredentialSpec{entry.key, entry.value.text("of"), read_texts(entry.value.find("used_by"))});
  }
}

ServiceSpec read_service(const std::string& name, const Node& node, const std::string& folder) {
  ServiceSpec service;
  service.name = name;
  service.kind = node.text("kind");
  service.tier = node.text("tier");
  read_replicas(node.find("replicas"), service);
  service.needs = read_texts(node.find("needs"));
  service.roles = read_roles(node.find("roles"));
  service.replication = node.text("replication");
  service.url = node.text("url");
  if (const Node* backups = node.find("backups")) {
    for (const Node::Entry& entry : backups->entries) {
      service.backups.push_back(read_backup(entry.key, entry.value, folder));
    }
  }
  service.where = node.where;
  return service;
}

HttpCall read_http(const Node& node, const std::string& method) {
  return HttpCall{node.text("method", method), node.text("url"), node.text("body"), read_pairs(node.find("headers"))};
}

void read_change(const Node* node, std::optional<HttpCall>& call, std::optional<std::string>& run) {
  if (node == nullptr) return;
  if (const Node* http = node->find("http")) call = read_http(*http, "GET");
  if (const Node* command = node->find("run")) run = command->scalar;
}

LocalService read_local(const std::string& name, const Node& node) {
  LocalService local;
  local.service = name;
  local.run = node.text("run");
  local.env = read_pairs(node.find("env"));
  if (const Node* ready = node.find("ready")) {
    if (const Node* http = ready->find("http")) local.ready_http = http->scalar;
    local.ready_tcp = ready->find("tcp") != nullptr;
    local.ready_within = read_duration(*ready, "within", local.ready_within);
  }
  read_change(node.find("promote"), local.promote, local.promote_run);
  read_change(node.find("repoint"), local.repoint, local.repoint_run);
  read_change(node.find("rebuild"), local.rebuild, local.rebuild_run);
  local.where = node.where;
  return local;
}

std::vector<int> read_statuses(const Node* list, std::vector<int> fallback) {
  if (list == nullptr) return fallback;
  std::vector<int> statuses;
  for (const Node& item : list->items) statuses.push_back(as_count(item));
  return statuses;
}

void read_read_back(const Node& node, LoadMapping& load) {
  using Kind = LoadMapping::ReadBackKind;
  if (node.is_scalar()) {
    load.read_back = Kind::kNone;
    return;
  }
  const Node::Entry& way = node.entries.front();
  load.read_back = way.key == "http"    ? Kind::kHttp
                   : way.key == "sql"   ? Kind::kSql
                   : way.key == "kafka" ? Kind::kKafka
                                        : Kind::kRun;
  load.read_back_arguments = way.value;
  if (!way.value.is_scalar()) return;
  load.read_back_arguments = Node{};
  load.read_back_arguments.kind = Node::Kind::kMap;
  load.read_back_arguments.where = way.value.where;
  load.read_back_arguments.entries.push_back(Node::Entry{"run", way.value.where, way.value});
}

LoadMapping read_load(const Node& node) {
  LoadMapping load;
  load.service = node.text("service");
  load.watch = node.text("watch");
  load.protocol_bids = node.find("protocol") != nullptr;
  if (const Node* kafka = node.find("kafka")) load.kafka = *kafka;
  if (const Node* http = node.find("http")) {
    load.http = read_http(*http, "POST");
    load.acknowledged = read_statuses(http->find("acknowledged"), {});
    load.refused = read_statuses(http->find("refused"), {400, 401, 403, 404, 405, 409, 413, 422, 429});
    load.degraded_when = read_pairs(http->find("degraded"));
  }
  if (load.protocol_bids) load.read_back = LoadMapping::ReadBackKind::kBids;
  if (!load.kafka.is_null()) {
    load.read_back = LoadMapping::ReadBackKind::kKafka;
    load.read_back_arguments = load.kafka;
  }
  if (const Node* read_back = node.find("read_back")) read_read_back(*read_back, load);
  return load;
}

}  // namespace

void bind_target(const Node& root, Target& target) {
  target.name = root.text("name");
  read_regions(root, target);
  read_credentials(root, target);
  for (const Node::Entry& service : root.find("services")->entries) {
    target.services.push_back(read_service(service.key, service.value, target.folder));
  }
  target.load = read_load(*root.find("load"));
  if (const Node* drivers = root.find("drivers")) {
    target.drivers_node = *drivers;
    for (const Node::Entry& driver : drivers->entries) target.drivers.push_back(driver.key);
    if (const Node* local = drivers->find("local")) {
      for (const Node::Entry& part : local->entries) target.local.push_back(read_local(part.key, part.value));
    }
  }
  target.sim = bind_sim(root, target);
  target.production = root.text("production") == "true";
}

const ServiceSpec* Target::find_service(std::string_view wanted) const {
  for (const ServiceSpec& service : services) {
    if (service.name == wanted) return &service;
  }
  return nullptr;
}

const LocalService* Target::find_local(std::string_view wanted) const {
  for (const LocalService& service : local) {
    if (service.service == wanted) return &service;
  }
  return nullptr;
}

}  // namespace blackstart
