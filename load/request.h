#pragma once
// From a bid to the bytes of its HTTP request, by the bid protocol or by the mapping of another API. Compiled once,
// rendered without allocation (into a buffer that keeps its capacity). Pure; const calls are thread-safe.

#include "base/result.h"
#include "load/content.h"
#include "load/endpoint.h"
#include "load/mapping.h"

#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// A text with {{bid.*}} in it, taken apart. {{drill.id}} is filled at compile time.
class BidTemplate {
 public:
  /// kInvalid names a placeholder that is none of a bid's.
  static Result<BidTemplate> compile(std::string_view text, const std::string& drill_id);
  void append(const BidContent& bid, std::string& out) const;
  [[nodiscard]] bool empty() const { return pieces_.empty(); }

 private:
  enum class Field { kNone, kId, kAuction, kBidder, kAmount, kCrc };
  struct Piece {
    std::string text;
    Field field = Field::kNone;  // after the text
  };
  static Result<Field> field_of(std::string_view name, std::string_view whole);
  std::vector<Piece> pieces_;
};

class RequestMaker {
 public:
  /// kInvalid: a url, header or template that makes no request.
  static Result<RequestMaker> create(const BidMapping& mapping);
  /// Replaces `out` by the request for `bid`. `scratch` is reused memory.
  void make(const BidContent& bid, std::string& scratch, std::string& out) const;
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
  Endpoint endpoint_;
  BidTemplate head_;  // up to Content-Length's value, or up to the end of the head without a body
  BidTemplate body_;
  bool has_body_ = false;
};

}  // namespace blackstart
