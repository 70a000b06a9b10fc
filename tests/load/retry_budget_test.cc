// A retry budget is a share of first attempts, and what may be saved up has an end.

#include "load/retry_budget.h"

#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

int spend_all(RetryBudget& budget) {
  int spent = 0;
  while (budget.spend()) ++spent;
  return spent;
}

TEST(RetryBudget, RetriesAreAShareOfFirstAttempts) {
  RetryBudget budget({0.125}, 1000);
  EXPECT_FALSE(budget.spend()) << "nobody has called yet";
  for (int i = 0; i < 800; ++i) budget.earn();
  EXPECT_EQ(spend_all(budget), 100);
  for (int i = 0; i < 7; ++i) budget.earn();
  EXPECT_FALSE(budget.spend());
  budget.earn();
  EXPECT_TRUE(budget.spend());
}

TEST(RetryBudget, TenSecondsWorthIsSavedUpAndTenRetriesAtLeast) {
  RetryBudget busy({0.125}, 1000), idle({0.125}, 1);
  for (int i = 0; i < 100'000; ++i) {
    busy.earn();
    idle.earn();
  }
  EXPECT_EQ(spend_all(busy), 1250);
  EXPECT_EQ(spend_all(idle), 10);
}

TEST(RetryBudget, WhoStartsAnewHasSavedNothing) {
  RetryBudget budget({1.0}, 1000);
  for (int i = 0; i < 100; ++i) budget.earn();
  budget.reset();
  EXPECT_FALSE(budget.spend());
}

}  // namespace
}  // namespace blackstart::testing
