// Which services a local drill goes without, and what it then refuses.

#include "targets/local/left_out.h"
#include "tests/targets/support.h"

#include <gtest/gtest.h>

#include <string>

namespace blackstart {
namespace {

using namespace test;

std::string target_with(const std::string& more, const std::string& api_run = "serve --port {{port}}") {
  return "blackstart_target: 1\nname: t\nservices:\n"
         "  api: {kind: api, needs: [cache], url: 'http://127.0.0.1:{{port}}'}\n"
         "  cache: {kind: cache}\n" +
         more + "load: {protocol: bids, service: api}\ndrivers:\n  local:\n    api: {run: '" + api_run + "'}\n";
}

std::string all(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) text += error.to_string() + "\n";
  return text;
}

TEST(LeftOut, AServiceThatNobodyNamesIsNotNeeded) {
  const Spec spec = spec_of(least_scenario(), target_with("  mail: {kind: external, url: 'http://mail:25'}\n"));
  EXPECT_FALSE(left_out(spec.target, *spec.target.find_service("api")));
  EXPECT_TRUE(left_out(spec.target, *spec.target.find_service("cache")));
  EXPECT_FALSE(left_out(spec.target, *spec.target.find_service("mail"))) << "it runs already";
  EXPECT_EQ(all(needed_but_left_out(spec)), "");
}

TEST(LeftOut, WhatTheScenarioNamesIsNeeded) {
  for (const char* naming :
       {"detection: [{name: c, redis: {service: cache, command: PING, is: PONG}}]\n",
        "recovery: {after: {at: 1s}, steps: [{title: r, action: {restart: {service: cache}}}]}\n",
        "recovery: {after: {at: 1s}, steps: [{title: r, check: {services: [api, cache], is: up}}]}\n",
        "validation: [{name: v, http: {url: '{{services.cache.url}}/health'}}]\n"}) {
    const auto errors = needed_but_left_out(spec_of(least_scenario(naming), target_with("")));
    ASSERT_EQ(errors.size(), 1U) << naming << all(errors);
    EXPECT_TRUE(contains(errors[0].message, "service cache cannot be started")) << errors[0].message;
    EXPECT_TRUE(contains(errors[0].message, "of the scenario names it")) << errors[0].message;
  }
}

TEST(LeftOut, WhoseAddressAPartAsksForIsNeeded) {
  const Spec spec = spec_of(least_scenario(), target_with("", "serve --cache {{services.cache.url}}"));
  const auto errors = needed_but_left_out(spec);
  ASSERT_EQ(errors.size(), 1U) << all(errors);
  EXPECT_TRUE(contains(errors[0].message, "drivers.local.api asks for its address")) << errors[0].message;
}

TEST(LeftOut, WhoTakesTheBidsIsNeeded) {
  std::string target = target_with("");
  target.replace(target.find("load: {protocol: bids, service: api}"), 36, "load: {protocol: bids, service: cache}");
  const auto errors = needed_but_left_out(spec_of(least_scenario(), target));
  ASSERT_EQ(errors.size(), 1U) << all(errors);
  EXPECT_TRUE(contains(errors[0].message, "it takes the bids")) << errors[0].message;
}

}  // namespace
}  // namespace blackstart
