#include "load/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace blackstart {
namespace {

constexpr std::string_view kProtocolTarget = "/auctions/{{bid.auction}}/bids";
constexpr std::string_view kProtocolBody =
    R"({"id":"{{bid.id}}","bidder":{{bid.bidder}},"amount":{{bid.amount}},"crc":{{bid.crc}}})";

template <class Number>
void append_number(Number value, std::string& out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

struct Headers {
  std::string text;
  bool host = false, content_type = false;
};

Result<Headers> header_lines(const BidMapping& mapping) {
  Headers headers;
  for (const auto& [name, value] : mapping.headers) {
    if (!is_token(name) || value.find_first_of("\r\n") != std::string::npos || value.find('\0') != std::string::npos) {
      return fail(ErrorCode::kInvalid,
                  fmt::format("the header \"{}\" of load.http cannot be sent: a name has no blanks, "
                              "and a value has no line breaks",
                              name));
    }
    if (same_name(name, "content-length") || same_name(name, "transfer-encoding")) {
      return fail(ErrorCode::kInvalid,
                  fmt::format("leave out the header \"{}\" of load.http: it follows from the body", name));
    }
    headers.host = headers.host || same_name(name, "host");
    headers.content_type = headers.content_type || same_name(name, "content-type");
    headers.text += fmt::format("{}: {}\r\n", name, value);
  }
  return headers;
}

}  // namespace

Result<BidTemplate::Field> BidTemplate::field_of(std::string_view name, std::string_view whole) {
  if (name == "bid.id") return Field::kId;
  if (name == "bid.auction") return Field::kAuction;
  if (name == "bid.bidder") return Field::kBidder;
  if (name == "bid.amount") return Field::kAmount;
  if (name == "bid.crc") return Field::kCrc;
  return fail(ErrorCode::kInvalid,
              fmt::format("\"{{{{{}}}}}\" in \"{}\" is nothing a bid has; known are bid.id, bid.auction, bid.bidder, "
                          "bid.amount, bid.crc and drill.id",
                          name, whole));
}

Result<BidTemplate> BidTemplate::compile(std::string_view text, const std::string& drill_id) {
  BidTemplate made;
  Piece piece;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t begin = rest.find("{{");
    const std::size_t end = begin == std::string_view::npos ? begin : rest.find("}}", begin);
    piece.text.append(rest.substr(0, end == std::string_view::npos ? rest.size() : begin));
    if (end == std::string_view::npos) break;
    const std::string_view inner = rest.substr(begin + 2, end - begin - 2);
    rest.remove_prefix(end + 2);
    if (inner.starts_with('.')) {  // {{.x}}: somebody else's template, sent as it is
      piece.text.append("{{").append(inner).append("}}");
    } else if (trimmed(inner) == "drill.id") {
      piece.text.append(drill_id);
    } else {
      BS_ASSIGN(piece.field, field_of(trimmed(inner), text));
      made.pieces_.push_back(std::exchange(piece, {}));
    }
  }
  if (!piece.text.empty()) made.pieces_.push_back(std::move(piece));
  return made;
}

void BidTemplate::append(const BidContent& bid, std::string& out) const {
  for (const Piece& piece : pieces_) {
    out.append(piece.text);
    switch (piece.field) {
      case Field::kNone:
        break;
      case Field::kId:
        append_number(bid.id, out);
        break;
      case Field::kAuction:
        append_number(bid.auction, out);
        break;
      case Field::kBidder:
        append_number(bid.bidder, out);
        break;
      case Field::kAmount:
        append_number(bid.amount, out);
        break;
      case Field::kCrc:
        append_number(bid.crc, out);
        break;
    }
  }
}

Result<RequestMaker> RequestMaker::create(const BidMapping& mapping) {
  RequestMaker maker;
  const std::string url = mapping.protocol_bids ? join_url(mapping.url, kProtocolTarget) : mapping.url;
  BS_ASSIGN(maker.endpoint_, parse_endpoint(url));
  const std::string method = mapping.protocol_bids ? "POST" : mapping.method;
  const std::string body = mapping.protocol_bids ? std::string(kProtocolBody) : mapping.body;
  if (!is_token(method)) return fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no HTTP method", method));
  BS_ASSIGN(const Headers headers, header_lines(mapping));
  maker.has_body_ = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";

  std::string head = fmt::format("{} {} HTTP/1.1\r\n", method, maker.endpoint_.target);
  if (!headers.host) head += fmt::format("Host: {}\r\n", maker.endpoint_.authority);
  if (!headers.content_type && !body.empty()) head += "Content-Type: application/json\r\n";
  if (mapping.protocol_bids) head += fmt::format("Blackstart-Drill: {}\r\n", mapping.drill_id);
  head += headers.text;
  head += maker.has_body_ ? "Content-Length: " : "\r\n";
  BS_ASSIGN(maker.head_, BidTemplate::compile(head, mapping.drill_id));
  BS_ASSIGN(maker.body_, BidTemplate::compile(body, mapping.drill_id));
  return maker;
}

void RequestMaker::make(const BidContent& bid, std::string& scratch, std::string& out) const {
  out.clear();
  head_.append(bid, out);
  if (!has_body_) return;
  scratch.clear();
  body_.append(bid, scratch);
  append_number(scratch.size(), out);
  out.append("\r\n\r\n").append(scratch);
}

}  // namespace blackstart
