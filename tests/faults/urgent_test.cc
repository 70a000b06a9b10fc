#include "faults/urgent.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <thread>

namespace blackstart::test {
namespace {

int policy() { return ::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK; }
int nice_value() { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid))); }

TEST(Urgent, GoesFirstForAWhileAndAsBeforeThen) {
  const int policy_before = policy();
  const int nice_before = nice_value();
  {
    const Urgent urgent;
    if (urgent.granted() == Urgent::Granted::kRealTime) {
      EXPECT_EQ(policy(), SCHED_FIFO);
    }
    if (urgent.granted() == Urgent::Granted::kNice) {
      EXPECT_LT(nice_value(), nice_before);
    }
    int inherited = -1;
    std::thread{[&] { inherited = policy(); }}.join();
    EXPECT_EQ(inherited, SCHED_OTHER) << "what an act starts runs like everything else";
  }
  EXPECT_EQ(policy(), policy_before);
  EXPECT_EQ(nice_value(), nice_before);
}

}  // namespace
}  // namespace blackstart::test
