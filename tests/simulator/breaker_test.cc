#include "simulator/breaker.h"

#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;

TEST(CircuitBreaker, OpensHalfOpensAndClosesAsItsFiguresSay) {
  Breaker settings;
  settings.threshold = {0.5};
  settings.calls = 10;
  settings.open = 10s;
  settings.half_open_calls = 3;
  CircuitBreaker breaker(settings);
  Instant now = kDrillStart;
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(breaker.note(now, i >= 5, 1ms)) << "too few calls to tell";
  EXPECT_TRUE(breaker.note(now, true, 1ms));  // 5 of 10
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_FALSE(breaker.allows(now + 9s));
  now += 10s;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(breaker.allows(now));
  EXPECT_EQ(breaker.state(), State::kHalfOpen);
  EXPECT_FALSE(breaker.allows(now)) << "no more than three trials";
  EXPECT_FALSE(breaker.note(now, false, 1ms));
  EXPECT_FALSE(breaker.note(now, true, 1ms));
  EXPECT_TRUE(breaker.note(now, true, 1ms));
  EXPECT_EQ(breaker.state(), State::kOpen) << "two of three trials failed";
  now += 10s;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(breaker.allows(now));
  for (int i = 0; i < 3; ++i) breaker.note(now, false, 1ms);
  EXPECT_EQ(breaker.state(), State::kClosed);
}

TEST(CircuitBreaker, ForgetsWhatIsOlderThanItsWindow) {
  Breaker settings;
  settings.calls = 4;
  CircuitBreaker breaker(settings);
  breaker.note(kDrillStart, true, 1ms);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(breaker.note(kDrillStart, i % 4 == 3, 1ms));
  EXPECT_EQ(breaker.state(), State::kClosed);
}

TEST(CircuitBreaker, SlowCallsCountAsFailedWhereItSaysSo) {
  Breaker settings;
  settings.calls = 4;
  settings.slow = 100ms;
  CircuitBreaker breaker(settings);
  for (int i = 0; i < 3; ++i) breaker.note(kDrillStart, false, 200ms);
  EXPECT_TRUE(breaker.note(kDrillStart, false, 200ms));
}

}  // namespace
}  // namespace blackstart::testing
