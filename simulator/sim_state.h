#pragma once
// What the parts of SimWorld share: time, the system under drill, its bids, and how long things take. One a drill,
// single-threaded.

#include "rehearsal/plan.h"
#include "rehearsal/world.h"
#include "simulator/backups.h"
#include "simulator/bid_clients.h"
#include "simulator/bid_events.h"
#include "simulator/bid_history.h"
#include "simulator/call_flow.h"
#include "simulator/canary_stores.h"
#include "simulator/consumers.h"
#include "simulator/effects.h"
#include "simulator/model.h"
#include "simulator/resolver.h"
#include "simulator/sim_clock.h"
#include "simulator/sim_metrics.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace blackstart {

/// Where an address that a probe names leads.
struct HttpPlace {
  std::string url, service, role;  // "": no service of the target, whoever serves
  bool shows_replication = false;  // as the target says
};

struct SimState {
  SimState(Plan plan_in, WallTime start);

  /// A stream of its own for each purpose, so that a new draw shifts no other's.
  RandomStream& stream(const std::string& name);
  /// Each of them, and those that the parts keep, with its name.
  void visit_streams(const std::function<void(const std::string&, const RandomStream&)>& visit) const;
  [[nodiscard]] Instant now() const { return clock.now(); }

  /// Before links or members change, or what a cache holds: how long what is under way takes still follows from them.
  void about_to_change();

  // ---- members; each tells the bids' calls and the stores what has changed
  void kill(MemberIndex index);
  /// It begins to start; up() ends that. In a region that is lost it stays down.
  void starting(MemberIndex index);
  void up(MemberIndex index);

  /// {{services.…}}, {{title}}, {{drill.id}}, {{steps.…}}; secrets read ***.
  [[nodiscard]] Result<std::string> fill_text(const std::string& text) const;

  const Plan plan;
  SimClock clock;
  Model model;
  BidEvents events;
  BidHistory history;
  std::unique_ptr<BidClients> clients;
  std::unique_ptr<CallFlow> flow;
  std::map<std::string, std::string> outputs;  // of steps
  std::map<std::uint64_t, ActedFault> faults;  // by id
  std::map<std::string, Backups> backups;      // by service
  Resolver resolver;
  SimMetrics metrics{*this};
  CanaryStores canaries{*this};
  Consumers consumers{*this};
  bool upkeep = false;                                           // the platform looks after itself (upkeep.h)
  mutable std::map<std::string, HttpPlace, std::less<>> places;  // by address as written; of those that stay so

 private:
  [[nodiscard]] Result<std::string> fill_anew(const std::string& text) const;

  std::map<std::string, RandomStream> streams_;
  mutable std::map<std::string, std::string> filled_;  // texts that stay so: probes look every second
};

/// Lets `length` pass; kTimeout at the limit's deadline where that is sooner, kCancelled on its stop.
Task<Status> pass(SimState* state, Duration length, Limit limit);

}  // namespace blackstart
