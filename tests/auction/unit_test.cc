// The pure parts: formats, timelines, leaders, schedules, news. Tables and properties.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/hash.h"
#include "targets/auction/bid_request.h"
#include "targets/auction/bugs.h"
#include "targets/auction/closing_schedule.h"
#include "targets/auction/entry.h"
#include "targets/auction/http.h"
#include "targets/auction/leaders.h"
#include "targets/auction/metrics.h"
#include "targets/auction/timeline.h"
#include "targets/auction/watch_hub.h"

namespace blackstart::auction {
namespace {

Entry any_entry(std::uint32_t drills) {
  Entry entry;
  entry.position = *rc::gen::arbitrary<std::uint64_t>();
  entry.at_ns = *rc::gen::arbitrary<std::int64_t>();
  entry.id = *rc::gen::arbitrary<std::uint64_t>();
  entry.auction = *rc::gen::arbitrary<std::uint32_t>();
  entry.bidder = *rc::gen::arbitrary<std::uint32_t>();
  entry.amount = *rc::gen::arbitrary<std::int64_t>();
  entry.crc = *rc::gen::arbitrary<std::uint32_t>();
  entry.round = *rc::gen::arbitrary<std::uint64_t>();
  entry.drill = *rc::gen::inRange<std::uint32_t>(0, drills);
  return entry;
}

RC_GTEST_PROP(EntryText, SurvivesTheWire, ()) {
  Batch batch;
  for (const char* name : {"", "a", "drill-7", "2026:x_y.z"}) batch.drill_index(name);
  const auto count = *rc::gen::inRange(0, 20);
  for (int i = 0; i < count; ++i) batch.entries.push_back(any_entry(4));
  const auto back = decode(encode(batch, LineForm::kLog), LineForm::kLog).value();
  RC_ASSERT(back.entries.size() == batch.entries.size());
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    RC_ASSERT(back.drills[back.entries[i].drill] == batch.drills[batch.entries[i].drill]);
    Entry same = back.entries[i];
    same.drill = batch.entries[i].drill;
    RC_ASSERT(same == batch.entries[i]);
  }
}

// Bytes near to right ones reach further than random ones do.
std::string spoilt(std::string text) {
  const auto changes = *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes && !text.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::arbitrary<char>();
  }
  return text.substr(0, *rc::gen::inRange<std::size_t>(0, text.size() + 1));
}

RC_GTEST_PROP(EntryText, IsTakenBackOrRefusedWhateverItHolds, ()) {
  const auto text = spoilt("d some\n1 2 3 4 5 6 7 8\n9 10 11 12 13 14 15 16\nd \n1 1 1 1 1 1 1 0\n");
  const auto batch = decode(text, LineForm::kLog);
  if (batch) {
    const auto again = decode(encode(*batch, LineForm::kLog), LineForm::kLog);
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->entries.size() == batch->entries.size());
  }
}

RC_GTEST_PROP(BidRequest, IsABidWithItsChecksumOrRefused, ()) {
  const auto bid = parse_bid(7, spoilt(R"({"id":"12","bidder":3,"amount":-4,"crc":3840498180,"x":[1,{"y":"z"}]})"));
  if (!bid) return;
  const bool right = bid->crc == entry_crc(*bid) && bid->id != 0 && bid->auction == 7;
  RC_ASSERT(right);
}

TEST(EntryText, RefusesWhatIsNone) {
  for (const char* text :
       {"1 1 1 1 1 0\n", "d x\n1 1 1 1 1\n", "d x\n1 1 1 1 1 0 0\n", "d x\n1 1 1 1 1 0", "d x\n\n", "d x y\n",
        "d x\n1  1 1 1 1 0\n", "d x\n-1 1 1 1 1 0\n", "d x\n1 1 4294967296 1 1 0\n", "d x\n1 1 1 1 1 0 \n"}) {
    EXPECT_FALSE(decode(text, LineForm::kAppend)) << text;
  }
  const auto error = decode("d x\n1 1 1 1 1 0\nwhat\n", LineForm::kAppend);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().message, "line 3: not an entry of the log");
}

TEST(EntryText, ChecksumsAsTheProtocolSays) {
  Entry entry;
  entry.id = 18446744073709551615ULL;
  entry.auction = 7;
  entry.bidder = 4294967295;
  entry.amount = -9;
  EXPECT_EQ(entry_crc(entry), crc32c("18446744073709551615:7:4294967295:-9"));
  std::string line;
  append_read_back_line(line, entry);
  EXPECT_EQ(line, "{\"id\":\"18446744073709551615\",\"auction\":7,\"bidder\":4294967295,\"amount\":-9,\"crc\":0}\n");
}

TEST(DrillName, IsPlain) {
  for (const char* name : {"", "a", "20261120T122503Z-db_failure.1:x"}) EXPECT_TRUE(valid_drill_name(name)) << name;
  for (const char* name : {" ", "a b", "a\n", "ü", "a/b"}) EXPECT_FALSE(valid_drill_name(name)) << name;
  EXPECT_TRUE(valid_drill_name(std::string(128, 'x')));
  EXPECT_FALSE(valid_drill_name(std::string(129, 'x')));
}

TEST(Http, TakesUrlsApart) {
  const auto url = parse_url("http://127.0.0.1:8080/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "127.0.0.1");
  EXPECT_EQ(url->port, "8080");
  EXPECT_EQ(parse_url("http://db").value_or(Url{}).to_string(), "http://db:80");
  for (const char* wrong : {"", "127.0.0.1:1", "https://a:1", "http://", "http://:1", "http://a:0", "http://a:65536",
                            "http://a:x", "http://a:1/path", "http://a b:1", "http://u@a:1"}) {
    EXPECT_FALSE(parse_url(wrong)) << wrong;
  }
}

TEST(Http, DecodesQueries) {
  Request request;
  request.target = "/bids?drill=a%2Fb&empty=&flag&plus=x+y&bad=%zz";
  EXPECT_EQ(request.path(), "/bids");
  EXPECT_EQ(request.query("drill"), "a/b");
  EXPECT_EQ(request.query("empty"), "");
  EXPECT_EQ(request.query("flag"), "");
  EXPECT_EQ(request.query("plus"), "x y");
  EXPECT_EQ(request.query("bad"), "%zz");
  EXPECT_EQ(request.query("none"), std::nullopt);
  request.target = "/bids";
  EXPECT_EQ(request.query("drill"), std::nullopt);
}

TEST(Http, QuotesAnything) {
  EXPECT_EQ(error_response(400, "a\"b\n").body, "{\"error\":\"a\\\"b\\n\"}");
  EXPECT_EQ(error_response(400, "\xff").body, "{\"error\":\"\xef\xbf\xbd\"}");
}

TEST(TimelineOf, SaysWhereHistoriesPart) {
  const auto timeline = Timeline::from_text("1=0,2=100,4=250").value();
  struct Case {
    std::uint64_t epoch, position;
    std::optional<std::uint64_t> common;
  };
  for (const auto& [epoch, position, common] : {Case{0, 0, 0},      // an empty standby
                                                Case{1, 100, 100},  // stopped just where epoch 2 began
                                                Case{1, 99, 99},    //
                                                Case{1, 101, 100},  // went on alone
                                                Case{2, 250, 250},  //
                                                Case{2, 251, 250},  //
                                                Case{3, 300, 250},  // an epoch that this history never had
                                                Case{4, 999, 999},  //
                                                Case{5, 0, std::nullopt}}) {
    EXPECT_EQ(timeline.common_until(epoch, position), common) << epoch << " at " << position;
  }
}

TEST(TimelineOf, IsText) {
  Timeline timeline;
  EXPECT_EQ(timeline.to_text(), "");
  timeline.advance(0);
  timeline.advance(77);
  EXPECT_EQ(timeline.to_text(), "1=0,2=77");
  EXPECT_EQ(Timeline::from_text("1=0,2=77"), timeline);
  for (const char* wrong : {"1", "1=", "=1", "2=0,1=1", "1=5,2=4", "1=0,", "x=0"}) {
    EXPECT_FALSE(Timeline::from_text(wrong)) << wrong;
  }
}

Entry bid(std::uint64_t id, std::uint32_t auction, std::int64_t amount) {
  Entry entry;
  entry.id = id;
  entry.auction = auction;
  entry.amount = amount;
  return entry;
}

Entry closing(std::uint32_t auction, std::uint64_t round) {
  Entry entry;
  entry.auction = auction;
  entry.round = round;
  return entry;
}

TEST(LeadersOf, AreTentativeUntilKept) {
  Leaders leaders;
  EXPECT_TRUE(leaders.apply(bid(1, 5, 10)));
  EXPECT_FALSE(leaders.apply(bid(2, 5, 10)));
  EXPECT_EQ(leaders.tentative(5).id, 1U);
  EXPECT_EQ(leaders.find(5).id, 0U);
  leaders.discard();
  EXPECT_EQ(leaders.tentative(5).id, 0U);
  EXPECT_TRUE(leaders.apply(bid(3, 5, -1))) << "the first bid leads, whatever it offers";
  leaders.keep();
  EXPECT_EQ(leaders.find(5).id, 3U);
  EXPECT_FALSE(leaders.apply(closing(5, 9)));
  EXPECT_EQ(leaders.tentative(5).round, 9U);
  EXPECT_EQ(leaders.tentative(5).id, 0U);
  EXPECT_TRUE(leaders.apply(bid(4, 5, -2))) << "a new round begins empty";
}

RC_GTEST_PROP(Closings, ComeOnceHoweverTimeIsCut, ()) {
  const auto auctions = *rc::gen::inRange<std::uint32_t>(1, 50);
  const auto length = std::chrono::milliseconds(*rc::gen::inRange(1, 5000));
  const ClosingSchedule schedule(auctions, length);
  const std::int64_t begin = 1'795'000'000'000'000'000 + *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
  const auto span = std::chrono::nanoseconds(length).count() * 3;
  const auto whole = schedule.due(begin, begin + span, 1'000'000);
  RC_ASSERT(whole.size() == 3 * auctions);
  std::vector<Entry> pieces;
  for (auto from = begin; from < begin + span;) {
    const auto until = std::min(begin + span, from + *rc::gen::inRange<std::int64_t>(span / 20 + 1, span));
    for (const auto& entry : schedule.due(from, until, 1'000'000)) {
      RC_ASSERT(schedule.end_ns(entry) > from);
      RC_ASSERT(schedule.end_ns(entry) <= until);
      pieces.push_back(entry);
    }
    from = until;
  }
  RC_ASSERT(pieces == whole);
}

TEST(Closings, LimitGoesOnWhereItStopped) {
  const ClosingSchedule schedule(7, std::chrono::milliseconds(10));
  const std::int64_t begin = 1'795'000'000'000'000'000;
  const auto whole = schedule.due(begin, begin + 100'000'000, 1000);
  std::vector<Entry> pieces;
  for (auto from = begin; pieces.size() < whole.size();) {
    const auto some = schedule.due(from, begin + 100'000'000, 3);
    ASSERT_FALSE(some.empty());
    pieces.insert(pieces.end(), some.begin(), some.end());
    from = schedule.end_ns(some.back());
  }
  EXPECT_EQ(pieces, whole);
}

TEST(News, StandForAllAndCarryTheLeadingOne) {
  BidNews news;
  news.merge({.id = 1, .amount = 5, .leading = false, .count = 1});
  EXPECT_EQ(news.to_event(), "event: bid\ndata: {\"id\":\"1\",\"amount\":5,\"leading\":false,\"count\":1}\n\n");
  news.merge({.id = 2, .amount = 9, .leading = true, .count = 1});
  news.merge({.id = 3, .amount = 8, .leading = false, .count = 1});
  EXPECT_EQ(news.id, 2U);
  EXPECT_EQ(news.count, 3U);
  news.merge({.id = 4, .amount = 10, .leading = true, .count = 2});
  EXPECT_EQ(news.id, 4U);
  EXPECT_EQ(news.count, 5U);
}

TEST(Metrics, AreFamilies) {
  MetricsPage page;
  page.sample("a_total", "counter", "Help.", "x=\"1\"", 1);
  page.sample("a_total", "counter", "Help.", "x=\"2\"", 2);
  BucketHistogram histogram(std::array<double, 2>{1, 2});
  for (const double value : {0.5, 1.0, 1.5, 3.0}) histogram.observe(value);
  page.histogram("h", "Help.", histogram);
  EXPECT_EQ(page.text(),
            "# HELP a_total Help.\n# TYPE a_total counter\na_total{x=\"1\"} 1\na_total{x=\"2\"} 2\n"
            "# HELP h Help.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"2\"} 3\nh_bucket{le=\"+Inf\"} 4\n"
            "h_sum 6\nh_count 4\n");
}

TEST(Bugs, HaveNames) {
  EXPECT_EQ(bug_named("ack-before-commit"), Bug::kAckBeforeCommit);
  EXPECT_EQ(bug_named(""), Bug::kNone);
  EXPECT_EQ(bug_named("typo"), std::nullopt);
}

}  // namespace
}  // namespace blackstart::auction
