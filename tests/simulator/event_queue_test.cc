#include "simulator/event_queue.h"

#include "base/random.h"
#include "simulator/agenda.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <queue>
#include <vector>

namespace blackstart {
namespace {

struct Payload {
  std::uint64_t number = 0;
  std::uint32_t kind = 0;
};
using Queue = EventQueue<Payload>;

Instant at(std::int64_t ns) { return instant_from_ns(ns); }

TEST(event_queue, events_come_by_time_and_those_of_one_instant_as_they_were_scheduled) {
  Queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next_time(), kNever);
  const std::int64_t times[] = {30, 10, 20, 10, 30, 10};
  for (std::uint64_t number = 0; number < 6; ++number) queue.push(at(times[number]), {number, 0});
  EXPECT_EQ(queue.size(), 6U);
  EXPECT_EQ(queue.next_time(), at(10));
  std::vector<std::uint64_t> order;
  while (!queue.empty()) order.push_back(queue.pop().payload.number);
  EXPECT_EQ(order, (std::vector<std::uint64_t>{1, 3, 5, 2, 0, 4}));
}

TEST(event_queue, the_whole_range_of_time_is_in_order) {
  const std::int64_t most = to_ns(Instant::max());
  std::vector<std::int64_t> times = {0, -1, 1, most, -most, 63, 64, 65, -64, most - 1, 1LL << 60, -(1LL << 60)};
  Queue queue;
  for (const auto time : times) queue.push(at(time), {});
  std::sort(times.begin(), times.end());
  for (const auto time : times) EXPECT_EQ(queue.pop().time, at(time));
}

TEST(event_queue, looking_ahead_forbids_no_earlier_event) {
  Queue queue;
  queue.push(at(1'000'000'000), {1, 0});
  EXPECT_EQ(queue.next_time(), at(1'000'000'000));
  for (std::int64_t ns = 999; ns > 0; --ns) queue.push(at(ns), {0, 0});  // each before all others
  for (std::int64_t ns = 1; ns <= 999; ++ns) ASSERT_EQ(queue.pop().time, at(ns));
  EXPECT_EQ(queue.pop().payload.number, 1U);
}

TEST(event_queue, memory_follows_what_is_pending_not_what_passed_through) {
  Queue queue;
  RandomStream stream{8, "memory"};
  for (int i = 0; i < 5; ++i) queue.push(at(1'000'000 + i), {});  // few enough to be the run, for as long as they last
  for (int i = 0; i < 500'000; ++i) {
    const Instant now = queue.pop().time;
    ASSERT_NE(queue.next_time(), kNever);
    queue.push(now + Duration{static_cast<std::int64_t>(stream.below(100'000))}, {});
  }
  EXPECT_LT(queue.room(), 10'000U);
}

TEST(event_queue, the_past_is_refused) {
  Queue queue;
  queue.push(at(5), {});
  queue.pop();
  queue.push(at(5), {});  // the same instant is not the past
  EXPECT_DEATH(queue.push(at(4), {}), "key >= popped_");
  queue.pop();
  EXPECT_DEATH(queue.pop(), "empty");
  EXPECT_DEATH(queue.push(at(9), 0, {}), "next_sequence_");
}

struct Later {
  bool operator()(const TimedEvent<Payload>& a, const TimedEvent<Payload>& b) const {
    return comes_before(b.time, b.sequence, a.time, a.sequence);
  }
};
using Reference = std::priority_queue<TimedEvent<Payload>, std::vector<TimedEvent<Payload>>, Later>;

/// Delays of many sizes: bursts of one instant, neighbours, and far ones.
Duration some_delay(RandomStream& stream, unsigned bits_most) {
  const auto bits = stream.below(bits_most + 1);
  return Duration{static_cast<std::int64_t>(bits == 0 ? 0 : stream.next() >> (64 - bits))};
}

struct Habit {
  std::uint64_t pushes_of_16;
  std::uint64_t looks_of_16;
  unsigned delay_bits;
};

void expect_same_as_reference(std::uint64_t seed, const Habit& habit, int steps) {
  RandomStream stream{seed, "event_queue_test"};
  Queue queue;
  Reference reference;
  std::uint64_t number = 0;
  std::int64_t now = -1'000;
  for (int step = 0; step < steps; ++step) {
    if (stream.below(16) < habit.pushes_of_16 || reference.empty()) {
      const Instant time = at(now) + some_delay(stream, habit.delay_bits);
      queue.push(time, {number, 7});
      reference.push({time, number, {number, 7}});
      ++number;
    } else {
      const TimedEvent<Payload> expected = reference.top();
      reference.pop();
      const TimedEvent<Payload> event = queue.pop();
      ASSERT_EQ(to_ns(event.time), to_ns(expected.time)) << "seed " << seed << " step " << step;
      ASSERT_EQ(event.sequence, expected.sequence) << "seed " << seed << " step " << step;
      ASSERT_EQ(event.payload.number, expected.payload.number);
      now = to_ns(event.time);
    }
    ASSERT_EQ(queue.size(), reference.size());
    if (stream.below(16) < habit.looks_of_16) {
      ASSERT_EQ(queue.next_time(), reference.empty() ? kNever : reference.top().time) << "seed " << seed;
    }
  }
}

RC_GTEST_PROP(event_queue_property, equals_a_priority_queue, (std::uint64_t seed)) {
  const auto pushes = *rc::gen::inRange<std::uint64_t>(5, 12);
  const auto looks = *rc::gen::inRange<std::uint64_t>(0, 17);
  const auto bits = *rc::gen::inRange<unsigned>(0, 50);
  expect_same_as_reference(seed, {pushes, looks, bits}, 2'000);
}

TEST(event_queue, equals_a_priority_queue_with_many_pending) {
  expect_same_as_reference(1, {9, 0, 30}, 400'000);
  expect_same_as_reference(2, {9, 16, 30}, 400'000);
  expect_same_as_reference(3, {8, 4, 12}, 400'000);
  expect_same_as_reference(4, {8, 16, 6}, 400'000);
}

/// A far event is drawn in by a look ahead, then a crowd is scheduled before it, across the boundaries of digits.
TEST(event_queue, crowds_before_an_event_that_was_looked_at) {
  RandomStream stream{9, "crowds"};
  Queue queue;
  Reference reference;
  std::uint64_t number = 0;
  std::int64_t now = 0;
  const auto push = [&](std::int64_t ns) {
    queue.push(at(ns), {number, 0});
    reference.push({at(ns), number, {number, 0}});
    ++number;
  };
  for (int round = 0; round < 200; ++round) {
    const auto far = static_cast<std::int64_t>(std::uint64_t{1} << stream.below(34));
    for (int i = 0; i < 30; ++i) push(now + far + static_cast<std::int64_t>(stream.below(200)));
    ASSERT_EQ(queue.next_time(), reference.top().time);
    for (int i = 0; i < 300; ++i)
      push(now + static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(far) + 1)));
    for (int i = 0; i < 290; ++i) {
      const TimedEvent<Payload> event = queue.pop();
      ASSERT_EQ(event.time, reference.top().time);
      ASSERT_EQ(event.sequence, reference.top().sequence);
      reference.pop();
      now = to_ns(event.time);
      if (i % 3 == 0) {
        ASSERT_EQ(queue.next_time(), reference.top().time);
      }
    }
  }
}

TEST(fifo_lane, first_in_first_out_at_its_delay) {
  FifoLane<Payload> lane{Duration{100}};
  EXPECT_EQ(lane.next_time(), kNever);
  std::uint64_t pushed = 0;
  std::uint64_t popped = 0;
  for (int round = 0; round < 50; ++round) {  // the ring wraps and grows
    for (int i = 0; i < 7; ++i, ++pushed) lane.push(at(static_cast<std::int64_t>(pushed / 3)), pushed, {pushed, 0});
    for (int i = 0; i < 5; ++i, ++popped) {
      EXPECT_EQ(lane.next_time(), at(static_cast<std::int64_t>(popped / 3) + 100));
      const auto event = lane.pop();
      EXPECT_EQ(event.sequence, popped);
      EXPECT_EQ(event.payload.number, popped);
    }
  }
  EXPECT_EQ(lane.size(), 100U);
  EXPECT_DEATH(lane.push(at(0), 1'000, {}), "now >= last_now_");
  EXPECT_DEATH((FifoLane<Payload>{Duration{-1}}), "delay");
}

/// Lanes and queue together give what one queue that is told everything gives.
RC_GTEST_PROP(agenda_property, lanes_and_queue_come_as_one_stream, (std::uint64_t seed)) {
  RandomStream stream{seed, "agenda"};
  Agenda<Payload> agenda;
  Queue reference;
  const Duration delays[] = {Duration{0}, Duration{5}, Duration{1'000}};
  for (const Duration delay : delays) agenda.add_lane(delay);
  std::uint64_t number = 0;
  for (int step = 0; step < 1'000; ++step) {
    const auto source = stream.below(8);
    if (source < 3) {
      agenda.push_after(source, {number, 0});
      reference.push(agenda.now() + delays[source], {number, 0});
      ++number;
    } else if (source < 5 || agenda.empty()) {
      const Instant time = agenda.now() + some_delay(stream, 12);
      agenda.push(time, {number, 0});
      reference.push(time, {number, 0});
      ++number;
    } else {
      const auto expected = reference.pop();
      RC_ASSERT(agenda.next_time() == expected.time);
      const auto event = agenda.pop();
      RC_ASSERT(event.time == expected.time);
      RC_ASSERT(event.sequence == expected.sequence);
      RC_ASSERT(event.payload.number == expected.payload.number);
      RC_ASSERT(agenda.now() == event.time);
    }
    RC_ASSERT(agenda.size() == reference.size());
  }
}

TEST(agenda, time_passes_up_to_the_next_event) {
  Agenda<Payload> agenda;
  agenda.push(at(10), {});
  agenda.advance_to(at(7));
  EXPECT_EQ(agenda.now(), at(7));
  EXPECT_DEATH(agenda.advance_to(at(11)), "next_time");
  EXPECT_DEATH(agenda.advance_to(at(6)), "now_");
  EXPECT_DEATH(agenda.push(at(6), {}), "now_");
}

}  // namespace
}  // namespace blackstart
