#include "simulator/model.h"

#include "base/check.h"
#include "scenarios/sim_needs.h"

#include <algorithm>

namespace blackstart {
namespace {

constexpr std::size_t kMembersMost = 4096;

constexpr std::string_view kClientsPlace = "clients";

/// The last of the network's links that fits, or else its general figure.
const LinkSim& network_between(const NetworkSim& network, const Site& a, const Site& b) {
  const auto fits = [&](const LinkBetween& link) {
    return (a.is_in(link.from) && b.is_in(link.to)) || (link.both_ways && a.is_in(link.to) && b.is_in(link.from));
  };
  const auto found = std::find_if(network.links.rbegin(), network.links.rend(), fits);
  if (found != network.links.rend()) return found->link;
  if (a.region == kClientsPlace || b.region == kClientsPlace) return network.clients;
  if (a.region != b.region) return network.between_regions;
  return a.zone == b.zone ? network.within_zone : network.between_zones;
}

}  // namespace

double hit_ratio(const Member& member, const CacheSim& cache, Instant now) {
  if (!member.cold) return cache.hit_ratio.value;
  const double warm =
      member.warming > Duration{} ? std::min(1.0, to_seconds(now - member.up_since) / to_seconds(member.warming)) : 1;
  return cache.cold_ratio.value + (cache.hit_ratio.value - cache.cold_ratio.value) * warm;
}

Model::Model(const Target& target) : target_(target) {
  add_services(target);
  connect(target);
  lay_links();
}

void Model::add_services(const Target& target) {
  for (const auto& spec : target.services) {
    Service service;
    service.spec = &spec;
    if (const ServiceSim* part = target.sim.find(spec.name)) service.sim = *part;
    if (service.sim.station.service_time) service.service_time = sampler_of(*service.sim.station.service_time);
    service.by_role = !spec.roles.empty();
    service.synchronous = service.by_role && spec.replication == "sync";
    if (!target.regions.empty()) service.active_region = target.regions.front();
    services_.push_back(std::move(service));
    add_members(spec, static_cast<ServiceIndex>(services_.size() - 1));
  }
}

void Model::add_members(const ServiceSpec& spec, ServiceIndex index) {
  const std::string region = target_.regions.empty() ? std::string() : target_.regions.front();
  if (spec.roles.empty() && spec.replicas_by_region.empty()) {
    for (int i = 0; i < spec.replicas; ++i) add_member(index, "", region, zones_of(region));
  }
  for (const auto& [name, count] : spec.replicas_by_region)
    for (int i = 0; i < count && spec.roles.empty(); ++i) add_member(index, "", name, zones_of(name));
  for (const auto& role : spec.roles) {
    const std::string& place = role.region.empty() ? region : role.region;
    for (int i = 0; i < role.count; ++i) add_member(index, role.role, place, zones_of(place));
  }
}

std::string Model::region_to_grow_in(ServiceIndex service) const {
  const Service& one = services_[service];
  if (!one.active_region.empty() || one.members.empty()) return one.active_region;
  return members_[one.members.front()].region;
}

std::vector<std::string> Model::zones_of(std::string_view region) const {
  const auto found = std::ranges::find(target_.region_specs, region, &Region::name);
  if (found == target_.region_specs.end() || found->zones.empty()) return {""};
  return found->zones;
}

MemberIndex Model::add_member(ServiceIndex service, const std::string& role, const std::string& region,
                              const std::vector<std::string>& zones) {
  BS_CHECK(members_.size() < kMembersMost);
  Member member;
  member.service = service;
  member.number = static_cast<int>(services_[service].members.size()) + 1;
  member.role = member.first_role = role;
  member.region = region;
  member.zone = *std::ranges::min_element(zones, {}, [&](const std::string& zone) {
    return std::ranges::count_if(services_[service].members, [&](MemberIndex index) {
      return members_[index].region == region && members_[index].zone == zone;
    });
  });
  const auto& roles = services_[service].spec->roles;
  member.writes = roles.empty() || roles.front().role == role;
  members_.push_back(std::move(member));
  services_[service].members.push_back(static_cast<MemberIndex>(members_.size() - 1));
  for (auto& need : services_[service].needs)
    if (need.call.breaker) need.breakers.emplace_back(*need.call.breaker);
  if (!links_.empty()) lay_links();
  return static_cast<MemberIndex>(members_.size() - 1);
}

void Model::connect(const Target& target) {
  addresses_.assign(services_.size() * services_.size(), kNoMember);
  for (auto& service : services_) {
    for (const auto& name : service.spec->needs) {
      const auto to = find(name);
      if (!to) continue;
      Need need;
      need.service = *to;
      need.call.need = name;
      for (const auto& call : service.sim.station.calls)
        if (call.need == name) need.call = call;
      need.to_least_busy = services_[*to].balance() == Balance::kLeastBusy;
      if (need.call.fallback) need.fallback = sampler_of(*need.call.fallback);
      if (need.call.breaker) need.breakers.assign(service.members.size(), CircuitBreaker(*need.call.breaker));
      service.needs.push_back(std::move(need));
    }
  }
  for (ServiceIndex from = 0; from < services_.size(); ++from)
    for (ServiceIndex to = 0; to < services_.size(); ++to) set_address(from, to, primary_of(to));
  front_ = find(bid_service(target)).value_or(0);
  keeper_ = front_;
  mark_stores(front_);
}

/// Whether a bid's record is kept behind `service`: by the first store of its needs, or of theirs.
bool Model::mark_stores(ServiceIndex service) {
  if (services_[service].spec->kind == "sql") {
    keeper_ = service;
    return true;
  }
  for (auto& need : services_[service].needs) {
    if (!mark_stores(need.service)) continue;
    need.stores = true;
    return true;
  }
  return false;
}

ServiceIndex Model::writer() const {
  ServiceIndex writer = front_;
  while (writer != keeper_) {
    const auto& needs = services_[writer].needs;
    const auto stores = std::find_if(needs.begin(), needs.end(), [](const Need& need) { return need.stores; });
    if (stores == needs.end() || stores->service == keeper_) break;
    writer = stores->service;
  }
  return writer;
}

std::optional<double> Model::bandwidth(const Site& from, const Site& to) const {
  if (!target_.sim.network) return std::nullopt;
  return network_between(*target_.sim.network, from, to).bytes_per_second;
}

void Model::lay_links() {
  const std::size_t clients = members_.size();
  links_.assign((clients + 1) * (clients + 1), Link{});
  if (!target_.sim.network) return;
  const NetworkSim& network = *target_.sim.network;
  const auto site_of = [&](std::size_t end) {
    return end == clients ? Site{kClientsPlace, ""} : site(static_cast<MemberIndex>(end));
  };
  for (std::size_t from = 0; from <= clients; ++from) {
    for (std::size_t to = 0; to <= clients; ++to) {
      if (from == clients && to == clients) continue;
      const LinkSim& between = network_between(network, site_of(from), site_of(to));
      Link& link = links_[from * (clients + 1) + to];
      link.latency = sampler_of(between.latency);
      link.loss = between.loss.value;
      link.plain = is_nothing(link.latency) && link.loss == 0;
    }
  }
}

std::optional<ServiceIndex> Model::find(std::string_view service) const {
  for (std::size_t i = 0; i < services_.size(); ++i)
    if (services_[i].spec->name == service) return static_cast<ServiceIndex>(i);
  return std::nullopt;
}

std::vector<MemberIndex> Model::members_of(ServiceIndex service, std::string_view role) const {
  std::vector<MemberIndex> found;
  for (const MemberIndex index : services_[service].members)
    if (role.empty() || members_[index].role == role) found.push_back(index);
  return found;
}

std::vector<MemberIndex> Model::members_in(std::string_view place) const {
  std::vector<MemberIndex> found;
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (members_[i].region == place || members_[i].zone == place) found.push_back(static_cast<MemberIndex>(i));
  return found;
}

std::string Model::name_of(MemberIndex index) const {
  const Member& member = members_[index];
  const Service& service = services_[member.service];
  if (!member.role.empty()) return service.spec->name + ' ' + member.role;
  if (service.members.size() == 1) return service.spec->name;
  return service.spec->name + ' ' + std::to_string(member.number);
}

std::optional<ServiceIndex> Model::control_plane_of(ServiceIndex service, std::string_view region) const {
  const std::string& kind = services_[service].spec->kind;
  if (kind != "api" && kind != "gateway") return std::nullopt;
  for (ServiceIndex plane = 0; plane < services_.size(); ++plane) {
    if (services_[plane].control_plane() == nullptr) continue;
    for (const MemberIndex index : services_[plane].members)
      if (members_[index].region == region) return plane;
  }
  return std::nullopt;
}

std::size_t Model::placed_by(ServiceIndex plane) const {
  return static_cast<std::size_t>(std::ranges::count_if(members_, [&](const Member& member) {
    return member.condition != Condition::kDown && control_plane_of(member.service, member.region) == plane;
  }));
}

MemberIndex Model::address(ServiceIndex from, ServiceIndex to) const {
  return addresses_[from * services_.size() + to];
}

void Model::set_address(ServiceIndex from, ServiceIndex to, MemberIndex member) {
  addresses_[from * services_.size() + to] = member;
}

MemberIndex Model::primary_of(ServiceIndex service) const {
  const Service& one = services_[service];
  if (!one.by_role) return one.members.empty() ? kNoMember : one.members.front();
  for (const MemberIndex index : one.members)
    if (members_[index].role == one.spec->roles.front().role) return index;
  return kNoMember;
}

Link& Model::link(MemberIndex from, MemberIndex to) { return links_[link_index(from, to)]; }

const Link& Model::link(MemberIndex from, MemberIndex to) const { return links_[link_index(from, to)]; }

}  // namespace blackstart
