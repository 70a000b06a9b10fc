#include "load/classify.h"

#include <gtest/gtest.h>

namespace blackstart {
namespace {

AnswerMeaning meaning_of(const BidMapping& mapping, const std::string& response, std::uint64_t id = 12) {
  auto classifier = Classifier::create(mapping);
  EXPECT_TRUE(classifier) << classifier.error().message;
  HttpParser parser(&classifier->kept_headers(), classifier->limits());
  std::size_t consumed = 0;
  EXPECT_EQ(parser.feed(response, consumed), HttpParser::Progress::kComplete) << parser.error();
  return classifier->classify(parser, id);
}

std::string response(int status, const std::string& body = "", const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(Classify, ProtocolTable) {
  const std::string stored = R"({"id":"12","stored":true,"leading":false})";
  const struct {
    std::string response;
    AttemptOutcome outcome;
    bool retry;
  } cases[] = {
      {response(201, stored), AttemptOutcome::kAcknowledged, false},
      {response(201, R"({ "stored" : true , "id" : "12" })"), AttemptOutcome::kAcknowledged, false},
      {response(201, R"({"id":12,"stored":true})"), AttemptOutcome::kAcknowledged, false},
      {response(201, R"({"note":")" + std::string(8000, 'n') + R"(","stored":true,"id":"12"})"),
       AttemptOutcome::kAcknowledged, false},
      {response(201, R"({"id":"12","stored":true})"), AttemptOutcome::kAcknowledged, false},
      {response(201, R"({"id":"12","stored":false})"), AttemptOutcome::kIndeterminate, true},
      {response(201, R"({"id":"120","stored":true})"), AttemptOutcome::kIndeterminate, true},
      {response(201, R"({"id":"1","stored":true})"), AttemptOutcome::kIndeterminate, true},
      {response(201, R"({"id":"12","stored":trueish})"), AttemptOutcome::kIndeterminate, true},
      {response(201, R"({"note":"\"id\":\"12\",\"stored\":true"})"), AttemptOutcome::kIndeterminate, true},
      {response(201, ""), AttemptOutcome::kIndeterminate, true},
      {response(200, stored), AttemptOutcome::kIndeterminate, true},
      {response(202, stored), AttemptOutcome::kIndeterminate, true},
      {response(301, ""), AttemptOutcome::kIndeterminate, true},
      {response(400), AttemptOutcome::kRefused, false},
      {response(401), AttemptOutcome::kRefused, false},
      {response(403), AttemptOutcome::kRefused, false},
      {response(404), AttemptOutcome::kRefused, false},
      {response(405), AttemptOutcome::kRefused, false},
      {response(409), AttemptOutcome::kRefused, false},
      {response(413), AttemptOutcome::kRefused, false},
      {response(422), AttemptOutcome::kRefused, false},
      {response(429), AttemptOutcome::kRefused, true},
      {response(408), AttemptOutcome::kIndeterminate, true},
      {response(418), AttemptOutcome::kIndeterminate, true},
      {response(500), AttemptOutcome::kIndeterminate, true},
      {response(503), AttemptOutcome::kIndeterminate, true},
      {response(503, "", "Blackstart-Stored: no\r\n"), AttemptOutcome::kRefused, true},
      {response(503, "", "blackstart-stored:NO\r\n"), AttemptOutcome::kRefused, true},
      {response(503, "", "Blackstart-Stored: maybe\r\n"), AttemptOutcome::kIndeterminate, true},
      {response(500, "", "Blackstart-Stored: no\r\n"), AttemptOutcome::kIndeterminate, true},
  };
  for (const auto& one : cases) {
    const AnswerMeaning meaning = meaning_of({}, one.response);
    EXPECT_EQ(meaning.outcome, one.outcome) << one.response;
    EXPECT_EQ(meaning.worth_retrying, one.retry) << one.response;
  }
}

BidMapping orders() {
  BidMapping mapping;
  mapping.protocol_bids = false;
  mapping.acknowledged = {200, 202};
  mapping.refused = {404, 409, 429};
  return mapping;
}

TEST(Classify, MappingKnowsItsListsAlone) {
  EXPECT_EQ(meaning_of(orders(), response(200)).outcome, AttemptOutcome::kAcknowledged);
  EXPECT_EQ(meaning_of(orders(), response(202, "anything")).outcome, AttemptOutcome::kAcknowledged);
  EXPECT_EQ(meaning_of(orders(), response(201)).outcome, AttemptOutcome::kIndeterminate);
  EXPECT_EQ(meaning_of(orders(), response(409)).outcome, AttemptOutcome::kRefused);
  EXPECT_EQ(meaning_of(orders(), response(400)).outcome, AttemptOutcome::kIndeterminate);
}

TEST(Classify, DegradedByHeaderAndByJson) {
  BidMapping mapping = orders();
  mapping.degraded_when = {{"X-Fallback", "cache"}, {"$.source.kind", "queue"}};
  EXPECT_EQ(meaning_of(mapping, response(200, "{}", "x-fallback: cache\r\n")).outcome, AttemptOutcome::kDegraded);
  EXPECT_EQ(meaning_of(mapping, response(200, "{}", "X-Fallback: live\r\n")).outcome, AttemptOutcome::kAcknowledged);
  EXPECT_EQ(meaning_of(mapping, response(200, R"({"source":{"kind":"queue"}})")).outcome, AttemptOutcome::kDegraded);
  EXPECT_EQ(meaning_of(mapping, response(200, R"({"source":{"kind":"db"}})")).outcome, AttemptOutcome::kAcknowledged);
  EXPECT_EQ(meaning_of(mapping, response(200, "no json")).outcome, AttemptOutcome::kAcknowledged);
  EXPECT_EQ(meaning_of(mapping, response(409, "{}", "X-Fallback: cache\r\n")).outcome, AttemptOutcome::kRefused);
}

TEST(Classify, MappingThatCouldNeverAcknowledgeIsAnError) {
  BidMapping mapping = orders();
  mapping.acknowledged.clear();
  EXPECT_FALSE(Classifier::create(mapping));
  mapping = orders();
  mapping.degraded_when = {{"$.[", "x"}};
  EXPECT_FALSE(Classifier::create(mapping));
}

}  // namespace
}  // namespace blackstart
