#include "simulator/canary_stores.h"

#include "base/hash.h"
#include "simulator/sim_canaries.h"
#include "simulator/sim_state.h"
#include "simulator/time_law.h"

#include <algorithm>

namespace blackstart {

void CanaryStores::append(const std::string& canary, std::uint64_t number, MemberIndex member) {
  const Member& taker = state_.model.member(member);
  records_[{canary, taker.service}][number].push_back(
      {state_.now(), taker.timeline, member, state_.consumers.written(), false});
}

bool CanaryStores::hits(const Damage& damage, const std::string& canary, std::uint64_t number) const {
  if (!damage.path.empty() && !lies_under(state_, canary, damage.path)) return false;
  const auto draw = mix64(damage.salt ^ mix64(number)) >> 11;
  return static_cast<double>(draw) * 0x1p-53 < damage.share;
}

/// In a region where nobody runs, and copied nowhere else.
bool CanaryStores::is_far(const Copy& copy, ServiceIndex service) const {
  if (copied_until_.empty()) return false;
  const std::string& region = state_.model.member(copy.taker).region;
  const auto copied = copied_until_.find({service, region});
  if (copied == copied_until_.end() || copy.commit <= copied->second) return false;
  return std::ranges::none_of(state_.model.service(service).members, [&](MemberIndex index) {
    const Member& member = state_.model.member(index);
    return member.region == region && member.condition == Condition::kUp;
  });
}

Instant CanaryStores::found_until(ServiceIndex service) const {
  const SearchSim* const search = state_.model.service(service).search();
  if (search == nullptr || search->refresh <= Duration{}) return kNever;
  return kDrillStart + (state_.now() - kDrillStart) / search->refresh * search->refresh;
}

bool CanaryStores::is_there(const std::string& canary, const Copy& copy, ServiceIndex service,
                            std::uint64_t number) const {
  const MemberIndex main = state_.model.primary_of(service);
  if (copy.gone || main == kNoMember || is_far(copy, service)) return false;
  const std::uint16_t timeline = state_.model.member(main).timeline;
  const BidHistory& history = state_.history;
  if (!history.contains(timeline, copy.timeline, copy.commit)) return false;
  return std::ranges::none_of(damages_, [&](const Damage& damage) {
    return damage.service == service && copy.commit <= damage.at &&
           history.contains(damage.timeline, copy.timeline, copy.commit) &&
           history.contains(timeline, damage.timeline, damage.at) && hits(damage, canary, number);
  });
}

bool CanaryStores::holds(const std::string& canary, ServiceIndex service, std::uint64_t number) const {
  if (service == kWatchers) {
    const auto heard = heard_.find(canary);
    return heard != heard_.end() && heard->second.contains(number);
  }
  const auto records = records_.find({canary, service});
  if (records == records_.end()) return false;
  const auto copies = records->second.find(number);
  return copies != records->second.end() &&
         std::ranges::any_of(copies->second, [&](const Copy& copy) { return is_there(canary, copy, service, number); });
}

std::vector<std::uint64_t> CanaryStores::held(const std::string& canary, ServiceIndex service,
                                              std::uint64_t from) const {
  if (service == kWatchers) {
    const auto heard = heard_.find(canary);
    if (heard == heard_.end()) return {};
    return {heard->second.lower_bound(from), heard->second.end()};
  }
  std::vector<std::uint64_t> numbers;
  const auto records = records_.find({canary, service});
  if (records == records_.end()) return numbers;
  const Instant found = found_until(service);
  for (auto record = records->second.lower_bound(from); record != records->second.end(); ++record) {
    const auto is_found = [&](const Copy& copy) {
      return copy.commit <= found && is_there(canary, copy, service, record->first);
    };
    if (std::ranges::any_of(record->second, is_found)) numbers.push_back(record->first);
  }
  return numbers;
}

void CanaryStores::take(const std::string& canary, std::uint64_t number, ServiceIndex to) {
  if (to == kWatchers) return hear(canary, number);
  if (const MemberIndex main = state_.model.primary_of(to); main != kNoMember) append(canary, number, main);
}

bool CanaryStores::is_read(const std::string& canary, std::uint64_t number, ServiceIndex from, ServiceIndex reader) {
  return std::ranges::any_of(records_.at({canary, from}).at(number), [&](const Copy& copy) {
    return is_there(canary, copy, from, number) && state_.consumers.has_read(from, reader, copy.before);
  });
}

void CanaryStores::pull(const std::string& canary, ServiceIndex from, ServiceIndex to, ServiceIndex reader) {
  const auto records = records_.find({canary, from});
  if (records == records_.end()) return;
  Flow& flow = flows_[{canary, {from, to}}];
  if (std::exchange(flow.changes, changes_) != changes_) flow = {{}, 0, changes_};
  for (auto record = records->second.upper_bound(flow.seen); record != records->second.end(); ++record)
    flow.open.push_back(record->first);
  if (!flow.open.empty()) flow.seen = std::max(flow.seen, flow.open.back());
  // What is not there now is looked at again when something has changed; what is not read yet, the next time.
  for (const std::uint64_t number : std::exchange(flow.open, {})) {
    if (holds(canary, to, number) || !holds(canary, from, number)) continue;
    if (is_read(canary, number, from, reader))
      take(canary, number, to);
    else
      flow.open.push_back(number);
  }
}

void CanaryStores::replay(ServiceIndex from, ServiceIndex to) {
  const StreamSim* const stream = state_.model.service(from).stream();
  const Instant since = stream != nullptr && stream->retention ? state_.now() - *stream->retention : Instant::min();
  for (const Canary& canary : state_.plan.spec.scenario.canaries) {
    const auto records = records_.find({canary.name, from});
    if (records == records_.end()) continue;
    for (const std::uint64_t number : held(canary.name, from, 1)) {
      const auto& copies = records->second.at(number);
      const bool kept = std::ranges::any_of(copies, [&](const Copy& copy) { return copy.commit >= since; });
      if (kept && !holds(canary.name, to, number)) take(canary.name, number, to);
    }
  }
  changed();
}

void CanaryStores::damage(const std::string& fault, ServiceIndex service, double share, const std::string& path) {
  const MemberIndex main = state_.model.primary_of(service);
  if (main == kNoMember) return;
  const std::uint64_t salt = state_.stream("canaries hit by " + fault).next();
  damages_.push_back({fault, service, state_.now(), state_.model.member(main).timeline, share, salt, path});
  changed();
}

void CanaryStores::undo(const std::string& fault) {
  std::erase_if(damages_, [&](const Damage& damage) { return damage.fault == fault; });
  changed();
}

/// Of a file or object store without roles: with the last member of its region goes what the others lack.
void CanaryStores::leave_region(MemberIndex index) {
  const Member& member = state_.model.member(index);
  const Service& service = state_.model.service(member.service);
  const bool last = std::ranges::none_of(service.members, [&](MemberIndex other) {
    const Member& one = state_.model.member(other);
    return other != index && one.region == member.region && one.condition == Condition::kUp;
  });
  if (service.storage() == nullptr || service.by_role || !last || is_nothing(sampler_of(service.storage()->lag)))
    return;
  const Duration lag = draw_from(service.storage()->lag, state_.stream("replication lag of " + service.spec->name));
  copied_until_[{member.service, member.region}] = state_.now() - lag;
  changed();
}

void CanaryStores::lost(MemberIndex index) {
  const Member& member = state_.model.member(index);
  const Service& service = state_.model.service(member.service);
  const bool others = std::ranges::any_of(service.members, [&](MemberIndex other) {
    return other != index && state_.model.member(other).condition == Condition::kUp;
  });
  const CacheSim* const cache = service.cache();
  const bool main = service.by_role ? state_.model.primary_of(member.service) == index : !others;
  if (cache != nullptr && !cache->persistent && main && !state_.plan.spec.scenario.canaries.empty())
    damages_.push_back({"", member.service, state_.now(), member.timeline, 1, 0, ""});
  leave_region(index);
  const StreamSim* const stream = service.stream();
  if (stream == nullptr || !others || stream->acks == StreamSim::Acks::kAll) return;
  // Whoever leads from now on lacks what had not reached it.
  for (auto& [key, records] : records_) {
    if (key.second != member.service) continue;
    const Duration lag = draw_from(stream->lag, state_.stream("lag of " + service.spec->name + " for " + key.first));
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
      bool young = false;
      for (Copy& copy : record->second) {
        if (copy.commit + lag <= state_.now()) continue;
        young = true;
        copy.gone = copy.gone || copy.taker == index;
      }
      if (!young) break;
    }
  }
  changed();
}

}  // namespace blackstart
