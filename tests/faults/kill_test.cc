#include "faults/kill.h"

#include "tests/faults/fake_target.h"
#include "tests/faults/support.h"

#include <gtest/gtest.h>
#include <csignal>

namespace blackstart::test {
namespace {

class KillFault : public ::testing::Test {
 protected:
  std::unique_ptr<Fault> make(const std::vector<std::pair<std::string, std::string>>& arguments,
                              std::chrono::milliseconds dead_man = {}) {
    auto context = context_of(target_, call("kill", arguments));
    context.dead_man = dead_man;
    auto fault = make_fault(std::move(context));
    EXPECT_TRUE(fault.has_value());
    return std::move(*fault);
  }
  StateFolder state_;
  std::unique_ptr<UndoLog> log_ = *UndoLog::create("d");
  FakeTarget target_{state_};
};

TEST_F(KillFault, KillsProvesAndPutsBack) {
  const auto process = target_.add("api", "");
  auto fault = make({{"service", "api"}});
  ASSERT_TRUE(fault->arm(*log_));
  EXPECT_TRUE(is_running(process)) << "arming changes nothing";
  ASSERT_EQ(log_->open_records().size(), 1U);
  EXPECT_EQ(log_->open_records().front().kind, "kill");
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_TRUE(proof.proven) << proof.text;
  EXPECT_NE(proof.text.find(std::to_string(process.pid)), std::string::npos) << proof.text;
  EXPECT_NE(proof.text.find("api#1"), std::string::npos) << proof.text;
  EXPECT_FALSE(is_running(process));
  for (int again = 0; again < 3; ++again) {
    ASSERT_TRUE(fault->undo(soon()));
    const Proof healed = fault->prove_healed(soon());
    EXPECT_TRUE(healed.proven) << healed.text;
  }
  EXPECT_EQ(target_.starts(), 2) << "undo is idempotent";
  EXPECT_TRUE(log_->open_records().empty());
}

TEST_F(KillFault, UndoBeforeTheActDoesNothing) {
  const auto process = target_.add("api", "");
  auto fault = make({{"service", "api"}});
  EXPECT_TRUE(fault->undo(soon())) << "not even armed";
  ASSERT_TRUE(fault->arm(*log_));
  EXPECT_TRUE(fault->undo(soon()));
  EXPECT_TRUE(fault->prove_healed(soon()).proven);
  EXPECT_FALSE(fault->prove(soon()).proven) << "what was not carried out cannot be proven";
  EXPECT_TRUE(is_running(process));
  EXPECT_EQ(target_.starts(), 1);
  EXPECT_TRUE(log_->open_records().empty());
}

TEST_F(KillFault, EveryProcessOfAMemberGoes) {
  const auto process = target_.add("api", "", "tree");
  ASSERT_TRUE(eventually([&] { return process_tree(process).size() == 4; }));
  const auto tree = process_tree(process);
  auto fault = make({{"service", "api"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(fault->prove(soon()).proven);
  for (const auto& id : tree) EXPECT_FALSE(is_running(id));
}

TEST_F(KillFault, WhatIsForkedBetweenArmingAndTheActGoesToo) {
  const auto process = target_.add("api", "", "fork-on-signal");
  auto fault = make({{"service", "api"}});
  ASSERT_TRUE(fault->arm(*log_));
  ::kill(process.pid, SIGUSR1);
  ASSERT_TRUE(eventually([&] { return process_tree(process).size() == 2; }));
  const auto newcomer = process_tree(process).back();
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_TRUE(proof.proven) << proof.text;
  EXPECT_FALSE(is_running(newcomer));
}

// Planted bug: the signal has no effect.
TEST_F(KillFault, IgnoredSignalIsNotProven) {
  const auto process = target_.add("api", "", "ignore-term");
  auto fault = make({{"service", "api"}, {"signal", "TERM"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon(std::chrono::milliseconds{200}));
  EXPECT_FALSE(proof.proven);
  EXPECT_NE(proof.text.find("still alive"), std::string::npos) << proof.text;
  EXPECT_TRUE(is_running(process));
  EXPECT_TRUE(fault->undo(soon()));
  EXPECT_TRUE(fault->prove_healed(soon()).proven);
}

TEST_F(KillFault, TermEndsWhatHonoursIt) {
  target_.add("api", "");
  auto fault = make({{"service", "api"}, {"signal", "TERM"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_TRUE(proof.proven);
  EXPECT_NE(proof.text.find("SIGTERM"), std::string::npos) << proof.text;
}

// Planted bug: the member was gone before; its death is not this fault's doing.
TEST_F(KillFault, MemberThatDiedBeforeTheActIsAnError) {
  const auto process = target_.add("api", "");
  auto fault = make({{"service", "api"}});
  ASSERT_TRUE(fault->arm(*log_));
  ::kill(process.pid, SIGKILL);
  ASSERT_TRUE(eventually([&] { return !is_running(process); }));
  ASSERT_EQ(state_of(process), 'Z') << "a zombie still takes signals: the kernel does not say that it is gone";
  const Status acted = fault->act();
  ASSERT_FALSE(acted.has_value());
  EXPECT_EQ(acted.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(fault->undo(soon()));
  EXPECT_TRUE(fault->prove_healed(soon()).proven);
}

TEST_F(KillFault, CountTakesTheFirstMembers) {
  for (int i = 0; i < 3; ++i) target_.add("api", "");
  auto fault = make({{"service", "api"}, {"count", "2"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(fault->prove(soon()).proven);
  EXPECT_FALSE(is_running(target_.process("api", "", 0)));
  EXPECT_FALSE(is_running(target_.process("api", "", 1)));
  EXPECT_TRUE(is_running(target_.process("api", "", 2)));

  auto too_many = make({{"service", "api"}, {"count", "4"}});
  const Status armed = too_many->arm(*log_);
  ASSERT_FALSE(armed.has_value());
  EXPECT_EQ(armed.error().code, ErrorCode::kInvalid);
}

TEST_F(KillFault, RoleAloneIsHit) {
  const auto primary = target_.add("database", "primary");
  const auto standby = target_.add("database", "standby");
  auto fault = make({{"service", "database"}, {"role", "primary"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(fault->prove(soon()).proven);
  EXPECT_FALSE(is_running(primary));
  EXPECT_TRUE(is_running(standby));
}

TEST_F(KillFault, KilledMemberStaysAwayFromARoleThatAnotherTook) {
  target_.add("database", "primary");
  const auto standby = target_.add("database", "standby");
  auto fault = make({{"service", "database"}, {"role", "primary"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(fault->prove(soon()).proven);
  target_.set_role(standby, "primary");
  ASSERT_TRUE(fault->undo(soon()));
  const Proof healed = fault->prove_healed(soon());
  EXPECT_TRUE(healed.proven) << healed.text;
  EXPECT_EQ(target_.starts(), 2);
}

// Planted bug: the member does not come back.
TEST_F(KillFault, NotHealedWhenTheMemberStaysDown) {
  target_.add("api", "");
  auto fault = make({{"service", "api"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(fault->prove(soon()).proven);
  target_.refuse_to_restart();
  EXPECT_FALSE(fault->undo(soon()).has_value());
  const Proof healed = fault->prove_healed(soon(std::chrono::milliseconds{100}));
  EXPECT_FALSE(healed.proven);
  EXPECT_EQ(log_->open_records().size(), 1U) << "stays open for recover";
}

TEST_F(KillFault, NothingRunsNothingToKill) {
  const auto process = target_.add("api", "");
  ::kill(process.pid, SIGKILL);
  ASSERT_TRUE(eventually([&] { return !is_running(process); }));
  auto fault = make({{"service", "api"}});
  const Status armed = fault->arm(*log_);
  ASSERT_FALSE(armed.has_value());
  EXPECT_EQ(armed.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(log_->open_records().empty());
}

TEST_F(KillFault, UnknownSignalIsRefused) {
  auto made = make_fault(context_of(target_, call("kill", {{"service", "api"}, {"signal", "BOOM"}})));
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, ErrorCode::kInvalid);
}

TEST_F(KillFault, AgainAndAgainUntilUndone) {
  target_.add("api", "");
  target_.restart_by_itself(false);
  auto fault = make({{"service", "api"}, {"every", "10ms"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(fault->prove(soon()).proven);
  ASSERT_TRUE(eventually([&] { return target_.starts() >= 4; }));
  ASSERT_TRUE(fault->undo(soon()));
  // Whoever runs now was started after the last kill, which nothing can follow: the loop's thread has ended.
  ASSERT_TRUE(eventually([&] { return is_running(target_.process("api", "")); }));
  EXPECT_TRUE(fault->prove_healed(soon()).proven);
}

TEST_F(KillFault, DeadManEndsTheRepetition) {
  target_.add("api", "");
  target_.restart_by_itself(false);
  auto fault = make({{"service", "api"}, {"every", "5ms"}}, std::chrono::milliseconds{200});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  ASSERT_TRUE(eventually([&] { return target_.starts() >= 3; }));
  // From some moment on the same process lives, although nobody has undone anything.
  ASSERT_TRUE(eventually([&] {
    const auto id = target_.process("api", "");
    const auto stat = read_process(id);
    return stat && is_running(id) && stat->cpu_ticks >= 5;
  }));
  EXPECT_TRUE(fault->undo(soon()));
}

}  // namespace
}  // namespace blackstart::test
