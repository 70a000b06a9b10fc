#pragma once
// Calls through the services: what happens to a bid between its client and its client. A call waits for a server of its
// member, is served, calls what its service needs one after another while it holds the server, and is answered. A sql
// member commits in groups. A member that is killed loses every call that it holds. The hot path of the virtual world:
// flat records in slabs, no allocation a call. Where nothing feeds back, a call's course is foreseen instead of played
// event by event (call_flow_foresight.cc), to the same nanosecond. Single-threaded, deterministic.

#include "base/random.h"
#include "simulator/attempt_listener.h"
#include "simulator/bid_events.h"
#include "simulator/bid_history.h"
#include "simulator/call_course.h"
#include "simulator/call_draws.h"
#include "simulator/model.h"
#include "simulator/resolver.h"
#include "simulator/sim_clock.h"
#include "simulator/sim_metrics.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

class CallFlow {
 public:
  struct Config {
    std::uint64_t seed = 1;
    std::int64_t client_timeout_ns = 0;  // of an attempt
    double rate_most = 0;                // bids a second, at most
    bool foresees = true;                // false plays every call event by event
  };
  CallFlow(Config config, Model& model, SimClock& clock, BidEvents& events, const Resolver& resolver,
           AttemptListener& listener);

  /// The member of the front service that attempt `attempt` of the drill's `number`th bid reaches, if it is sent now.
  [[nodiscard]] MemberIndex front_for(std::uint64_t number, std::uint32_t attempt);
  /// Sends attempt `attempt` of `bid`, the drill's `number`th, to front_for() it; the answer may come before this
  /// returns.
  void send(std::uint32_t bid, std::uint32_t attempt, std::uint64_t number, MemberIndex front);
  /// Sends the first attempt of the drill's `number`th bid, intended now, by express. False: it has to go by send().
  bool send_express(std::uint64_t number, MemberIndex front);
  /// Where the event stands among those of its instant: older bids come first.
  [[nodiscard]] std::uint64_t rank(const BidEvent& event) const;
  /// Handles an event of the kinds kArrived, kServed, kGroup, kConfirmed, kAnswered, kForeseen and kExpired (of
  /// `lane`). Where nothing but the bids' events happens before `quiet_until_ns`, time may go on in it.
  void handle(const BidEvent& event, std::int64_t quiet_until_ns);

  /// Tells the listener of every answer heard before `at_ns`, which no event of the bids' that is still to come
  /// precedes. Until then it may not have been told of some.
  void catch_up(std::int64_t at_ns) {
    if (earliest_heard_ns_ < at_ns) hear_express(at_ns, false);
  }
  /// Tells it at once from now on, until told otherwise.
  void tell_at_once(bool at_once);

  // ---- state changes, after the Model was changed
  void killed(MemberIndex member);
  /// Members were added, or what stands against them, their regions or their links changed, or where a service is
  /// active.
  void members_changed();
  /// It answers again (after hung), takes calls (after a start), or has other servers. After members_changed().
  void resumed(MemberIndex member);
  /// It has begun anew: the breakers that it calls through are closed.
  void begun(MemberIndex member);
  /// From now on whatever is under way is played event by event, from where it is: before links change, members are
  /// added, or what a cache holds changes.
  void end_foresight();

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
  [[nodiscard]] double busy_share(MemberIndex member);
  /// No call is with the member, nor on its way to it.
  [[nodiscard]] bool is_idle(MemberIndex member);
  /// Calls answered ever, by service. Not from inside an event of the bids'.
  [[nodiscard]] std::vector<ServedCalls> served();
  /// Events that foreseen calls did without, ever.
  [[nodiscard]] std::uint64_t events_foreseen() const { return events_foreseen_; }
  /// Calls of `bid` that are on their way.
  [[nodiscard]] bool has_calls(std::uint32_t bid) const { return bid < open_calls_.size() && open_calls_[bid] > 0; }
  /// visit(name, stream) for each of its random streams.
  template <class Visit>
  void visit_streams(const Visit& visit) const {
    visit("network", network_);
    for (std::size_t index = 0; index < commit_draws_.size(); ++index)
      if (model_.services()[index].sql() != nullptr)
        visit("commits of " + model_.services()[index].spec->name, commit_draws_[index]);
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
    kForeseen,  // as its Course says
  };

  enum class Then : std::uint8_t {  // once it is served
    kNeeds,                         // what it needs is called
    kHeard,                         // its call was answered while its member hung
    kFallsBack,
    kCallsAgain,
  };

  struct alignas(64) Frame : Caller {  // one call: one line of the cache
    Stage stage = Stage::kFree;
    Answer answer = Answer::kDone;
    Then then = Then::kNeeds;
    Cut cut = Cut::kNone;   // met on its way
    bool root : 1 = false;  // sent by a client
    bool holds_server : 1 = false;
    bool stored : 1 = false;  // the bid's record was written behind it
    bool degraded : 1 = false;
    bool reads : 1 = false;    // commits nothing
    bool missed : 1 = false;   // of a cache: it has looked
    bool misses : 1 = false;   // of a cache: it will not find what it looks for
    bool counted : 1 = false;  // among its member's calls
    std::int64_t called_ns = 0;
    std::int64_t due_ns = 0;  // when it gives up the call that it makes
    std::uint32_t parent = kNone;
    std::uint32_t parent_generation = 0;
    std::uint32_t bid = 0;
    std::uint32_t generation = 0;
    std::uint32_t next = kNone;     // in a queue, in a group, in the free list
    std::uint16_t calls = 0;        // made so far: tells a late answer from the one that is waited for
    std::uint16_t parent_call = 0;  // which of its caller's calls it is
  };
  static_assert(sizeof(Frame) == 64);
  struct alignas(64) Ride : Caller {  // a bid by express; its need is the store
    enum class Stage : std::uint8_t { kFree, kOut, kCommitting, kBack };
    Stage stage = Stage::kFree;
    MemberIndex store = kNoMember;
    MemberIndex asked = kNoMember;  // by a cache, beyond the store
    std::int64_t sent_ns = 0;
    std::int64_t due_ns = 0;  // it gives up the store
    std::int64_t committed_ns = 0;
    BidHistory::CopyIndex copy = BidHistory::kNoCopy;
    std::uint32_t generation = 0;
    std::uint32_t next = kNone;  // in a group, in the free list
  };
  static_assert(sizeof(Ride) == 64);
  static constexpr std::uint32_t kRide = 0x80000000;  // of a number in a List: a ride's, no frame's
  struct List {
    std::uint32_t first = kNone, last = kNone;
    std::uint64_t size = 0;
  };
  struct Way {  // from a member to a member, or to and from the clients
    const Link* link = nullptr;
    BidEvents::Lane lane = BidEvents::kNoLane;  // where it always takes the same time
    bool harmless = true;                       // nothing gets lost or is cut on it
    std::int64_t time_ns = -1;                  // where it always takes the same time, and is harmless
  };
  struct Hop {  // from a member to one that it needs
    MemberIndex to = kNoMember;
    bool leaf = false;  // calm, and by harmless ways: calls to it can be foreseen while it has room
    const Way* there = nullptr;
    const Way* back = nullptr;
  };
  struct Confirming {  // a group on disk, until it is acknowledged
    List calls;
    std::int64_t at_ns = 0;
  };
  struct Station {  // of a member
    List waiting;
    List parked;  // what came due while it hung
    List group, committing;
    std::int64_t busy = 0;
    std::int64_t servers = 0;  // 0: without limit
    std::uint64_t queue_most = 0;
    std::uint64_t inside_most = 0;  // waiting or not: connections of a store
    Balance balance = Balance::kRoundRobin;
    std::vector<Confirming> confirming;  // oldest first
    bool writing = false;
    bool write_parked = false;                         // the group came due while it hung
    bool accepts = true;                               // writes, as long as it serves
    std::uint32_t writes = 0;                          // generation of its kGroup event
    std::int64_t write_ends_ns = BidEvents::kNeverNs;  // of the group that is being written
    std::int64_t confirms_in_ns = 0;                   // how long after that a standby's answer is there
    std::int64_t group_due_ns = BidEvents::kNeverNs;   // no bid by express in the groups gives up before
    Region region = kAnyRegion;
    /// Up, not hung, under no burden, as fast as ever, of a service that turns nobody away by a rule of its own, nor
    /// counts the calls inside to balance them: what a call meets here is a free server or a queue.
    bool calm = false;
    /// It may come to be too small for its calls: nothing that lies ahead is foreseen of them.
    bool crowded = false;
    std::int64_t crowded_until_ns = 0;  // at least: coming and going costs
    bool shares = false;                // by express: some of what it needs is called for a share alone
    std::uint64_t express_done = 0;     // by express, and not counted yet
    bool express = false;               // calls from clients may go by express
    std::uint16_t store_need = 0;       // by express: which of its needs the store is
    ServiceIndex service_index = 0;
    Service* service = nullptr;
    std::vector<std::vector<Hop>> hops;  // by need: to each who may be called
    std::vector<Hop> asks;               // of a cache: to each whom a miss may ask
    std::int64_t calls = 0;              // that have a frame and have not ended
    std::vector<std::int64_t> ends;      // of its other calls, which are foreseen; past ones are swept out at times
    std::int64_t undrawn = 0;            // of calls sent off to it it is not known yet whether they have ended
  };
  // Events that foresight does without.
  static constexpr std::uint64_t kOfTravelling = 2;  // it arrives, and is served
  static constexpr std::uint64_t kOfHearing = 1;
  static constexpr std::uint64_t kOfLeg = 3;  // it arrives, is served, and its answer is heard
  static constexpr std::uint64_t kOfSentOff = 2;
  static constexpr std::uint64_t kOfAsking = 2;  // it arrives, and its answer is heard

  // call_flow.cc: the way of a call
  std::uint32_t make_frame(MemberIndex member, std::uint32_t bid, std::uint8_t attempt, CallKey key,
                           std::uint32_t order);
  void free_frame(std::uint32_t index);
  void count_in(std::uint32_t index);
  void count_out(Frame& frame);
  void count_end(Station& at);
  void travel(std::uint32_t index, MemberIndex from);
  void carry(const Way& way, BidEvent::Kind kind, std::uint32_t index, DrawOf of);
  void carry_late(const Way& way, BidEvent::Kind kind, std::uint32_t index, DrawOf of);
  [[nodiscard]] static std::int64_t time_on(const Way& way, CallKey key, DrawOf of);
  [[nodiscard]] const Way& way(MemberIndex from, MemberIndex to) const;
  void arrive(std::uint32_t index);
  void serve(std::uint32_t index);
  void served(std::uint32_t index);
  [[nodiscard]] bool turns_away(const Frame& frame);
  [[nodiscard]] bool leaderless(const Frame& frame);
  [[nodiscard]] bool limited(ServiceIndex index);
  [[nodiscard]] double slowness(const Member& member, const Service& service) const;
  [[nodiscard]] bool fails(std::uint32_t index);
  void finish(std::uint32_t index, Answer answer);
  void go_back(std::uint32_t index);
  void answered(std::uint32_t index);
  [[nodiscard]] bool is_waited_for(const Frame& call) const;
  void take_server(std::uint32_t index);
  void release_server(MemberIndex member);
  void serve_waiting(MemberIndex member);

  // call_flow_needs.cc: the calls that it makes
  void go_on(std::uint32_t index);
  void call(std::uint32_t index, Need& need);
  void send_off(std::uint32_t index);
  void ask(std::uint32_t index);
  std::uint32_t make_call(std::uint32_t index, MemberIndex to, CallKey key);
  void adopt(std::uint32_t index, std::uint32_t made);
  void await(std::uint32_t index, std::uint32_t lane, std::int64_t from_ns);
  [[nodiscard]] static bool is_made(const Caller& caller, const Need& need) {
    const double share = need.call.share.value;
    return share >= 1 || draws_of(caller.key, DrawOf::kShare, caller.need).uniform() < share;
  }
  void hear(std::uint32_t caller, Answer answer, bool stored);
  void after_call(std::uint32_t index);
  void fail_call(std::uint32_t caller);
  void expire(std::uint32_t lane);
  [[nodiscard]] bool awaits(const Frame& caller, const TimeoutLane::Entry& entry) const;
  std::uint32_t lane_of(std::int64_t length_ns);

  // call_flow_ways.cc: whom calls go to
  [[nodiscard]] bool is_calm(MemberIndex index) const;
  [[nodiscard]] bool has_leaders(const Service& service) const;
  [[nodiscard]] Way way_over(const Link& link);
  [[nodiscard]] Region region_of(const std::string& name) const;
  [[nodiscard]] Region region_of_clients(const std::string& active);
  [[nodiscard]] const std::vector<MemberIndex>& takers(ServiceIndex service, Region region) const;
  [[nodiscard]] MemberIndex choose_front(std::uint64_t number, std::uint32_t attempt);
  [[nodiscard]] MemberIndex front_in(Region region, std::uint64_t number, std::uint32_t attempt) const;
  void lay_front();
  [[nodiscard]] std::vector<MemberIndex> takers_from(MemberIndex caller, ServiceIndex service) const;
  /// Calls that a member serves, or lets wait. Exact of who is never foreseen.
  [[nodiscard]] static std::uint64_t inside(const Station& at) {
    return static_cast<std::uint64_t>(at.busy) + at.waiting.size;
  }
  struct Choice {  // what decides whom a call reaches
    CallKey key = 0;
    std::uint32_t turn = 0;   // of the bids
    std::uint32_t which = 0;  // of the draws of its key
  };
  /// Which of the `count` members is called, as their service balances its calls; member(i) is the i-th.
  template <class MemberAt>
  [[nodiscard]] std::size_t choose(std::size_t count, const Choice& choice, const MemberAt& member) const {
    if (count == 1) return 0;
    const std::size_t in_turn = choice.turn % count;
    const Balance balance = stations_[member(0)].balance;
    if (balance == Balance::kRoundRobin) [[likely]]
      return in_turn;
    if (balance == Balance::kRandom) return draws_of(choice.key, DrawOf::kMember, choice.which).next() % count;
    std::size_t best = in_turn;  // the first of equals in turn
    for (std::size_t i = 1; i < count; ++i) {
      const std::size_t other = (in_turn + i) % count;
      if (inside(stations_[member(other)]) < inside(stations_[member(best)])) best = other;
    }
    return best;
  }
  /// To whom `caller` calls for its present need; null: there is nobody.
  [[nodiscard]] const Hop* hop_of(const Caller& caller) const {
    const std::vector<Hop>& hops = stations_[caller.member].hops[caller.need];
    if (hops.size() == 1) return hops.data();
    return choose_hop(hops, {caller.key, caller.order + caller.attempt + caller.tries,
                             std::uint32_t{caller.need} << 8 | caller.tries});
  }
  [[nodiscard]] const Hop* choose_hop(const std::vector<Hop>& hops, const Choice& choice) const;
  [[nodiscard]] const Hop* asks_whom(const Caller& cache) const;
  [[nodiscard]] MemberIndex whom(const Frame& caller) const;
  void lay_rotation();
  void lay_hops();
  void lay_asks(MemberIndex from);
  [[nodiscard]] Hop hop_over(MemberIndex from, MemberIndex to, bool alone) const;

  // call_flow_foresight.cc
  [[nodiscard]] bool may_be_leaf(ServiceIndex service) const;
  [[nodiscard]] bool answers_asked(MemberIndex member) const;
  /// For so many calls more. REQUIRES: its servers are limited.
  [[nodiscard]] bool has_room(Station& at, std::int64_t more) {
    return !at.crowded && (may_hold(at) + more <= at.servers || makes_room(at, more));
  }
  /// Calls to it, at most.
  [[nodiscard]] static std::int64_t may_hold(const Station& at) {
    return at.calls + static_cast<std::int64_t>(at.ends.size()) + at.undrawn;
  }
  [[nodiscard]] bool makes_room(Station& at, std::int64_t more);
  void note_crowd(MemberIndex member, std::int64_t more);
  bool foresee_sent(std::uint32_t index);
  bool foresee_call(std::uint32_t index);
  bool foresee_hearing(std::uint32_t index, const Way& back);
  Course& begin_course(std::uint32_t index, Course::Begin begin);
  bool foresee_from(std::uint32_t index, std::int64_t at_ns, bool moved);
  bool foresee_leg(const Caller& caller, Leg& leg, std::int64_t made_ns);
  bool lay_leg(const Caller& caller, const Hop& hop, Leg& leg, std::int64_t made_ns) const;
  [[nodiscard]] EndOfService end_of_service(MemberIndex member, CallKey key, std::int64_t arrival_ns) const;
  bool lay_miss(const Caller& caller, Leg& leg) const;
  bool has_room_to_ask(const Leg& leg);
  bool foresee_send_off(const Caller& caller, std::int64_t made_ns, bool at_once);
  bool foresee_embarking(std::uint32_t index, const Need& need, std::int64_t made_ns);
  bool foresee_end(std::uint32_t index, std::int64_t at_ns);
  bool follow(std::uint32_t index, Course::End end, std::int64_t end_ns);
  void complete(std::uint32_t index);
  void count_leg(const Leg& leg);
  void count_asked(MemberIndex member);
  void count_sent(MemberIndex member);
  static void add_ends(const Leg& leg, std::vector<std::pair<MemberIndex, std::int64_t>>& ends);
  void add_ends(const Ride& ride, std::vector<std::pair<MemberIndex, std::int64_t>>& ends) const;
  void count_done(MemberIndex member);
  void go_on_after(std::uint32_t index);
  void begin_to_wait(std::uint32_t index);
  [[nodiscard]] std::int64_t latest_end(const Hop& hop, const SentOff& call) const;
  void draw_sent(SentOff& call) const;
  void unsend(std::size_t count);
  void sweep_sent();

  // call_flow_express.cc
  void lay_express(MemberIndex front);
  [[nodiscard]] bool takes_express(MemberIndex front, std::uint16_t number) const;
  bool board(std::uint32_t index);
  std::uint32_t make_ride();
  void free_ride(std::uint32_t index);
  [[nodiscard]] std::int64_t begin_of_needs(const Caller& caller, std::int64_t sent_ns) const;
  void arrive_express(std::uint32_t index, std::int64_t quiet_until_ns);
  bool return_express(std::uint32_t index);
  void end_ride(std::uint32_t index, std::int64_t at_ns);
  void hear_express(std::int64_t before_ns, bool of_instant);
  [[nodiscard]] AttemptListener::Passenger passenger(const Ride& ride) const;
  void count_waited_for(const Caller& caller, std::size_t from, std::size_t to);
  void count_answered(const Need& need, std::uint64_t calls);
  void count_express(Station& at);
  void end_express();
  void play_on_out(std::uint32_t ride);
  void play_on_back(std::uint32_t ride);
  bool play_on_legs(std::uint32_t index, std::size_t from, std::size_t to, std::int64_t& at_ns, bool at_once);
  void leave_express(List& list);
  std::uint32_t alight(std::uint32_t ride);
  [[nodiscard]] std::int64_t called_store_ns(const Ride& ride) const;
  std::uint32_t leave_express(std::uint32_t ride);
  std::uint32_t commit_on(std::uint32_t ride);

  // call_flow_play_on.cc
  [[nodiscard]] bool is_over(std::int64_t at_ns, const Turn& turn) const;
  void play_on(std::uint32_t index);
  bool play_on_from_begin(std::uint32_t index, const Course& course);
  [[nodiscard]] bool has_heard(const Leg& leg, const Caller& caller, bool at_once) const;
  void play_on_leg(std::uint32_t index, const Leg& leg, bool at_once);
  void play_on_miss(std::uint32_t cache, const Leg& leg, bool arrived);
  void play_on_from_end(std::uint32_t index, const Course& course);
  void play_on(const SentOff& call);
  void place(std::uint32_t index, std::int64_t arrival_ns, std::int64_t end_ns, bool arrived);
  void wait_on(std::uint32_t index, std::int64_t made_ns);
  void unmake(const Course& course);
  [[nodiscard]] std::uint64_t rank_of(const Turn& turn) const { return turn.rank(newest_); }

  // call_flow_breakers.cc: each member has a breaker of its own for each need that has any, and a budget of retries.
  // REQUIRES of breakers: this need has.
  void lay_budgets(Service& service) const;
  void note_first_try(Need& need, MemberIndex caller);
  [[nodiscard]] bool may_call_again(Need& need, MemberIndex caller);
  [[nodiscard]] bool may_call(Need& need, MemberIndex caller);
  void tell_breaker(Need& need, MemberIndex caller, bool failed, Duration took);
  void note_turn(const Need& need, MemberIndex caller, CircuitBreaker::State before);

  // call_flow_store.cc: group commit
  void commit(std::uint32_t index);
  [[nodiscard]] Duration writing_time(MemberIndex member);
  void begin_group(MemberIndex member, Duration time);
  void order_by_age(List& list);
  [[nodiscard]] std::int64_t confirmed_ns(const Station& at, std::int64_t written_ns) const;
  void group_done(MemberIndex member);
  void confirm(MemberIndex member);
  void acknowledge_all(MemberIndex store, List& calls);
  void acknowledge(const Member& store, std::uint32_t call);
  [[nodiscard]] Duration round_trip(MemberIndex primary);

  [[nodiscard]] std::uint32_t& next_of(std::uint32_t index) {
    return (index & kRide) != 0 ? rides_[index ^ kRide].next : frames_[index].next;
  }
  void append(List& list, std::uint32_t index);
  std::uint32_t take_first(List& list);
  void lose(std::uint32_t index);
  Station& station(MemberIndex member) { return stations_[member]; }
  [[nodiscard]] std::int64_t now_ns() const { return to_ns(clock_.now()); }

  Model& model_;
  SimClock& clock_;
  BidEvents& events_;
  const Resolver& resolver_;
  Config config_;
  AttemptListener& listener_;
  RandomStream network_;                        // of names and of replication; what calls draw follows from their keys
  std::vector<RandomStream> commit_draws_;      // one a service
  std::vector<DurationSampler> commits_;        // one a service
  std::vector<std::vector<Duration>> longest_;  // one a service: its service time at most, by layer of the draw
  std::vector<std::vector<MemberIndex>> rotation_;  // who gets calls from a region: [service * regions + region]
  std::vector<Way> ways_;                           // as the model's links are; the last row and column: the clients
  std::size_t ways_across_ = 1;
  std::vector<std::string> regions_;  // names of the members' regions; the first is "", any of them
  std::string clients_region_;        // as the resolver answered last
  Region clients_region_number_ = kAnyRegion;
  /// Among whom the clients' calls go round while their resolver is steady; null where more than that decides.
  const std::vector<MemberIndex>* steady_front_ = nullptr;
  std::vector<Frame> frames_;
  std::uint32_t free_ = kNone;
  std::vector<Station> stations_;
  std::vector<TimeoutLane> lanes_;
  std::vector<TimeoutLane::Entry> expired_;                      // in expire()
  std::uint32_t miss_lane_ = 0;                                  // of what a cache asks
  std::vector<std::pair<std::uint64_t, std::uint32_t>> by_age_;  // while a group is put in order
  std::vector<std::uint16_t> open_calls_;                        // by bid
  Conservation counts_;
  std::vector<ServedCalls> served_;
  std::vector<BreakerTurn> breaker_turns_;
  std::vector<Course> courses_;  // of the frames that are foreseen, by their numbers
  std::uint64_t foreseen_ = 0;   // so many frames are
  std::vector<Ride> rides_;
  std::uint32_t free_ride_ = kNone;
  std::uint64_t express_ = 0;  // so many rides there are
  std::vector<Heard> heard_;   // answers on their way by express; in no order
  std::int64_t earliest_heard_ns_ = BidEvents::kNeverNs;
  bool tells_at_once_ = false;
  std::vector<SentOff> sent_;  // past ones are swept out now and then
  std::size_t sweep_at_ = 0;
  std::uint64_t events_foreseen_ = 0;
  std::uint64_t newest_number_ = 0;  // of the newest bid
  std::uint32_t newest_ = 0;         // the same, its lower bits
  /// What has happened of the present instant: nothing yet, what comes before `present_turn_`, or all.
  enum class Present : std::uint8_t { kNothing, kBefore, kAll };
  Present present_ = Present::kNothing;
  Turn present_turn_;
};

}  // namespace blackstart
