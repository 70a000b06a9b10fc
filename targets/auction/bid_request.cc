#include "targets/auction/bid_request.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "targets/auction/http.h"

namespace blackstart::auction {

namespace {

using nlohmann::json;

Error invalid(std::string message) { return fail(ErrorCode::kInvalid, std::move(message)); }

Result<std::uint32_t> uint32_member(const json& bid, const char* name) {
  const auto member = bid.find(name);
  if (member == bid.end() || !member->is_number_unsigned() ||
      member->get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max()) {
    return invalid(fmt::format("\"{}\" must be a number from 0 to 4294967295", name));
  }
  return member->get<std::uint32_t>();
}

Result<std::int64_t> amount_member(const json& bid) {
  const auto member = bid.find("amount");
  const bool fits =
      member != bid.end() && member->is_number_integer() &&
      (!member->is_number_unsigned() ||
       member->get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!fits) return invalid("\"amount\" must be a whole number of cents");
  return member->get<std::int64_t>();
}

}  // namespace

Result<Entry> parse_bid(std::uint32_t auction, std::string_view body) {
  const auto bid = json::parse(body, nullptr, false);
  if (!bid.is_object()) return invalid("the body is no JSON object");
  Entry entry;
  entry.auction = auction;
  const auto id = bid.find("id");
  const auto* text = id == bid.end() ? nullptr : id->get_ptr<const std::string*>();
  const auto number = text == nullptr ? std::nullopt : parse_number<std::uint64_t>(*text);
  if (!number || *number == 0) return invalid("\"id\" must be a decimal number from 1 to 2^64-1, as a string");
  entry.id = *number;
  BS_ASSIGN(entry.bidder, uint32_member(bid, "bidder"));
  BS_ASSIGN(entry.amount, amount_member(bid));
  BS_ASSIGN(entry.crc, uint32_member(bid, "crc"));
  if (const auto crc = entry_crc(entry); crc != entry.crc) {
    return invalid(fmt::format("\"crc\" is {}, but the bid's content gives {}", entry.crc, crc));
  }
  return entry;
}

}  // namespace blackstart::auction
