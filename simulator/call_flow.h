#pragma once
// Calls through the services: what happens to a bid between its client and its client. A call waits for a server of its
// member, is served, calls what its service needs one after another while it holds the server, and is answered. A sql
// member commits in groups. A member that is killed loses every call that it holds. The hot path of the virtual world:
// flat records in slabs, no allocation a call. Where nothing feeds back, a call's course is foreseen when it is made
// instead of played event by event (call_flow_foresight.cc), to the same nanosecond. Single-threaded, deterministic.

#include "base/random.h"
#include "simulator/bid_events.h"
#include "simulator/bid_history.h"
#include "simulator/model.h"
#include "simulator/resolver.h"
#include "simulator/sim_clock.h"
#include "simulator/sim_metrics.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blackstart {

/// How a call ends for its caller.
enum class Answer : std::uint8_t {
  kDone,
  kDegraded,   // done, from a fallback
  kRefused,    // certainly without effect
  kUnsettled,  // an error that leaves open whether it had an effect
  kReset,      // the connection was lost
};

/// Who sent a bid's attempt, and hears what came of it.
class AttemptListener {
 public:
  virtual ~AttemptListener() = default;
  virtual void on_answer(std::uint32_t bid, std::uint32_t attempt, Answer answer) = 0;
  /// The attempt's record was committed by a store that holds `timeline`.
  virtual void on_stored(std::uint32_t bid, std::uint32_t attempt, std::uint16_t timeline) = 0;
  /// No call of this bid is on its way any more.
  virtual void on_gone(std::uint32_t bid) = 0;
};

class CallFlow {
 public:
  /// `foresees`: false plays every call event by event.
  CallFlow(Model& model, SimClock& clock, BidEvents& events, const Resolver& resolver, std::uint64_t seed,
           AttemptListener& listener, bool foresees);

  /// Sends attempt `attempt` of `bid` to a member of the front service; the answer may come before this returns.
  void send(std::uint32_t bid, std::uint32_t attempt);
  /// Where the event stands among those of its instant: calls happen in the order in which they were made.
  [[nodiscard]] std::uint32_t rank(const BidEvent& event) const;
  /// Handles an event of the kinds kArrived, kServed, kGroup, kAnswered, kForeseen and kExpired (of `lane`).
  void handle(const BidEvent& event);

  // ---- state changes, after the Model was changed
  void killed(MemberIndex member);
  /// Members were added, or what stands against them, their regions or their links changed.
  void members_changed();
  /// It answers again (after hung), takes calls (after a start), or has other servers. After members_changed().
  void resumed(MemberIndex member);
  /// It has begun anew: the breakers that it calls through are closed.
  void begun(MemberIndex member);

  /// A breaker has changed.
  struct BreakerTurn {
    Instant at;
    ServiceIndex service = 0;  // behind it
    MemberIndex caller = kNoMember;
    CircuitBreaker::State state = CircuitBreaker::State::kClosed;
  };
  /// Every change so far, in order of time.
  [[nodiscard]] const std::vector<BreakerTurn>& breaker_turns() const { return breaker_turns_; }

  struct Conservation {
    std::uint64_t begun = 0, done = 0, refused = 0, lost = 0, in_flight = 0;
  };
  /// Calls ever begun, and where they are: begun = done + refused + lost + in flight, always (checked). Checks as well
  /// that what a station keeps of its member's state is so.
  [[nodiscard]] Conservation conservation();
  /// Of a member's servers, how many serve now; 0 where they are without limit.
  [[nodiscard]] double busy_share(MemberIndex member) const;
  /// Calls answered ever, by service.
  [[nodiscard]] const std::vector<ServedCalls>& served();
  /// Events that foreseen calls did without, ever.
  [[nodiscard]] std::uint64_t events_foreseen() const { return events_foreseen_; }
  /// Calls of `bid` that are on their way.
  [[nodiscard]] bool has_calls(std::uint32_t bid) const { return bid < open_calls_.size() && open_calls_[bid] > 0; }
  /// visit(name, stream) for each of its random streams.
  template <class Visit>
  void visit_streams(const Visit& visit) const {
    visit("network", network_);
    for (std::size_t index = 0; index < streams_.size(); ++index)
      visit("service " + model_.services()[index].spec->name, streams_[index]);
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  using Region = std::uint16_t;  // by its number in regions_
  static constexpr Region kAnyRegion = 0, kNoRegion = 0xffff;
  enum class Stage : std::uint8_t {
    kFree,
    kTravelling,
    kWaiting,
    kServing,
    kParked,  // served while its member hangs: goes on when that ends
    kCalling,
    kCommitting,
    kReturning,
  };

  enum class Then : std::uint8_t {  // once it is served
    kNeeds,                         // what it needs is called
    kHeard,                         // its call was answered while its member hung
    kFallsBack,
    kCallsAgain,
  };

  struct alignas(64) Frame {  // one call: one line of the cache
    std::uint32_t parent = kNone;
    std::uint32_t parent_generation = 0;
    std::uint32_t bid = 0;
    std::uint32_t generation = 0;
    std::uint32_t next = kNone;  // in a queue, in a group, in the free list
    MemberIndex member = kNoMember;
    std::uint16_t need = 0;         // which one is being called, or next
    std::uint16_t attempt = 0;      // of the bid
    std::uint16_t calls = 0;        // made so far: tells a late answer from the one that is waited for
    std::uint16_t parent_call = 0;  // which of its caller's calls it is
    Stage stage = Stage::kFree;
    Answer answer = Answer::kDone;
    bool root = false;  // sent by a client
    bool holds_server = false;
    bool stored = false;  // the bid's record was written behind it
    bool degraded = false;
    Then then = Then::kNeeds;
    std::uint8_t tries = 0;     // of the present need, after the first
    Cut cut = Cut::kNone;       // met on its way
    bool reads : 1 = false;     // commits nothing
    bool missed : 1 = false;    // of a cache: it has looked
    bool misses : 1 = false;    // of a cache: it will not find what it looks for
    bool drawn : 1 = false;     // its service time (due_ns) and `misses` are, and it has not begun
    bool foresees : 1 = false;  // its own call is a foreseen one: `next` is when it was born
    std::uint32_t hears = 0;    // then: the lower bits of when it hears of it
    std::uint32_t birth = 0;
    std::int64_t called_ns = 0;
    std::int64_t due_ns = 0;  // when its caller gives up the call that it makes
  };
  static_assert(sizeof(Frame) == 64);
  struct List {
    std::uint32_t first = kNone, last = kNone;
    std::uint64_t size = 0;
  };
  struct Station {  // of a member
    List waiting;
    List parked;  // what came due while it hung
    List group, committing;
    std::int64_t busy = 0;
    std::int64_t servers = 0;  // 0: without limit
    std::uint64_t queue_most = 0;
    bool writing = false;
    bool write_parked = false;  // the group came due while it hung
    std::uint32_t writes = 0;   // generation of its kGroup event
    Region region = kAnyRegion;
    /// Up, not hung, under no burden, as fast as ever, of a service that turns nobody away by a rule of its own: what a
    /// call meets here is a free server or a queue.
    bool calm = false;
    ServiceIndex service_index = 0;
    Service* service = nullptr;
    RandomStream* stream = nullptr;  // the service's
    std::int64_t frames = 0;         // calls to it that have one
    std::int64_t drawn = 0;          // of them, those that are drawn
    std::vector<std::int64_t> ends;  // of the foreseen calls that it serves or will; a heap, the earliest on top
  };
  struct Way {  // from a member to a member, or to and from the clients
    const Link* link = nullptr;
    BidEvents::Lane lane = BidEvents::kNoLane;  // where it always takes the same time
    bool harmless = true;                       // nothing gets lost or is cut on it
    std::int64_t time_ns = -1;                  // where it always takes the same time, and is harmless
  };
  struct Foreseen {  // a call, by what is known of it when it is made
    explicit Foreseen(const RandomStream& stream) : before(stream) {}
    /// What happens in the present instant is yet to come, but for what happened when the call was made.
    [[nodiscard]] bool began(std::int64_t now_ns) const { return at_once || arrival_ns < now_ns; }

    RandomStream before;  // the service's, before this call's draws
    std::int64_t arrival_ns = 0, end_ns = 0;
    std::int64_t heard_ns = 0;  // by its caller; where nobody waits for it: its end
    std::uint32_t caller = kNone, bid = kNone;
    std::uint32_t birth = 0;
    std::uint32_t frame = kNone;   // its own, where it is drawn and played on from its arrival
    std::uint32_t generation = 0;  // of `frame`, or else of the caller's
    std::uint16_t attempt = 0;
    MemberIndex member = kNoMember;
    bool at_once = false;  // its way takes no time
    bool waited_for = false;
    bool misses = false;  // of a cache
    bool ended = false;   // it is counted as done
  };
  struct Foresight {  // of a service
    bool possible = false;
    bool on = false;
    std::int64_t last_arrival_ns = 0;
    std::vector<Foreseen> calls;  // in order of arrival; those that are over are swept out now and then
    std::size_t sweep_at = 0;
  };
  struct Turn {  // who gets calls
    MemberIndex member = kNoMember;
    Region region = kAnyRegion;
  };

  // call_flow.cc: the way of a call
  std::uint32_t make_frame(MemberIndex member, std::uint32_t bid, std::uint16_t attempt);
  void free_frame(std::uint32_t index);
  void travel(std::uint32_t index, MemberIndex from);
  void carry(const Way& way, BidEvent::Kind kind, std::uint32_t index);
  [[nodiscard]] const Way& way(MemberIndex from, MemberIndex to) const {
    const std::size_t clients = stations_.size();
    return ways_[(from == kNoMember ? clients : from) * (clients + 1) + (to == kNoMember ? clients : to)];
  }
  void arrive(std::uint32_t index);
  void serve(std::uint32_t index);
  void served(std::uint32_t index);
  void go_on(std::uint32_t index);
  void call(std::uint32_t index, Need& need);
  void send_off(std::uint32_t index, const Need& need);
  void ask(std::uint32_t index, ServiceIndex service);
  void adopt(std::uint32_t index, std::uint32_t made);
  void await(std::uint32_t index, std::uint32_t lane);
  [[nodiscard]] bool turns_away(const Frame& frame);
  [[nodiscard]] bool lacks_copies(const Service& service) const;
  [[nodiscard]] bool leaderless(ServiceIndex index);
  [[nodiscard]] bool limited(ServiceIndex index);
  [[nodiscard]] double slowness(const Member& member, const Service& service) const;
  [[nodiscard]] bool fails(std::uint32_t index);
  void finish(std::uint32_t index, Answer answer);
  void go_back(std::uint32_t index);
  void answered(std::uint32_t index);
  void hear(std::uint32_t caller, Answer answer, bool stored);
  void after_call(std::uint32_t index);
  void fail_call(std::uint32_t caller);
  void release_server(MemberIndex member);
  void serve_waiting(MemberIndex member);
  void expire(std::uint32_t lane);
  [[nodiscard]] bool awaits(const Frame& caller, const TimeoutLane::Entry& entry) const;
  std::uint32_t lane_of(std::int64_t length_ns);

  // call_flow_ways.cc: whom calls go to
  [[nodiscard]] bool is_calm(MemberIndex index) const;
  [[nodiscard]] bool has_leaders(const Service& service) const;
  [[nodiscard]] Way way_over(const Link& link);
  [[nodiscard]] Region region_of(const std::string& name) const;
  [[nodiscard]] Region region_of_clients(const std::string& active);
  [[nodiscard]] MemberIndex choose(ServiceIndex service, Region region);
  [[nodiscard]] MemberIndex choose_front();
  [[nodiscard]] MemberIndex whom(std::uint32_t index, ServiceIndex service);

  // call_flow_foresight.cc
  [[nodiscard]] bool may_foresee(ServiceIndex service) const;
  [[nodiscard]] bool foresee(std::uint32_t index, MemberIndex to, std::optional<std::uint32_t> lane);
  [[nodiscard]] static bool find_server(Station& at, std::int64_t arrival_ns);
  [[nodiscard]] bool is_idle(ServiceIndex service) const;
  [[nodiscard]] bool is_next(MemberIndex from, MemberIndex to, bool waited_for);
  [[nodiscard]] Foreseen draw_course(std::uint32_t index, MemberIndex to, bool waited_for);
  void play_from_arrival(Foreseen& call, std::optional<std::uint32_t> lane);
  void await_foreseen(Foreseen& call, std::optional<std::uint32_t> lane);
  void note_foreseen(const Foreseen& call);
  [[nodiscard]] bool hears_at(std::uint32_t index, std::uint32_t generation, std::int64_t heard_ns) const;
  void hear_foreseen(const BidEvent& event);
  void sweep(ServiceIndex service);
  void end_foresight();  // of every service, until it is idle again
  void end_foresight(ServiceIndex service);
  void play_on(const Foreseen& call);

  // call_flow_breakers.cc: each member has a breaker of its own for each need that has any. REQUIRES: this one has.
  [[nodiscard]] bool may_call(Need& need, MemberIndex caller);
  void tell_breaker(Need& need, MemberIndex caller, bool failed, Duration took);
  void note_turn(const Need& need, MemberIndex caller, CircuitBreaker::State before);

  // call_flow_store.cc: group commit
  void commit(std::uint32_t index);
  void begin_group(MemberIndex member);
  void group_done(MemberIndex member);
  [[nodiscard]] Duration round_trip(MemberIndex primary);

  void append(List& list, std::uint32_t index);
  std::uint32_t take_first(List& list);
  void lose(std::uint32_t index);
  Station& station(MemberIndex member) { return stations_[member]; }
  [[nodiscard]] std::int64_t now_ns() const { return to_ns(clock_.now()); }

  Model& model_;
  SimClock& clock_;
  BidEvents& events_;
  const Resolver& resolver_;
  std::uint64_t seed_;
  AttemptListener& listener_;
  std::vector<RandomStream> streams_;  // one a service
  RandomStream network_;
  std::vector<DurationSampler> commits_;     // one a service
  std::vector<std::uint32_t> turns_;         // round robin, one a service
  std::vector<std::vector<Turn>> rotation_;  // one a service
  std::vector<Way> ways_;                    // as the model's links are; the last row and column: the clients
  std::vector<std::string> regions_;         // names of the members' regions; the first is "", any of them
  std::string clients_region_;               // as the resolver answered last
  Region clients_region_number_ = kAnyRegion;
  std::vector<Frame> frames_;
  std::uint32_t free_ = kNone;
  std::vector<Station> stations_;
  std::vector<TimeoutLane> lanes_;
  std::uint32_t miss_lane_ = 0;            // of what a cache asks
  std::vector<std::uint16_t> open_calls_;  // by bid
  Conservation counts_;
  std::vector<ServedCalls> served_;
  std::vector<BreakerTurn> breaker_turns_;
  bool foresees_;
  std::vector<Foresight> foresights_;  // one a service
  std::uint64_t events_foreseen_ = 0;
};

}  // namespace blackstart
