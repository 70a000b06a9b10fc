// Control events happen by instant, then in the order of their posting, whatever is posted and cancelled meanwhile.

#include "simulator/sim_clock.h"
#include "base/random.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

Instant at(Duration after) { return kDrillStart + after; }

void run_all(SimClock& clock) {
  while (clock.next() != kNever) clock.run_next();
}

TEST(SimClock, CallsByInstantThenByPosting) {
  SimClock clock(WallTime{});
  std::string called;
  clock.post_at(at(3s), [&] { called += 'c'; });
  clock.post_at(at(1s), [&] { called += 'a'; });
  clock.post_at(at(3s), [&] { called += 'd'; });
  clock.post_at(at(2s), [&] { called += 'b'; });
  EXPECT_EQ(clock.next(), at(1s));
  run_all(clock);
  EXPECT_EQ(called, "abcd");
  EXPECT_EQ(clock.now(), at(3s));
}

TEST(SimClock, WhatIsPostedForThePastComesNowAfterWhatIsDueNow) {
  SimClock clock(WallTime{});
  std::string called;
  clock.post_at(at(5s), [&] {
    called += 'a';
    clock.post_at(at(1s), [&] { called += 'c'; });
  });
  clock.post_at(at(5s), [&] { called += 'b'; });
  run_all(clock);
  EXPECT_EQ(called, "abc");
  EXPECT_EQ(clock.now(), at(5s));
}

/// Writes its number down.
struct Note final : ControlEvent {
  Note(std::vector<int>& to, int number_in) : written(to), number(number_in) {}
  void happen() override { written.push_back(number); }
  std::vector<int>& written;
  int number;
};

TEST(SimClock, CancelTakesOneOutAndOnlyThat) {
  SimClock clock(WallTime{});
  std::vector<int> called;
  Note first(called, 1), second(called, 2);
  const SimClock::Key key = clock.post_at(at(1s), first);
  clock.post_at(at(1s), second);
  clock.cancel(key);
  clock.cancel(key);
  EXPECT_EQ(clock.next(), at(1s));
  run_all(clock);
  clock.cancel(key);
  EXPECT_EQ(called, std::vector<int>{2});
  EXPECT_EQ(clock.next(), kNever);
}

/// Against a map by (instant, number), with as much on one instant as not.
TEST(SimClock, KeepsTheOrderOfAMap) {
  SimClock clock(WallTime{});
  RandomStream random(1, "posts");
  std::map<SimClock::Key, int> expected;
  std::vector<int> called;
  std::deque<Note> notes;
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t what = random.below(5);
    if (what < 2 || expected.empty()) {
      const Instant when = clock.now() + Duration{static_cast<std::int64_t>(random.below(20))};
      expected[clock.post_at(when, notes.emplace_back(called, round))] = round;
    } else if (what == 2) {
      const auto place = std::next(expected.begin(), static_cast<std::ptrdiff_t>(random.below(expected.size())));
      clock.cancel(place->first);
      expected.erase(place);
    } else {
      const auto [key, number] = *expected.begin();
      expected.erase(expected.begin());
      ASSERT_EQ(clock.next(), key.when);
      clock.run_next();
      ASSERT_EQ(clock.now(), key.when);
      ASSERT_EQ(called.back(), number);
    }
    ASSERT_EQ(clock.next(), expected.empty() ? kNever : expected.begin()->first.when);
  }
  EXPECT_GT(called.size(), 5'000U);
}

TEST(SimClock, AFunctionMayPostTheNextFromWithin) {
  SimClock clock(WallTime{});
  std::string called;
  const std::string text = "a text that a function has to itself and must find whole to its end; ";
  clock.post_at(at(1s), [&clock, &called, text] {
    for (int more = 0; more < 100; ++more) clock.post_at(at(2s), [&called] { called += '.'; });
    called += text;
  });
  run_all(clock);
  EXPECT_EQ(called, text + std::string(100, '.'));
}

Task<std::string> sleep_on(SimClock* clock, Duration length, std::stop_token stop) {
  const auto woken = co_await clock->sleep_until(clock->now() + length, std::move(stop));
  co_return woken ? "woken" : woken.error().message;
}

TEST(SimClock, AStopWakesAtThePresentInstantAfterWhatRunsNow) {
  SimClock clock(WallTime{});
  std::stop_source stop;
  std::string called;
  launch<std::string>(sleep_on(&clock, 10s, stop.get_token()),
                      [&](std::string how) { called += how + " at " + std::to_string(to_ns(clock.now())) + "; "; });
  launch<std::string>(sleep_on(&clock, 1s, {}), [&](std::string how) {
    called += how + "; ";
    stop.request_stop();
    called += "asked; ";
  });
  clock.post_at(at(1s), [&] { called += "due; "; });
  run_all(clock);
  EXPECT_EQ(called, "woken; asked; due; stopped at 1000000000; ");
  launch<std::string>(sleep_on(&clock, 1s, stop.get_token()), [&](std::string how) { called = how + " at once"; });
  EXPECT_EQ(called, "stopped at once");
  EXPECT_EQ(clock.next(), kNever);
}

TEST(SimClock, WhoEndsAsleepIsForgotten) {
  SimClock clock(WallTime{});
  {
    Task<std::string> task = sleep_on(&clock, 1s, {});
    auto awaiter = std::move(task).operator co_await();
    EXPECT_TRUE(awaiter.await_suspend(std::noop_coroutine()));
    EXPECT_EQ(clock.next(), at(1s));
  }
  EXPECT_EQ(clock.next(), kNever);
}

}  // namespace
}  // namespace blackstart
