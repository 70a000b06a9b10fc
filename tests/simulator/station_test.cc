#include "simulator/station.h"

#include "base/random.h"
#include "station_run.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

namespace blackstart {
namespace {

Instant at(std::int64_t ns) { return instant_from_ns(ns); }

/// Small whole numbers, so that much falls on one instant.
std::vector<OfferedBid> some_bids(RandomStream& stream, std::size_t count, std::uint64_t gap_most,
                                  std::uint64_t service_most) {
  std::vector<OfferedBid> bids(count);
  std::int64_t now = 0;
  for (auto& bid : bids) {
    now += static_cast<std::int64_t>(stream.below(gap_most + 1));
    bid = {at(now), Duration{static_cast<std::int64_t>(stream.below(service_most + 1))}};
  }
  return bids;
}

std::vector<Standstill> some_standstills(RandomStream& stream, std::int64_t end) {
  std::vector<Standstill> standstills;
  std::int64_t now = 0;
  while (now < end) {
    const std::int64_t from = now + static_cast<std::int64_t>(stream.below(60));
    const std::int64_t until = from + static_cast<std::int64_t>(stream.below(25));
    standstills.push_back({at(from), at(until)});
    now = until;
  }
  return standstills;
}

std::string first_difference(const StationRun& left, const StationRun& right) {
  for (std::size_t i = 0; i < left.served.size(); ++i) {
    const auto& a = left.served[i];
    const auto& b = right.served[i];
    if (a.start == b.start && a.end == b.end) continue;
    return "bid " + std::to_string(i) + ": " + std::to_string(to_ns(a.start)) + ".." + std::to_string(to_ns(a.end)) +
           " and " + std::to_string(to_ns(b.start)) + ".." + std::to_string(to_ns(b.end));
  }
  const auto& a = left.totals;
  const auto& b = right.totals;
  if (a.arrivals == b.arrivals && a.done == b.done && a.dropped == b.dropped && a.in_flight == b.in_flight &&
      a.area == b.area) {
    return "";
  }
  return "totals";
}

RC_GTEST_PROP(station_property, recursion_and_events_give_the_same_instants, (std::uint64_t seed)) {
  RandomStream stream{seed, "station_test"};
  StationConfig config;
  const std::uint32_t servers[] = {1, 1, 2, 3, 7, kUnlimitedServers};
  config.servers = servers[stream.below(6)];
  if (stream.below(2) == 0) config.queue_limit = static_cast<std::uint32_t>(stream.below(5));
  const std::uint64_t scale = config.servers == kUnlimitedServers ? 3 : config.servers;
  const auto bids = some_bids(stream, 300, 1 + stream.below(12), 1 + stream.below(12 * scale));
  std::vector<Standstill> standstills;
  if (stream.below(2) == 0) standstills = some_standstills(stream, to_ns(bids.back().arrival));
  const auto recursion = run_by_recursion(config, bids, standstills);
  RC_ASSERT(first_difference(recursion, run_by_events(config, bids, standstills, true)) == "");
  RC_ASSERT(first_difference(recursion, run_by_events(config, bids, standstills, false)) == "");
}

TEST(station, recursion_and_events_give_the_same_instants_at_length) {
  for (const std::uint32_t servers : {1U, 4U, 64U}) {
    RandomStream stream{servers, "station_test"};
    const auto bids = some_bids(stream, 200'000, 2'000, 1'900 * servers);
    for (const auto limit : {std::optional<std::uint32_t>{}, std::optional<std::uint32_t>{10}}) {
      const StationConfig config{servers, limit};
      EXPECT_EQ(first_difference(run_by_recursion(config, bids), run_by_events(config, bids)), "");
    }
  }
}

TEST(station, one_server_serves_in_order_of_arrival) {
  const auto run = run_by_recursion({}, {{at(0), Duration{10}}, {at(4), Duration{3}}, {at(30), Duration{5}}});
  EXPECT_EQ(run.served[0].start, at(0));
  EXPECT_EQ(run.served[1].start, at(10));
  EXPECT_EQ(run.served[1].end, at(13));
  EXPECT_EQ(run.served[2].start, at(30));
  EXPECT_TRUE(run.totals.area == 10 + 9 + 5);
}

TEST(station, an_end_makes_room_for_who_arrives_in_its_instant) {
  const StationConfig full{1, 0};
  const std::vector<OfferedBid> bids = {{at(0), Duration{10}}, {at(9), Duration{1}}, {at(10), Duration{1}}};
  for (const auto& run : {run_by_recursion(full, bids), run_by_events(full, bids)}) {
    EXPECT_TRUE(run.served[1].dropped());
    EXPECT_FALSE(run.served[2].dropped());
    EXPECT_EQ(run.totals.dropped, 1U);
    EXPECT_EQ(run.totals.done, 2U);
  }
}

TEST(station, what_a_standstill_interrupts_goes_on_where_it_was) {
  const std::vector<Standstill> standstills = {{at(5), at(105)}, {at(110), at(210)}};
  const std::vector<OfferedBid> bids = {{at(0), Duration{8}}, {at(50), Duration{2}}, {at(120), Duration{1}}};
  for (const auto& run : {run_by_recursion({}, bids, standstills), run_by_events({}, bids, standstills)}) {
    EXPECT_EQ(run.served[0].start, at(0));
    EXPECT_EQ(run.served[0].end, at(108));
    EXPECT_EQ(run.served[1].start, at(108));
    EXPECT_EQ(run.served[1].end, at(110)) << "done in the instant in which work stands still again";
    EXPECT_EQ(run.served[2].start, at(210));
    EXPECT_EQ(run.served[2].end, at(211));
  }
}

TEST(station, a_service_takes_at_least_the_grain_of_time) {
  const auto run = run_by_events({}, {{at(3), Duration{0}}});
  EXPECT_EQ(run.served[0].end, at(4));
}

/// Little: over a time that begins and ends empty, the area is all sojourn times together, to the nanosecond.
RC_GTEST_PROP(station_property, littles_law_holds_exactly_between_empty_instants, (std::uint64_t seed)) {
  RandomStream stream{seed, "little"};
  const StationConfig config{1 + static_cast<std::uint32_t>(stream.below(3)), 6};
  Station station{config};
  const auto bids = some_bids(stream, 400, 10, 14 * config.servers);
  struct End {
    Instant end;
    std::uint32_t server;
    std::uint32_t generation;
  };
  std::vector<End> ends;
  WideNs sojourns = 0;
  int windows = 0;
  const auto finish_until = [&](Instant limit) {
    for (;;) {
      const auto next =
          std::min_element(ends.begin(), ends.end(), [](const End& a, const End& b) { return a.end < b.end; });
      if (next == ends.end() || next->end > limit) return;
      const End end = *next;
      ends.erase(next);
      const auto done = station.finish(end.end, end.server, end.generation);
      RC_ASSERT(done.has_value());
      sojourns += to_ns(done->end - done->arrival);
      if (done->next) ends.push_back({done->next->end, done->next->server, done->next->generation});
      if (station.in_flight() > 0) continue;
      ++windows;
      RC_ASSERT(station.totals(end.end).area == sojourns);
    }
  };
  for (const OfferedBid& bid : bids) {
    finish_until(bid.arrival);
    const auto offered = station.offer(bid.arrival, 0, bid.service);
    if (offered.admission == Station::Admission::kStarted) {
      ends.push_back({offered.start.end, offered.start.server, offered.start.generation});
    }
    const auto totals = station.totals(bid.arrival);
    RC_ASSERT(totals.arrivals == totals.done + totals.dropped + totals.in_flight);
  }
  finish_until(kNever);
  RC_ASSERT(windows >= 1);
}

TEST(station, the_area_does_not_overflow) {
  Station station{{}};
  constexpr std::int64_t kHour = 3'600'000'000'000;
  for (Station::Job job = 0; job < 1'000'000; ++job) station.offer(at(0), job, Duration{kHour});
  EXPECT_TRUE(station.totals(at(kHour)).area == static_cast<WideNs>(1'000'000) * kHour) << "3.6e21";
}

TEST(station, a_kill_throws_everyone_out_in_order_of_arrival_and_overtakes_their_ends) {
  Station station{{2, std::nullopt}};
  const auto first = station.offer(at(0), 100, Duration{10});
  const auto second = station.offer(at(1), 101, Duration{10});
  EXPECT_EQ(station.offer(at(2), 102, Duration{10}).admission, Station::Admission::kWaiting);
  std::vector<Station::Job> evicted;
  station.evict(at(5), [&](Station::Job job) { evicted.push_back(job); });
  EXPECT_EQ(evicted, (std::vector<Station::Job>{100, 101, 102}));
  EXPECT_EQ(station.in_flight(), 0U);
  EXPECT_FALSE(station.finish(at(10), first.start.server, first.start.generation).has_value());
  EXPECT_FALSE(station.finish(at(11), second.start.server, second.start.generation).has_value());
  const auto totals = station.totals(at(20));
  EXPECT_EQ(totals.dropped, 3U);
  EXPECT_TRUE(totals.area == 5 + 4 + 3);
}

TEST(station, servers_are_added_and_taken_away_under_way) {
  Station station{{1, std::nullopt}};
  const auto first = station.offer(at(0), 0, Duration{10});
  for (Station::Job job = 1; job < 4; ++job) station.offer(at(0), job, Duration{10});
  std::vector<Station::Start> started;
  station.set_servers(at(2), 3, [&](const Station::Start& start) { started.push_back(start); });
  ASSERT_EQ(started.size(), 2U);
  EXPECT_EQ(started[1].end, at(12));
  EXPECT_EQ(station.waiting(), 1U);
  station.set_servers(at(3), 1, [&](const Station::Start&) { FAIL(); });
  EXPECT_EQ(station.in_service(), 3U) << "they finish what they do";
  EXPECT_FALSE(station.finish(at(10), first.start.server, first.start.generation)->next.has_value());
  EXPECT_FALSE(station.finish(at(12), started[0].server, started[0].generation)->next.has_value());
  const auto last = station.finish(at(12), started[1].server, started[1].generation);
  ASSERT_TRUE(last->next.has_value());
  EXPECT_EQ(last->next->end, at(22));
}

TEST(station, misuse_is_caught) {
  Station station{{}};
  const auto offered = station.offer(at(5), 0, Duration{10});
  EXPECT_DEATH(station.offer(at(4), 1, Duration{1}), "now_ns > last_ns_");
  EXPECT_DEATH((void)station.finish(at(14), offered.start.server, offered.start.generation), "slot.end == now");
  EXPECT_DEATH((Station{{0, std::nullopt}}), "servers");
  EXPECT_DEATH((StationRecursion{{0, std::nullopt}}), "servers");
  StationRecursion recursion{{}};
  recursion.serve(at(5), Duration{1});
  EXPECT_DEATH(recursion.serve(at(4), Duration{1}), "arrival");
  EXPECT_DEATH((StationRecursion{{}, {{at(5), at(9)}, {at(8), at(10)}}}), "from >= last");
}

}  // namespace
}  // namespace blackstart
