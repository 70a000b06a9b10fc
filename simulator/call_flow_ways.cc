// Whom calls go to, and what their ways there and back cost.

#include "simulator/call_flow_legs.h"
#include "simulator/stores.h"
#include "simulator/stream_copies.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace blackstart {
namespace {

constexpr std::uint32_t kFront = 0xfffe00;  // no need's draws
constexpr std::uint64_t kAnyNumber = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void CallFlow::members_changed() {
  end_foresight();
  stations_.resize(model_.members());
  regions_ = {""};
  for (MemberIndex index = 0; index < model_.members(); ++index) {
    const Member& member = model_.member(index);
    Service& service = model_.service(member.service);
    const StationSim& sim = service.sim.station;
    stations_[index].service_index = member.service;
    stations_[index].service = &service;
    stations_[index].calm = is_calm(index);
    stations_[index].accepts = accepts_writes(model_, index);
    stations_[index].balance = service.balance();
    if (region_of(member.region) == kNoRegion) regions_.push_back(member.region);
    stations_[index].region = region_of(member.region);
    stations_[index].servers = service.sim.service.empty() ? 0 : sim.servers;
    stations_[index].queue_most = sim.queue.value_or(kAnyNumber);
    stations_[index].inside_most = kAnyNumber;
    if (service.sql() != nullptr && service.sql()->connections) {
      const std::int64_t most = *service.sql()->connections;  // who has none is not served either
      stations_[index].inside_most = static_cast<std::uint64_t>(most);
      if (stations_[index].servers > 0) stations_[index].servers = std::min(stations_[index].servers, most);
    }
    if (stations_[index].servers > 0 && stations_[index].calls > stations_[index].servers)
      stations_[index].crowded = true;
  }
  for (ServiceIndex service = 0; service < model_.services().size(); ++service) lay_budgets(model_.service(service));
  clients_region_number_ = region_of(clients_region_);
  const auto end_at = [this](std::size_t index) {
    return index == stations_.size() ? kNoMember : static_cast<MemberIndex>(index);
  };
  ways_.clear();
  ways_across_ = stations_.size() + 1;
  for (std::size_t from = 0; from <= stations_.size(); ++from)
    for (std::size_t to = 0; to <= stations_.size(); ++to)
      ways_.push_back(way_over(std::as_const(model_).link(end_at(from), end_at(to))));
  lay_rotation();
  lay_hops();
  lay_front();
}

/// Who gets calls, from each region: the members there that take calls, or else all that do.
void CallFlow::lay_rotation() {
  rotation_.assign(model_.services().size() * regions_.size(), {});
  for (ServiceIndex service = 0; service < model_.services().size(); ++service) {
    std::vector<MemberIndex> all;
    for (const MemberIndex index : model_.service(service).members) {
      const Member& member = model_.member(index);
      const bool checked = model_.service(service).sim.station.health_check.has_value();
      const bool taken = checked ? member.in_rotation : member.condition == Condition::kUp;
      if (taken && !member.isolated && !member.leaving) all.push_back(index);
    }
    for (std::size_t region = 0; region < regions_.size(); ++region) {
      auto& there = rotation_[service * regions_.size() + region];
      for (const MemberIndex index : all)
        if (region == kAnyRegion || stations_[index].region == region) there.push_back(index);
      if (there.empty()) there = all;
    }
  }
}

bool CallFlow::is_calm(MemberIndex index) const {
  const Member& member = model_.member(index);
  const Service& service = model_.service(member.service);
  const StationSim& sim = service.sim.station;
  const bool whole = member.condition == Condition::kUp && !member.hung && member.warm_up == Duration{};
  const bool unburdened = member.burden.slower == 1 && member.burden.errors <= 0 && member.burden.gray <= 0 &&
                          member.burden.extra == Duration{};
  const bool open = !sim.limit && sim.availability.value >= 1 && has_leaders(service);
  return whole && unburdened && open && service.balance() != Balance::kLeastBusy;
}

/// Of a stream: no partition is without a leader, and enough copies are up.
bool CallFlow::has_leaders(const Service& service) const {
  if (service.stream() == nullptr) return true;
  return clock_.now() >= service.electing_until && share_without_copies(model_, service) <= 0;
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

void CallFlow::lay_hops() {
  for (MemberIndex from = 0; from < stations_.size(); ++from) {
    Station& at = stations_[from];
    at.hops.assign(at.service->needs.size(), {});
    for (std::size_t need = 0; need < at.hops.size(); ++need) {
      for (const MemberIndex to : takers_from(from, at.service->needs[need].service)) {
        at.hops[need].push_back(hop_over(from, to, may_be_leaf(stations_[to].service_index) && stations_[to].calm));
      }
    }
    lay_asks(from);
    lay_express(from);
  }
}

/// Whom a cache asks for what it does not hold.
void CallFlow::lay_asks(MemberIndex from) {
  Station& at = stations_[from];
  at.asks.clear();
  const CacheSim* const cache = at.service->cache();
  const auto asked = cache != nullptr ? model_.find(cache->miss) : std::nullopt;
  if (!asked) return;
  for (const MemberIndex to : takers_from(from, *asked)) at.asks.push_back(hop_over(from, to, answers_asked(to)));
}

/// `alone`: who is called answers by himself.
CallFlow::Hop CallFlow::hop_over(MemberIndex from, MemberIndex to, bool alone) const {
  const Way& there = way(from, to);
  const Way& back = way(to, from);
  return {to, alone && there.harmless && back.harmless, &there, &back};
}

/// Null: there is nobody.
const CallFlow::Hop* CallFlow::asks_whom(const Caller& cache) const {
  return choose_hop(stations_[cache.member].asks, {cache.key, cache.order + cache.attempt, kMissNeed << 8});
}

/// Null: there is none.
const CallFlow::Hop* CallFlow::choose_hop(const std::vector<Hop>& hops, const Choice& choice) const {
  if (hops.empty()) return nullptr;
  return &hops[choose(hops.size(), choice, [&hops](std::size_t i) { return hops[i].to; })];
}

/// Among whom calls of `region` to any member of `service` go round: who takes calls there, or else anywhere; all of
/// them where nobody does.
const std::vector<MemberIndex>& CallFlow::takers(ServiceIndex service, Region region) const {
  const auto& rotation = rotation_[service * regions_.size() + (region == kNoRegion ? kAnyRegion : region)];
  return rotation.empty() ? model_.service(service).members : rotation;
}

/// Whom a bid's client reaches, nobody where it gets no answer: a member of the region that its resolver knows, also
/// where none of them takes calls.
MemberIndex CallFlow::choose_front(std::uint64_t number, std::uint32_t attempt) {
  if (steady_front_ != nullptr && resolver_.is_steady()) [[likely]] {
    const std::vector<MemberIndex>& among = *steady_front_;
    return among[(static_cast<std::uint32_t>(number) + attempt) % among.size()];
  }
  const Service& service = model_.service(model_.front());
  if (!resolver_.answers(clock_.now(), network_)) return kNoMember;
  if (service.by_role) return model_.primary_of(model_.front());
  return front_in(region_of_clients(service.active_region), number, attempt);
}

MemberIndex CallFlow::front_in(Region region, std::uint64_t number, std::uint32_t attempt) const {
  const ServiceIndex front = model_.front();
  const auto& among = takers(front, region);
  if (among.empty()) return kNoMember;
  const bool by_chance = model_.service(front).balance() == Balance::kRandom;
  const Choice choice{by_chance ? key_of_attempt(config_.seed, number, attempt) : 0,
                      static_cast<std::uint32_t>(number) + attempt, kFront};
  const MemberIndex chosen = among[choose(among.size(), choice, [&among](std::size_t i) { return among[i]; })];
  if (region == kAnyRegion || stations_[chosen].region == region) return chosen;
  for (const MemberIndex index : model_.service(front).members)
    if (stations_[index].region == region) return index;
  return chosen;
}

void CallFlow::lay_front() {
  const Service& service = model_.service(model_.front());
  steady_front_ = nullptr;
  if (service.by_role || service.balance() != Balance::kRoundRobin || !resolver_.is_steady()) return;
  const Region region = region_of_clients(service.active_region);
  const std::vector<MemberIndex>& among = takers(model_.front(), region);
  const bool there = std::ranges::all_of(
      among, [&](MemberIndex index) { return region == kAnyRegion || stations_[index].region == region; });
  if (there && !among.empty()) steady_front_ = &among;
}

/// Whom `caller`'s calls to `service` reach; none: there is nobody.
std::vector<MemberIndex> CallFlow::takers_from(MemberIndex caller, ServiceIndex service) const {
  const Station& from = stations_[caller];
  if (!model_.service(service).by_role) return takers(service, from.region);
  const MemberIndex address = model_.address(from.service_index, service);
  return address == kNoMember ? std::vector<MemberIndex>() : std::vector{address};
}

MemberIndex CallFlow::whom(const Frame& caller) const {
  const Hop* const hop = hop_of(caller);
  return hop == nullptr ? kNoMember : hop->to;
}

}  // namespace blackstart
