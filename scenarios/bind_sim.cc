// `sim:` and `network:` of a target.

#include "scenarios/bind.h"

#include <algorithm>

namespace blackstart {
namespace {

/// Reads one part; `folder` is where files of samples lie.
class SimPart {
 public:
  SimPart(const Node& node, const std::string& folder) : node_(node), folder_(folder) {}

  [[nodiscard]] const Node* find(const char* key) const { return node_.find(key); }
  [[nodiscard]] SimPart below(const Node& node) const { return SimPart{node, folder_}; }

  [[nodiscard]] std::optional<Distribution> time(const char* key) const {
    const Node* value = node_.find(key);
    return value == nullptr ? std::optional<Distribution>{} : read_distribution(*value, folder_);
  }
  [[nodiscard]] Distribution time_or_none(const char* key) const { return time(key).value_or(Distribution{}); }
  [[nodiscard]] Duration length(const char* key, Duration fallback) const {
    return read_duration(node_, key, fallback);
  }
  [[nodiscard]] std::optional<Duration> length(const char* key) const { return read_optional_duration(node_, key); }
  [[nodiscard]] Share share(const char* key, Share fallback) const { return read_share(node_, key, fallback); }
  [[nodiscard]] int count(const char* key, int fallback) const { return read_integer(node_, key, fallback); }
  [[nodiscard]] std::optional<int> count(const char* key) const {
    return node_.find(key) == nullptr ? std::optional<int>{} : read_integer(node_, key, 0);
  }
  [[nodiscard]] std::optional<std::uint64_t> large_count(const char* key) const {
    const Node* value = node_.find(key);
    if (value == nullptr || value->scalar == "unbounded") return std::nullopt;
    return static_cast<std::uint64_t>(read_number(*value));
  }
  [[nodiscard]] std::optional<Rate> rate(const char* key) const {
    const Node* value = node_.find(key);
    return value == nullptr ? std::optional<Rate>{} : *parse_rate(value->scalar);
  }
  [[nodiscard]] std::optional<double> bytes_per_second(const char* key) const {
    const Node* value = node_.find(key);
    return value == nullptr ? std::optional<double>{} : read_size_rate(value->scalar);
  }
  [[nodiscard]] ByteSize size(const char* key, ByteSize fallback) const {
    const Node* value = node_.find(key);
    return value == nullptr ? fallback : *parse_size(value->scalar);
  }
  [[nodiscard]] bool flag(const char* key, bool fallback) const {
    return node_.text(key, fallback ? "true" : "false") == "true";
  }
  [[nodiscard]] std::string text(const char* key) const { return node_.text(key); }
  [[nodiscard]] std::optional<Transfer> transfer(const char* key) const {
    const Node* value = node_.find(key);
    if (value == nullptr) return std::nullopt;
    Transfer transfer;
    if (value->is_scalar() && value->scalar.ends_with("B/s")) {
      transfer.bytes_per_second = read_size_rate(value->scalar);
    } else {
      transfer.takes = read_distribution(*value, folder_);
    }
    return transfer;
  }
  [[nodiscard]] const Node& node() const { return node_; }

 private:
  const Node& node_;
  const std::string& folder_;
};

// ---- what every kind may have ------------------------------------------------------------------------------------

Breaker read_breaker(const SimPart& part) {
  Breaker breaker;
  breaker.threshold = part.share("threshold", breaker.threshold);
  breaker.calls = part.count("calls", breaker.calls);
  breaker.open = part.length("open", breaker.open);
  breaker.half_open_calls = part.count("half_open_calls", breaker.half_open_calls);
  breaker.slow = part.length("slow");
  return breaker;
}

NeedCall read_need(const std::string& need, const SimPart* part) {
  NeedCall call;
  call.need = need;
  if (part == nullptr) return call;
  call.timeout = part->length("timeout", call.timeout);
  if (const Node* retry = part->find("retry")) call.retry = read_retry(*retry);
  call.share = part->share("share", call.share);
  call.wait = part->flag("wait", call.wait);
  call.required = part->flag("required", call.required);
  if (const Node* breaker = part->find("breaker")) call.breaker = read_breaker(part->below(*breaker));
  call.fallback = part->time("fallback");
  call.where = part->node().where;
  return call;
}

std::vector<NeedCall> read_needs(const SimPart& part, const ServiceSpec& service) {
  std::vector<NeedCall> calls;
  const Node* given = part.find("calls");
  for (const std::string& need : service.needs) {
    const Node* own = given == nullptr ? nullptr : given->find(need);
    if (own == nullptr) {
      calls.push_back(read_need(need, nullptr));
      continue;
    }
    const SimPart below = part.below(*own);
    calls.push_back(read_need(need, &below));
  }
  return calls;
}

HealthCheck read_health_check(const SimPart& part) {
  HealthCheck check;
  check.every = part.length("every", check.every);
  check.timeout = part.length("timeout", check.timeout);
  check.failures = part.count("failures", check.failures);
  check.successes = part.count("successes", check.successes);
  return check;
}

Autoscaling read_autoscaling(const SimPart& part) {
  Autoscaling scaling;
  scaling.min = part.count("min", scaling.min);
  scaling.max = part.count("max", scaling.max);
  scaling.target = part.share("target", scaling.target);
  scaling.every = part.length("every", scaling.every);
  scaling.cooldown = part.length("cooldown", scaling.cooldown);
  return scaling;
}

WarmUp read_warm_up(const SimPart& part) {
  WarmUp warm_up;
  warm_up.takes = part.time_or_none("takes");
  if (const Node* slower = part.find("slower")) warm_up.slower = read_number(*slower);
  return warm_up;
}

StationSim read_station(const SimPart& part, const ServiceSpec& service) {
  StationSim station;
  station.servers = part.count("servers", station.servers);
  station.service_time = part.time("service_time");
  station.queue = part.large_count("queue");
  station.availability = part.share("availability", station.availability);
  station.limit = part.rate("limit");
  const std::string balance = part.text("balance");
  if (balance == "least_busy") station.balance = Balance::kLeastBusy;
  if (balance == "random") station.balance = Balance::kRandom;
  if (const Node* warm_up = part.find("warm_up")) station.warm_up = read_warm_up(part.below(*warm_up));
  if (const Node* check = part.find("health_check")) station.health_check = read_health_check(part.below(*check));
  if (const Node* breakdowns = part.find("breakdowns")) {
    const SimPart below = part.below(*breakdowns);
    station.breakdowns = Breakdowns{below.time_or_none("every"), below.time_or_none("last")};
  }
  if (const Node* scaling = part.find("autoscaling")) station.autoscaling = read_autoscaling(part.below(*scaling));
  station.calls = read_needs(part, service);
  return station;
}

ActionSim read_actions(const SimPart& part) {
  ActionSim actions;
  actions.start = part.time("start");
  actions.stop = part.time_or_none("stop");
  actions.repoint = part.time_or_none("repoint");
  actions.fence = part.time_or_none("fence");
  actions.isolate = part.time_or_none("isolate");
  actions.promote = part.time("promote");
  actions.failover = part.time("failover");
  actions.restore = part.transfer("restore");
  actions.rebuild = part.transfer("rebuild");
  actions.rollback = part.time("rollback");
  actions.rotate = part.time("rotate");
  actions.warm = part.time("warm");
  return actions;
}

// ---- what each kind has of its own -------------------------------------------------------------------------------

SqlSim read_sql(const SimPart& part) {
  SqlSim sql;
  sql.commit = part.time_or_none("commit");
  sql.commit_delay = part.length("commit_delay", sql.commit_delay);
  sql.group = part.large_count("group");
  sql.lag = part.time_or_none("lag");
  sql.replay = part.rate("replay");
  sql.size = part.size("size", sql.size);
  sql.bid_size = part.size("bid_size", sql.bid_size);
  sql.connections = part.count("connections");
  return sql;
}

CacheSim read_cache(const SimPart& part) {
  CacheSim cache;
  cache.hit_ratio = part.share("hit_ratio", cache.hit_ratio);
  cache.cold_ratio = part.share("cold_ratio", cache.cold_ratio);
  cache.warming = part.time_or_none("warming");
  cache.miss = part.text("miss");
  cache.persistent = part.flag("persistent", cache.persistent);
  cache.entries = part.large_count("entries");
  cache.ttl = part.length("ttl");
  cache.lag = part.time_or_none("lag");
  cache.size = part.size("size", cache.size);
  return cache;
}

StreamSim read_stream(const SimPart& part) {
  StreamSim stream;
  stream.partitions = part.count("partitions", stream.partitions);
  stream.replication_factor = part.count("replication_factor", stream.replication_factor);
  stream.min_in_sync = part.count("min_in_sync", stream.min_in_sync);
  const std::string acks = part.text("acks");
  if (acks == "0") stream.acks = StreamSim::Acks::kNone;
  if (acks == "1") stream.acks = StreamSim::Acks::kLeader;
  stream.lag = part.time_or_none("lag");
  stream.election = part.time_or_none("election");
  stream.unclean_election = part.flag("unclean_election", stream.unclean_election);
  stream.retention = part.length("retention");
  stream.consume = part.rate("consume");
  stream.replay = part.rate("replay");
  stream.size = part.size("size", stream.size);
  stream.record_size = part.size("record_size", stream.record_size);
  return stream;
}

StorageSim read_storage(const SimPart& part) {
  StorageSim storage;
  storage.read_bytes_per_second = part.bytes_per_second("read");
  storage.write_bytes_per_second = part.bytes_per_second("write");
  storage.lag = part.time_or_none("lag");
  storage.size = part.size("size", storage.size);
  return storage;
}

DnsSim read_dns(const SimPart& part) {
  DnsSim dns;
  dns.ttl = part.length("ttl", dns.ttl);
  dns.propagation = part.time_or_none("propagation");
  dns.stale = part.share("stale", dns.stale);
  dns.stale_for = part.length("stale_for", dns.stale_for);
  const Node* records = part.find("records");
  if (records == nullptr) return dns;
  for (const Node::Entry& record : records->entries) {
    dns.records.push_back(DnsRecord{record.key, record.value.scalar, record.where});
  }
  return dns;
}

KindSim read_own(const SimPart& part, const std::string& kind) {
  if (kind == "sql") return read_sql(part);
  if (kind == "cache") return read_cache(part);
  if (kind == "stream") return read_stream(part);
  if (kind == "search") {
    SearchSim search;
    search.refresh = part.length("refresh", search.refresh);
    search.size = part.size("size", search.size);
    return search;
  }
  if (kind == "objects" || kind == "files") return read_storage(part);
  if (kind == "control-plane") {
    return ControlPlaneSim{part.time_or_none("schedule"), part.time("provision"), part.count("capacity")};
  }
  if (kind == "dns") return read_dns(part);
  return std::monostate{};
}

// ---- the network -------------------------------------------------------------------------------------------------

LinkSim read_link(const SimPart& part) {
  return LinkSim{part.time_or_none("latency"), part.share("loss", Share{0.0}), part.bytes_per_second("bandwidth")};
}

NetworkSim read_network(const SimPart& part) {
  NetworkSim network;
  const auto link = [&](const char* key, LinkSim& into) {
    if (const Node* node = part.find(key)) into = read_link(part.below(*node));
  };
  link("within_zone", network.within_zone);
  link("between_zones", network.between_zones);
  link("between_regions", network.between_regions);
  link("clients", network.clients);
  const Node* links = part.find("links");
  if (links == nullptr) return network;
  for (const Node& item : links->items) {
    const std::vector<std::string> places = read_texts(item.find("between"));
    network.links.push_back(LinkBetween{places.at(0), places.at(1), item.text("direction") != "to",
                                        read_link(part.below(item)), item.where});
  }
  return network;
}

}  // namespace

SimSpec bind_sim(const Node& root, const Target& target) {
  SimSpec sim;
  if (const Node* services = root.find("sim")) {
    for (const Node::Entry& entry : services->entries) {
      const ServiceSpec* service = target.find_service(entry.key);
      if (service == nullptr) continue;
      const SimPart part{entry.value, target.folder};
      sim.services.push_back(ServiceSim{entry.key, service->kind, read_station(part, *service), read_actions(part),
                                        read_own(part, service->kind), entry.where});
    }
  }
  if (const Node* network = root.find("network")) sim.network = read_network(SimPart{*network, target.folder});
  return sim;
}

const ServiceSim* SimSpec::find(std::string_view wanted) const {
  const auto found =
      std::find_if(services.begin(), services.end(), [&](const ServiceSim& part) { return part.service == wanted; });
  return found == services.end() ? nullptr : &*found;
}

}  // namespace blackstart
