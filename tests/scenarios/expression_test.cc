#include "scenarios/expression.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>
#include <map>

namespace blackstart {
namespace {

using Values = std::map<std::string, ExpressionValue, std::less<>>;

Expression::Lookup of(const Values& values) {
  return [values](std::string_view name) -> ExpressionValue {
    const auto found = values.find(name);
    return found == values.end() ? ExpressionValue{} : found->second;
  };
}

bool holds(std::string_view text, const Values& values) {
  const auto parsed = Expression::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed && parsed->evaluate(of(values));
}

TEST(Expression, ComparesWithUnits) {
  EXPECT_TRUE(holds("elapsed > 20m", {{"elapsed", 1200.001}}));
  EXPECT_FALSE(holds("elapsed > 20m", {{"elapsed", 1200.0}}));
  EXPECT_TRUE(holds("host.disk_free < 1GiB", {{"host.disk_free", 1073741823.0}}));
  EXPECT_FALSE(holds("host.disk_free < 1GiB", {{"host.disk_free", 1073741824.0}}));
  EXPECT_TRUE(holds("goodput<=99%", {{"goodput", 0.99}}));
  EXPECT_TRUE(holds("faults_active == 2", {{"faults_active", 2.0}}));
  EXPECT_TRUE(holds("bid_latency.p99.9 >= 1.5s", {{"bid_latency.p99.9", 1.5}}));
  EXPECT_TRUE(holds("host.load != 4.5", {{"host.load", 4.0}}));
}

TEST(Expression, ComparesTexts) {
  EXPECT_TRUE(holds("phase == \"steady state\"", {{"phase", std::string{"steady state"}}}));
  EXPECT_TRUE(holds("phase != 'faults'", {{"phase", std::string{"drained"}}}));
  EXPECT_TRUE(holds("phase == drained", {{"phase", std::string{"drained"}}}));
}

TEST(Expression, JoinsByPrecedence) {
  const Values values = {{"elapsed", 5.0}, {"goodput", 0.5}, {"faults_active", 1.0}};
  EXPECT_TRUE(holds("elapsed > 1s or goodput > 90% and faults_active > 3", values));
  EXPECT_FALSE(holds("(elapsed > 1s or goodput > 90%) and faults_active > 3", values));
  EXPECT_TRUE(holds("not elapsed > 10s and goodput < 60%", values));
  EXPECT_FALSE(holds("not (elapsed > 1s or goodput > 90%)", values));
}

TEST(Expression, WhatIsNotKnownIsFalse) {
  EXPECT_FALSE(holds("outage > 30m", {}));
  EXPECT_FALSE(holds("outage <= 30m", {}));
  EXPECT_FALSE(holds("outage != 30m", {}));
  EXPECT_FALSE(holds("goodput < 50%", {{"goodput", std::nan("")}}));
}

TEST(Expression, RefusesWhatHasNoMeaning) {
  for (const char* text : {"",
                           "elapsed",
                           "elapsed >",
                           "> 5m",
                           "elapsed > 5",
                           "elapsed > 5m 6m",
                           "elapsed > 5m and",
                           "(elapsed > 5m",
                           "elapsed > 5m)",
                           "elapsed = 5m",
                           "elapsed ! 5m",
                           "elapsed > \"5m\"",
                           "goodput < 5",
                           "goodput < 500%",
                           "faults_active > 1.5",
                           "phase > x",
                           "phase == ",
                           "bid_latency.p101 > 1s",
                           "bid_latency > 1s",
                           "elapsd > 1s",
                           "host.load > 1GiB",
                           "elapsed > 5m & 1",
                           "phase == 'x",
                           "not",
                           "and elapsed > 1s"}) {
    const auto parsed = Expression::parse(text);
    EXPECT_TRUE(parsed.has_error()) << text;
    if (!parsed.has_error()) continue;
    EXPECT_TRUE(parsed.error().message.starts_with("found ")) << parsed.error().message;
  }
}

TEST(Expression, NestingIsBounded) {
  std::string text;
  for (int depth = 0; depth < 100'000; ++depth) text += "(";
  EXPECT_TRUE(Expression::parse(text).has_error());
  for (char& c : text) c = ' ';
  std::string nots;
  for (int depth = 0; depth < 10'000; ++depth) nots += "not ";
  EXPECT_TRUE(Expression::parse(nots + "elapsed > 1s").has_error());
}

TEST(Expression, NamesItsVariablesOnce) {
  const auto parsed = Expression::parse("elapsed > 1s and (outage > 2s or elapsed < 5s)");
  EXPECT_EQ(parsed->variables(), (std::vector<std::string>{"elapsed", "outage"}));
  const auto of_phases = Expression::parse("not phase == restord or (phase != 'after end' and outage > 2s)");
  EXPECT_EQ(of_phases->phases(), (std::vector<std::string>{"restord", "after end"})) << "old journals hold anything";
}

/// A random condition as text, and what it must evaluate to.
struct Sample {
  std::string text;
  std::function<bool(const Values&)> expected;
};

Sample comparison() {
  const auto name = *rc::gen::element<std::string>("elapsed", "outage");
  const auto bound = *rc::gen::inRange(0, 5);
  const auto relation = *rc::gen::element<std::string>("<", "<=", ">", ">=", "==", "!=");
  const auto expected = [=](const Values& values) {
    const double value = std::get<double>(values.at(name));
    if (relation == "<") return value < bound;
    if (relation == "<=") return value <= bound;
    if (relation == ">") return value > bound;
    if (relation == ">=") return value >= bound;
    return (value == bound) == (relation == "==");
  };
  return Sample{name + " " + relation + " " + std::to_string(bound) + "s", expected};
}

Sample sample(int depth) {
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 4);
  if (kind == 0) return comparison();
  Sample left = sample(depth - 1);
  if (kind == 1) return Sample{"not (" + left.text + ")", [=](const Values& v) { return !left.expected(v); }};
  Sample right = sample(depth - 1);
  if (kind == 2) {
    return Sample{"(" + left.text + ") and (" + right.text + ")",
                  [=](const Values& v) { return left.expected(v) && right.expected(v); }};
  }
  return Sample{"(" + left.text + ") or (" + right.text + ")",
                [=](const Values& v) { return left.expected(v) || right.expected(v); }};
}

RC_GTEST_PROP(Expression, MeansTheSameWhenSpelledAgain, ()) {
  const Sample condition = sample(4);
  const auto parsed = Expression::parse(condition.text);
  RC_ASSERT(parsed.has_value());
  const auto again = Expression::parse(parsed->spelled());
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->spelled() == parsed->spelled());
  for (int elapsed = 0; elapsed < 6; ++elapsed) {
    for (int outage = 0; outage < 6; ++outage) {
      const Values values = {{"elapsed", double(elapsed)}, {"outage", double(outage)}};
      RC_ASSERT(parsed->evaluate(of(values)) == condition.expected(values));
      RC_ASSERT(again->evaluate(of(values)) == condition.expected(values));
    }
  }
}

RC_GTEST_PROP(Expression, AnyTextIsParsedOrRefused, ()) {
  const auto piece =
      rc::gen::elementOf(std::vector<std::string>{"elapsed", "phase", "and", "or", "not", "(", ")", "<", "==", "!",
                                                  "5m", "\"", "'x'", " ", "99%", "\xff", "-", "bid_latency.p99"});
  std::string text;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) text += part + " ";
  const auto parsed = Expression::parse(text);
  if (parsed) (void)parsed->evaluate(of({}));
}

}  // namespace
}  // namespace blackstart
