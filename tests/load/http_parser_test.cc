#include "load/http_parser.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace blackstart {
namespace {

using Progress = HttpParser::Progress;

struct Parsed {
  Progress progress = Progress::kNeedMore;
  int status = 0;
  bool keep_alive = false;
  std::string body;
  std::string rest;
  std::string error;
  friend bool operator==(const Parsed&, const Parsed&) = default;
};

/// Feeds `text` in pieces of `piece` bytes, then closes the connection where more was needed.
Parsed parse(std::string_view text, std::size_t piece = std::string_view::npos, HttpLimits limits = {}) {
  static const std::vector<std::string> kKept = {"blackstart-stored", "next-cursor"};
  HttpParser parser(&kKept, limits);
  Parsed parsed;
  std::size_t at = 0;
  while (parsed.progress == Progress::kNeedMore && at < text.size()) {
    const std::string_view part = text.substr(at, piece);
    std::size_t consumed = 0;
    parsed.progress = parser.feed(part, consumed);
    at += consumed;
    if (parsed.progress == Progress::kNeedMore) {
      EXPECT_EQ(consumed, part.size());
    }
  }
  if (parsed.progress == Progress::kNeedMore) parsed.progress = parser.finish();
  parsed.status = parser.status();
  parsed.keep_alive = parser.keep_alive();
  parsed.body = parser.body();
  if (parsed.progress == Progress::kComplete) parsed.rest = std::string(text.substr(at));
  parsed.error = parser.error();
  return parsed;
}

struct Case {
  const char* name;
  std::string text;
  Progress progress;
  int status;
  bool keep_alive;
  std::string body;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"length", "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello", Progress::kComplete, 201, true, "hello"},
      {"no reason", "HTTP/1.1 201\r\nContent-Length: 0\r\n\r\n", Progress::kComplete, 201, true, ""},
      {"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", Progress::kComplete, 200, true, "ok"},
      {"any case", "HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:2\r\n\r\nok", Progress::kComplete, 200, true, "ok"},
      {"close", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nok", Progress::kComplete, 200, false,
       "ok"},
      {"close in a list", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: foo, close\r\n\r\n", Progress::kComplete,
       200, false, ""},
      {"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", Progress::kComplete, 200, false, "ok"},
      {"1.0 kept alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
       Progress::kComplete, 200, true, "ok"},
      {"to the end", "HTTP/1.1 200 OK\r\n\r\nall of it", Progress::kComplete, 200, false, "all of it"},
      {"no content", "HTTP/1.1 204 No Content\r\n\r\n", Progress::kComplete, 204, true, ""},
      {"not modified", "HTTP/1.1 304 X\r\nContent-Length: 10\r\n\r\n", Progress::kComplete, 304, true, ""},
      {"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n",
       Progress::kComplete, 200, true, "hello world"},
      {"chunks and trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n",
       Progress::kComplete, 200, true, "x"},
      {"chunks and a length",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\nx\r\n0\r\n\r\n",
       Progress::kComplete, 200, false, "x"},
      {"interim",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: a\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 1\r\n\r\nx",
       Progress::kComplete, 201, true, "x"},
      {"same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", Progress::kComplete,
       200, true, "x"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", Progress::kError, 200,
       true, ""},
      {"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Progress::kError, 200, true, ""},
      {"length of words", "HTTP/1.1 200 OK\r\nContent-Length: 1 2\r\n\r\n", Progress::kError, 200, true, ""},
      {"length beyond 64 bits", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n", Progress::kError,
       200, true, ""},
      {"1 GB", "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", Progress::kError, 200, true, ""},
      {"chunk of 1 GB", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n", Progress::kError, 200,
       true, ""},
      {"chunk beyond 64 bits", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
       Progress::kError, 200, true, ""},
      {"chunk longer than it says", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
       Progress::kError, 200, true, "x"},
      {"chunk size of words", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Progress::kError, 200,
       true, ""},
      {"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Progress::kError, 200, true, "hello"},
      {"cut in the head", "HTTP/1.1 200 OK\r\nContent-", Progress::kError, 200, true, ""},
      {"nothing", "", Progress::kError, 0, true, ""},
      {"TLS", std::string("\x15\x03\x01\x00\x02\x02\x46\n", 8), Progress::kError, 0, true, ""},
      {"HTTP/2", "HTTP/2 200\r\n\r\n", Progress::kError, 0, true, ""},
      {"status of letters", "HTTP/1.1 2xx OK\r\n\r\n", Progress::kError, 0, true, ""},
      {"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", Progress::kError, 0, true, ""},
      {"switching", "HTTP/1.1 101 Switching\r\n\r\n", Progress::kError, 101, true, ""},
      {"folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", Progress::kError, 200, true, ""},
      {"header without colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", Progress::kError, 200, true, ""},
  };
  return kCases;
}

TEST(HttpParser, Table) {
  for (const Case& one : cases()) {
    const Parsed parsed = parse(one.text);
    EXPECT_EQ(parsed.progress, one.progress) << one.name << ": " << parsed.error;
    EXPECT_EQ(parsed.status, one.status) << one.name;
    EXPECT_EQ(parsed.body, one.body) << one.name;
    if (one.progress == Progress::kComplete) {
      EXPECT_EQ(parsed.keep_alive, one.keep_alive) << one.name;
    } else {
      EXPECT_NE(parsed.error, "") << one.name;
    }
  }
}

TEST(HttpParser, PiecesOfAnySizeSayTheSame) {
  for (const Case& one : cases()) {
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 11U})
      EXPECT_EQ(parse(one.text, piece), parse(one.text)) << one.name << " by " << piece;
  }
}

TEST(HttpParser, WhatFollowsIsLeft) {
  EXPECT_EQ(parse("HTTP/1.1 204 X\r\n\r\nHTTP/1.1 200 OK").rest, "HTTP/1.1 200 OK");
}

TEST(HttpParser, KeepsNamedHeadersOfThisResponseAlone) {
  const std::vector<std::string> kept = {"next-cursor"};
  HttpParser parser(&kept);
  std::size_t consumed = 0;
  parser.feed("HTTP/1.1 200 OK\r\nNEXT-Cursor:  a b \r\nContent-Length: 0\r\n\r\n", consumed);
  ASSERT_NE(parser.header(0), nullptr);
  EXPECT_EQ(*parser.header(0), "a b");
  parser.reset();
  parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", consumed);
  EXPECT_EQ(parser.header(0), nullptr);
  EXPECT_EQ(parser.header(1), nullptr);
}

TEST(HttpParser, BoundsItsHead) {
  HttpLimits limits;
  limits.head_bytes_max = 100;
  const std::string endless = "HTTP/1.1 200 OK\r\nA: " + std::string(1000, 'x');
  EXPECT_EQ(parse(endless, 10, limits).error, "its head is too long");
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 C\r\n\r\n";
  EXPECT_EQ(parse(interim, 10, limits).error, "its head is too long");
}

TEST(HttpParser, KeepsTheBeginningOfABodyAlone) {
  HttpLimits limits;
  limits.kept_bytes_max = 3;
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 2, limits).body, "hel");
}

TEST(HttpParser, TellsWhetherTheEndWasTold) {
  HttpParser parser;
  std::size_t consumed = 0;
  parser.feed("HTTP/1.1 200 OK\r\n\r\nx", consumed);
  EXPECT_EQ(parser.finish(), Progress::kComplete);
  EXPECT_FALSE(parser.framed());
  parser.reset();
  parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", consumed);
  EXPECT_TRUE(parser.framed());
}

RC_GTEST_PROP(HttpParser, AnyBytesInAnyPiecesEndWell, ()) {
  // Right responses with bytes changed here and there: nearer to the edges than noise.
  std::string text = (*rc::gen::elementOf(cases())).text;
  const int changes = *rc::gen::inRange(0, 5);
  for (int i = 0; i < changes && !text.empty(); ++i) {
    text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  }
  const auto piece = *rc::gen::inRange<std::size_t>(1, 20);
  RC_ASSERT(parse(text, piece) == parse(text));
}

}  // namespace
}  // namespace blackstart
