// An outage of length D in an open loop, at utilisation rho: bids go on arriving. Who arrives a after the fault waits
// D - (1 - rho) a; latency is normal again at D / (1 - rho), not at D.

#include "base/random.h"
#include "simulator/duration_sampler.h"
#include "station_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace blackstart {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kOutage = seconds(60);
constexpr Instant kFault = kDrillStart + seconds(5);
const std::vector<Standstill> kStandstills = {{kFault, kFault + kOutage}};

TEST(outage, constant_arrivals_and_services_wait_what_theory_says_to_the_nanosecond) {
  const Duration gap = microseconds(1'000);
  const Duration service = microseconds(800);  // rho 0.8: normal again after 5 D
  std::vector<OfferedBid> bids;
  for (int n = 0; n < 400'000; ++n) bids.push_back({kDrillStart + n * gap, service});
  for (const auto& run : {run_by_recursion({}, bids, kStandstills), run_by_events({}, bids, kStandstills)}) {
    for (std::size_t n = 0; n < bids.size(); ++n) {
      const Duration after = bids[n].arrival - kFault;
      const Duration wait = run.served[n].start - bids[n].arrival;
      const Duration expected = after < Duration{0} || after > 5 * kOutage ? Duration{0} : kOutage - after / 5;
      ASSERT_EQ(wait, expected) << "bid " << n;
    }
  }
}

TEST(outage, several_servers_wait_the_same) {
  constexpr int kServers = 8;
  const Duration gap = microseconds(1'000);
  const Duration service = kServers * microseconds(800);
  std::vector<OfferedBid> bids;
  for (int n = 0; n < 400'000; ++n) bids.push_back({kDrillStart + n * gap, service});
  const auto run = run_by_recursion({kServers, std::nullopt}, bids, kStandstills);
  for (std::size_t n = 0; n < bids.size(); ++n) {
    const Duration after = bids[n].arrival - kFault;
    if (after < Duration{0} || after > 5 * kOutage) continue;
    const double expected = to_seconds(kOutage - after / 5);
    ASSERT_NEAR(to_seconds(run.served[n].start - bids[n].arrival), expected, 2 * to_seconds(service)) << n;
  }
}

struct Mean {
  double mean = 0;
  double error = 0;  // standard error
};

Mean mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto count = static_cast<double>(values.size());
  return {mean, std::sqrt(squares / (count - 1) / count)};
}

struct PoissonOutage {
  Mean wait;    // of the first bid that arrives 30 s after the fault
  Mean normal;  // when the backlog was gone, s after the fault
};

/// Poisson bids, exponential services, over 200 seeds.
PoissonOutage poisson_outages(double rho) {
  std::vector<double> waits;
  std::vector<double> normals;
  const auto gap = DurationSampler::exponential(milliseconds(10));
  const auto service = DurationSampler::exponential(from_seconds(rho * 0.010));
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomStream arrivals{seed, "arrivals"};
    RandomStream services{seed, "services"};
    StationRecursion station{{}, kStandstills};
    Instant now = kDrillStart;
    bool looked = false;
    for (Instant free = now;;) {
      now += gap.draw(arrivals);
      if (now > kFault + kOutage && now >= free) {  // it finds nobody
        normals.push_back(to_seconds(free - kFault));
        break;
      }
      const auto served = station.serve(now, service.draw(services));
      free = served.end;
      if (looked || now < kFault + seconds(30)) continue;
      looked = true;
      waits.push_back(to_seconds(served.start - now) - (to_seconds(kOutage) - (1 - rho) * to_seconds(now - kFault)));
    }
  }
  return {mean_of(waits), mean_of(normals)};
}

TEST(outage, poisson_bids_wait_so_on_average) {
  for (const double rho : {0.5, 0.8}) {
    const auto seen = poisson_outages(rho);
    const double before = rho * rho / (1 - rho) * 0.010;  // work that the fault finds, s: an M/M/1's mean
    EXPECT_NEAR(seen.wait.mean, before, 4 * seen.wait.error) << rho;
    EXPECT_NEAR(seen.normal.mean, (to_seconds(kOutage) + before) / (1 - rho), 4 * seen.normal.error) << rho;
    EXPECT_GT(seen.normal.mean, to_seconds(kOutage) + 10 * seen.normal.error) << "not at the end of the outage";
    const double planted = (to_seconds(kOutage) + before) / (1 - 1.05 * rho);
    EXPECT_GT(std::abs(seen.normal.mean - planted), 4 * seen.normal.error) << "a load 5 % higher is told apart";
  }
}

}  // namespace
}  // namespace blackstart
