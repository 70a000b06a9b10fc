#include "simulator/transfers.h"

#include "simulator/sim_state.h"
#include "simulator/time_law.h"

#include <algorithm>

namespace blackstart {
namespace {

const StorageSim* storage_of(const SimState& state, MemberIndex member) {
  return state.model.service(state.model.member(member).service).storage();
}

double written_at(const SimState& state, MemberIndex member) {
  const StorageSim* const storage = storage_of(state, member);
  return storage == nullptr ? kAnyRate : storage->write_bytes_per_second.value_or(kAnyRate);
}

double read_at(const SimState& state, MemberIndex member) {
  const StorageSim* const storage = storage_of(state, member);
  return storage == nullptr ? kAnyRate : storage->read_bytes_per_second.value_or(kAnyRate);
}

/// From where backups lie in `region` to the member.
double carried_from(const SimState& state, const std::string& region, MemberIndex member) {
  const Site site = state.model.site(member);
  if (site.region == region) return kAnyRate;
  return state.model.bandwidth({region, ""}, site).value_or(kAnyRate);
}

}  // namespace

std::uint64_t size_of(const SimState& state, ServiceIndex index) {
  const Service& service = state.model.service(index);
  if (const SqlSim* sql = service.sql())
    return sql->size.bytes + (index == state.model.keeper() ? state.history.copies() * sql->bid_size.bytes : 0);
  if (const StreamSim* stream = service.stream()) return stream->size.bytes;
  if (const CacheSim* cache = service.cache()) return cache->size.bytes;
  if (const SearchSim* search = service.search()) return search->size.bytes;
  if (const StorageSim* storage = service.storage()) return storage->size.bytes;
  return 0;
}

double restore_rate_most(const SimState& state, const std::vector<MemberIndex>& members,
                         const std::vector<std::string>& regions) {
  double worst = kAnyRate;
  for (const MemberIndex member : members) {
    double best = regions.empty() ? kAnyRate : 0;
    for (const std::string& region : regions) best = std::max(best, carried_from(state, region, member));
    worst = std::min({worst, best, written_at(state, member)});
  }
  return worst;
}

double rebuild_rate_most(const SimState& state, const std::vector<MemberIndex>& members, MemberIndex source) {
  double worst = kAnyRate;
  for (const MemberIndex member : members) {
    if (source == kNoMember || source == member) continue;
    const auto carried = state.model.bandwidth(state.model.site(source), state.model.site(member));
    worst = std::min({worst, carried.value_or(kAnyRate), read_at(state, source), written_at(state, member)});
  }
  return worst;
}

Duration transfer_time(SimState& state, const std::optional<Transfer>& transfer, std::uint64_t bytes, double rate_most,
                       const std::string& what) {
  if (!transfer) return {};
  if (!transfer->bytes_per_second) return draw_from(transfer->takes, state.stream(what));
  return from_seconds(static_cast<double>(bytes) / std::min(*transfer->bytes_per_second, rate_most));
}

}  // namespace blackstart
