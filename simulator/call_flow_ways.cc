// Whom calls go to, and what their ways there and back cost.

#include "simulator/call_flow.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace blackstart {

void CallFlow::members_changed() {
  end_foresight();
  stations_.resize(model_.members());
  regions_ = {""};
  rotation_.assign(model_.services().size(), {});
  for (MemberIndex index = 0; index < model_.members(); ++index) {
    const Member& member = model_.member(index);
    Service& service = model_.service(member.service);
    const StationSim& sim = service.sim.station;
    stations_[index].service_index = member.service;
    stations_[index].service = &service;
    stations_[index].stream = &streams_[member.service];
    stations_[index].calm = is_calm(index);
    if (region_of(member.region) == kNoRegion) regions_.push_back(member.region);
    stations_[index].region = region_of(member.region);
    stations_[index].servers = service.sim.service.empty() ? 0 : sim.servers;
    stations_[index].queue_most = sim.queue.value_or(std::numeric_limits<std::uint64_t>::max());
    const bool taken = sim.health_check ? member.in_rotation : member.condition == Condition::kUp;
    if (!taken || member.isolated) continue;
    rotation_[member.service].push_back({index, stations_[index].region});
  }
  clients_region_number_ = region_of(clients_region_);
  const auto end_at = [this](std::size_t index) {
    return index == stations_.size() ? kNoMember : static_cast<MemberIndex>(index);
  };
  ways_.clear();
  for (std::size_t from = 0; from <= stations_.size(); ++from)
    for (std::size_t to = 0; to <= stations_.size(); ++to)
      ways_.push_back(way_over(std::as_const(model_).link(end_at(from), end_at(to))));
  for (ServiceIndex service = 0; service < foresights_.size(); ++service)
    foresights_[service].possible = may_foresee(service);
}

bool CallFlow::is_calm(MemberIndex index) const {
  const Member& member = model_.member(index);
  const Service& service = model_.service(member.service);
  const StationSim& sim = service.sim.station;
  const bool whole = member.condition == Condition::kUp && !member.hung && member.warm_up == Duration{};
  const bool unburdened = member.burden.slower == 1 && member.burden.errors <= 0 && member.burden.gray <= 0 &&
                          member.burden.extra == Duration{};
  const bool open = !sim.limit && sim.availability.value >= 1 && has_leaders(service);
  return whole && unburdened && open;
}

/// Of a stream: no partition is without a leader, and enough copies are up.
bool CallFlow::has_leaders(const Service& service) const {
  if (service.stream() == nullptr) return true;
  return clock_.now() >= service.electing_until && !lacks_copies(service);
}

CallFlow::Way CallFlow::way_over(const Link& link) {
  Way way;
  way.link = &link;
  way.harmless = link.cut == Cut::kNone && link.loss <= 0;
  if (link.jitter > Duration{} || !link.latency.is_constant()) return way;
  const std::int64_t time_ns = link.plain ? 0 : to_ns(link.latency.mean() + link.extra);
  way.lane = events_.lane_for(time_ns);
  if (way.harmless) way.time_ns = time_ns;
  return way;
}

/// kNoRegion where no member is in it.
CallFlow::Region CallFlow::region_of(const std::string& name) const {
  const auto found = std::find(regions_.begin(), regions_.end(), name);
  return found == regions_.end() ? kNoRegion : static_cast<Region>(found - regions_.begin());
}

/// Where the next client goes.
CallFlow::Region CallFlow::region_of_clients(const std::string& active) {
  const std::string& name = resolver_.region_for(clock_.now(), active, network_);
  if (name != clients_region_) {
    clients_region_ = name;
    clients_region_number_ = region_of(name);
  }
  return clients_region_number_;
}

/// Whom a call to any member goes to: of those that take calls in turn, one in `region` where there is one.
MemberIndex CallFlow::choose(ServiceIndex service, Region region) {
  const auto& rotation = rotation_[service];
  const auto& members = model_.service(service).members;
  std::uint32_t& turn = turns_[service];
  if (rotation.empty()) return members.empty() ? kNoMember : members[++turn % members.size()];
  for (std::size_t tried = 0; tried < rotation.size(); ++tried) {
    if (++turn >= rotation.size()) turn = 0;
    if (region == kAnyRegion || rotation[turn].region == region) break;
  }
  return rotation[turn].member;
}

/// Whom a bid's client reaches: a member of the region that its resolver knows, also where none of them takes calls.
MemberIndex CallFlow::choose_front() {
  const ServiceIndex front = model_.front();
  const Service& service = model_.service(front);
  if (service.by_role) return model_.primary_of(front);
  const Region region = region_of_clients(service.active_region);
  const MemberIndex chosen = choose(front, region);
  if (chosen == kNoMember || region == kAnyRegion || stations_[chosen].region == region) return chosen;
  for (const MemberIndex index : service.members)
    if (stations_[index].region == region) return index;
  return chosen;
}

MemberIndex CallFlow::whom(std::uint32_t index, ServiceIndex service) {
  const Station& caller = stations_[frames_[index].member];
  if (model_.service(service).by_role) return model_.address(caller.service_index, service);
  return choose(service, caller.region);
}

}  // namespace blackstart
