#pragma once
// The system under drill as the virtual world holds it: services, their members, who calls whom, and the state of each
// now. Built from the target; changed by faults and actions (world_*.cc), read by bids (call_flow.h) and probes.
// Plain state, no time of its own. Deterministic.

#include "base/random.h"
#include "load/retry_budget.h"
#include "scenarios/sim_spec.h"
#include "scenarios/spec.h"
#include "simulator/breaker.h"
#include "simulator/time_law.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

using ServiceIndex = std::uint16_t;
using MemberIndex = std::uint16_t;
inline constexpr MemberIndex kNoMember = 0xffff;

enum class Condition : std::uint8_t { kDown, kStarting, kUp };

/// What a bad release does wherever it runs.
enum class Release : std::uint8_t { kGood, kCrashes, kErrs, kSlow };

/// What stands against a member now: put together from every fault that acts (effects.h).
struct Burden {
  double slower = 1;        // service and commit times are so many times as long
  double errors = 0;        // share of the calls that it answers with an error
  double gray = 0;          // the same, and no health check sees it
  Duration extra{};         // each call takes so much longer
  Duration commit_extra{};  // each group commit does
  bool rejects_writes = false;
  bool hung = false;
};

/// One process (container, node) of a service.
struct Member {
  ServiceIndex service = 0;
  int number = 1;  // within the service
  std::string role, region;
  std::string zone;        // of its region; "" where that has none
  std::string first_role;  // as the target gave it
  Condition condition = Condition::kUp;
  bool hung = false;      // stopped without ending: connections stand, nothing answers
  bool writes = true;     // takes writes; a standby does not
  bool fenced = false;    // takes none, whatever its role
  bool isolated = false;  // cut off on purpose
  bool leaving = false;   // taken away by scaling: takes no new calls, and ends once it serves none
  bool former = false;    // its role was taken by another: never comes back into it by a healing
  Release release = Release::kGood;
  bool bad_config = false;
  Burden burden;
  bool in_rotation = true;  // by the health check of whoever sends calls
  bool last_check = true;
  int checks_in_row = 0;
  std::uint32_t incarnation = 0;  // how often it was started
  Instant up_since = kDrillStart;
  Duration warm_up{};  // from up_since on it gets faster, from `slower` to 1
  Duration warming{};  // of a cache: from cold to warm
  bool cold = false;   // of a cache: it started without its data
  // of stores
  std::uint16_t timeline = 0;            // of BidHistory; what it holds is a prefix of it
  std::optional<Instant> follows_until;  // a standby that is cut off holds commits up to here; empty: it follows
};

struct Need {
  ServiceIndex service = 0;
  NeedCall call;
  bool stores = false;  // the bid's record is written behind it
  DurationSampler fallback;
  std::vector<CircuitBreaker> breakers;  // one a member that calls, by its number; none where the need has no breaker
  std::vector<RetryBudget> budgets;      // the same of retries; none where these are not limited
  bool to_least_busy = false;            // whom it calls depends on the calls that each has
  std::uint32_t timeout_lane = 0;        // of the calls' time-outs (call_flow.h)

  [[nodiscard]] bool limits_retries() const {
    return call.retry.attempts > 0 && call.retry.budget.value < call.retry.attempts;
  }
  /// Whether the calls of one bid have a say in those of another.
  [[nodiscard]] bool feeds_back() const { return !breakers.empty() || limits_retries() || to_least_busy; }
};

struct Service {
  const ServiceSpec* spec = nullptr;
  ServiceSim sim;
  std::vector<Need> needs;
  std::vector<MemberIndex> members;
  DurationSampler service_time;
  bool synchronous = false;     // a commit is acknowledged when the standby has it
  bool by_role = false;         // calls go to one address (a primary), not to any member
  bool damaged = false;         // data that no bid shows: other tables, files, indexes
  Instant damaged_at = kNever;  // since when, the first of it
  bool emptied = false;         // nothing is left of its data: no backup can be made of them
  std::string active_region;    // clients and callers prefer its members; "": any
  double tokens = 0;            // of a rate limit
  Instant tokens_at = kDrillStart;
  std::size_t hosts_added = 0;           // of a control plane: each has room for one member more
  Instant electing_until = kDrillStart;  // of a stream: until then partitions of lost members have no leader

  /// Whom callers choose among its members; of a service with roles there is nothing to choose.
  [[nodiscard]] Balance balance() const { return by_role ? Balance::kRoundRobin : sim.station.balance; }
  [[nodiscard]] const SqlSim* sql() const { return std::get_if<SqlSim>(&sim.own); }
  [[nodiscard]] const CacheSim* cache() const { return std::get_if<CacheSim>(&sim.own); }
  [[nodiscard]] const StreamSim* stream() const { return std::get_if<StreamSim>(&sim.own); }
  [[nodiscard]] const StorageSim* storage() const { return std::get_if<StorageSim>(&sim.own); }
  [[nodiscard]] const SearchSim* search() const { return std::get_if<SearchSim>(&sim.own); }
  [[nodiscard]] const DnsSim* dns() const { return std::get_if<DnsSim>(&sim.own); }
  [[nodiscard]] const ControlPlaneSim* control_plane() const { return std::get_if<ControlPlaneSim>(&sim.own); }
};

/// What a call meets on its way.
enum class Cut : std::uint8_t { kNone, kDrop, kReject, kReset };
struct Link {
  Cut cut = Cut::kNone;
  bool plain = true;  // no time, no loss, no cut: nothing to look at
  double loss = 0;
  double toxicity = 0;  // share of the calls that a fault makes fail as `cut` says; 1: all
  DurationSampler latency;
  Duration extra{};         // of a latency fault
  Duration jitter{};        // on top, uniform
  Duration closes_after{};  // of a reset: what was sent is swallowed, and the connection ends so much later
};

/// Where an end of a way is: a member's region and zone, or a region alone; region "clients": the clients.
struct Site {
  std::string_view region, zone;
  [[nodiscard]] bool is_in(std::string_view place) const { return place == region || (!zone.empty() && place == zone); }
};

/// The share of hits that a cache's member has now.
double hit_ratio(const Member& member, const CacheSim& cache, Instant now);

class Model {
 public:
  /// REQUIRES: what sim_refusals() finds nothing wrong with.
  explicit Model(const Target& target);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  [[nodiscard]] std::optional<ServiceIndex> find(std::string_view service) const;
  Service& service(ServiceIndex index) { return services_[index]; }
  [[nodiscard]] const Service& service(ServiceIndex index) const { return services_[index]; }
  [[nodiscard]] const std::vector<Service>& services() const { return services_; }
  Member& member(MemberIndex index) { return members_[index]; }
  [[nodiscard]] const Member& member(MemberIndex index) const { return members_[index]; }
  [[nodiscard]] std::size_t members() const { return members_.size(); }
  /// Members of `service` that hold `role` ("": all), in order.
  [[nodiscard]] std::vector<MemberIndex> members_of(ServiceIndex service, std::string_view role = {}) const;
  /// `place`: a region or a zone.
  [[nodiscard]] std::vector<MemberIndex> members_in(std::string_view place) const;
  /// "" alone where the region has none.
  [[nodiscard]] std::vector<std::string> zones_of(std::string_view region) const;
  /// "database primary", "auction-api 2".
  [[nodiscard]] std::string name_of(MemberIndex index) const;
  /// Where members that are added to the service live: where it is active, or else where its first member is.
  [[nodiscard]] std::string region_to_grow_in(ServiceIndex service) const;
  /// In that one of `zones` where the service has the fewest members there, the first of equals: they go round in turn.
  /// REQUIRES: `zones` are some of zones_of(region), one at least.
  MemberIndex add_member(ServiceIndex service, const std::string& role, const std::string& region,
                         const std::vector<std::string>& zones);

  /// Who starts members of `service` in `region`: the first control plane with a member there. Only kinds api and
  /// gateway are placed by one.
  [[nodiscard]] std::optional<ServiceIndex> control_plane_of(ServiceIndex service, std::string_view region) const;
  /// How many members that `plane` places run or start.
  [[nodiscard]] std::size_t placed_by(ServiceIndex plane) const;

  /// The service that bids go to, and the one that keeps them (itself where nothing below it does).
  [[nodiscard]] ServiceIndex front() const { return front_; }
  [[nodiscard]] ServiceIndex keeper() const { return keeper_; }
  /// The one whose calls to the keeper store the bids (the keeper where clients call it themselves).
  [[nodiscard]] ServiceIndex writer() const;

  /// Which member of `to`, a service with roles, the members of `from` call; kNoMember: none yet.
  [[nodiscard]] MemberIndex address(ServiceIndex from, ServiceIndex to) const;
  void set_address(ServiceIndex from, ServiceIndex to, MemberIndex member);
  /// The member with the main role of `service`, as the newest promote left it.
  [[nodiscard]] MemberIndex primary_of(ServiceIndex service) const;

  /// One way: from a member to a member; kNoMember is the clients.
  Link& link(MemberIndex from, MemberIndex to);
  [[nodiscard]] const Link& link(MemberIndex from, MemberIndex to) const;
  [[nodiscard]] Site site(MemberIndex index) const { return {members_[index].region, members_[index].zone}; }
  /// Bytes a second that the target's network carries from one place to the other; empty: without limit.
  [[nodiscard]] std::optional<double> bandwidth(const Site& from, const Site& to) const;
  /// Every link as the target's network has it, without faults.
  void lay_links();

 private:
  void add_services(const Target& target);
  void add_members(const ServiceSpec& spec, ServiceIndex index);
  void connect(const Target& target);
  bool mark_stores(ServiceIndex service);
  [[nodiscard]] std::size_t link_index(MemberIndex from, MemberIndex to) const {
    const std::size_t clients = members_.size();
    return (from == kNoMember ? clients : from) * (clients + 1) + (to == kNoMember ? clients : to);
  }

  const Target& target_;
  std::vector<Service> services_;
  std::vector<Member> members_;
  std::vector<MemberIndex> addresses_;  // [from * services + to]
  std::vector<Link> links_;             // the last row and column: the clients
  ServiceIndex front_ = 0, keeper_ = 0;
};

}  // namespace blackstart
