// Every way out of a drill heals: stopped at any instant, failed at any call, without a journal from any line on.

#include "tests/rehearsal/drill_fixture.h"

#include <gmock/gmock.h>

namespace blackstart::testing {
namespace {

using ::testing::HasSubstr;

/// A drill with all that can be left behind: damage, an acting fault that ends by itself, one that lasts to the end.
Spec busy_drill() {
  Spec spec = database_failure();
  spec.scenario.faults = {fault("primary lost", 1s, FaultClass::kDamage, FaultEnd::kRecovered),
                          fault("slow net", 2s, FaultClass::kActing, FaultEnd::kFor, 4s),
                          fault("cut off", 3s, FaultClass::kActing, FaultEnd::kRecovered),
                          fault("clock", 3s, FaultClass::kActing, FaultEnd::kDrillEnd)};
  Communication told;
  told.audience = "engineering";
  told.within = 15min;
  spec.scenario.communications = {told};
  Step integrity = check_step("2b", "verify integrity", "reconcile");
  spec.scenario.recovery->steps.insert(spec.scenario.recovery->steps.begin() + 2, integrity);
  return spec;
}

Script busy_script() {
  Script script = promote_restores();
  for (const std::uint64_t id : {2u, 3u, 4u}) script.faults[id].hurts = false;
  return script;
}

Drilled play(FakeWorld& world, DrillOptions options = {}) { return run_drill(world, busy_drill(), std::move(options)); }

TEST(Exits, TheBusyDrillPasses) {
  FakeWorld world(busy_script());
  const Drilled drilled = play(world);
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  EXPECT_EQ(world.ever_acted.size(), 4u);
  expect_left_clean(world, drilled, "undisturbed");
}

/// Every instant at which something happens, and a moment before and after.
std::vector<Duration> instants_of_interest() {
  FakeWorld world(busy_script());
  const Drilled drilled = play(world);
  std::set<Duration> instants = {0ns};
  for (const auto& event : drilled.events) {
    const Duration since = event.at - kDrillStart;
    for (const Duration offset : {-1ms, 0ms, 1ms})
      if (since + offset >= 0ns) instants.insert(since + offset);
  }
  return {instants.begin(), instants.end()};
}

TEST(Exits, APersonMayStopAtAnyInstant) {
  for (const bool cancel_inline : {true, false}) {
    for (const Duration instant : instants_of_interest()) {
      FakeWorld world(busy_script());
      world.time.cancel_inline = cancel_inline;
      const Drilled drilled = play(world, {.stop_at = instant});
      const std::string what = "stopped at " + std::to_string(to_seconds(instant));
      ASSERT_TRUE(drilled.result && *drilled.result) << what;
      expect_left_clean(world, drilled, what);
      EXPECT_TRUE(drilled.journal.finished) << what;
      const Event* judged = drilled.first("drill.judged");
      ASSERT_NE(judged, nullptr) << what;
      const Event* requested = drilled.first("stop.requested");
      EXPECT_EQ(drilled.exit_code(), requested ? 3 : 0) << what;
      if (requested) {
        EXPECT_LT(requested->seq, judged->seq) << what;
      } else {
        EXPECT_GE(at(instant), judged->at) << what << ": the wish was not heard";
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(Exits, AStoppedDrillStillReportsWhatItMeasured) {
  FakeWorld world(busy_script());
  world.script.actions["promote"].takes = 1min;
  const Drilled drilled = play(world, {.stop_at = 20s});
  EXPECT_EQ(drilled.exit_code(), 3);
  EXPECT_EQ(drilled.first("stop.requested")->body["by"], "person");
  EXPECT_EQ(drilled.first("read_back.finished", "provisional", false)->body["complete"], true) << "it was quick";
  EXPECT_EQ(drilled.first("step.finished", "title", "promote")->body["outcome"], "failed");
  EXPECT_EQ(drilled.first("step.finished", "title", "rebuild")->body["outcome"], "skipped");
  const Measurement measured = drilled.measured(busy_drill());
  EXPECT_TRUE(measured.incidents.at(0).rto.censored);
  EXPECT_GT(measured.bids.all.acknowledged, 0u);
}

TEST(Exits, AStopCutsALongReadBackAndASecondWishCutsItSooner) {
  std::vector<Json> told;
  const auto read_for = [&told](DrillOptions options) {
    FakeWorld world(busy_script());
    world.script.read_back_takes = 4min;
    const Drilled drilled = play(world, std::move(options));
    EXPECT_EQ(drilled.exit_code(), 3);
    const Event* read = drilled.first("read_back.finished", "provisional", false);
    EXPECT_EQ(read->body["complete"], false);
    EXPECT_THAT(read->body["why_incomplete"].get<std::string>(), HasSubstr("stopped"));
    expect_left_clean(world, drilled, "long read-back");
    told.clear();
    for (const auto& event : drilled.events)
      if (event.type == "read_back.progress") told.push_back(event.body);
    return read->at - drilled.first("phase.entered", "phase", "read back")->at;
  };
  const Duration patient = read_for({.stop_at = 12s});
  EXPECT_GE(patient, 30s);
  EXPECT_LE(patient, 31s);
  EXPECT_GE(told.size(), 6U) << "every 5 s";
  EXPECT_EQ(told.front()["read"], 42);
  EXPECT_TRUE(told.front()["cut_at_ns"].is_number()) << "a person is told how long it goes on at most";
  const Duration hurried = read_for({.stop_at = 12s, .hurry_at = 13s});
  EXPECT_LE(hurried, 3s);
}

TEST(Exits, AStopConditionEndsTheDrill) {
  Spec spec = busy_drill();
  spec.scenario.stop_conditions = {{"disk nearly full", *Expression::parse("host.disk_free < 1GiB"), {}},
                                   {"long outage", *Expression::parse("outage > 5s and phase == faults"), {}}};
  FakeWorld full(busy_script());
  full.script.host["host.disk_free"] = 1e6;
  const Drilled early = run_drill(full, spec);
  EXPECT_EQ(early.exit_code(), 3);
  EXPECT_TRUE(full.ever_acted.empty());
  EXPECT_THAT(early.first("stop.requested")->body["reason"].get<std::string>(), HasSubstr("disk nearly full"));
  expect_left_clean(full, early, "disk");

  FakeWorld slow(busy_script());
  slow.script.actions["promote"].takes = 1min;
  const Drilled late = run_drill(slow, spec);
  EXPECT_EQ(late.exit_code(), 3);
  EXPECT_EQ(late.first("stop.requested")->body["by"], "condition");
  EXPECT_THAT(late.first("stop.requested")->body["reason"].get<std::string>(), HasSubstr("long outage"));
  const Instant acted = instant_from_ns(late.first("fault.effective")->body["acted_ns"]);
  EXPECT_LE(late.first("stop.requested")->at - acted, 6500ms);
  expect_left_clean(slow, late, "outage");
}

/// What else a drill sees in its variables.
TEST(Exits, StopConditionsSeeTheTraffic) {
  for (const char* condition : {"goodput < 50%", "bid_failed > 50%", "faults_active >= 1", "elapsed > 10s"}) {
    Spec spec = busy_drill();
    spec.scenario.stop_conditions = {{"c", *Expression::parse(condition), {}}};
    FakeWorld world(busy_script());
    const Drilled drilled = run_drill(world, spec);
    EXPECT_EQ(drilled.exit_code(), 3) << condition;
  }
  for (const char* condition : {"goodput < 0%", "bid_latency.p99 > 1s", "faults_active > 4", "elapsed > 10h"}) {
    Spec spec = busy_drill();
    spec.scenario.stop_conditions = {{"c", *Expression::parse(condition), {}}};
    FakeWorld world(busy_script());
    EXPECT_EQ(run_drill(world, spec).exit_code(), 0) << condition;
  }
}

/// A rebuild may take hours, and fill a disk. What is said of the traffic no longer holds then.
TEST(Exits, AStopConditionEndsTheStepsAfterTheEnd) {
  const auto ended_by = [](const char* condition) {
    Spec spec = database_failure();
    spec.scenario.stop_conditions = {{"c", *Expression::parse(condition), {}}};
    FakeWorld world(promote_restores());
    world.script.actions["rebuild"].takes = 50s;
    const Drilled drilled = run_drill(world, spec);
    EXPECT_EQ(drilled.first("step.finished", "title", "rebuild")->body["done"], drilled.exit_code() == 0) << condition;
    expect_left_clean(world, drilled, condition);
    return drilled.exit_code();
  };
  EXPECT_EQ(ended_by("elapsed > 1m"), 3);
  EXPECT_EQ(ended_by("phase == 'after end' and (goodput >= 0% or bid_failed >= 0% or outage >= 0s)"), 0);
}

TEST(Exits, AnyCallMayFail) {
  FakeWorld counted(busy_script());
  (void)play(counted);
  const int calls = static_cast<int>(counted.calls_that_can_fail);
  ASSERT_GT(calls, 15);
  for (int failing = 1; failing <= calls; ++failing) {
    FakeWorld world(busy_script());
    world.script.failing_call = failing;
    const Drilled drilled = play(world);
    const std::string what = "call " + std::to_string(failing) + " of " + std::to_string(calls) + " fails";
    ASSERT_TRUE(drilled.result && *drilled.result) << what;
    expect_left_clean(world, drilled, what);
    EXPECT_TRUE(drilled.journal.finished) << what;
    EXPECT_NE(drilled.first("drill.judged"), nullptr) << what;
    if (::testing::Test::HasFailure()) return;
  }
}

/// A disk that is full from the n-th line on, for ever or for that line alone.
class FullSink final : public JournalSink {
 public:
  FullSink(int full_from, bool stays_full) : full_from_(full_from), stays_full_(stays_full) {}
  Status write(std::string_view) override {
    ++line_;
    const bool full = stays_full_ ? line_ >= full_from_ : line_ == full_from_;
    return full ? Status(fail(ErrorCode::kIo, "no space left on device")) : ok();
  }

 private:
  int full_from_;
  bool stays_full_;
  int line_ = 0;
};

TEST(Exits, WithoutAJournalEverythingIsHealed) {
  FakeWorld counted(busy_script());
  const int lines = static_cast<int>(play(counted).events.size());
  ASSERT_GT(lines, 50);
  for (const bool stays_full : {true, false}) {
    for (int line = 1; line <= lines; ++line) {
      FakeWorld world(busy_script());
      DrillOptions options;
      options.sink = std::make_unique<FullSink>(line, stays_full);
      const Drilled drilled = play(world, std::move(options));
      const std::string what =
          "line " + std::to_string(line) + (stays_full ? " and all after" : "") + " is not written";
      expect_left_clean(world, drilled, what);
      ASSERT_TRUE(drilled.result) << what;
      ASSERT_FALSE(*drilled.result) << what << ": nobody is told";
      EXPECT_EQ(drilled.result->error().code, ErrorCode::kIo) << what;
      const bool told = !drilled.events.empty() && drilled.events.back().type == "drill.finished";
      if (!stays_full && line < lines) {
        ASSERT_TRUE(told) << what << ": what can be written is written";
        EXPECT_EQ(drilled.events.back().body["exit_code"], 255) << what;
        EXPECT_THAT(drilled.events.back().body["error"].get<std::string>(), HasSubstr("no space left")) << what;
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(Exits, NothingIsInjectedThatCannotBeAnnounced) {
  FakeWorld counted(busy_script());
  const Drilled whole = play(counted);
  const auto line = static_cast<int>(whole.first("fault.injecting")->seq);
  FakeWorld world(busy_script());
  DrillOptions options;
  options.sink = std::make_unique<FullSink>(line, true);
  const Drilled drilled = play(world, std::move(options));
  EXPECT_TRUE(world.ever_acted.empty());
  expect_left_clean(world, drilled, "not announced");
}

/// Lines reach the system, and never the disk.
class LostSink final : public JournalSink {
 public:
  Status write(std::string_view) override { return ok(); }
  Status sync() override { return fail(ErrorCode::kIo, "the disk is gone"); }
};

TEST(Exits, NothingIsInjectedWhoseAnnouncementIsNotOnTheDisk) {
  FakeWorld world(busy_script());
  DrillOptions options;
  options.sink = std::make_unique<LostSink>();
  const Drilled drilled = play(world, std::move(options));
  EXPECT_TRUE(world.ever_acted.empty());
  expect_left_clean(world, drilled, "announced, but not on the disk");
  ASSERT_TRUE(drilled.result);
  ASSERT_FALSE(*drilled.result);
  EXPECT_THAT(drilled.result->error().message, HasSubstr("the disk is gone"));
}

}  // namespace
}  // namespace blackstart::testing
