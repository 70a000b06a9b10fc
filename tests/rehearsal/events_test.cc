// Values to journal bodies and back.

#include "rehearsal/events.h"

#include "rehearsal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blackstart {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

TrafficInterval an_interval() {
  TrafficInterval interval;
  interval.start = instant_from_ns(-5);
  interval.length = 1s;
  interval.offered = 10;
  interval.sent = 9;
  interval.acknowledged = 8;
  interval.degraded = 1;
  interval.refused = 2;
  interval.indeterminate = 3;
  interval.timed_out = 4;
  interval.unsent_no_connection = 5;
  interval.unsent_generator = 6;
  interval.attempts = 7;
  interval.bins = {{instant_from_ns(-5), 100ms, 10, 8, 3ms, false, instant_from_ns(-2)},
                   {instant_from_ns(95), 100ms, 0, 0, 0ms, true}};
  interval.latency.record(3ms, 8);
  interval.service_time.record(2ms, 8);
  interval.lateness.record(10us, 9);
  return interval;
}

ReadBackResult a_read_back() {
  ReadBackResult result;
  result.complete = true;
  result.passes = 2;
  std::uint64_t next = 1;
  for (auto* count : {&result.read, &result.kept, &result.lost, &result.lost_after_fault, &result.rolled_back,
                      &result.corrupted, &result.recovered, &result.not_lost, &result.resurrected, &result.phantom,
                      &result.duplicated, &result.first_lost_id, &result.last_lost_id})
    *count = next++;
  result.first_lost_ack = instant_from_ns(77);
  result.first_bin_lost = true;
  result.rolled_back_span = 5s;
  LossStretch stretch;
  stretch.begin = instant_from_ns(1);
  stretch.end = kNever;
  stretch.acknowledged = 5;
  stretch.lost = 2;
  stretch.last_lost_ack = instant_from_ns(9);
  result.stretches = {stretch};
  result.examples = {{12, "lost", instant_from_ns(3), instant_from_ns(4)}, {13, "phantom", kNever, kNever}};
  return result;
}

TEST(Events, IntervalsSurvive) {
  const Json body = to_json(an_interval());
  const auto read = traffic_interval_from_json(Json::parse(body.dump()));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(to_json(*read), body);
  EXPECT_EQ(read->latency, an_interval().latency);
  ASSERT_EQ(read->bins.size(), 2u);
  EXPECT_EQ(read->bins[0].percentile, 3ms);
  EXPECT_FALSE(read->bins[0].ok);
  EXPECT_EQ(read->bins[0].first_acknowledged, instant_from_ns(-2));
  EXPECT_EQ(read->bins[1].first_acknowledged, kNever);
  EXPECT_EQ(read->timed_out, 4u);
}

TEST(Events, IntervalsOfAJournalBecomeValues) {
  auto journal = *JournalWriter::create("");
  NotificationInterval heard;
  heard.length = 1s;
  heard.events = 3;
  heard.delay.record(7ms, 3);
  ASSERT_TRUE(journal.append_interval(instant_from_ns(1), {}, an_interval()));
  ASSERT_TRUE(journal.append_interval(instant_from_ns(2), {}, heard));
  ASSERT_TRUE(journal.append(instant_from_ns(3), {}, "traffic.interval", {{"start_ns", 0}}));
  const auto text = read_journal(journal.text(), "j"), values = read_journal(journal.text(), "j", Intervals::kAsValues);
  ASSERT_TRUE(text && values);
  EXPECT_EQ(values->head, text->head);
  for (const std::vector<Event>& events : {values->events, journal.events()}) {
    EXPECT_EQ(to_json(std::get<TrafficInterval>(events.at(0).value)), text->events.at(0).body);
    EXPECT_EQ(to_json(std::get<NotificationInterval>(events.at(1).value)), text->events.at(1).body);
  }
  EXPECT_EQ(values->events[0].body, (Json{{"latency", text->events[0].body.at("latency")}}));  // for the latency log
  EXPECT_TRUE(std::holds_alternative<std::monostate>(text->events[0].value));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(values->events[2].value));  // cannot be decoded: as it stands
  EXPECT_EQ(values->events[2].body, text->events[2].body);
}

TEST(Events, ReadBacksSurvive) {
  const Json body = to_json(a_read_back());
  const auto read = read_back_from_json(Json::parse(body.dump()));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(to_json(*read), body);
  EXPECT_EQ(read->stretches.at(0).end, kNever);
  EXPECT_EQ(read->stretches.at(0).last_lost_ack, instant_from_ns(9));
  EXPECT_EQ(read->examples.at(1).kind, "phantom");
  EXPECT_EQ(body["examples"][1]["acknowledged_ns"], nullptr);
}

TEST(Events, GeneratorAndTrafficEndSurvive) {
  TrafficEnd end;
  end.first_intended = instant_from_ns(1);
  end.last_intended = instant_from_ns(2);
  end.bids = 3;
  end.attempts = 4;
  end.generator.lateness.record(1ms);
  end.generator.cpu_s = 1.25;
  end.generator.offered_rate = 9999.5;
  end.generator.memory_peak_bytes = 64'000'000;
  end.generator.connections_max = 4096;
  end.generator.connections_peak = 71;
  const Json body = to_json(end);
  const auto read = traffic_end_from_json(Json::parse(body.dump()));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(to_json(*read), body);
  const auto figures = generator_from_json(body);
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->connections_peak, 71);
}

TEST(Events, NotificationsSurvive) {
  NotificationInterval interval{.start = instant_from_ns(1), .length = 1s, .events = 5, .delay = {}};
  interval.delay.record(7ms, 5);
  const auto read = notification_interval_from_json(Json::parse(to_json(interval).dump()));
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->events, 5u);
  EXPECT_EQ(read->delay, interval.delay);
}

/// Every field that is taken away or of the wrong kind is an error that names it.
template <class Read>
void expect_every_field_needed(const Json& body, Read read) {
  for (const auto& [key, value] : body.items()) {
    Json without = body;
    without.erase(key);
    const auto missing = read(without);
    ASSERT_FALSE(missing) << key << " is not needed";
    EXPECT_THAT(missing.error().message, HasSubstr("field " + key));
    Json wrong = body;
    wrong[key] = Json::object();
    EXPECT_FALSE(read(wrong)) << key << " may be an object";
  }
}

TEST(Events, WhatIsMissingIsNamed) {
  Json interval = to_json(an_interval());
  interval.erase("first_acknowledged_ns");  // earlier versions did not write it
  expect_every_field_needed(interval, [](const Json& body) { return traffic_interval_from_json(body); });
  expect_every_field_needed(to_json(a_read_back()), [](const Json& body) { return read_back_from_json(body); });
  expect_every_field_needed(to_json(TrafficEnd{}), [](const Json& body) { return traffic_end_from_json(body); });
  EXPECT_FALSE(traffic_interval_from_json(Json::array()));
}

TEST(Events, AJournalWithoutFirstAcknowledgedTellsThemByBins) {
  Json body = to_json(an_interval());
  body.erase("first_acknowledged_ns");
  const auto read = traffic_interval_from_json(body);
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->bins[0].first_acknowledged, read->bins[0].start);
  EXPECT_EQ(read->bins[1].first_acknowledged, kNever) << "no good answer in it";
}

TEST(Events, WrongPartsAreFound) {
  Json body = to_json(an_interval());
  body["bins"][1] = {1, 2, 3};
  EXPECT_FALSE(traffic_interval_from_json(body));
  body = to_json(an_interval());
  body["bins"][0][2] = -1;
  EXPECT_FALSE(traffic_interval_from_json(body));
  body = to_json(an_interval());
  body["first_acknowledged_ns"] = {nullptr};
  EXPECT_FALSE(traffic_interval_from_json(body)) << "one for each bin";
  body["first_acknowledged_ns"] = {nullptr, "12"};
  EXPECT_FALSE(traffic_interval_from_json(body));
  body = to_json(an_interval());
  body["latency"] = "AAAA";
  EXPECT_FALSE(traffic_interval_from_json(body));
  body = to_json(an_interval());
  body["offered"] = -1;
  EXPECT_FALSE(traffic_interval_from_json(body));
  body = to_json(a_read_back());
  body["stretches"][0].erase("lost");
  const auto read = read_back_from_json(body);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("stretches"));
}

TEST(Events, InstantsThatNeverCameAreNull) {
  EXPECT_EQ(instant_json(kNever), nullptr);
  EXPECT_EQ(instant_json(instant_from_ns(-3)), -3);
  EXPECT_EQ(instant_from_json(nullptr), kNever);
  EXPECT_EQ(instant_from_json(7), instant_from_ns(7));
}

}  // namespace
}  // namespace blackstart
