#include "load/request.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blackstart {
namespace {

std::string made(const RequestMaker& maker) {
  const BidContent bid{37, 7, 1001, 2500, 4242};
  std::string scratch;
  std::string out = "what was there before";
  maker.make(bid, scratch, out);
  return out;
}

TEST(Request, Protocol) {
  BidMapping mapping;
  mapping.url = "http://127.0.0.1:8080/";
  mapping.drill_id = "d-1";
  const auto maker = RequestMaker::create(mapping);
  ASSERT_TRUE(maker);
  const std::string body = R"({"id":"37","bidder":1001,"amount":2500,"crc":4242})";
  EXPECT_EQ(made(*maker), fmt::format("POST /auctions/7/bids HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
                                      "Content-Type: application/json\r\nBlackstart-Drill: d-1\r\n"
                                      "Content-Length: {}\r\n\r\n{}",
                                      body.size(), body));
}

TEST(Request, ProtocolBelowAPath) {
  BidMapping mapping;
  mapping.url = "http://shop/base/";
  const auto maker = RequestMaker::create(mapping);
  ASSERT_TRUE(maker);
  EXPECT_TRUE(made(*maker).starts_with("POST /base/auctions/7/bids HTTP/1.1\r\nHost: shop\r\n"));
}

TEST(Request, MappingFillsUrlHeadersAndBody) {
  BidMapping mapping;
  mapping.protocol_bids = false;
  mapping.method = "PUT";
  mapping.url = "https://shop:8443/orders/{{ bid.id }}?d={{drill.id}}";
  mapping.headers = {{"Authorization", "Bearer x"}, {"X-Bidder", "{{bid.bidder}}"}, {"Content-Type", "text/plain"}};
  mapping.body = "{{drill.id}}-{{bid.id}} {{bid.auction}} {{bid.amount}} {{bid.crc}} {{.Go}}";
  mapping.drill_id = "d-1";
  const auto maker = RequestMaker::create(mapping);
  ASSERT_TRUE(maker) << maker.error().message;
  const std::string body = "d-1-37 7 2500 4242 {{.Go}}";
  EXPECT_EQ(made(*maker), fmt::format("PUT /orders/37?d=d-1 HTTP/1.1\r\nHost: shop:8443\r\nAuthorization: Bearer x\r\n"
                                      "X-Bidder: 1001\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}",
                                      body.size(), body));
  EXPECT_TRUE(maker->endpoint().tls);
}

TEST(Request, WithoutBody) {
  BidMapping mapping;
  mapping.protocol_bids = false;
  mapping.method = "GET";
  mapping.url = "http://shop/buy?id={{bid.id}}";
  mapping.headers = {{"host", "other"}};
  EXPECT_EQ(made(*RequestMaker::create(mapping)), "GET /buy?id=37 HTTP/1.1\r\nhost: other\r\n\r\n");
  mapping.method = "POST";
  EXPECT_EQ(made(*RequestMaker::create(mapping)),
            "POST /buy?id=37 HTTP/1.1\r\nhost: other\r\nContent-Length: 0\r\n\r\n");
}

TEST(Request, WhatMakesNoRequestIsAnError) {
  BidMapping mapping;
  mapping.protocol_bids = false;
  mapping.url = "http://shop/";
  const auto error_of = [](const BidMapping& wrong) {
    const auto maker = RequestMaker::create(wrong);
    return maker ? std::string("none") : maker.error().message;
  };
  BidMapping wrong = mapping;
  wrong.body = "{{bid.colour}}";
  EXPECT_NE(error_of(wrong).find("bid.colour"), std::string::npos);
  wrong = mapping;
  wrong.headers = {{"X", "a\r\nInjected: yes"}};
  EXPECT_NE(error_of(wrong).find("line breaks"), std::string::npos);
  wrong.headers = {{"Content-Length", "7"}};
  EXPECT_NE(error_of(wrong).find("follows from the body"), std::string::npos);
  wrong = mapping;
  wrong.method = "PO ST";
  EXPECT_NE(error_of(wrong).find("no HTTP method"), std::string::npos);
}

TEST(Endpoint, Table) {
  const struct {
    const char* url;
    const char* host;
    const char* port;
    const char* authority;
    const char* target;
  } cases[] = {
      {"http://a", "a", "80", "a", "/"},
      {"https://a/", "a", "443", "a", "/"},
      {"http://a:81/x?y=z#f", "a", "81", "a:81", "/x?y=z"},
      {"http://a?y", "a", "80", "a", "/?y"},
      {"http://[::1]:81/x", "::1", "81", "[::1]:81", "/x"},
      {"http://[::1]", "::1", "80", "[::1]", "/"},
      {"http://a/{{ bid.id }}", "a", "80", "a", "/{{ bid.id }}"},
  };
  for (const auto& one : cases) {
    const auto endpoint = parse_endpoint(one.url);
    ASSERT_TRUE(endpoint) << one.url;
    EXPECT_EQ(endpoint->host, one.host) << one.url;
    EXPECT_EQ(endpoint->port, one.port) << one.url;
    EXPECT_EQ(endpoint->authority, one.authority) << one.url;
    EXPECT_EQ(endpoint->target, one.target) << one.url;
  }
  for (const char* wrong :
       {"", "a:80", "ftp://a", "http://", "http://:80", "http://a:0", "http://a:65536", "http://a:x", "http://u:p@a/",
        "http://[::1", "http://[::1]x", "http://a/b c", "http://{{x}}/", "http://a/\n"}) {
    EXPECT_FALSE(parse_endpoint(wrong)) << wrong;
  }
}

TEST(Endpoint, UnknownHostIsNamed) {
  const auto addresses = resolve(*parse_endpoint("http://no-such-host.invalid/"));
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(addresses.error().message.find("no-such-host.invalid"), std::string::npos);
}

}  // namespace
}  // namespace blackstart
