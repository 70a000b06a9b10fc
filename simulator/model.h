#pragma once
// The system under drill as the virtual world holds it: services, their members, who calls whom, and the state of each
// now. Built from the target; changed by faults and actions (world_*.cc), read by bids (call_flow.h) and probes.
// Plain state, no time of its own. Deterministic.

#include "base/random.h"
#include "scenarios/sim_spec.h"
#include "scenarios/spec.h"
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

/// One process (container, node) of a service.
struct Member {
  ServiceIndex service = 0;
  int number = 1;  // within the service
  std::string role, region;
  std::string first_role;  // as the target gave it
  Condition condition = Condition::kUp;
  bool hung = false;              // stopped without ending: connections stand, nothing answers
  bool writes = true;             // takes writes; a standby does not
  bool fenced = false;            // takes none, whatever its role
  bool isolated = false;          // cut off on purpose
  bool former = false;            // its role was taken by another: never comes back into it by a healing
  double slower = 1;              // service times are so many times as long
  std::uint32_t incarnation = 0;  // how often it was started
  Instant up_since = kDrillStart;
  // of stores
  std::uint16_t timeline = 0;            // of BidHistory; what it holds is a prefix of it
  std::optional<Instant> follows_until;  // a standby that is cut off holds commits up to here; empty: it follows
};

struct Need {
  ServiceIndex service = 0;
  NeedCall call;
  bool stores = false;        // the bid's record is written behind it
  std::uint16_t address = 0;  // of Service::addresses: which member of a service with roles
};

struct Service {
  const ServiceSpec* spec = nullptr;
  ServiceSim sim;
  std::vector<Need> needs;
  std::vector<MemberIndex> members;
  TimeLaw service_time;
  bool by_role = false;  // calls go to one address (a primary), not to any member

  [[nodiscard]] const SqlSim* sql() const { return std::get_if<SqlSim>(&sim.own); }
};

/// What a call meets on its way.
enum class Cut : std::uint8_t { kNone, kDrop, kReject, kReset };
struct Link {
  Cut cut = Cut::kNone;
  bool plain = true;  // no time, no loss, no cut: nothing to look at
  double loss = 0;
  TimeLaw latency;
  Duration extra{};   // of a latency fault
  Duration jitter{};  // on top, uniform
};

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
  [[nodiscard]] std::vector<MemberIndex> members_in(std::string_view region) const;
  /// "database primary", "auction-api 2".
  [[nodiscard]] std::string name_of(MemberIndex index) const;
  MemberIndex add_member(ServiceIndex service, const std::string& role, const std::string& region);

  /// The service that bids go to, and the one that keeps them (itself where nothing below it does).
  [[nodiscard]] ServiceIndex front() const { return front_; }
  [[nodiscard]] ServiceIndex keeper() const { return keeper_; }

  /// Which member of `to`, a service with roles, the members of `from` call; kNoMember: none yet.
  [[nodiscard]] MemberIndex address(ServiceIndex from, ServiceIndex to) const;
  void set_address(ServiceIndex from, ServiceIndex to, MemberIndex member);
  /// The member with the main role of `service`, as the newest promote left it.
  [[nodiscard]] MemberIndex primary_of(ServiceIndex service) const;

  /// From a member, or from the clients (kNoMember), to a member.
  Link& link(MemberIndex from, MemberIndex to);
  [[nodiscard]] const Link& link(MemberIndex from, MemberIndex to) const;

 private:
  void add_services(const Target& target);
  void add_members(const ServiceSpec& spec, ServiceIndex index);
  void connect(const Target& target);
  bool mark_stores(ServiceIndex service);
  void lay_links();

  const Target& target_;
  std::vector<Service> services_;
  std::vector<Member> members_;
  std::vector<MemberIndex> addresses_;  // [from * services + to]
  std::vector<Link> links_;             // [(from or the last) * members + to]
  ServiceIndex front_ = 0, keeper_ = 0;
};

}  // namespace blackstart
