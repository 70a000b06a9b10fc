#include "base/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace blackstart {
namespace {

using Signal = std::shared_ptr<Completion<int>>;

Signal signal() { return std::make_shared<Completion<int>>(); }

Task<int> sum_of(Signal a, Signal b) {
  const int first = co_await *a;
  const int second = co_await *b;
  co_return first + second;
}

Task<int> twice(Task<int> inner) { co_return 2 * co_await std::move(inner); }

Task<void> note(std::string& log, char name, Signal go) {
  log += name;
  co_await *go;
  log += static_cast<char>(name - 'a' + 'A');
}

TEST(task, starts_only_when_awaited) {
  bool started = false;
  const auto body = [](bool* flag) -> Task<void> {
    *flag = true;
    co_return;
  };
  { const auto task = body(&started); }
  EXPECT_FALSE(started);
}

TEST(task, completions_resume_their_awaiter_in_whatever_order_they_come) {
  const auto a = signal();
  const auto b = signal();
  int result = 0;
  launch<int>(twice(sum_of(a, b)), [&](int sum) { result = sum; });
  b->complete(4);
  EXPECT_EQ(result, 0) << "still waits for the first";
  a->complete(3);
  EXPECT_EQ(result, 14);
}

TEST(task, a_chain_of_a_million_awaits_needs_no_stack) {
  const auto leaf = [](int value) -> Task<int> { co_return value; };
  const auto loop = [](auto make) -> Task<int> {
    int sum = 0;
    for (int i = 0; i < 1'000'000; ++i) sum += co_await make(1);
    co_return sum;
  };
  int result = 0;
  launch<int>(loop(leaf), [&](int sum) { result = sum; });
  EXPECT_EQ(result, 1'000'000);
}

Task<int> join_all(TaskGroup& group, std::string& log, Signal a, Signal b) {
  group.spawn(note(log, 'a', a));
  group.spawn(note(log, 'b', b));
  log += '-';
  co_await group.join();
  log += '.';
  co_return 0;
}

TEST(task, a_group_runs_side_by_side_and_is_joined) {
  const auto a = signal();
  const auto b = signal();
  std::string log;
  TaskGroup group;
  launch<int>(join_all(group, log, a, b), [](int) {});
  EXPECT_EQ(log, "ab-");
  EXPECT_EQ(group.running(), 2U);
  b->complete(0);
  EXPECT_EQ(log, "ab-B");
  a->complete(0);
  EXPECT_EQ(log, "ab-BA.");
  EXPECT_EQ(group.running(), 0U);
}

TEST(task, joining_an_empty_group_does_not_wait) {
  TaskGroup group;
  bool joined = false;
  const auto body = [](TaskGroup& all) -> Task<int> {
    co_await all.join();
    co_return 1;
  };
  launch<int>(body(group), [&](int) { joined = true; });
  EXPECT_TRUE(joined);
}

TEST(TaskDeathTest, a_group_left_behind_and_a_result_given_twice_are_defects) {
  EXPECT_DEATH(
      {
        std::string log;
        const auto never = signal();
        TaskGroup group;
        group.spawn(note(log, 'a', never));
      },
      "running_ == 0");
  EXPECT_DEATH(
      {
        Completion<int> once;
        once.complete(1);
        once.complete(2);
      },
      "value_");
}

}  // namespace
}  // namespace blackstart
