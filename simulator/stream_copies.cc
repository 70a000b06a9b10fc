#include "simulator/stream_copies.h"

#include <algorithm>

namespace blackstart {
namespace {

/// Ways to choose `k` of `n`. Of products alone, so that every machine gets the same.
double choose(int n, int k) {
  if (k < 0 || k > n) return 0;
  double ways = 1;
  for (int i = 1; i <= k; ++i) ways = ways * (n - k + i) / i;
  return ways;
}

int count_up(const Model& model, const Service& service) {
  return static_cast<int>(std::ranges::count_if(
      service.members, [&](MemberIndex member) { return model.member(member).condition == Condition::kUp; }));
}

}  // namespace

double share_without_copies(const Model& model, const Service& service) {
  const StreamSim& stream = *service.stream();
  const int members = static_cast<int>(service.members.size());
  const int up = count_up(model, service);
  const int copies = std::clamp(stream.replication_factor, 1, std::max(1, members));
  const int needed = stream.acks == StreamSim::Acks::kAll ? std::max(1, stream.min_in_sync) : 1;
  if (up == members) return copies < needed || members == 0 ? 1 : 0;
  double share = 0;
  for (int there = 0; there < needed; ++there) share += choose(up, there) * choose(members - up, copies - there);
  return std::min(1.0, share / choose(members, copies));
}

double share_lost(const Model& model, const Service& service) {
  if (service.members.empty()) return 0;
  const auto members = static_cast<double>(service.members.size());
  return (members - count_up(model, service)) / members;
}

}  // namespace blackstart
