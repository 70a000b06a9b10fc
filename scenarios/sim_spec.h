#pragma once
// The target's `sim:` and `network:` parts, typed: how services and links behave in the virtual world. Plain values
// with every default filled in; an optional that is empty was not given, and what needs it is refused before the drill
// (scenarios/sim_needs.h). The words and their units: docs/targets.md. Deterministic.

#include "scenarios/document.h"
#include "scenarios/values.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace blackstart {

// ---- what services of every kind may have ------------------------------------------------------------------------

/// `warm_up: {takes: 2m, slower: 3}`: after a start the service time is `slower` times as long, and comes down to 1 in
/// a straight line over `takes`.
struct WarmUp {
  Distribution takes;
  double slower = 2;
};
/// `health_check:` of whoever sends calls to the members: a member that fails gets no more. Without it callers know at
/// once which members are up.
struct HealthCheck {
  Duration every = std::chrono::seconds{10};
  Duration timeout = std::chrono::seconds{1};
  int failures = 3;   // in a row, until no more is sent
  int successes = 1;  // in a row, until calls are sent again
};
enum class Balance { kRoundRobin, kLeastBusy, kRandom };
/// `breakdowns: {every: …, last: …}`: each member fails by itself; time between failures, and how long each lasts.
struct Breakdowns {
  Distribution every;
  Distribution last;
};
/// `autoscaling:` looks at the busy share of all servers and keeps it near `target`.
struct Autoscaling {
  int min = 1;
  int max = 1;
  Share target{0.7};
  Duration every = std::chrono::seconds{15};
  Duration cooldown = std::chrono::minutes{5};  // after growing, until it may shrink
};
/// `breaker:` of one need of a caller.
struct Breaker {
  Share threshold{0.5};                      // of the last `calls` calls failed: it opens
  int calls = 100;                           // looked back on, and needed before it may open
  Duration open = std::chrono::seconds{60};  // how long it stays open, then half_open
  int half_open_calls = 10;                  // let through while half open; they decide by `threshold`
  std::optional<Duration> slow;              // calls that take longer count as failed
};
/// `calls: {NEED: {…}}`: how a service calls one of its needs while it serves a bid. Each need has one, given or not.
struct NeedCall {
  std::string need;
  Duration timeout = std::chrono::seconds{1};
  Retry retry;                           // attempts 0
  Share share{1.0};                      // of the bids make this call
  bool wait = true;                      // false: sent and not waited for
  bool required = true;                  // false: the bid is served all the same when it fails
  std::optional<Breaker> breaker;        // named after the need, as in `expect: {breaker: NEED, …}`
  std::optional<Distribution> fallback;  // answers after this long when the call fails or the breaker is open: the bid
                                         // is acknowledged as degraded
  Position where;
};
/// The queue that every service is: members x `servers` serve at once, the rest wait first in, first out.
struct StationSim {
  int servers = 1;                           // of each member
  std::optional<Distribution> service_time;  // given for api, gateway, search and external; else default 0s
  std::optional<std::uint64_t> queue;        // calls that may wait at each member; empty: unbounded. Beyond: refused
  Share availability{1.0};                   // share of the calls that succeed while it is up
  std::optional<Rate> limit;                 // calls a second that it lets through; beyond: refused (429)
  Balance balance = Balance::kRoundRobin;
  std::optional<WarmUp> warm_up;
  std::optional<HealthCheck> health_check;
  std::optional<Breakdowns> breakdowns;
  std::optional<Autoscaling> autoscaling;
  std::vector<NeedCall> calls;  // one for each of the service's `needs`, in their order
};

/// How long a bulk of data takes: by a rate (the service's `size` / rate), or outright.
struct Transfer {
  std::optional<double> bytes_per_second;  // `restore: 80MB/s`
  Distribution takes;                      // `restore: {median: 20m, p95: 40m}`, where there is no rate
};
/// How long recovery actions on a member take. Those of `start`, `promote`, `failover`, `restore`, `rebuild`,
/// `rollback` and `rotate` are needed where a drill performs them; the others are 0s by default.
struct ActionSim {
  std::optional<Distribution> start;  // also of restart and of scaling up: until it serves
  Distribution stop;                  // also of restart and of scaling down
  Distribution repoint;               // until a member uses the new address
  Distribution fence;
  Distribution isolate;
  std::optional<Distribution> promote;   // until the member takes writes
  std::optional<Distribution> failover;  // to another region; default: promote
  std::optional<Transfer> restore;
  std::optional<Transfer> rebuild;       // of one replica
  std::optional<Distribution> rollback;  // of a release or a configuration, until all members run it
  std::optional<Distribution> rotate;    // of a credential, until all members use it
  std::optional<Distribution> warm;      // filling a cache on purpose; default: its `warming`
};

// ---- what each kind has of its own -------------------------------------------------------------------------------

struct SqlSim {
  Distribution commit;                 // one group commit: until it is on disk
  Duration commit_delay{};             // a group waits this long for company before it commits
  std::optional<std::uint64_t> group;  // transactions in one group at most; empty: all that wait; 1: no grouping
  Distribution lag;                    // of a standby behind the primary, with replication: async
  std::optional<Rate> replay;          // bids a second replayed from the log by a restore; empty: in no time
  ByteSize size{10ULL << 30U};         // of the data at the start: what restore and rebuild move
  ByteSize bid_size{512};              // what one bid adds to data and log
  std::optional<int> connections;      // open at once at most; beyond: refused
};
struct CacheSim {
  Share hit_ratio{0.9};                  // of a warm cache
  Share cold_ratio{0.0};                 // right after a start without data; grows to hit_ratio over `warming`
  Distribution warming;                  // from cold to warm under the drill's load
  std::string miss;                      // service that a miss asks besides; "": the miss is only counted
  bool persistent = false;               // its data survive a restart
  std::optional<std::uint64_t> entries;  // it holds at most; beyond: the oldest is evicted
  std::optional<Duration> ttl;           // of an entry
  Distribution lag;                      // of a replica behind the primary
  ByteSize size{1ULL << 30U};
};
struct StreamSim {
  int partitions = 1;
  int replication_factor = 1;  // copies of each partition; at most the service's members
  int min_in_sync = 1;         // acks: all needs at least so many, else produce is refused
  enum class Acks { kNone, kLeader, kAll } acks = Acks::kAll;  // 0, 1, all
  Distribution lag;                                            // of a follower behind its leader
  Distribution election;                                       // of a partition's new leader after one is lost
  bool unclean_election = false;      // a follower that is not in sync may lead: what it lacks is lost
  std::optional<Duration> retention;  // empty: for ever
  std::optional<Rate> consume;        // records a second that each consumer takes; empty: as they come
  std::optional<Rate> replay;         // records a second of the action replay
  ByteSize size{10ULL << 30U};
  ByteSize record_size{512};
};
struct SearchSim {
  Duration refresh = std::chrono::seconds{1};  // until what was written is found
  ByteSize size{10ULL << 30U};
};
/// Kinds objects and files.
struct StorageSim {
  std::optional<double> read_bytes_per_second;   // `read:`; empty: unlimited
  std::optional<double> write_bytes_per_second;  // `write:`; empty: unlimited
  Distribution lag;                              // of the copy in another region
  ByteSize size{100ULL << 30U};
};
struct ControlPlaneSim {
  Distribution schedule;                  // of one member: from the order until it starts
  std::optional<Distribution> provision;  // of one more host, where members no longer fit; needed by `capacity`
  std::optional<int> capacity;            // members that fit on the hosts there are; empty: any number
};
struct DnsRecord {
  std::string name;
  std::string to;  // a region or a service
  Position where;
};
struct DnsSim {
  Duration ttl = std::chrono::seconds{60};  // resolvers ask again after it
  Distribution propagation;                 // from the change until the authoritative servers answer it
  Share stale{0.0};                         // of the clients keep the old answer beyond the ttl
  Duration stale_for{};                     // and for how long
  std::vector<DnsRecord> records;           // what the names point to at the start
};
/// Kinds api, gateway and external are a station and no more.
using KindSim =
    std::variant<std::monostate, SqlSim, CacheSim, StreamSim, SearchSim, StorageSim, ControlPlaneSim, DnsSim>;

struct ServiceSim {
  std::string service;
  std::string kind;  // as the target says
  StationSim station;
  ActionSim actions;
  KindSim own;  // by the kind
  Position where;
};

// ---- the network -------------------------------------------------------------------------------------------------

/// One way of a link.
struct LinkSim {
  Distribution latency;                    // one way; default 0s
  Share loss{0.0};                         // of the calls are lost on the way
  std::optional<double> bytes_per_second;  // `bandwidth:`; empty: unlimited
};
/// `links:` overrides the general figures between two places: regions, zones, or "clients".
struct LinkBetween {
  std::string from;
  std::string to;
  bool both_ways = true;  // direction: both | to
  LinkSim link;
  Position where;
};
struct NetworkSim {
  LinkSim within_zone;
  LinkSim between_zones;  // of one region
  LinkSim between_regions;
  LinkSim clients;                 // between clients (bids, watchers) and services
  std::vector<LinkBetween> links;  // the last that fits counts
};

struct SimSpec {
  std::vector<ServiceSim> services;   // in the file's order; a service without a part has none here
  std::optional<NetworkSim> network;  // empty: no network at all

  [[nodiscard]] const ServiceSim* find(std::string_view service) const;
};

}  // namespace blackstart
