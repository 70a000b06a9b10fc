// What breakers are expected to become, in the fake world.

#include "tests/rehearsal/drill_fixture.h"

#include <gmock/gmock.h>

namespace blackstart::testing {
namespace {

using State = Expectation::State;

/// An acting fault of 10 s that hurts nobody; base is the instant of its act.
Spec provider_hangs() {
  Spec spec = database_failure();
  spec.scenario.recovery.reset();
  spec.scenario.detection.clear();
  spec.scenario.faults = {fault("provider hangs", 0s, FaultClass::kActing, FaultEnd::kFor, 10s)};
  spec.scenario.expect = {{"market-data", State::kOpen, 5s, "fault", {}},
                          {"market-data", State::kHalfOpen, 6s, "open", {}},
                          {"market-data", State::kClosed, 8s, "healed", {}}};
  return spec;
}

Script unhurt(std::vector<BreakerChange> breakers) {
  Script script;
  script.faults[1].hurts = false;
  script.breakers = std::move(breakers);
  return script;
}

/// When the fault acts: the same in every drill here.
Instant acted() {
  static const Instant at_act = [] {
    FakeWorld world(unhurt({}));
    const Drilled drilled = run_drill(world, provider_hangs());
    return instant_from_ns(drilled.first("fault.effective")->body["acted_ns"].get<std::int64_t>());
  }();
  return at_act;
}

struct Told {
  Drilled drilled;
  std::vector<std::optional<bool>> met;
  std::vector<ExpectationRecord> records;
};
Told told(std::vector<BreakerChange> breakers, Spec spec = provider_hangs()) {
  FakeWorld world(unhurt(std::move(breakers)));
  Told result{run_drill(world, spec), {}, {}};
  result.records = result.drilled.measured(spec).expectations;
  for (const auto& record : result.records) result.met.push_back(record.met);
  return result;
}

TEST(Expectations, AreMetInTheirOrder) {
  const Instant t = acted();
  const Told all = told({{t + 5s, "trading 1", State::kOpen},
                         {t + 11s, "trading 1", State::kHalfOpen},
                         {t + 12s, "trading 1", State::kClosed}});
  EXPECT_THAT(all.met, ::testing::Each(std::optional(true))) << "the edges count";
  EXPECT_EQ(all.records[0].at, t + 5s);
  EXPECT_EQ(all.records[1].from, t + 5s);
  EXPECT_EQ(all.drilled.count("expectation.met"), 3);
  EXPECT_EQ(all.drilled.exit_code(), 0) << ::testing::PrintToString((*all.drilled.result)->verdict.reasons);
}

TEST(Expectations, WhatLastedForAMomentCounts) {
  const Instant t = acted();
  const Told all = told({{t + 1010ms, "trading 1", State::kOpen},
                         {t + 1011ms, "trading 1", State::kHalfOpen},
                         {t + 1012ms, "trading 1", State::kOpen},
                         {t + 9s, "trading 1", State::kHalfOpen},
                         {t + 11s, "trading 1", State::kClosed}});
  EXPECT_THAT(all.met, ::testing::Each(std::optional(true)));
  EXPECT_EQ(all.records[1].at, t + 1011ms);
}

TEST(Expectations, TooLateIsMissed) {
  const Instant t = acted();
  const Told late = told({{t + 5001ms, "trading 1", State::kOpen}});
  EXPECT_EQ(late.met[0], std::optional(false));
  EXPECT_EQ(late.met[1], std::optional(false)) << "it counts from what did not come";
  EXPECT_EQ(late.met[2], std::optional(false));
  EXPECT_EQ(late.drilled.exit_code(), 1);
  EXPECT_EQ(late.drilled.count("expectation.missed"), 3);
}

TEST(Expectations, ABreakerThatStaysOpenMissesAndTheDrillWaitsToSee) {
  const Instant t = acted();
  const Told open = told({{t + 1s, "trading 1", State::kOpen}, {t + 2s, "trading 1", State::kHalfOpen}});
  EXPECT_EQ(open.met[1], std::optional(true));
  EXPECT_EQ(open.met[2], std::optional(false));
  const Instant healed = instant_from_ns(open.drilled.first("fault.healed")->body["healed_ns"].get<std::int64_t>());
  EXPECT_GT(open.drilled.first("phase.entered", "phase", "lift")->at, healed + 8s);
}

TEST(Expectations, ItIsClosedWhenAllCallersAre) {
  const Instant t = acted();
  const std::vector<BreakerChange> two = {{t + 1s, "trading 1", State::kOpen},
                                          {t + 2s, "trading 2", State::kOpen},
                                          {t + 3s, "trading 1", State::kHalfOpen},
                                          {t + 12s, "trading 1", State::kClosed}};
  EXPECT_EQ(told(two).met[2], std::optional(false)) << "trading 2 is open still";
  auto both = two;
  both.push_back({t + 13s, "trading 2", State::kClosed});
  const Told closed = told(both);
  EXPECT_EQ(closed.met[2], std::optional(true));
  EXPECT_EQ(closed.records[2].at, t + 13s);
}

TEST(Expectations, WhatComesBeforeItsAnchorDoesNotCount) {
  const Instant t = acted();
  const Told early = told({{t + 1s, "trading 1", State::kOpen},
                           {t + 2s, "trading 1", State::kHalfOpen},
                           {t + 3s, "trading 1", State::kClosed}});
  EXPECT_EQ(early.met[2], std::optional(false)) << "it closed while the provider hung";
}

TEST(Expectations, NotDueWhenTheDrillEndsIsInconclusive) {
  Spec spec = provider_hangs();
  spec.scenario.expect = {{"market-data", State::kOpen, 1h, "fault", {}}};
  const Told open = told({}, spec);
  EXPECT_FALSE(open.met[0].has_value());
  EXPECT_EQ(open.drilled.exit_code(), 2);
}

TEST(Expectations, DamageIsGoneOnceTheRecoveryHasContainedIt) {
  Spec spec = database_failure();
  spec.scenario.expect = {{"database", State::kClosed, 5s, "healed", {}}};
  FakeWorld first(promote_restores());
  const Drilled probe = run_drill(first, spec);
  const Instant contained = *probe.measured(spec).incidents[0].timeline.contained;
  FakeWorld world(promote_restores());
  world.script.breakers = {{contained - 1s, "api", State::kOpen}, {contained + 2s, "api", State::kClosed}};
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.measured(spec).expectations[0].from, contained);
  EXPECT_EQ(drilled.measured(spec).expectations[0].met, std::optional(true));
}

TEST(Expectations, AWorldThatCannotSeeBreakersEndsTheDrill) {
  class Blind final : public World {
   public:
    explicit Blind(FakeWorld& world) : world_(world) {}
    Clock& clock() override { return world_.clock(); }
    std::string name() const override { return "sim"; }
    std::string driver() const override { return "fake"; }
    std::vector<Error> refusals(const Spec&) const override { return {}; }
    Task<Result<TargetUp>> bring_up(Limit limit) override { return world_.bring_up(std::move(limit)); }
    Task<Status> tear_down(Limit limit) override { return world_.tear_down(std::move(limit)); }
    Task<Status> start(TrafficRequest request, TrafficListener& listener, Limit limit) override {
      return world_.start(std::move(request), listener, std::move(limit));
    }
    Task<Result<TrafficEnd>> stop(Limit limit) override { return world_.stop(std::move(limit)); }
    Task<Result<Injection>> inject(FaultRequest request, std::function<void()> armed, Limit limit) override {
      return world_.inject(std::move(request), std::move(armed), std::move(limit));
    }
    Task<Result<Healing>> heal(std::uint64_t id, Limit limit) override { return world_.heal(id, std::move(limit)); }
    Task<Result<ActionOutcome>> perform(Call action, std::string title, Limit limit) override {
      return world_.perform(std::move(action), std::move(title), std::move(limit));
    }
    Task<Result<Observation>> probe(const Call& probe, Limit limit) override {
      return world_.probe(probe, std::move(limit));
    }
    Task<Result<Observation>> check(const Call& check, Limit limit) override {
      return world_.check(check, std::move(limit));
    }
    Task<Result<ReadBackResult>> read_back(ReadBackRequest request, Limit limit) override {
      return world_.read_back(std::move(request), std::move(limit));
    }
    Task<Result<std::vector<Residue>>> residues(Limit limit) override { return world_.residues(std::move(limit)); }
    HostFigures host_figures() override { return world_.host_figures(); }
    Task<Status> notify(Communication communication, std::string text, Limit limit) override {
      return world_.notify(std::move(communication), std::move(text), std::move(limit));
    }
    Result<std::string> fill_text(const std::string& text) const override { return text; }
    void remember_output(const std::string&, const std::string&) override {}

   private:
    FakeWorld& world_;
  };
  FakeWorld world(unhurt({}));
  Blind blind(world);
  auto journal = JournalWriter::of_values();
  const Plan plan = make_plan(provider_hangs(), {.seed = 7, .world = "sim"});
  const auto result = run_in(world, conduct(plan, blind, journal, nullptr, DrillFacts{}, {}));
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->exit_code, 2);
  EXPECT_THAT((*result)->verdict.reasons, ::testing::Contains(::testing::HasSubstr("cannot be observed")));
  EXPECT_TRUE(world.acting.empty());
}

}  // namespace
}  // namespace blackstart::testing
