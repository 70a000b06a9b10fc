#include "targets/local/cell.h"

#include "tests/faults/support.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

namespace blackstart::test {
namespace {

/// Exits as they are reported; the cell may outlive it.
class Exits {
 public:
  explicit Exits(Cell& cell) {
    cell.on_exit([seen = seen_](const CellExit& exit) {
      const std::lock_guard guard{seen->mutex};
      seen->exits[exit.id.pid].push_back(exit);
    });
  }
  [[nodiscard]] std::vector<CellExit> of(const ProcessId& id) {
    const std::lock_guard guard{seen_->mutex};
    return seen_->exits[id.pid];
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard guard{seen_->mutex};
    std::size_t all = 0;
    for (const auto& [pid, exits] : seen_->exits) all += exits.size();
    return all;
  }

 private:
  struct Seen {
    std::mutex mutex;
    std::map<int, std::vector<CellExit>> exits;
  };
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
};

class CellTest : public ::testing::TestWithParam<bool> {
 protected:
  void start(UndoLog* log = nullptr) {
    CellOptions options;
    options.drill_id = "cell-test-" + std::to_string(::getpid());
    options.undo_log = log;
    options.pid_namespace = GetParam();
    auto cell = Cell::start(FAULT_HELPER, options);
    ASSERT_TRUE(cell) << cell.error().to_string();
    cell_ = std::move(*cell);
    if (GetParam() && !cell_->has_pid_namespace()) GTEST_SKIP() << "no PID namespace here";
  }
  [[nodiscard]] std::string tag() const { return "cell-test-" + std::to_string(::getpid()); }
  CellProcess member(const std::string& mode) {
    const std::string ready = state_.file("ready" + std::to_string(++count_));
    SpawnRequest request;
    request.program = FAULT_HELPER;
    request.arguments = {"member", mode, ready};
    auto process = cell_->spawn(request);
    EXPECT_TRUE(process.has_value());
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(ready); }));
    return process ? *process : CellProcess{};
  }

  StateFolder state_;
  std::unique_ptr<Cell> cell_;
  int count_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Kinds, CellTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "namespace" : "adopt"; });

TEST_P(CellTest, StartsReportsAndEnds) {
  ASSERT_NO_FATAL_FAILURE(start());
  Exits exits{*cell_};
  SpawnRequest request;
  request.program = FAULT_HELPER;
  request.arguments = {"member", "print", state_.file("ready"), "an argument \xff with any bytes"};
  request.environment = {{"MEMBER_VARIABLE", "value"}};
  request.folder = state_.path();
  request.log_file = state_.file("log");
  const auto process = cell_->spawn(request);
  ASSERT_TRUE(process) << process.error().to_string();
  ASSERT_TRUE(eventually([&] { return exits.of(process->id).size() == 1; }));
  EXPECT_EQ(exits.of(process->id)[0].status, 3);
  EXPECT_EQ(exits.of(process->id)[0].to_string(), "exit status 3");
  const std::string text = read_file(state_.file("log"));
  EXPECT_NE(text.find("argument=an argument \xff with any bytes variable=value"), std::string::npos) << text;
  EXPECT_NE(text.find("folder=" + state_.path()), std::string::npos) << text;
  EXPECT_TRUE(cell_->close());
  EXPECT_EQ(exits.count(), 1U) << "each once";
}

TEST_P(CellTest, MembersLeadSessionsOfTheirOwn) {
  ASSERT_NO_FATAL_FAILURE(start());
  const auto process = member("busy");
  const auto stat = read_process(process.id);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->group, process.id.pid);
  EXPECT_EQ(stat->session, process.id.pid);
  EXPECT_NE(read_process(cell_->supervisor())->session, ::getsid(0));
  // Ctrl-C and friends, also straight at the supervisor, change nothing.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::kill(cell_->supervisor().pid, signal);
  EXPECT_TRUE(is_running(member("busy").id));
  EXPECT_TRUE(is_running(process.id));
}

TEST_P(CellTest, WhatCannotRunIsSaid) {
  ASSERT_NO_FATAL_FAILURE(start());
  SpawnRequest request;
  request.program = state_.file("nothing");
  const auto missing = cell_->spawn(request);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("nothing"), std::string::npos);
  request.program = "/etc/passwd";
  EXPECT_EQ(cell_->spawn(request).error().code, ErrorCode::kPermission);
  request.program = "true";
  request.folder = state_.file("no-folder");
  EXPECT_FALSE(cell_->spawn(request).has_value());
  request.folder.clear();
  request.log_file = state_.file("no-folder/log");
  const auto no_log = cell_->spawn(request);
  ASSERT_FALSE(no_log.has_value());
  EXPECT_NE(no_log.error().message.find("no-folder/log"), std::string::npos);
  request.log_file.clear();
  request.arguments = {std::string(std::size_t{2} << 20, 'x')};
  EXPECT_EQ(cell_->spawn(request).error().code, ErrorCode::kInvalid);
  request.arguments.clear();
  EXPECT_TRUE(cell_->spawn(request).has_value()) << "it lives on after every failure";
}

TEST_P(CellTest, ProcessesThatEndAtOnceAreReportedAllTheSame) {
  ASSERT_NO_FATAL_FAILURE(start());
  Exits exits{*cell_};
  SpawnRequest request;
  request.program = "false";
  std::vector<std::jthread> threads;
  std::mutex mutex;
  std::vector<ProcessId> started;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        const auto process = cell_->spawn(request);
        const std::lock_guard guard{mutex};
        if (process) started.push_back(process->id);
      }
    });
  threads.clear();
  ASSERT_EQ(started.size(), 40U);
  EXPECT_TRUE(eventually([&] { return exits.count() == 40; }));
  for (const auto& id : started) EXPECT_EQ(exits.of(id).at(0).status, 1);
}

TEST_P(CellTest, ExitsBeforeTheCallbackAreReported) {
  ASSERT_NO_FATAL_FAILURE(start());
  SpawnRequest request;
  request.program = "true";
  const auto process = cell_->spawn(request);
  ASSERT_TRUE(process);
  ASSERT_TRUE(eventually([&] { return process->handle->ended() && state_of(process->id) == '-'; }));
  Exits exits{*cell_};
  EXPECT_TRUE(eventually([&] { return exits.count() == 1; }));
}

TEST_P(CellTest, KillsOneAndItsGroup) {
  ASSERT_NO_FATAL_FAILURE(start());
  Exits exits{*cell_};
  const auto first = member("busy");
  const auto second = member("tree");
  ASSERT_TRUE(eventually([&] { return group_of(second.id).size() == 4; }));
  ASSERT_TRUE(cell_->kill(first.id, SIGKILL));
  ASSERT_TRUE(eventually([&] { return exits.of(first.id).size() == 1; }));
  EXPECT_EQ(exits.of(first.id)[0].signal, SIGKILL);
  EXPECT_EQ(exits.of(first.id)[0].to_string(), "signal 9 (SIGKILL)");
  EXPECT_TRUE(is_running(second.id));
  EXPECT_EQ(cell_->kill(first.id, SIGKILL).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(cell_->kill({second.id.pid, second.id.start_ticks + 1}, SIGKILL).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(cell_->kill_group(second.id, SIGKILL));
  EXPECT_TRUE(eventually([&] { return group_of(second.id).empty(); }));
}

TEST_P(CellTest, ClosingEndsDaemonsAndStoppedOnes) {
  ASSERT_NO_FATAL_FAILURE(start());
  Exits exits{*cell_};
  for (const auto* mode : {"busy", "ignore-term", "tree", "daemon", "stopped-daemon"}) member(mode);
  const auto stopped = member("busy");
  ASSERT_TRUE(cell_->kill(stopped.id, SIGSTOP));
  const auto tagged = processes_tagged(kCellVariable, tag());
  EXPECT_GE(tagged.size(), 11U);
  const Status closed = cell_->close();
  EXPECT_TRUE(closed.has_value()) << closed.error().to_string();
  for (const auto& id : tagged) EXPECT_FALSE(is_running(id));
  EXPECT_EQ(exits.count(), 6U);
  EXPECT_TRUE(cell_->close()) << "idempotent";
  EXPECT_EQ(cell_->spawn({}).error().code, ErrorCode::kUnavailable);
}

TEST_P(CellTest, SupervisorKilledTakesEverythingAlong) {
  ASSERT_NO_FATAL_FAILURE(start());
  Exits exits{*cell_};
  const auto process = member("tree");
  const auto stopped = member("busy");
  ASSERT_TRUE(cell_->kill(stopped.id, SIGSTOP));
  ::kill(cell_->supervisor().pid, SIGKILL);
  EXPECT_TRUE(eventually([&] { return exits.count() == 2; }));
  EXPECT_FALSE(is_running(process.id));
  EXPECT_FALSE(cell_->spawn({"true", {}, {}, {}, {}}).has_value());
  EXPECT_TRUE(cell_->close());
  EXPECT_TRUE(processes_tagged(kCellVariable, tag()).empty());
}

TEST_P(CellTest, StandsInTheUndoLog) {
  auto log = UndoLog::create("d");
  ASSERT_NO_FATAL_FAILURE(start(log->get()));
  const auto process = member("busy");
  const auto open = (*log)->open_records();
  ASSERT_EQ(open.size(), GetParam() ? 1U : 2U) << "the kernel ends the members of a namespace";
  EXPECT_EQ(open[0].kind, "process");
  EXPECT_EQ(open[0].facts.at("pid"), cell_->supervisor().pid);
  // The janitor's way, with the drill alive: everything goes.
  for (const auto& record : open) EXPECT_TRUE(undo_record(record));
  EXPECT_TRUE(eventually([&] { return !is_running(process.id); }));
  EXPECT_TRUE(cell_->close());
  EXPECT_TRUE((*log)->open_records().empty());
  EXPECT_TRUE((*log)->close());
}

bool is_alive(const ProcessId& id) { return is_running(id); }

struct Owner {
  const char* mode;
  int user;
};
class CellOwner : public ::testing::TestWithParam<Owner> {};

TEST_P(CellOwner, SigkillLeavesNoProcess) {
  const int rounds = GetParam().user == 0 ? 25 : 5;
  for (int round = 0; round < rounds; ++round) {
    const StateFolder state;
    std::filesystem::permissions(state.path(), std::filesystem::perms::all);
    const std::string drill = "owner-" + std::to_string(::getpid()) + "-" + std::to_string(round);
    const std::string ready = state.file("ready");
    Child owner{{"cell-owner", GetParam().mode, std::to_string(GetParam().user), ready, drill}, false};
    ASSERT_TRUE(eventually([&] { return !read_file(ready).empty() || !is_running(owner.id()); }));
    if (read_file(ready).empty()) {
      const int status = owner.wait();
      if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "cannot become another user";
      FAIL() << "the owner ended with " << status;
    }
    if (std::string{GetParam().mode} == "namespace" && read_file(ready).rfind("namespace", 0) != 0)
      GTEST_SKIP() << "no PID namespace for this user";
    const auto before = processes_tagged(kCellVariable, drill);
    ASSERT_GE(before.size(), 11U);
    owner.signal(SIGKILL);
    owner.wait();
    // One that is just ending shows no environment any more: both have to be looked at.
    EXPECT_TRUE(eventually([&] { return std::none_of(before.begin(), before.end(), is_alive); }));
    EXPECT_TRUE(eventually([&] { return processes_tagged(kCellVariable, drill).empty(); }));
    if (HasFailure()) FAIL() << "round " << round;
  }
}
INSTANTIATE_TEST_SUITE_P(Kinds, CellOwner,
                         ::testing::Values(Owner{"namespace", 0}, Owner{"adopt", 0}, Owner{"namespace", 65534},
                                           Owner{"adopt", 65534}),
                         [](const auto& info) {
                           return std::string{info.param.mode} + (info.param.user == 0 ? "_as_we_are" : "_as_nobody");
                         });

TEST(Cell, ToolThatIsNoneIsRefused) {
  const StateFolder state;
  EXPECT_FALSE(Cell::start(state.file("nothing")).has_value());
  const auto cell = Cell::start("/bin/true");
  ASSERT_FALSE(cell.has_value());
  EXPECT_NE(cell.error().message.find("/bin/true"), std::string::npos);
}

}  // namespace
}  // namespace blackstart::test
