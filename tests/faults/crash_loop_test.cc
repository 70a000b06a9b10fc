#include "faults/crash_loop.h"

#include "tests/faults/fake_target.h"
#include "tests/faults/support.h"

#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

class CrashLoop : public ::testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<Fault> make(std::vector<std::pair<std::string, std::string>> arguments) {
    auto fault = make_fault(context_of(target_, call("crash_loop", arguments)));
    EXPECT_TRUE(fault.has_value());
    return std::move(*fault);
  }
  StateFolder state_;
  std::unique_ptr<UndoLog> log_ = *UndoLog::create("d");
  FakeTarget target_{state_};
};

// With a driver that announces starts, and with one that forgets to: the loop looks by itself.
TEST_P(CrashLoop, KillsEachStartUntilUndone) {
  target_.add("api", "");
  target_.restart_by_itself(GetParam());
  auto fault = make({{"service", "api"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_TRUE(proof.proven) << proof.text;
  ASSERT_TRUE(eventually([&] { return target_.starts() >= 5; }));
  EXPECT_FALSE(fault->prove_healed(soon(std::chrono::milliseconds{20})).proven) << "the loop still runs";
  ASSERT_TRUE(fault->undo(soon()));
  const Proof healed = fault->prove_healed(soon());
  EXPECT_TRUE(healed.proven) << healed.text;
  EXPECT_NE(healed.text.find("of them restarts"), std::string::npos) << healed.text;
  const auto survivor = target_.process("api", "");
  ASSERT_TRUE(fault->undo(soon()));
  EXPECT_TRUE(is_running(survivor)) << "undo is idempotent";
  EXPECT_TRUE(log_->open_records().empty());
}
INSTANTIATE_TEST_SUITE_P(Announced, CrashLoop, ::testing::Bool());

using CrashLoopOnce = CrashLoop;
TEST_P(CrashLoopOnce, TimesIsTheNumberOfKills) {
  target_.add("api", "");
  target_.restart_by_itself(GetParam());
  auto fault = make({{"service", "api"}, {"times", "3"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(eventually([&] { return target_.starts() == 4; }));
  // The fourth start lives: it is seen to do work while the loop goes on.
  ASSERT_TRUE(eventually([&] {
    const auto stat = read_process(target_.process("api", ""));
    return stat && stat->cpu_ticks >= 5;
  }));
  EXPECT_EQ(target_.starts(), 4);
  ASSERT_TRUE(fault->undo(soon()));
  const Proof healed = fault->prove_healed(soon());
  EXPECT_NE(healed.text.find("killed 3 times, 2 of them restarts"), std::string::npos) << healed.text;
}
INSTANTIATE_TEST_SUITE_P(Announced, CrashLoopOnce, ::testing::Bool());

TEST_F(CrashLoop, PromotedStandbyIsNotTouched) {
  target_.add("database", "primary");
  const auto standby = target_.add("database", "standby");
  auto fault = make({{"service", "database"}, {"role", "primary"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(fault->prove(soon()).proven);
  target_.set_role(standby, "primary");
  // The loop goes round many times while the standby does its work.
  const auto before = read_process(standby)->cpu_ticks;
  ASSERT_TRUE(eventually([&] {
    const auto stat = read_process(standby);
    return !stat || stat->cpu_ticks >= before + 5;
  }));
  EXPECT_TRUE(is_running(standby));
  ASSERT_TRUE(fault->undo(soon()));
  EXPECT_TRUE(fault->prove_healed(soon()).proven);
  EXPECT_TRUE(is_running(standby));
}

TEST_F(CrashLoop, EachStartLivesForItsTime) {
  target_.add("api", "");
  target_.restart_by_itself(true);
  auto fault = make({{"service", "api"}, {"every", "1h"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(eventually([&] { return target_.starts() == 2; }));
  ASSERT_TRUE(eventually([&] {
    const auto stat = read_process(target_.process("api", ""));
    return stat && stat->cpu_ticks >= 5;
  }));
  EXPECT_EQ(target_.starts(), 2);
  ASSERT_TRUE(fault->undo(soon()));
}

}  // namespace
}  // namespace blackstart::test
