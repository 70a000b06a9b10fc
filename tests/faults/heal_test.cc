// Healing from records alone: from any state, twice, and never the wrong process.

#include "faults/pause.h"
#include "faults/residues.h"
#include "tests/faults/fake_target.h"
#include "tests/faults/reused_pid.h"
#include "tests/faults/support.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <fstream>

namespace blackstart::test {
namespace {

using Json = nlohmann::ordered_json;

Json process_json(const ProcessId& id) { return {{"pid", id.pid}, {"start_ticks", id.start_ticks}}; }
UndoRecord pause_record(const ProcessId& id) {
  return {1, "pause", {{"processes", Json::array({process_json(id)})}}, false, {}};
}
UndoRecord process_record(const std::string& kind, const ProcessId& id) {
  return {0, kind, process_json(id), false, {}};
}

TEST(Heal, PauseFromEveryState) {
  const StateFolder state;
  const auto member = start_member(state, "busy");
  const auto record = pause_record(member->id());
  EXPECT_NE(undo_record(record)->find("runs"), std::string::npos) << "armed, never stopped";
  member->signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return state_of(member->id()) == 'T'; }));
  EXPECT_NE(undo_record(record)->find("resumed"), std::string::npos);
  EXPECT_NE(state_of(member->id()), 'T');
  EXPECT_TRUE(undo_record(record));
  member->signal(SIGKILL);
  ASSERT_TRUE(eventually([&] { return !is_running(member->id()); }));
  EXPECT_NE(undo_record(record)->find("has ended"), std::string::npos) << "a zombie";
  member->wait();
  EXPECT_NE(undo_record(record)->find("has ended"), std::string::npos) << "gone";
}

TEST(Heal, ProcessesAreEndedWithWhatTheyStarted) {
  const StateFolder state;
  const auto member = start_member(state, "tree");
  ASSERT_TRUE(eventually([&] { return process_tree(member->id()).size() == 4; }));
  const auto tree = process_tree(member->id());
  member->signal(SIGSTOP);  // stopped ones die too
  const auto healed = undo_record(process_record("process", member->id()));
  ASSERT_TRUE(healed) << healed.error().to_string();
  for (const auto& id : tree) EXPECT_FALSE(is_running(id));
  EXPECT_TRUE(undo_record(process_record("process", member->id())));
}

TEST(Heal, LeaderGoneGroupLeft) {
  const StateFolder state;
  const auto member = start_member(state, "tree");
  ASSERT_TRUE(eventually([&] { return group_of(member->id()).size() == 4; }));
  member->signal(SIGKILL);
  member->wait();
  EXPECT_TRUE(undo_record(process_record("process", member->id())));
  EXPECT_TRUE(group_of(member->id()).empty());
}

// Planted bug: the number of a dead member is another's now. It is stopped, leads a group: nothing of that may change.
TEST(Heal, ReusedNumbersAreNeverTouched) {
  const StateFolder state;
  auto member = start_member(state, "busy");
  const ProcessId dead = member->id();
  member->signal(SIGKILL);
  member->wait();
  const auto innocent = ReusedPid::make(dead);
  if (!innocent) GTEST_SKIP() << "this kernel or user may not choose process numbers";
  ASSERT_EQ(innocent->id().pid, dead.pid);
  for (const auto* kind : {"process", "command"}) EXPECT_TRUE(undo_record(process_record(kind, dead))) << kind;
  EXPECT_TRUE(undo_record(pause_record(dead)));
  EXPECT_EQ(state_of(innocent->id()), 'T');
  EXPECT_FALSE(PidHandle::open(dead).has_value());
}

TEST(Heal, EarlierBootLeavesNothing) {
  const StateFolder state;
  const auto member = start_member(state, "busy");
  auto record = process_record("process", member->id());
  record.facts["boot"] = "00000000-0000-0000-0000-000000000000";
  const auto healed = undo_record(record);
  ASSERT_TRUE(healed);
  EXPECT_NE(healed->find("anew"), std::string::npos) << *healed;
  EXPECT_TRUE(is_running(member->id()));
}

TEST(Heal, AnotherNumberingIsNotTakenForHealed) {
  const StateFolder state;
  const auto member = start_member(state, "busy");
  auto record = process_record("process", member->id());
  record.facts["pid_namespace"] = "pid:[1]";
  const auto healed = undo_record(record);
  ASSERT_FALSE(healed.has_value());
  EXPECT_NE(healed.error().message.find("container"), std::string::npos);
  EXPECT_TRUE(is_running(member->id()));
}

TEST(Heal, UnknownAndBrokenRecordsAreNotTakenForHealed) {
  EXPECT_FALSE(undo_record({1, "earthquake", Json::object(), false, {}}).has_value());
  EXPECT_FALSE(undo_record({1, "pause", {{"processes", Json::array({{{"pid", "four"}}})}}, false, {}}).has_value());
  EXPECT_FALSE(undo_record({1, "pause", Json::array(), false, {}}).has_value());
}

TEST(Recover, NothingThereNothingFound) {
  const StateFolder state;
  const auto found = recover_all();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
}

TEST(Recover, HealsDeadDrillsAndLeavesLivingOnesAlone) {
  const StateFolder state;
  const auto paused = start_member(state, "busy");
  const auto started = start_member(state, "busy");
  paused->signal(SIGSTOP);
  auto living = UndoLog::create("living");
  ASSERT_TRUE((*living)->add(process_record("process", started->id())));
  {
    auto dead = UndoLog::create("dead");
    ASSERT_TRUE((*dead)->add(pause_record(paused->id())));
  }
  auto found = recover_all();
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].drill_id, "dead");
  EXPECT_EQ((*found)[0].healed.size(), 1U);
  EXPECT_TRUE((*found)[0].left_behind.empty());
  EXPECT_TRUE((*found)[1].running);
  EXPECT_NE(state_of(paused->id()), 'T');
  EXPECT_TRUE(is_running(started->id()));
  living->reset();
  found = recover_all();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_FALSE(is_running(started->id()));
  EXPECT_TRUE(state.logs().empty());
  EXPECT_TRUE(recover_all()->empty());
}

TEST(Recover, KeepsWhatItCannotHealAndSaysHow) {
  const StateFolder state;
  {
    auto dead = UndoLog::create("dead");
    ASSERT_TRUE((*dead)->add({1, "run", {{"name", "far away"}, {"heal", "exit 9"}, {"folder", "/"}}, false, {}}));
    ASSERT_TRUE((*dead)->add({2, "run", {{"name", "near"}, {"heal", "true"}, {"folder", "/"}}, false, {}}));
  }
  const auto found = recover_all();
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].healed.size(), 1U);
  ASSERT_EQ((*found)[0].left_behind.size(), 1U);
  EXPECT_NE((*found)[0].left_behind[0].find("exit 9"), std::string::npos) << (*found)[0].left_behind[0];
  EXPECT_EQ(state.logs().size(), 1U) << "kept for the next try";
  EXPECT_EQ(recover_all()->front().healed.size(), 0U) << "what is healed stays healed";
}

TEST(Recover, EndsWhatCarriesTheTagOfADeadDrill) {
  const StateFolder state;
  { auto dead = UndoLog::create("the-dead-drill"); }
  const Child member{
      {"member", "busy", state.file("r")}, true, state.file("r"), {{kDrillTagVariable, "the-dead-drill"}}};
  const auto found = recover_all();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].healed.size(), 1U);
  EXPECT_FALSE(is_running(member.id()));
}

TEST(Recover, TornLineIsMentioned) {
  const StateFolder state;
  std::string path;
  {
    auto dead = UndoLog::create("dead");
    path = (*dead)->path();
  }
  std::ofstream{path, std::ios::app}
      << "{\"add\":{\"fault\":1,\"ki\n{\"done\":{\"fault\":3,\"kind\":\"x\"}}\n{\"add\":";
  const auto found = recover_all();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_NE((*found)[0].healed.at(0).find("unfinished"), std::string::npos);
  EXPECT_TRUE(state.logs().empty());
}

TEST(Residues, OpenRecordsStoppedAndTaggedProcessesAreFound) {
  const StateFolder state;
  auto log = UndoLog::create("residual");
  const auto stopped = start_member(state, "busy");
  const Child tagged{{"member", "busy", state.file("r")}, true, state.file("r"), {{kDrillTagVariable, "residual"}}};
  ASSERT_TRUE((*log)->add(pause_record(stopped->id())));
  ASSERT_TRUE((*log)->mark_done(1, "pause"));
  EXPECT_TRUE(find_residues({"residual", log->get(), false}).empty()) << "while the drill stands they are no residues";
  stopped->signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return state_of(stopped->id()) == 'T'; }));
  auto found = find_residues({"residual", log->get(), true});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_NE(found[0].what.find("still stopped"), std::string::npos) << "although its record says healed";
  EXPECT_EQ(found[0].how_to_heal, "kill -CONT " + std::to_string(stopped->pid()));
  EXPECT_NE(found[1].what.find("still there"), std::string::npos);
  stopped->signal(SIGCONT);
  tagged.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return find_residues({"residual", log->get(), true}).empty(); }));

  ASSERT_TRUE((*log)->add({7, "run", {{"name", "far away"}}, false, {}}));
  found = find_residues({"residual", log->get(), true});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].what.find("far away"), std::string::npos);
}

}  // namespace
}  // namespace blackstart::test
