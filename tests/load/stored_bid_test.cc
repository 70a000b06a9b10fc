#include "load/stored_bid.h"

#include "load/event_stream.h"
#include "load/stored_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace blackstart {
namespace {

const ContentMaker& maker() {
  static const ContentMaker kMaker(9, 500, 1.1, 2);
  return kMaker;
}
std::string line_of(const BidContent& bid) {
  return fmt::format(R"({{"id":"{}","auction":{},"bidder":{},"amount":{},"crc":{}}})", bid.id, bid.auction, bid.bidder,
                     bid.amount, bid.crc);
}

TEST(StoredLine, AnySpellingOfTheSame) {
  const BidContent bid = maker().make(4, 1);
  const std::string crc = std::to_string(bid.crc);
  for (const std::string& line :
       {line_of(bid),
        fmt::format(R"({{ "crc": {}, "amount": {}, "drill":"d", "bidder":{}, "auction":{}, "id":"{}" }})", bid.crc,
                    bid.amount, bid.bidder, bid.auction, bid.id),
        fmt::format(R"({{"id":{},"auction":{},"bidder":{},"amount":{},"crc":{},"more":{{"a":[1,2]}},"t":1.5}})", bid.id,
                    bid.auction, bid.bidder, bid.amount, bid.crc)}) {
    const ReadLine read = read_stored_line(line, "d", maker());
    EXPECT_EQ(read.kind, LineKind::kBid) << line;
    EXPECT_EQ(read.bid.id, bid.id) << line;
    EXPECT_TRUE(read.bid.id_known && read.bid.content_ok) << line;
  }
}

TEST(StoredLine, EveryFieldIsHeldToWhatWasSent) {
  const BidContent right = maker().make(4, 0);
  for (int field = 0; field < 4; ++field) {
    BidContent wrong = right;
    if (field == 0) ++wrong.auction;
    if (field == 1) ++wrong.bidder;
    if (field == 2) ++wrong.amount;
    if (field == 3) ++wrong.crc;
    const ReadLine read = read_stored_line(line_of(wrong), "d", maker());
    EXPECT_EQ(read.kind, LineKind::kBid);
    EXPECT_FALSE(read.bid.content_ok) << field;
    EXPECT_NE(read.bid.digest, read_stored_line(line_of(right), "d", maker()).bid.digest);
  }
  EXPECT_FALSE(read_stored_line(fmt::format(R"({{"id":"{}"}})", right.id), "d", maker()).bid.content_ok);
}

TEST(StoredLine, OtherDrillsOddIdsAndNonsense) {
  EXPECT_EQ(read_stored_line(R"({"id":"1","drill":"other"})", "d", maker()).kind, LineKind::kForeign);
  for (const char* odd :
       {R"({"id":"x1"})", R"({"id":"-1"})", R"({"id":"0"})", R"({"id":""})", R"({"id":"99999999999999999999999"})"}) {
    const ReadLine read = read_stored_line(odd, "d", maker());
    EXPECT_EQ(read.kind, LineKind::kBid) << odd;
    EXPECT_FALSE(read.bid.id_known) << odd;
  }
  for (const char* nonsense : {"", "[]", "x", "{", R"({"bidder":1})", "<html>", R"({"id":"1")"}) {
    EXPECT_EQ(read_stored_line(nonsense, "d", maker()).kind, LineKind::kMalformed) << nonsense;
  }
}

TEST(StoredId, FormsOfIds) {
  const BidContent bid = maker().make(4, 0);
  const std::string crc = std::to_string(bid.crc);
  const std::string id = std::to_string(bid.id);
  const auto read = [&](const std::string& text, std::optional<std::string_view> sum, bool plain) {
    return read_stored_id(text, sum, "d-1", plain, maker());
  };
  EXPECT_EQ(read("d-1-" + id, crc, false).bid.id, bid.id);
  EXPECT_TRUE(read("d-1-" + id, crc, false).bid.content_ok);
  EXPECT_TRUE(read("d-1-" + id, std::nullopt, false).bid.content_ok);
  EXPECT_FALSE(read("d-1-" + id, "123", false).bid.content_ok);
  EXPECT_FALSE(read("d-1-" + id, "", false).bid.content_ok);
  EXPECT_FALSE(read("d-1-x", crc, false).bid.id_known);
  EXPECT_EQ(read("d-2-" + id, crc, false).kind, LineKind::kForeign);
  EXPECT_EQ(read(id, crc, false).kind, LineKind::kForeign);
  EXPECT_EQ(read(id, crc, true).bid.id, bid.id);
  EXPECT_EQ(read("order-17", crc, true).kind, LineKind::kForeign);
}

RC_GTEST_PROP(StoredLine, AnyBytesAreRead, (std::string noise)) {
  std::string line = line_of(maker().make(1, 0));
  const auto at = *rc::gen::inRange<std::size_t>(0, line.size());
  line.replace(at, std::min<std::size_t>(noise.size(), line.size() - at), noise);
  const ReadLine read = read_stored_line(line, "d", maker());
  RC_ASSERT(read.kind == LineKind::kBid || read.kind == LineKind::kForeign || read.kind == LineKind::kMalformed);
}

RC_GTEST_PROP(LineSplitter, PiecesDoNotMatter, ()) {
  const auto lines =
      *rc::gen::container<std::vector<std::string>>(rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
  std::string text;
  std::vector<std::string> expected;
  for (const std::string& line : lines) {
    text += line + (*rc::gen::arbitrary<bool>() ? "\n" : "\r\n");
    if (!line.empty()) expected.push_back(line);
  }
  if (*rc::gen::arbitrary<bool>()) {
    text += "last";
    expected.emplace_back("last");
  }
  std::vector<std::string> seen;
  LineSplitter splitter([&](std::string_view line) -> Status {
    seen.emplace_back(line);
    return ok();
  });
  const auto piece = *rc::gen::inRange<std::size_t>(1, 9);
  for (std::size_t at = 0; at < text.size(); at += piece)
    RC_ASSERT(splitter.feed(std::string_view(text).substr(at, piece)).has_value());
  RC_ASSERT(splitter.finish().has_value());
  RC_ASSERT(seen == expected);
}

TEST(LineSplitter, EndlessLineIsAnError) {
  LineSplitter splitter([](std::string_view) -> Status { return ok(); });
  const std::string piece(10'000, 'x');
  Status status = ok();
  for (int i = 0; i < 100 && status; ++i) status = splitter.feed(piece);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kProtocol);
}

TEST(EventStream, DataOfEachEvent) {
  const std::string text =
      ": hello\nevent: bid\ndata: {\"id\":\"7\"}\n\ndata:a\r\ndata: b\r\n\r\n\nretry: 5\n\ndata: cut";
  for (const std::size_t piece : {1U, 2U, 5U, 1000U}) {
    EventStream stream;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      EXPECT_TRUE(stream.feed(std::string_view(text).substr(at, piece),
                              [&](std::string_view data) { seen.emplace_back(data); }));
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"{\"id\":\"7\"}", "a\nb"})) << piece;
  }
}

TEST(EventStream, EndlessEventIsRefused) {
  EventStream stream;
  bool sane = true;
  for (int i = 0; i < 10'000 && sane; ++i) sane = stream.feed("data: xxxxxxxxxxxxxxxx\n", [](std::string_view) {});
  EXPECT_FALSE(sane);
  stream.reset();
  EXPECT_FALSE(stream.feed(std::string(100'000, 'x'), [](std::string_view) {}));
}

TEST(EventStream, BidOfEvent) {
  EXPECT_EQ(bid_of_event(R"({"id":"71","amount":1,"count":3})"), 71U);
  EXPECT_EQ(bid_of_event(R"({"amount":1,"id":72})"), 72U);
  EXPECT_EQ(bid_of_event(R"({"amount":1, "id":"73"})"), 73U);
  for (const char* none : {"", "x", "[]", R"({"id":"x"})", R"({"id":-1})", R"({"id":null})", R"({"amount":1})"}) {
    EXPECT_EQ(bid_of_event(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace blackstart
