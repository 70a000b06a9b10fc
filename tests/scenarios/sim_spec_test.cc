// `sim:` and `network:`, backups and regions of a target, typed.

#include "base/check.h"
#include "good_specs.h"

#include <variant>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

Target every_part() { return load_good("every-part.yaml").target; }

template <class Kind>
const Kind& own(const Target& target, const std::string& service) {
  const ServiceSim* part = target.sim.find(service);
  BS_CHECK(part != nullptr && std::holds_alternative<Kind>(part->own));
  return std::get<Kind>(part->own);
}

TEST(SimSpec, BindsStations) {
  const Target target = every_part();
  const StationSim& api = target.sim.find("api")->station;
  EXPECT_EQ(api.servers, 8);
  EXPECT_EQ(api.service_time->second, 1200us);
  EXPECT_EQ(api.queue, 500U);
  EXPECT_EQ(api.availability.value, 0.999);
  EXPECT_EQ(api.balance, Balance::kRandom);
  EXPECT_EQ(api.warm_up->slower, 3);
  EXPECT_EQ(api.warm_up->takes, always(2min));
  EXPECT_EQ(api.health_check->every, 5s);
  EXPECT_EQ(api.health_check->timeout, 2s);
  EXPECT_EQ(api.health_check->failures, 2);
  EXPECT_EQ(api.health_check->successes, 4);
  EXPECT_EQ(api.breakdowns->every.first, 24h);
  EXPECT_EQ(api.breakdowns->last.form, Distribution::Form::kExponential);
  EXPECT_EQ(api.autoscaling->min, 3);
  EXPECT_EQ(api.autoscaling->max, 9);
  EXPECT_EQ(api.autoscaling->target.value, 0.6);
  EXPECT_EQ(api.autoscaling->every, 30s);
  EXPECT_EQ(api.autoscaling->cooldown, 10min);
  const StationSim& edge = target.sim.find("edge")->station;
  EXPECT_EQ(edge.limit->per_second, 20000);
  EXPECT_EQ(edge.balance, Balance::kLeastBusy);
  EXPECT_EQ(edge.queue, std::nullopt);
  EXPECT_FALSE(edge.warm_up || edge.health_check || edge.breakdowns || edge.autoscaling);
  EXPECT_EQ(target.sim.find("uploads")->station.service_time, std::nullopt);
  EXPECT_EQ(target.sim.find("nobody"), nullptr);
}

TEST(SimSpec, EveryNeedHasItsCall) {
  const auto calls = every_part().sim.find("api")->station.calls;
  ASSERT_EQ(calls.size(), 5U);
  EXPECT_EQ(calls[0].need, "store");
  EXPECT_EQ(calls[0].timeout, 1s);
  EXPECT_TRUE(calls[0].wait && calls[0].required);
  EXPECT_EQ(calls[0].share.value, 1.0);
  EXPECT_EQ(calls[1].need, "cache");
  EXPECT_EQ(calls[1].timeout, 50ms);
  EXPECT_FALSE(calls[1].required);
  EXPECT_EQ(calls[1].share.value, 0.8);
  EXPECT_FALSE(calls[2].wait);
  const NeedCall& rates = calls[3];
  EXPECT_EQ(rates.retry.attempts, 2);
  EXPECT_EQ(rates.retry.jitter, Retry::Jitter::kNone);
  EXPECT_EQ(rates.breaker->threshold.value, 0.4);
  EXPECT_EQ(rates.breaker->calls, 20);
  EXPECT_EQ(rates.breaker->open, 10s);
  EXPECT_EQ(rates.breaker->half_open_calls, 3);
  EXPECT_EQ(rates.breaker->slow, 1s);
  EXPECT_EQ(rates.fallback, always(2ms));
  EXPECT_FALSE(calls[4].breaker || calls[4].fallback);
}

TEST(SimSpec, BindsStores) {
  const Target target = every_part();
  const auto& sql = own<SqlSim>(target, "store");
  EXPECT_EQ(sql.commit.first, 300us);
  EXPECT_EQ(sql.commit_delay, 100us);
  EXPECT_EQ(sql.group, 64U);
  EXPECT_EQ(sql.connections, 200);
  EXPECT_EQ(sql.bid_size.bytes, 1024U);
  EXPECT_EQ(sql.lag.second, 60ms);
  EXPECT_EQ(sql.replay->per_second, 20000);
  EXPECT_EQ(sql.size.bytes, 40ULL << 30U);
  const auto& cache = own<CacheSim>(target, "cache");
  EXPECT_EQ(cache.hit_ratio.value, 0.95);
  EXPECT_EQ(cache.cold_ratio.value, 0.05);
  EXPECT_EQ(cache.warming, always(10min));
  EXPECT_EQ(cache.miss, "store");
  EXPECT_TRUE(cache.persistent);
  EXPECT_EQ(cache.entries, 100000U);
  EXPECT_EQ(cache.ttl, 1h);
  EXPECT_EQ(cache.lag, always(1ms));
  EXPECT_EQ(cache.size.bytes, 2ULL << 30U);
  const auto& stream = own<StreamSim>(target, "events");
  EXPECT_EQ(stream.partitions, 12);
  EXPECT_EQ(stream.replication_factor, 3);
  EXPECT_EQ(stream.min_in_sync, 2);
  EXPECT_EQ(stream.acks, StreamSim::Acks::kLeader);
  EXPECT_EQ(stream.election.form, Distribution::Form::kUniform);
  EXPECT_TRUE(stream.unclean_election);
  EXPECT_EQ(stream.retention, 168h);
  EXPECT_EQ(stream.consume->per_second, 5000);
  EXPECT_EQ(stream.replay->per_second, 10000);
  EXPECT_EQ(stream.record_size.bytes, 256U);
  EXPECT_EQ(own<SearchSim>(target, "find").refresh, 2s);
  const auto& pictures = own<StorageSim>(target, "pictures");
  EXPECT_EQ(pictures.read_bytes_per_second, 200e6);
  EXPECT_EQ(pictures.write_bytes_per_second, 50e6);
  EXPECT_EQ(pictures.lag.shape, 4);
  EXPECT_EQ(pictures.size.bytes, 1'000'000'000'000U);
  EXPECT_EQ(own<StorageSim>(target, "uploads").read_bytes_per_second, std::nullopt);
}

TEST(SimSpec, BindsTheOtherKinds) {
  const Target target = every_part();
  const auto& cluster = own<ControlPlaneSim>(target, "cluster");
  EXPECT_EQ(cluster.schedule, always(5s));
  EXPECT_EQ(cluster.provision->second, 8min);
  EXPECT_EQ(cluster.capacity, 40);
  const auto& names = own<DnsSim>(target, "names");
  EXPECT_EQ(names.ttl, 30s);
  EXPECT_EQ(names.propagation, always(20s));
  EXPECT_EQ(names.stale.value, 0.05);
  EXPECT_EQ(names.stale_for, 10min);
  ASSERT_EQ(names.records.size(), 1U);
  EXPECT_EQ(names.records[0].name + " " + names.records[0].to, "www.every-part.com east");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(target.sim.find("api")->own));
  EXPECT_EQ(target.sim.find("rates")->kind, "external");
  EXPECT_EQ(target.sim.find("find")->station.service_time->samples, (std::vector<Duration>{12ms, 31ms, 7ms}));
}

TEST(SimSpec, BindsHowLongActionsTake) {
  const Target target = every_part();
  const ActionSim& store = target.sim.find("store")->actions;
  EXPECT_EQ(store.start, always(10s));
  EXPECT_EQ(store.promote->first, 20s);
  EXPECT_EQ(store.failover, always(2min));
  EXPECT_EQ(store.restore->bytes_per_second, 80e6);
  EXPECT_EQ(store.rebuild->bytes_per_second, std::nullopt);
  EXPECT_EQ(store.rebuild->takes.second, 30min);
  EXPECT_EQ(store.rotate, always(5s));
  EXPECT_EQ(store.fence, always(3s));
  EXPECT_EQ(store.isolate, always(4s));
  EXPECT_EQ(store.repoint, always(0s));
  const ActionSim& api = target.sim.find("api")->actions;
  EXPECT_EQ(api.stop, always(1s));
  EXPECT_EQ(api.rollback->first, 80s);
  EXPECT_EQ(api.repoint, always(2s));
  EXPECT_FALSE(api.promote || api.restore);
  EXPECT_EQ(target.sim.find("cache")->actions.warm, always(2min));
  EXPECT_EQ(load_good("every-part.yaml", {{"target.sim.store.restore", "20m"}})
                .target.sim.find("store")
                ->actions.restore->takes,
            always(20min));
}

TEST(SimSpec, BindsTheNetwork) {
  const auto network = every_part().sim.network;
  ASSERT_TRUE(network.has_value());
  EXPECT_EQ(network->within_zone.latency, always(100us));
  EXPECT_EQ(network->between_zones.loss.value, 0.00001);
  EXPECT_EQ(network->between_regions.latency.second, 90ms);
  EXPECT_EQ(network->between_regions.bytes_per_second, 1e9);
  EXPECT_EQ(network->clients.bytes_per_second, std::nullopt);
  ASSERT_EQ(network->links.size(), 2U);
  EXPECT_EQ(network->links[0].from + " " + network->links[0].to, "east-a west");
  EXPECT_TRUE(network->links[0].both_ways);
  EXPECT_EQ(network->links[0].link.bytes_per_second, 100e6);
  EXPECT_EQ(network->links[1].from, "clients");
  EXPECT_FALSE(network->links[1].both_ways);
  EXPECT_FALSE(load_good("database-failure.yaml").target.sim.network.has_value());
}

TEST(Target, BindsRegionsReplicasAndCredentials) {
  const Target target = every_part();
  EXPECT_EQ(target.regions, (std::vector<std::string>{"east", "west"}));
  EXPECT_EQ(target.primary_region, "west");
  ASSERT_EQ(target.region_specs.size(), 2U);
  EXPECT_FALSE(target.region_specs[0].primary);
  EXPECT_EQ(target.region_specs[0].zones, (std::vector<std::string>{"east-a", "east-b"}));
  EXPECT_TRUE(target.region_specs[1].primary);
  const ServiceSpec& api = *target.find_service("api");
  EXPECT_EQ(api.replicas, 3);
  EXPECT_EQ(api.replicas_by_region, (std::vector<std::pair<std::string, int>>{{"east", 2}, {"west", 1}}));
  EXPECT_EQ(target.find_service("events")->replicas, 3);
  EXPECT_TRUE(target.find_service("events")->replicas_by_region.empty());
  EXPECT_EQ(target.find_service("store")->roles[1].count, 2);
  EXPECT_EQ(target.load.watch, "api");
  ASSERT_EQ(target.credentials.size(), 2U);
  EXPECT_EQ(target.credentials[0].of, "store");
  EXPECT_EQ(target.credentials[0].used_by, std::vector<std::string>{"api"});
  EXPECT_EQ(load_good("every-part.yaml", {{"target.regions.west.primary", "false"}}).target.primary_region, "east")
      << "the first, where none says that it is";
}

TEST(Target, BindsBackups) {
  const auto backups = every_part().find_service("store")->backups;
  ASSERT_EQ(backups.size(), 4U);
  const BackupSpec& full = backups[0];
  EXPECT_EQ(full.kind, BackupSpec::Kind::kFull);
  EXPECT_EQ(full.every, 24h);
  EXPECT_EQ(full.at, 2h);
  EXPECT_EQ(full.keep, 720h);
  EXPECT_EQ(full.encrypted, "aes-256-cbc");
  EXPECT_EQ(full.takes.second, 28min);
  EXPECT_EQ(full.succeeds.value, 0.995);
  EXPECT_EQ(full.verified, 168h);
  EXPECT_EQ(full.copies, std::vector<std::string>{"east"});
  EXPECT_EQ(backups[1].kind, BackupSpec::Kind::kIncremental);
  EXPECT_EQ(backups[1].at, std::nullopt);
  EXPECT_EQ(backups[2].kind, BackupSpec::Kind::kLog);
  EXPECT_EQ(backups[2].succeeds.value, 1.0);
  EXPECT_EQ(backups[3].name, "weekly");
  EXPECT_EQ(backups[3].kind, BackupSpec::Kind::kFull);
  EXPECT_EQ(backups[3].at, 3h + 30min);
}

}  // namespace
}  // namespace blackstart
