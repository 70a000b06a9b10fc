// The external driver: it looks, and touches nothing.

#include "targets/external/external_driver.h"
#include "faults/undo_log.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fmt/format.h>

namespace blackstart {
namespace {

using namespace test;

struct External {
  explicit External(const std::string& url, const std::string& scenario = least_scenario())
      : spec(spec_of(scenario, "blackstart_target: 1\nname: shop\nservices: {shop: {kind: api, url: '" + url +
                                   "'}, silent: {kind: api}}\nload: {protocol: bids, service: shop}\n"
                                   "drivers: {external: {}}\n")),
        secrets(spec),
        templates(addresses, secrets, {}),
        driver(spec.target, addresses, templates) {
    static int logs = 0;
    log = *UndoLog::create(fmt::format("external-test-{}-{}", ::getpid(), ++logs));
  }
  ~External() { EXPECT_TRUE(log->close()); }

  Spec spec;
  Secrets secrets;
  AddressBook addresses;
  Templates templates;
  ExternalDriver driver;
  std::unique_ptr<UndoLog> log;
};

TEST(ExternalDriver, AnUnreachableTargetIsNamed) {
  External external(fmt::format("http://127.0.0.1:{}/", free_port()));
  const auto up = external.driver.bring_up(*external.log, within());
  ASSERT_FALSE(up);
  EXPECT_EQ(up.error().code, ErrorCode::kUnavailable);
  for (const char* part :
       {"target shop cannot be reached", "shop (connect to 127.0.0.1:", "refused", "start the system first"}) {
    EXPECT_TRUE(contains(up.error().message, part)) << part << ": " << up.error().message;
  }
}

TEST(ExternalDriver, ServicesAreTheirUrls) {
  const auto server = answering(404, "{}");
  External external(server->url("/api"));
  const auto up = external.driver.bring_up(*external.log, within());
  ASSERT_TRUE(up) << up.error().to_string();
  EXPECT_EQ(external.addresses.value("services.shop.url"), server->url("/api"));
  EXPECT_EQ(external.addresses.value("services.shop.port"), std::to_string(server->port()));
  EXPECT_EQ(external.driver.state("shop", "", Look::kPort, within())->good, 1);
  EXPECT_EQ(external.driver.state("shop", "", Look::kReady, within())->good, 1) << "an answer below 500 is one";
  EXPECT_FALSE(external.driver.state("silent", "", Look::kPort, within())) << "it has no url";
  EXPECT_EQ(external.driver.state("shop", "", Look::kProcess, within()).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(external.driver.state("shop", "primary", Look::kPort, within()).error().code, ErrorCode::kUnsupported);
  ASSERT_TRUE(external.driver.tear_down(within()));
  EXPECT_TRUE(tcp_reach("127.0.0.1", server->port(), within())) << "what was running goes on";
}

TEST(ExternalDriver, AServerThatFailsIsNotHealthy) {
  const auto server = answering(500, "{}");
  External external(server->url());
  ASSERT_TRUE(external.driver.bring_up(*external.log, within()));
  const auto state = external.driver.state("shop", "", Look::kReady, within());
  ASSERT_TRUE(state);
  EXPECT_EQ(state->good, 0);
  EXPECT_TRUE(contains(state->detail, "answered 500")) << state->detail;
}

TEST(ExternalDriver, ChangesNothingAndSaysSo) {
  External external("http://127.0.0.1:9/");
  for (const auto& refused :
       {external.driver.start("shop", "", within()), external.driver.stop("shop", "", within()),
        external.driver.restart("shop", "", within()), external.driver.scale("shop", 2, within()),
        external.driver.promote("shop", "standby", within()), external.driver.repoint("shop", "shop", within()),
        external.driver.rebuild("shop", "standby", within())}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_TRUE(contains(refused.error().message, "use `run` with your own command")) << refused.error().message;
  }
  EXPECT_EQ(external.driver.members("shop", "").error().code, ErrorCode::kUnsupported);
}

TEST(ExternalDriver, RefusesFaultsAndActionsOfItsOwnBeforeTheDrill) {
  External external("http://127.0.0.1:9/",
                    least_scenario("faults: [{name: crash, kill: {service: shop}, until: recovered},"
                                   " {name: mine, run: {inject: 'true', heal: 'true'}, for: 1s}]\n"
                                   "recovery: {after: {at: 1s}, steps: [{title: A, action: {restart: {service: shop}},"
                                   " otherwise: [{title: B, action: {stop: {service: shop}}}]},"
                                   " {title: C, action: {run: 'true'}}]}\n"));
  const auto refusals = external.driver.refusals(external.spec);
  ASSERT_EQ(refusals.size(), 3u);
  EXPECT_TRUE(contains(refusals[0].message, "fault \"crash\" (kill)")) << refusals[0].message;
  EXPECT_TRUE(contains(refusals[1].message, "action restart")) << refusals[1].message;
  EXPECT_TRUE(contains(refusals[2].message, "action stop")) << refusals[2].message;
}

}  // namespace
}  // namespace blackstart
