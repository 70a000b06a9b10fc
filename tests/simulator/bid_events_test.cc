// The bids' events come out in the order of (instant, scheduling), whether they wait among the few, in the queue or in
// a lane.

#include "simulator/bid_events.h"
#include "base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace blackstart {
namespace {

struct Scheduled {
  std::int64_t at_ns;
  std::uint32_t index;
};

/// Plays `count` events with six constant delays (more than there are lanes) and some at random; `lanes` says whether
/// constant delays are told as such.
std::vector<Scheduled> play(std::uint64_t seed, std::uint32_t count, bool lanes) {
  constexpr std::int64_t kDelays[] = {0, 5, 5, 7, 20, 40, 100};  // small: many fall on one instant
  RandomStream stream{seed, "events"};
  BidEvents events;
  std::vector<Scheduled> order;
  std::set<std::pair<std::int64_t, std::uint32_t>> pending;  // what comes next, by another way
  std::int64_t now = 0;
  std::uint32_t next = 0;
  while (next < count || events.next_ns() != BidEvents::kNeverNs) {
    for (auto more = next < count ? stream.below(4) : 0; more > 0; --more, ++next) {
      const auto choice = stream.below(std::size(kDelays) + 2);
      const auto kind = static_cast<BidEvent::Kind>(stream.below(4));
      const std::int64_t delay =
          choice < std::size(kDelays) ? kDelays[choice] : static_cast<std::int64_t>(stream.below(60));
      pending.emplace(now + delay, next);
      if (choice >= std::size(kDelays))
        events.push(now + delay, kind, next, next);
      else if (const auto lane = lanes ? events.lane_for(kDelays[choice]) : BidEvents::kNoLane;
               lane != BidEvents::kNoLane)
        events.push_after(now, lane, kind, next, next);
      else
        events.push(now + delay, kind, next, next);
    }
    if (events.next_ns() == BidEvents::kNeverNs) continue;
    now = events.next_ns();
    const BidEvent event = events.pop();
    EXPECT_EQ(event.generation(), event.index & BidEvents::kGenerations);
    EXPECT_EQ(std::pair(now, event.index), *pending.begin());
    pending.erase(pending.begin());
    order.push_back({now, event.index});
  }
  EXPECT_EQ(events.pushed(), order.size());
  return order;
}

TEST(BidEvents, LanesChangeNoOrder) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto queue = play(seed, 500, false), lanes = play(seed, 500, true);
    ASSERT_EQ(queue.size(), lanes.size());
    for (std::size_t i = 0; i < queue.size(); ++i) {
      ASSERT_EQ(queue[i].index, lanes[i].index) << "seed " << seed << ", event " << i;
      ASSERT_EQ(queue[i].at_ns, lanes[i].at_ns);
      ASSERT_TRUE(i == 0 || queue[i - 1].at_ns <= queue[i].at_ns);
    }
  }
}

TEST(BidEvents, AtOneInstantTheOneScheduledFirstComesFirst) {
  BidEvents events;
  events.push(10, BidEvent::Kind::kArrived, 0, 0);
  events.push_after(0, events.lane_for(10), BidEvent::Kind::kArrived, 1, 0);
  events.push(10, BidEvent::Kind::kArrived, 2, 0);
  events.push_after(5, events.lane_for(5), BidEvent::Kind::kArrived, 3, 0);
  EXPECT_EQ(events.next_ns(), 10);
  events.push(9, BidEvent::Kind::kArrived, 4, 0);  // after a look ahead
  for (const std::uint32_t expected : {4U, 0U, 1U, 2U, 3U}) EXPECT_EQ(events.pop().index, expected);
  EXPECT_EQ(events.next_ns(), BidEvents::kNeverNs);
}

}  // namespace
}  // namespace blackstart
