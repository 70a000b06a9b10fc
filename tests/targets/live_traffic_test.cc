// How bids reach a live target, from the Spec: where they go, what is sent along, and where arrivals come from.

#include "targets/live_traffic.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace blackstart {
namespace {

using namespace test;

std::string shop(const std::string& read_back_more, std::uint16_t port = 9) {
  return fmt::format(R"(
blackstart_target: 1
name: shop
services: {{shop: {{kind: api, url: "http://127.0.0.1:{}"}}}}
load:
  http: {{url: "{{{{services.shop.url}}}}/o", headers: {{Authorization: "Bearer {{{{env.BS_TOKEN}}}}", X-Id: "{{{{bid.id}}}}"}}, acknowledged: [200]}}
  read_back:
    http: {{url: "{{{{services.shop.url}}}}/o", items: "$.o", id: "$.ref"{}}}
drivers: {{external: {{}}}}
)",
                     port, read_back_more);
}

/// A spec with everything that filling its templates needs.
struct Shop {
  explicit Shop(const std::string& target)
      : spec(spec_of(least_scenario(), target)),
        secrets(spec, [](const std::string& name) { return std::optional<std::string>("secret of " + name); }),
        templates(book, secrets, {{"drill.id", "d-1"}}) {
    book.put("shop", 1, "", {"127.0.0.1", 9, "http://127.0.0.1:9"});
  }
  AddressBook book;
  Spec spec;
  Secrets secrets;
  Templates templates;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

TEST(LiveTraffic, ReadsBackWithItsOwnHeaders) {
  const Shop own(shop(", headers: {X-Reader: '{{env.BS_READER}}'}"));
  const auto mapping = make_mapping(own.spec.target, own.templates, own.book, "d-1", "");
  ASSERT_TRUE(mapping) << mapping.error().to_string();
  EXPECT_EQ(mapping->read_back_headers, (Headers{{"X-Reader", "secret of BS_READER"}}));
  const Shop same(shop(""));
  const auto inherited = make_mapping(same.spec.target, same.templates, same.book, "d-1", "");
  ASSERT_TRUE(inherited) << inherited.error().to_string();
  EXPECT_EQ(inherited->read_back_headers, (Headers{{"Authorization", "Bearer secret of BS_TOKEN"}}))
      << "what speaks of one bid is left out";
}

TEST(LiveTraffic, WhatTheReadBackPrintsBesideItsListIsMaskedInALog) {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.path() + "/logs");
  const std::string target = fmt::format(R"(
blackstart_target: 1
name: shop
services: {{shop: {{kind: api, url: "http://127.0.0.1:{}"}}}}
load:
  http: {{url: "{{{{services.shop.url}}}}/o", body: "{{{{bid.id}}}}", acknowledged: [200]}}
  read_back: {{run: "echo connecting as 'secret of BS_TOKEN' >&2; : {{{{env.BS_TOKEN}}}}"}}
drivers: {{external: {{}}}}
)",
                                         free_port());
  const Shop shop_spec(target);
  const Plan plan = make_plan(shop_spec.spec, {});
  LiveTraffic traffic(plan, shop_spec.templates, shop_spec.book, std::chrono::steady_clock::now(), folder.path());
  const Status started = traffic.start({1, plan.drill_id, kDrillStart}, [](TrafficInterval) {}, {});
  ASSERT_TRUE(started) << started.error().to_string();
  (void)traffic.stop();
  ::testing::internal::CaptureStderr();
  const auto read = traffic.read_back({}, {std::chrono::steady_clock::now() + std::chrono::seconds{20}, {}});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  ASSERT_TRUE(read) << read.error().to_string();
  std::ifstream log(folder.path() + "/logs/read-back.log");
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  EXPECT_NE(text.find("connecting as ***\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret of"), std::string::npos) << text;
}

TEST(LiveTraffic, ArrivalsAreReplayedFromAFileBesideTheScenario) {
  const ScratchFolder folder;
  std::ofstream(folder.path() + "/trace.csv") << "0.001\n0.002\n";
  const Shop shop_spec(shop("", free_port()));
  Plan plan = make_plan(shop_spec.spec, {});
  plan.spec.scenario.folder = folder.path();
  plan.spec.scenario.load.bids.arrivals = Arrivals::kReplay;
  plan.spec.scenario.load.bids.replay_file = "trace.csv";
  LiveTraffic traffic(plan, shop_spec.templates, shop_spec.book, std::chrono::steady_clock::now(), "");
  const TrafficRequest request{1, plan.drill_id, kDrillStart + std::chrono::milliseconds{1}};
  const Status started = traffic.start(request, [](TrafficInterval) {}, {});
  EXPECT_TRUE(started) << started.error().to_string();
  (void)traffic.stop();
}

}  // namespace
}  // namespace blackstart
