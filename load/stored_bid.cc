#include "load/stored_bid.h"

#include "base/hash.h"
#include "base/json_path.h"

#include <nlohmann/json.hpp>

#include <charconv>

namespace blackstart {
namespace {

/// The values of a line, as text; empty where a key is missing.
struct Fields {
  std::string_view id, drill, auction, bidder, amount, crc;
  bool has_id = false, has_drill = false;

  void assign(std::string_view key, std::string_view value) {
    if (key == "id") {
      id = value;
      has_id = true;
    } else if (key == "auction") {
      auction = value;
    } else if (key == "bidder") {
      bidder = value;
    } else if (key == "amount") {
      amount = value;
    } else if (key == "crc") {
      crc = value;
    } else if (key == "drill") {
      drill = value;
      has_drill = true;
    }
  }
};

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// Walks a flat object of plain strings (no escapes) and numbers. False: it is spelt otherwise; ask a real parser.
class FlatScanner {
 public:
  explicit FlatScanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool scan(Fields& fields) {
    if (!take('{')) return false;
    do {
      std::string_view key;
      std::string_view value;
      if (!text(key) || !take(':') || !scalar(value)) return false;
      fields.assign(key, value);
    } while (take(','));
    return take('}') && (skip(), at_ == end_);
  }

 private:
  void skip() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool text(std::string_view& out) {
    if (!take('"')) return false;
    const char* const begin = at_;
    while (at_ != end_ && *at_ != '"') {
      if (*at_ == '\\' || static_cast<unsigned char>(*at_) < 0x20) return false;
      ++at_;
    }
    out = {begin, static_cast<std::size_t>(at_ - begin)};
    return take('"');
  }
  bool scalar(std::string_view& out) {
    skip();
    if (at_ != end_ && *at_ == '"') return text(out);
    const char* const begin = at_;
    while (at_ != end_ && ((*at_ >= '0' && *at_ <= '9') || *at_ == '-')) ++at_;
    out = {begin, static_cast<std::size_t>(at_ - begin)};
    return at_ != begin;
  }

  const char* at_;
  const char* end_;
};

StoredBid compare(const Fields& fields, const ContentMaker& content) {
  StoredBid bid;
  const auto id = number_of<std::uint64_t>(fields.id);
  bid.id_known = id.has_value() && *id != 0;
  bid.id = bid.id_known ? *id : hash64(fields.id);
  std::uint64_t digest = 0;
  for (const std::string_view field : {fields.auction, fields.bidder, fields.amount, fields.crc}) {
    digest = digest * 31 + crc32c(field) + field.size();
  }
  bid.digest = digest;
  if (!bid.id_known) return bid;
  const BidContent right = content.of_id(*id);
  bid.content_ok = number_of<std::uint32_t>(fields.auction) == right.auction &&
                   number_of<std::uint32_t>(fields.bidder) == right.bidder &&
                   number_of<std::int64_t>(fields.amount) == right.amount &&
                   number_of<std::uint32_t>(fields.crc) == right.crc;
  return bid;
}

ReadLine finish(const Fields& fields, std::string_view drill_id, const ContentMaker& content) {
  if (!fields.has_id) return {};
  if (fields.has_drill && fields.drill != drill_id) return {LineKind::kForeign, {}};
  return {LineKind::kBid, compare(fields, content)};
}

}  // namespace

ReadLine read_stored_line(std::string_view line, std::string_view drill_id, const ContentMaker& content) {
  Fields fields;
  if (FlatScanner(line).scan(fields)) return finish(fields, drill_id, content);
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return {};
  std::vector<std::pair<std::string, std::string>> texts;
  texts.reserve(json.size());  // the views below point into it
  Fields slow;
  for (const auto& [key, value] : json.items()) {
    texts.emplace_back(key, json_text(value));
    slow.assign(texts.back().first, texts.back().second);
  }
  return finish(slow, drill_id, content);
}

ReadLine read_stored_id(std::string_view id, std::optional<std::string_view> crc, std::string_view drill_id, bool plain,
                        const ContentMaker& content) {
  ReadLine line;
  std::string_view digits = id;
  if (!drill_id.empty() && id.starts_with(drill_id)) {
    digits = id.substr(drill_id.size());
    if (!digits.empty() && (digits.front() < '0' || digits.front() > '9')) digits.remove_prefix(1);
  } else if (!plain) {
    line.kind = LineKind::kForeign;
    return line;
  }
  const auto number = number_of<std::uint64_t>(digits);
  if (plain && !number && digits == id) {
    line.kind = LineKind::kForeign;  // a listing of everybody's orders: this one was never of our making
    return line;
  }
  line.kind = LineKind::kBid;
  line.bid.id_known = number.has_value() && *number != 0;
  line.bid.id = line.bid.id_known ? *number : hash64(id);
  if (crc) {
    line.bid.digest = hash64(*crc);
    line.bid.content_ok = !line.bid.id_known || number_of<std::uint32_t>(*crc) == content.of_id(line.bid.id).crc;
  }
  return line;
}

}  // namespace blackstart
