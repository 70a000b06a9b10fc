#include "faults/process.h"

#include "tests/faults/support.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace blackstart::test {
namespace {

TEST(Process, SignalsByNameAndNumber) {
  for (const auto* text : {"KILL", "SIGKILL", "9"}) EXPECT_EQ(*parse_signal(text), SIGKILL);
  EXPECT_EQ(*parse_signal("TERM"), SIGTERM);
  EXPECT_EQ(signal_name(SIGSTOP), "SIGSTOP");
  EXPECT_EQ(signal_name(63), "signal 63");
  for (const auto* text : {"", "KIL", "SIG", "0", "-9", "999", "kill"}) {
    const auto parsed = parse_signal(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_NE(parsed.error().message.find("TERM"), std::string::npos) << "names what is known";
  }
}

TEST(Process, ReadsItself) {
  const auto stat = read_process(::getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->parent, ::getppid());
  EXPECT_EQ(stat->group, ::getpgrp());
  EXPECT_EQ(stat->session, ::getsid(0));
  EXPECT_TRUE(is_running(stat->id));
  EXPECT_FALSE(is_running({::getpid(), stat->id.start_ticks + 1})) << "an earlier process of the same number";
  EXPECT_FALSE(identify(0x3fffffff));
}

TEST(Process, NameWithSpacesAndParentheses) {
  const StateFolder state;
  const auto member = start_member(state, "named");
  const auto stat = read_process(member->id());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->name, "a) R 1 (b");
  EXPECT_EQ(stat->parent, ::getpid());
}

TEST(Process, ZombieHasEnded) {
  const StateFolder state;
  const auto member = start_member(state, "exit-3");
  ASSERT_TRUE(eventually([&] { return state_of(member->id()) == 'Z'; }));
  EXPECT_FALSE(is_running(member->id()));
  EXPECT_TRUE(process_tree(member->id()).empty());
}

TEST(Process, FirstThreadGoneIsNoZombie) {
  const StateFolder state;
  const auto member = start_member(state, "leaderless");
  ASSERT_TRUE(eventually([&] { return state_of(member->id()) == 'Z'; })) << "what /proc says of the first thread";
  EXPECT_TRUE(is_running(member->id()));
  EXPECT_TRUE(read_activity(member->id()));
  const auto handle = PidHandle::open(member->id());
  ASSERT_TRUE(handle);
  EXPECT_FALSE(handle->ended());
}

TEST(Process, TreeHasEveryDescendantAndParentsFirst) {
  const StateFolder state;
  const auto member = start_member(state, "tree");
  ASSERT_TRUE(eventually([&] { return process_tree(member->id()).size() == 4; }));
  const auto tree = process_tree(member->id());
  EXPECT_EQ(tree.front(), member->id());
  EXPECT_EQ(group_of(member->id()).size(), 4U);
}

TEST(Process, GroupOfALeaderWhoseNumberIsAnothersNowIsEmpty) {
  const StateFolder state;
  const auto member = start_member(state, "tree");
  ASSERT_TRUE(eventually([&] { return group_of(member->id()).size() == 4; }));
  EXPECT_TRUE(group_of({member->pid(), member->id().start_ticks - 1}).empty());
}

TEST(Process, GroupOutlivesItsLeader) {
  const StateFolder state;
  const auto member = start_member(state, "tree");
  ASSERT_TRUE(eventually([&] { return group_of(member->id()).size() == 4; }));
  member->signal(SIGKILL);
  member->wait();
  const auto left = group_of(member->id());
  EXPECT_EQ(left.size(), 3U);
  for (const auto& id : left) ::kill(id.pid, SIGKILL);
}

TEST(Process, HandleNeverReachesAnotherProcess) {
  const StateFolder state;
  const auto member = start_member(state, "busy");
  const auto other = PidHandle::open({member->pid(), member->id().start_ticks - 1});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kNotFound);
  const auto handle = PidHandle::open(member->id());
  ASSERT_TRUE(handle);
  member->signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return handle->ended(); }));
  member->wait();
  const Status sent = handle->signal(SIGKILL);
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code, ErrorCode::kNotFound);
}

TEST(Process, TagsMatchWhole) {
  const StateFolder state;
  const Child member{{"member", "busy", state.file("r")}, true, state.file("r"), {{"SOME_TAG", "drill-12"}}};
  EXPECT_EQ(processes_tagged("SOME_TAG", "drill-12"), std::vector{member.id()});
  EXPECT_TRUE(processes_tagged("SOME_TAG", "drill-1").empty());
  EXPECT_TRUE(processes_tagged("SOME_TAG", "drill-123").empty());
  EXPECT_TRUE(processes_tagged("OME_TAG", "drill-12").empty());
}

TEST(Process, ActivityTellsWorkFromStandstill) {
  const StateFolder state;
  const auto member = start_member(state, "busy");
  const auto first = read_activity(member->id());
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->all_stopped);
  EXPECT_TRUE(eventually([&] {
    const auto later = read_activity(member->id());
    return later && later->cpu_ns > first->cpu_ns && later->switches > first->switches;
  }));
  member->signal(SIGSTOP);
  EXPECT_TRUE(eventually([&] { return read_activity(member->id())->all_stopped; }));
}

}  // namespace
}  // namespace blackstart::test
