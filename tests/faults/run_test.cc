#include "faults/run.h"

#include "faults/command.h"
#include "faults/residues.h"
#include "tests/faults/fake_target.h"
#include "tests/faults/support.h"

#include <gtest/gtest.h>
#include <csignal>
#include <cstdlib>

namespace blackstart::test {
namespace {

class RunFault : public ::testing::Test {
 protected:
  std::unique_ptr<Fault> make(std::vector<std::pair<std::string, std::string>> arguments) {
    auto context = context_of(target_, call("run", arguments));
    context.folder = state_.path();
    context.log_folder = state_.path();
    auto fault = make_fault(std::move(context));
    EXPECT_TRUE(fault.has_value());
    return std::move(*fault);
  }
  [[nodiscard]] bool exists(const std::string& name) const { return std::filesystem::exists(state_.file(name)); }
  [[nodiscard]] std::string everything_written() const {
    std::string text;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{state_.path()})
      if (entry.is_regular_file()) text += read_file(entry.path().string());
    return text;
  }

  StateFolder state_;
  std::unique_ptr<UndoLog> log_ = *UndoLog::create("d");
  FakeTarget target_{state_};
};

TEST_F(RunFault, InjectsProvesHealsProves) {
  auto fault = make({{"inject", "touch marker; echo injected"},
                     {"heal", "rm marker; echo x >> heals"},
                     {"prove", "test -e marker"},
                     {"prove_healed", "test ! -e marker"}});
  ASSERT_TRUE(fault->arm(*log_));
  EXPECT_FALSE(exists("marker")) << "arming changes nothing";
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_TRUE(proof.proven) << proof.text;
  EXPECT_TRUE(exists("marker")) << "in the scenario's folder";
  for (int again = 0; again < 3; ++again) {
    ASSERT_TRUE(fault->undo(soon()));
    EXPECT_TRUE(fault->prove_healed(soon()).proven);
  }
  EXPECT_EQ(read_file(state_.file("heals")), "x\n") << "healed once";
  EXPECT_TRUE(log_->open_records().empty());
  EXPECT_NE(read_file(state_.file("fault-1-inject.log")).find("injected"), std::string::npos);
}

// Planted bugs: each command that fails is seen.
TEST_F(RunFault, FailingProveIsNotProven) {
  auto fault = make({{"inject", "true"}, {"heal", "true"}, {"prove", "echo no such effect; exit 1"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon(std::chrono::seconds{2}));
  EXPECT_FALSE(proof.proven);
  EXPECT_FALSE(proof.only_by_impact);
  EXPECT_NE(proof.text.find("no such effect"), std::string::npos) << proof.text;
  EXPECT_TRUE(fault->undo(soon()));
}

TEST_F(RunFault, FailingInjectIsNotProven) {
  auto fault = make({{"inject", "exit 7"}, {"heal", "true"}, {"prove", "true"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_FALSE(proof.proven);
  EXPECT_NE(proof.text.find("status 7"), std::string::npos) << proof.text;
  EXPECT_TRUE(fault->undo(soon())) << "what it did half-way is healed";
}

TEST_F(RunFault, FailingHealIsAnErrorAndMayBeTriedAgain) {
  auto fault = make({{"inject", "true"}, {"heal", "test -e allowed"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  (void)fault->prove(soon());
  const Status undone = fault->undo(soon());
  ASSERT_FALSE(undone.has_value());
  EXPECT_NE(undone.error().message.find("by hand"), std::string::npos);
  EXPECT_FALSE(fault->prove_healed(soon()).proven);
  EXPECT_FALSE(log_->open_records().empty());
  ASSERT_EQ(std::system(("touch " + state_.file("allowed")).c_str()), 0);
  EXPECT_TRUE(fault->undo(soon()));
  EXPECT_TRUE(fault->prove_healed(soon()).proven);
  EXPECT_TRUE(log_->open_records().empty());
}

TEST_F(RunFault, FailingProveHealedIsNotHealed) {
  auto fault = make({{"inject", "true"}, {"heal", "true"}, {"prove_healed", "exit 1"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  (void)fault->prove(soon());
  ASSERT_TRUE(fault->undo(soon()));
  EXPECT_FALSE(fault->prove_healed(soon(std::chrono::milliseconds{300})).proven);
  EXPECT_EQ(log_->open_records().size(), 1U);
}

TEST_F(RunFault, WithoutProveOnlyAnImpactProves) {
  auto fault = make({{"inject", "true"}, {"heal", "true"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_FALSE(proof.proven);
  EXPECT_TRUE(proof.only_by_impact);
}

TEST_F(RunFault, ProveMayTakeAWhile) {
  auto fault = make({{"inject", "true"}, {"heal", "true"}, {"prove", "echo x >> tries; test $(wc -l < tries) -ge 3"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  EXPECT_TRUE(fault->prove(soon()).proven);
}

TEST_F(RunFault, NeverInjectedIsNeverHealed) {
  auto fault = make({{"inject", "touch marker"}, {"heal", "touch healed"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->undo(soon()));
  EXPECT_TRUE(fault->prove_healed(soon()).proven);
  EXPECT_FALSE(exists("marker"));
  EXPECT_FALSE(exists("healed"));
  EXPECT_TRUE(log_->open_records().empty());
}

TEST_F(RunFault, InjectThatHangsIsKilledBeforeItIsHealed) {
  auto fault = make({{"inject", "echo $$ > pid; sleep 1000 & sleep 1000; touch late"},
                     {"heal", "! kill -0 $(cat pid) 2>/dev/null"},
                     {"timeout", "300ms"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_FALSE(proof.proven);
  EXPECT_NE(proof.text.find("did not end in time"), std::string::npos) << proof.text;
  const Status undone = fault->undo(soon());
  EXPECT_TRUE(undone.has_value()) << undone.error().to_string();
  EXPECT_FALSE(exists("late"));
}

TEST_F(RunFault, DeadManIsInTheEnvironment) {
  auto fault = make({{"inject", "echo $BLACKSTART_DEAD_MAN_S > limit"}, {"heal", "true"}, {"dead_man", "90s"}});
  ASSERT_TRUE(fault->arm(*log_));
  EXPECT_TRUE(log_->open_records().front().facts.contains("dead_man_ns"));
  ASSERT_TRUE(fault->act());
  (void)fault->prove(soon());
  EXPECT_EQ(read_file(state_.file("limit")), "90\n");
  EXPECT_TRUE(fault->undo(soon()));
}

TEST_F(RunFault, ServicesAreFilledIn) {
  target_.values["services.api.url"] = "http://127.0.0.1:1";
  auto fault = make({{"inject", "echo {{services.api.url}} > url"}, {"heal", "true"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  (void)fault->prove(soon());
  EXPECT_EQ(read_file(state_.file("url")), "http://127.0.0.1:1\n");
  EXPECT_TRUE(fault->undo(soon()));
  auto unknown = make({{"inject", "echo {{services.nothing.url}}"}, {"heal", "true"}});
  EXPECT_FALSE(unknown->arm(*log_).has_value());
}

TEST_F(RunFault, SecretsReachTheCommandAndNothingElse) {
  ::setenv("TEST_SECRET", "s3cr3t-value", 1);
  auto fault = make({{"inject", "test {{env.TEST_SECRET}} = s3cr3t-$(echo value) && echo it is {{env.TEST_SECRET}}"},
                     {"heal", "echo {{env.TEST_SECRET}}; exit 0"},
                     {"prove", "echo \"{{env.TEST_SECRET}}\"; exit 0"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  const Proof proof = fault->prove(soon());
  EXPECT_TRUE(proof.proven) << proof.text;
  EXPECT_EQ(proof.text.find("s3cr3t-value"), std::string::npos);
  EXPECT_NE(proof.text.find("***"), std::string::npos) << proof.text;
  const auto needs = log_->records().front().facts.at("needs");
  EXPECT_EQ(needs, nlohmann::ordered_json::array({"TEST_SECRET"}));
  ASSERT_TRUE(fault->undo(soon()));
  EXPECT_EQ(everything_written().find("s3cr3t-value"), std::string::npos);
  EXPECT_NE(everything_written().find("***"), std::string::npos) << "the output is there, masked";
  ::unsetenv("TEST_SECRET");
}

TEST_F(RunFault, RecoverySaysWhichVariableItNeeds) {
  ::setenv("TEST_SECRET", "s3cr3t-value", 1);
  auto fault = make({{"inject", "touch marker"}, {"heal", "test {{env.TEST_SECRET}} = s3cr3t-value && rm marker"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  (void)fault->prove(soon());
  const auto record = log_->open_records().front();
  ASSERT_EQ(record.kind, "run");
  ::unsetenv("TEST_SECRET");
  const auto without = undo_record(record);
  ASSERT_FALSE(without.has_value());
  EXPECT_NE(without.error().message.find("TEST_SECRET"), std::string::npos) << without.error().message;
  EXPECT_TRUE(exists("marker"));
  ::setenv("TEST_SECRET", "s3cr3t-value", 1);
  const auto with = undo_record(record);
  EXPECT_TRUE(with.has_value()) << with.error().to_string();
  EXPECT_FALSE(exists("marker"));
  ::unsetenv("TEST_SECRET");
}

TEST_F(RunFault, WhatInjectLeavesInTheBackgroundIsAResidue) {
  auto fault = make({{"inject", "sleep 1000 & echo $! > pid"}, {"heal", "true"}});
  ASSERT_TRUE(fault->arm(*log_));
  ASSERT_TRUE(fault->act());
  (void)fault->prove(soon());
  ASSERT_TRUE(fault->undo(soon()));
  ASSERT_TRUE(fault->prove_healed(soon()).proven);
  const auto residues = find_residues({"d", log_.get(), true});
  ASSERT_EQ(residues.size(), 1U);
  EXPECT_NE(residues[0].what.find("sleep"), std::string::npos) << residues[0].what;
  EXPECT_EQ(std::system(residues[0].how_to_heal.c_str()), 0);
  EXPECT_TRUE(eventually([&] { return find_residues({"d", log_.get(), true}).empty(); }));
}

TEST(Command, KeepsTheEndOfALongOutputAndNoHalfSecret) {
  const StateFolder state;
  CommandRequest request;
  request.text = "i=0; while [ $i -lt 3000 ]; do echo abcdefghijklmnopqrstuvwxyz-the-secret-$i; i=$((i+1)); done";
  request.what = "a long one";
  request.secrets = {"abcdefghijklmnopqrstuvwxyz-the-secret", "the-secret"};
  request.log_file = state.file("log");
  const auto end = run_command(std::move(request), std::chrono::steady_clock::now() + std::chrono::seconds{60}, {});
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->succeeded()) << end->to_string();
  EXPECT_LE(end->output.size(), 64U << 10);
  EXPECT_NE(end->output.find("***-2999"), std::string::npos);
  EXPECT_EQ(end->output.find("secret"), std::string::npos);
  EXPECT_EQ(end->output.find("xyz"), std::string::npos) << end->output.substr(0, 100);
}

TEST(Command, SaysHowItEnded) {
  const auto run = [](const std::string& text, std::chrono::milliseconds limit) {
    CommandRequest request;
    request.text = text;
    request.what = "it";
    const auto end = run_command(std::move(request), std::chrono::steady_clock::now() + limit, {});
    return end ? end->to_string() : end.error().to_string();
  };
  constexpr std::chrono::seconds kLong{60};
  EXPECT_EQ(run("exit 3", kLong), "ended with status 3");
  EXPECT_EQ(run("kill -TERM $$", kLong), "was ended by SIGTERM");
  EXPECT_EQ(run("echo why; exit 1", kLong), "ended with status 1 (last output: why)");
  EXPECT_EQ(run("sleep 1000", std::chrono::milliseconds{50}), "was killed: it did not end in time");
  EXPECT_EQ(run("yes", kLong).substr(0, 53), "was killed: it printed more than 64 MiB (last output:");
}

TEST(Command, PreparedButNeverLetGoRunsNothing) {
  const StateFolder state;
  ProcessId shell;
  {
    CommandRequest request;
    request.text = "touch " + state.file("marker");
    request.what = "it";
    auto command = Command::prepare(std::move(request));
    ASSERT_TRUE(command);
    shell = (*command)->process();
    EXPECT_TRUE(is_running(shell));
  }
  EXPECT_FALSE(is_running(shell));
  EXPECT_FALSE(std::filesystem::exists(state.file("marker")));
}

}  // namespace
}  // namespace blackstart::test
