// The local driver over a small real service: start, fail to start, restart, promote, repoint, rebuild, scale, end.

#include "targets/local/local_driver.h"
#include "tests/support/wait.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace blackstart {
namespace {

using namespace test;

std::string target_text(const std::string& database, const std::string& api) {
  return "blackstart_target: 1\nname: t\nservices:\n"
         "  api: {kind: api, needs: [database], url: 'http://127.0.0.1:{{port}}'}\n"
         "  database: {kind: sql, roles: {primary: 1, standby: 1}, replication: async}\n"
         "load: {protocol: bids, service: api}\n"
         "drivers:\n  local:\n" +
         fmt::format("    api: {{{}}}\n    database: {{{}}}\n", api, database);
}
std::string serve(const std::string& more = "--role {{role}} --dir {{dir}}") {
  return fmt::format("run: \"{} {} --port {{{{port}}}} {}\", ready: {{http: /health, within: 10s}}", own_program(),
                     kFakeService, more);
}
const std::string kPromote = ", promote: {http: {method: POST, url: 'http://{{host}}:{{port}}/promote'}}";

class Local : public ::testing::Test {
 protected:
  void make(const std::string& target, const std::string& token = {}) {
    spec_ = spec_of(least_scenario(), target);
    secrets_.emplace(spec_, [token](const std::string&) { return std::optional<std::string>(token); });
    templates_.emplace(addresses_, *secrets_, Templates::Extra{{"drill.id", id_}});
    shell_.emplace(*templates_, spec_.scenario.folder);
    auto log = UndoLog::create(id_);
    ASSERT_TRUE(log) << log.error().to_string();
    log_ = std::move(*log);
    driver_.emplace(spec_.target, addresses_, *templates_, *shell_,
                    LocalOptions{own_program(), id_, folder_.path(), 0});
  }
  void TearDown() override {
    if (!driver_) return;
    EXPECT_TRUE(driver_->tear_down(within()));
    EXPECT_TRUE(driver_->residues().empty());
    driver_.reset();
    EXPECT_TRUE(log_->close());
  }
  void bring_up() {
    const auto up = driver_->bring_up(*log_, within());
    ASSERT_TRUE(up) << up.error().to_string();
  }
  nlohmann::json who(const std::string& service, const std::string& role = {}) {
    const auto address = addresses_.find(service, role);
    if (!address) return {};
    HttpRequest request;
    request.url = fmt::format("http://127.0.0.1:{}/who", address->port);
    const auto answer = http_exchange(request, within());
    return answer ? nlohmann::json::parse(answer->body) : nlohmann::json{};
  }
  void post(const std::string& service, const std::string& role, const std::string& path) {
    HttpRequest request;
    request.method = "POST";
    request.url = fmt::format("http://127.0.0.1:{}{}", addresses_.find(service, role)->port, path);
    ASSERT_TRUE(http_exchange(request, within()));
  }
  void kill_member(const std::string& service, const std::string& role) {
    const auto members = driver_->members(service, role);
    ASSERT_TRUE(members);
    for (const FaultMember& member : *members) {
      for (const ProcessId& id : member.processes) ::kill(id.pid, SIGKILL);
    }
    ASSERT_TRUE(wait_until_true([&] { return good(service, role, Look::kProcess) == 0; }));
  }
  int good(const std::string& service, const std::string& role, Look look) {
    const auto state = driver_->state(service, role, look, within());
    EXPECT_TRUE(state) << state.error().to_string();
    return state ? state->good : -1;
  }

  static inline int drills_ = 0;
  const std::string id_ = fmt::format("targets-test-{}-{}", ::getpid(), ++drills_);
  ScratchFolder folder_;
  Spec spec_;
  AddressBook addresses_;
  std::optional<Secrets> secrets_;
  std::optional<Templates> templates_;
  std::optional<Shell> shell_;
  std::unique_ptr<UndoLog> log_;
  std::optional<LocalDriver> driver_;
};

TEST_F(Local, StartsInOrderOfNeedsAndEndsEverything) {
  make(target_text(serve(), serve("--upstream {{services.database.primary.url}}")));
  bring_up();
  EXPECT_EQ(who("database", "primary")["role"], "primary");
  EXPECT_EQ(who("database", "standby")["role"], "standby");
  EXPECT_EQ(who("api")["upstream"], addresses_.find("database", "primary")->url);
  EXPECT_EQ(good("database", "", Look::kReady), 2);
  const auto members = driver_->members("database", "primary");
  ASSERT_TRUE(members);
  const ProcessId main = members->front().processes.front();
  EXPECT_TRUE(is_running(main));
  EXPECT_TRUE(contains(read_file(folder_.path() + "/logs/database-primary.log"), "blackstart starts database primary"));
  ASSERT_TRUE(driver_->tear_down(within()));
  EXPECT_FALSE(is_running(main));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/data"));
  EXPECT_TRUE(driver_->tear_down(within())) << "a second time does no harm";
}

TEST_F(Local, StartsWhatItHasAPartForInThePrimaryRegion) {
  make(
      "blackstart_target: 1\nname: t\nregions: {east: {primary: true}, west: {}}\nservices:\n"
      "  api: {kind: api, replicas: {east: 1, west: 2}, needs: [cache], url: 'http://127.0.0.1:{{port}}'}\n"
      "  cache: {kind: cache, replicas: {east: 1, west: 1}}\n"
      "load: {protocol: bids, service: api}\ndrivers:\n  local:\n" +
      fmt::format("    api: {{{}}}\n", serve()));
  EXPECT_TRUE(driver_->refusals(spec_).empty());
  const auto notes = driver_->bring_up(*log_, within());
  ASSERT_TRUE(notes) << notes.error().to_string();
  ASSERT_EQ(notes->size(), 2U);
  EXPECT_TRUE(contains(notes->at(0), "cache: left out")) << notes->at(0);
  EXPECT_EQ(good("api", "", Look::kReady), 1);
  EXPECT_EQ(good("cache", "", Look::kReady), 0);
}

TEST_F(Local, AMissingProgramIsNamed) {
  make(target_text("run: 'no-such-program --port {{port}}'", serve()));
  const auto up = driver_->bring_up(*log_, within());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(contains(up.error().message, "start database primary")) << up.error().message;
  EXPECT_TRUE(contains(up.error().message, "no-such-program")) << up.error().message;
}

TEST_F(Local, AMemberThatDiesWhileStartingShowsItsLog) {
  make(target_text(serve(), serve("--print 'cannot open the ledger' --die 3")));
  const auto up = driver_->bring_up(*log_, within());
  ASSERT_FALSE(up);
  EXPECT_TRUE(contains(up.error().message, "start api")) << up.error().message;
  EXPECT_TRUE(contains(up.error().message, "exit status 3")) << up.error().message;
  EXPECT_TRUE(contains(up.error().message, "it says cannot open the ledger")) << up.error().message;
  EXPECT_TRUE(driver_->residues().empty()) << "what had started before it was ended";
}

TEST_F(Local, AMemberThatIsNeverReadyIsGivenUp) {
  make(target_text(serve(),
                   fmt::format("run: \"{} {} --port {{{{port}}}} --deaf\", ready: {{http: /health, within: 300ms}}",
                               own_program(), kFakeService)));
  const auto up = driver_->bring_up(*log_, within());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(contains(up.error().message, "not ready within 300ms")) << up.error().message;
  EXPECT_TRUE(contains(up.error().message, "refused")) << up.error().message;
}

TEST_F(Local, APortInUseIsSaidAtARestart) {
  make(target_text(serve(), serve()));
  bring_up();
  ASSERT_TRUE(driver_->stop("api", "", within()));
  const std::uint16_t port = addresses_.find("api")->port;
  const pid_t thief = ::fork();
  if (thief == 0) {
    const std::string number = std::to_string(port);
    ::execl(own_program().c_str(), "x", kFakeService, "--port", number.c_str(), nullptr);
    ::_exit(1);
  }
  ASSERT_TRUE(wait_until_true([&] { return tcp_reach("127.0.0.1", port, within()).has_value(); }));
  const auto started = driver_->start("api", "", within());
  ::kill(thief, SIGKILL);
  ::waitpid(thief, nullptr, 0);
  ASSERT_FALSE(started);
  EXPECT_TRUE(contains(started.error().message, fmt::format("port {} is in use", port))) << started.error().message;
}

TEST_F(Local, AKilledMemberStaysDeadUntilItIsRestarted) {
  make(target_text(serve(), serve()));
  bring_up();
  kill_member("api", "");
  EXPECT_EQ(good("api", "", Look::kPort), 0);
  EXPECT_TRUE(wait_until_true([&] {
    return contains(driver_->state("api", "", Look::kPort, within())->detail, "signal 9");
  })) << "how it ended is said";
  const auto restarted = driver_->restart("api", "", within());
  ASSERT_TRUE(restarted) << restarted.error().to_string();
  EXPECT_EQ(good("api", "", Look::kReady), 1);
}

TEST_F(Local, PromoteMovesTheRoleAndItsAddress) {
  make(target_text(serve() + kPromote, serve("--upstream {{services.database.primary.url}}")));
  bring_up();
  const auto standby = addresses_.find("database", "standby");
  const auto first = driver_->members("database", "primary")->front();
  kill_member("database", "primary");
  const auto promoted = driver_->promote("database", "standby", within());
  ASSERT_TRUE(promoted) << promoted.error().to_string();
  EXPECT_EQ(who("database", "primary")["role"], "primary");
  EXPECT_EQ(addresses_.find("database", "primary")->port, standby->port);
  ASSERT_TRUE(promoted->recovery_point);
  EXPECT_EQ(promoted->recovery_point->kind, "promote");
  ASSERT_TRUE(promoted->recovery_point->newest) << "the answer's newest_ns is the recovery point";

  const auto kept_down = driver_->ensure_running(first);
  ASSERT_TRUE(kept_down);
  EXPECT_TRUE(contains(*kept_down, "another member has taken the role")) << *kept_down;
  EXPECT_EQ(driver_->state("database", "", Look::kProcess, within())->members, 1) << "the old primary is no part of it";

  const auto repointed = driver_->repoint("api", "database", within());
  ASSERT_TRUE(repointed) << repointed.error().to_string();
  EXPECT_EQ(who("api")["upstream"], standby->url) << "restarted with the new address";
}

TEST_F(Local, RepointByItsCallNeedsNoRestart) {
  const std::string call =
      ", repoint: {http: {method: PUT, url: 'http://{{host}}:{{port}}/upstream', body: '{{to.service}}={{to.port}}'}}";
  make(target_text(serve() + kPromote, serve("--upstream none") + call));
  bring_up();
  const auto before = driver_->members("api", "")->front().processes.front();
  ASSERT_TRUE(driver_->repoint("api", "database", within()));
  EXPECT_EQ(who("api")["upstream"], fmt::format("database={}", addresses_.find("database")->port));
  EXPECT_EQ(driver_->members("api", "")->front().processes.front(), before);
}

TEST_F(Local, RebuildFillsTheRoleWithAnEmptyMember) {
  make(target_text(serve() + kPromote, serve()));
  bring_up();
  post("database", "primary", "/mark");
  EXPECT_EQ(who("database", "primary")["marked"], true);
  kill_member("database", "primary");
  ASSERT_TRUE(driver_->promote("database", "standby", within()));
  EXPECT_EQ(driver_->state("database", "standby", Look::kProcess, within())->members, 0);
  const auto rebuilt = driver_->rebuild("database", "standby", within());
  ASSERT_TRUE(rebuilt) << rebuilt.error().to_string();
  EXPECT_EQ(who("database", "standby")["role"], "standby");
  EXPECT_EQ(who("database", "standby")["marked"], false) << "nothing of its old state";
  EXPECT_EQ(good("database", "", Look::kReady), 2);
  EXPECT_FALSE(driver_->rebuild("database", "primary", within())) << "that would empty the member that serves";
}

TEST_F(Local, PromoteWithoutACallRestartsInTheRole) {
  make(target_text(serve(), serve()));
  bring_up();
  kill_member("database", "primary");
  ASSERT_TRUE(driver_->promote("database", "standby", within()));
  EXPECT_EQ(who("database", "primary")["role"], "primary");
}

TEST_F(Local, WhatCannotBePromotedIsAnError) {
  make(target_text(serve(), serve()));
  bring_up();
  EXPECT_TRUE(
      contains(driver_->promote("api", "standby", within()).error().message, "no member of api holds the role"));
  EXPECT_TRUE(contains(driver_->promote("database", "primary", within()).error().message, "already"));
  kill_member("database", "standby");
  EXPECT_TRUE(contains(driver_->promote("database", "standby", within()).error().message,
                       "no member that holds this role runs"));
  EXPECT_EQ(driver_->restart("nobody", "", within()).error().code, ErrorCode::kNotFound);
}

TEST_F(Local, ScaleAddsAndEndsMembers) {
  make(target_text(serve(), serve()));
  bring_up();
  ASSERT_TRUE(driver_->scale("api", 3, within()));
  EXPECT_EQ(good("api", "", Look::kReady), 3);
  ASSERT_TRUE(driver_->scale("api", 0, within()));
  EXPECT_EQ(good("api", "", Look::kProcess), 0);
  ASSERT_TRUE(driver_->scale("api", 1, within()));
  EXPECT_EQ(good("api", "", Look::kReady), 1);
  EXPECT_FALSE(driver_->scale("database", 3, within()));
}

TEST_F(Local, StartsAreTold) {
  make(target_text(serve(), serve()));
  bring_up();
  std::vector<std::string> told;
  auto watch = driver_->watch_starts("api", "", [&](const FaultMember& member) { told.push_back(member.name()); });
  ASSERT_TRUE(driver_->restart("api", "", within()));
  ASSERT_TRUE(driver_->restart("database", "standby", within()));
  EXPECT_EQ(told.size(), 1u);
  watch.reset();
  ASSERT_TRUE(driver_->restart("api", "", within()));
  EXPECT_EQ(told.size(), 1u);
}

TEST_F(Local, AStoppedMemberIsNotHealedBackByAFault) {
  make(target_text(serve(), serve()));
  bring_up();
  const FaultMember member = driver_->members("api", "")->front();
  EXPECT_TRUE(contains(*driver_->ensure_running(member), "runs"));
  ASSERT_TRUE(driver_->stop("api", "", within()));
  EXPECT_TRUE(contains(*driver_->ensure_running(member), "stopped by an action"));
  EXPECT_EQ(good("api", "", Look::kProcess), 0);
}

TEST_F(Local, APausedMemberCanBeRestarted) {
  make(target_text(serve(), serve()));
  bring_up();
  const auto paused = driver_->members("api", "")->front().processes.front();
  ASSERT_EQ(::kill(paused.pid, SIGSTOP), 0);
  EXPECT_EQ(driver_->state("api", "", Look::kReady, within(std::chrono::milliseconds{200}))->good, 0);
  ASSERT_TRUE(driver_->restart("api", "", within()));
  EXPECT_FALSE(is_running(paused));
  EXPECT_EQ(good("api", "", Look::kReady), 1);
}

TEST_F(Local, LogsOfMembersHoldNoSecret) {
  make(target_text(serve(), serve("--print \\\"{{env.BS_TOKEN}}\\\"")), "hush-hush");
  ::setenv("BS_TOKEN", "hush-hush", 1);
  bring_up();
  ASSERT_TRUE(driver_->tear_down(within()));
  ::unsetenv("BS_TOKEN");
  const std::string log = read_file(folder_.path() + "/logs/api.log");
  EXPECT_TRUE(contains(log, "it says ***")) << log;
  EXPECT_FALSE(contains(log, "hush-hush")) << log;
}

}  // namespace
}  // namespace blackstart
