#include "faults/janitor.h"

#include "base/random.h"
#include "tests/faults/fake_target.h"
#include "tests/faults/support.h"
#include "tests/support/wait.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace blackstart::test {
namespace {

constexpr const char* kNever = "never";

/// A drill in small (helper_drill.cc) against a victim that is the test's own.
class SmallDrill {
 public:
  SmallDrill(const StateFolder& state, const std::string& kind, const Child& victim, const std::string& die_at = kNever,
             const std::string& dead_man_ms = {})
      : marker_(state.file("marker")),
        ready_(state.file("drill-" + std::to_string(++count_))),
        drill_(arguments(kind, victim, die_at, dead_man_ms), die_at == kNever, ready_) {}

  [[nodiscard]] Child& process() { return drill_; }
  [[nodiscard]] bool marker_exists() const { return std::filesystem::exists(marker_); }
  /// Once the drill is ready (or has died with one).
  [[nodiscard]] ProcessId janitor() const {
    const auto pid = read_file(ready_ + ".janitor");
    const auto id = identify(std::atoi(pid.c_str()));
    return id ? *id : ProcessId{};
  }

 private:
  std::vector<std::string> arguments(const std::string& kind, const Child& victim, const std::string& die_at,
                                     const std::string& dead_man_ms) const {
    std::vector<std::string> list{"drill", kind, std::to_string(victim.pid()), marker_, die_at, ready_};
    if (!dead_man_ms.empty()) list.push_back(dead_man_ms);
    return list;
  }

  static inline int count_ = 0;
  std::string marker_, ready_;
  Child drill_;
};

/// What must be so after every end of a drill.
void expect_all_healed(const StateFolder& state, const SmallDrill& drill, const Child& victim) {
  EXPECT_TRUE(eventually([&] { return state.logs().empty(); })) << "the janitor removes the log when all is healed";
  EXPECT_NE(state_of(victim.id()), 'T');
  EXPECT_TRUE(is_running(victim.id()));
  EXPECT_FALSE(drill.marker_exists());
  EXPECT_TRUE(recover_all()->empty());
}

TEST(Janitor, LeavesWhenDismissed) {
  const StateFolder state;
  auto log = UndoLog::create("d");
  auto janitor = Janitor::start(FAULT_HELPER, **log);
  ASSERT_TRUE(janitor) << janitor.error().to_string();
  EXPECT_TRUE((*janitor)->watches());
  const auto id = (*janitor)->process();
  EXPECT_NE(read_process(id)->session, ::getsid(0)) << "out of reach of the terminal's Ctrl-C";
  EXPECT_TRUE((*janitor)->dismiss());
  EXPECT_TRUE((*janitor)->dismiss()) << "idempotent";
  EXPECT_FALSE((*janitor)->watches());
  EXPECT_EQ(state_of(id), '-');
  EXPECT_TRUE((*log)->close());
}

TEST(Janitor, HealsWhatIsOpenWhenDismissed) {
  const StateFolder state;
  const auto member = start_member(state, "busy");
  auto log = UndoLog::create("d");
  auto janitor = Janitor::start(FAULT_HELPER, **log);
  ASSERT_TRUE(janitor);
  ASSERT_TRUE((*log)->add({1,
                           "pause",
                           {{"processes", nlohmann::ordered_json::array(
                                              {{{"pid", member->pid()}, {"start_ticks", member->id().start_ticks}}})}},
                           false,
                           {}}));
  member->signal(SIGSTOP);
  EXPECT_TRUE((*janitor)->dismiss());
  EXPECT_NE(state_of(member->id()), 'T');
  EXPECT_TRUE((*log)->close()) << "sees what the janitor marked";
}

TEST(Janitor, SaysWhatItCouldNotHeal) {
  const StateFolder state;
  auto log = UndoLog::create("d");
  auto janitor = Janitor::start(FAULT_HELPER, **log);
  ASSERT_TRUE((*log)->add({1, "run", {{"name", "x"}, {"heal", "false"}, {"folder", "/"}}, false, {}}));
  const Status dismissed = (*janitor)->dismiss();
  ASSERT_FALSE(dismissed.has_value());
  EXPECT_NE(dismissed.error().message.find("recover"), std::string::npos);
}

TEST(Janitor, WhatEndsDrillsDoesNotEndIt) {
  const StateFolder state;
  auto log = UndoLog::create("d");
  auto janitor = Janitor::start(FAULT_HELPER, **log);
  const auto id = (*janitor)->process();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::kill(id.pid, signal);
  EXPECT_TRUE((*janitor)->dismiss()) << "it lived to leave in order";
}

TEST(Janitor, ItsOwnDeathIsNoticed) {
  const StateFolder state;
  auto log = UndoLog::create("d");
  auto janitor = Janitor::start(FAULT_HELPER, **log);
  ::kill((*janitor)->process().pid, SIGKILL);
  EXPECT_TRUE(eventually([&] { return !(*janitor)->watches(); }));
  EXPECT_FALSE((*janitor)->dismiss().has_value());
}

TEST(Janitor, ToolThatIsNoneIsRefused) {
  const StateFolder state;
  auto log = UndoLog::create("d");
  EXPECT_FALSE(Janitor::start(state.file("nothing"), **log).has_value());
  EXPECT_FALSE(Janitor::start("/bin/true", **log).has_value());
}

struct CrashPoint {
  const char* kind;
  const char* step;
};
class DrillThatDies : public ::testing::TestWithParam<CrashPoint> {};

TEST_P(DrillThatDies, IsHealedByItsJanitor) {
  const StateFolder state;
  const auto victim = start_member(state, "busy");
  SmallDrill drill{state, GetParam().kind, *victim, GetParam().step};
  const int status = drill.process().wait();
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  expect_all_healed(state, drill, *victim);
}

INSTANTIATE_TEST_SUITE_P(AtEveryStep, DrillThatDies,
                         ::testing::Values(CrashPoint{"pause", "armed"}, CrashPoint{"pause", "acted"},
                                           CrashPoint{"pause", "proven"}, CrashPoint{"pause", "undone"},
                                           CrashPoint{"pause", "healed"}, CrashPoint{"run", "armed"},
                                           CrashPoint{"run", "acted"}, CrashPoint{"run", "proven"},
                                           CrashPoint{"run", "undone"}, CrashPoint{"run", "healed"}),
                         [](const auto& info) { return std::string{info.param.kind} + "_" + info.param.step; });

/// What was killed stays dead, and nothing else is left: the drill's processes end with the drill.
class KillingDrillThatDies : public ::testing::TestWithParam<CrashPoint> {};

TEST_P(KillingDrillThatDies, LeavesNothingToHeal) {
  const StateFolder state;
  const auto victim = start_member(state, "busy");
  SmallDrill drill{state, GetParam().kind, *victim, GetParam().step};
  const int status = drill.process().wait();
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  EXPECT_TRUE(eventually([&] { return state.logs().empty(); }));
  EXPECT_EQ(is_running(victim->id()), std::string{GetParam().step} == "armed") << "armed is not acted";
  EXPECT_TRUE(recover_all()->empty());
}

INSTANTIATE_TEST_SUITE_P(AtEveryStep, KillingDrillThatDies,
                         ::testing::Values(CrashPoint{"kill", "armed"}, CrashPoint{"kill", "proven"},
                                           CrashPoint{"crash_loop", "armed"}, CrashPoint{"crash_loop", "proven"}),
                         [](const auto& info) { return std::string{info.param.kind} + "_" + info.param.step; });

TEST(Janitor, DrillThatDiesBeforeItHasOneIsRecovered) {
  const StateFolder state;
  const auto victim = start_member(state, "busy");
  SmallDrill drill{state, "pause", *victim, "logged"};
  drill.process().wait();
  EXPECT_EQ(state.logs().size(), 1U);
  EXPECT_TRUE(recover_all());
  EXPECT_TRUE(state.logs().empty());
}

class RandomInstant : public ::testing::TestWithParam<const char*> {};

TEST_P(RandomInstant, SigkillOfTheDrill) {
  RandomStream random{20261120, GetParam()};
  for (int round = 0; round < 25; ++round) {
    const StateFolder state;
    const auto victim = start_member(state, "busy");
    SmallDrill drill{state, GetParam(), *victim};
    let_pass(std::chrono::microseconds{random.below(120'000)});  // the random instant itself
    drill.process().signal(SIGKILL);
    drill.process().wait();
    expect_all_healed(state, drill, *victim);
    if (HasFailure()) FAIL() << "round " << round;
  }
}

TEST_P(RandomInstant, SigkillOfBothThenRecover) {
  RandomStream random{20261121, GetParam()};
  for (int round = 0; round < 10; ++round) {
    const StateFolder state;
    const auto victim = start_member(state, "busy");
    SmallDrill drill{state, GetParam(), *victim};
    const auto janitor = drill.janitor();
    ASSERT_GT(janitor.pid, 1) << "0 and -1 would kill far more than a janitor";
    let_pass(std::chrono::microseconds{random.below(120'000)});
    ::kill(janitor.pid, SIGKILL);
    drill.process().signal(SIGKILL);
    drill.process().wait();
    ASSERT_TRUE(eventually([&] { return !is_running(janitor); }));
    ASSERT_EQ(state.logs().size(), 1U) << "nobody has healed";
    // As a user would: again while it says that the drill lives (what the drill was just starting shares its lock).
    EXPECT_TRUE(eventually([&] {
      const auto found = recover_all();
      for (const auto& one : *found) EXPECT_TRUE(one.left_behind.empty()) << one.left_behind.front();
      return std::none_of(found->begin(), found->end(), [](const Recovered& one) { return one.running; });
    }));
    expect_all_healed(state, drill, *victim);
    if (HasFailure()) FAIL() << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, RandomInstant, ::testing::Values("pause", "run"),
                         [](const auto& info) { return std::string{info.param}; });

TEST(Janitor, RecoverLeavesADrillAloneWhileItsJanitorHeals) {
  const StateFolder state;
  const auto victim = start_member(state, "busy");
  SmallDrill drill{state, "pause", *victim};
  const auto found = recover_all();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_TRUE((*found)[0].running);
  drill.process().signal(SIGKILL);
  drill.process().wait();
  expect_all_healed(state, drill, *victim);
}

// A drill that hangs: it lives, and does not lift its fault.
class DeadMan : public ::testing::TestWithParam<const char*> {};
TEST_P(DeadMan, LimitIsEnforcedWhileTheDrillLives) {
  const StateFolder state;
  const auto victim = start_member(state, "busy");
  SmallDrill drill{state, GetParam(), *victim, kNever, "1500"};
  const bool is_pause = std::string{GetParam()} == "pause";
  const auto in_effect = [&] { return is_pause ? state_of(victim->id()) == 'T' : drill.marker_exists(); };
  ASSERT_TRUE(eventually(in_effect));
  EXPECT_TRUE(eventually([&] { return !in_effect(); }));
  EXPECT_TRUE(is_running(drill.process().id()));
  EXPECT_TRUE(is_running(drill.janitor()));
  drill.process().signal(SIGKILL);
  drill.process().wait();
  expect_all_healed(state, drill, *victim);
}
INSTANTIATE_TEST_SUITE_P(Kinds, DeadMan, ::testing::Values("pause", "run"),
                         [](const auto& info) { return std::string{info.param}; });

}  // namespace
}  // namespace blackstart::test
