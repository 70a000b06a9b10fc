// Little's law as a check that runs along: what is right passes, a planted bug does not.

#include "simulator/littles_law.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <vector>

namespace blackstart {
namespace {

TEST(LittlesLaw, HoldsWhoeverComesAndGoes) {
  RandomStream stream{7, "little"};
  LittlesLaw law;
  std::vector<std::int64_t> inside;
  std::int64_t now = 0;
  int empty = 0;
  for (int step = 0; step < 20'000; ++step) {
    now += static_cast<std::int64_t>(stream.below(5));
    if (inside.empty() || stream.below(2) == 0) {
      law.enter(now);
      inside.push_back(now);
    } else {
      const std::size_t who = stream.below(inside.size());
      law.leave(now, inside[who]);
      inside.erase(inside.begin() + static_cast<std::ptrdiff_t>(who));
    }
    empty += inside.empty() ? 1 : 0;
    WideNs still = 0;
    for (const std::int64_t entered : inside) still += now - entered;
    law.check(still);
  }
  EXPECT_GT(empty, 10) << "it was held against something";
}

TEST(LittlesLaw, HoldsOfWhoIsToldOfLate) {
  LittlesLaw law;
  law.enter(10);
  law.enter(20);
  law.leave(50, 10);
  law.leave(35, 20);
  law.enter(60);
  EXPECT_DEATH(law.leave(55, 59), "left_ns >= entered_ns");
  law.enter(70);
  law.leave(64, 60);
  EXPECT_DEATH(law.leave(75, 71), "area_ == spent_");
  law.leave(75, 70);
}

TEST(LittlesLaw, CatchesPlantedBugs) {
  LittlesLaw law;
  law.enter(10);
  law.enter(20);
  law.leave(30, 10);
  EXPECT_DEATH(law.leave(40, 21), "area_ == spent_") << "a nanosecond of a sojourn is forgotten";
  EXPECT_DEATH(law.leave(40, 10), "area_ == spent_") << "one is taken for another";
  EXPECT_DEATH(law.enter(29), "now_ns > last_ns_") << "the clock goes back";
  EXPECT_DEATH(law.leave(19, 20), "left_ns >= entered_ns") << "one leaves before he came";
  EXPECT_DEATH(law.check(9), "area_ == spent_") << "of who is still inside";
  law.check(10);
  law.leave(40, 20);
  EXPECT_DEATH(law.leave(40, 20), "inside_ > 0") << "one leaves twice";
}

}  // namespace
}  // namespace blackstart
