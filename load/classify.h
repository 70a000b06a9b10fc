#pragma once
// What an answer means for its bid: the bid protocol's rules, or the lists of a mapping. Pure; const calls are
// thread-safe.

#include "base/json_path.h"
#include "base/result.h"
#include "load/http_parser.h"
#include "load/ledger.h"
#include "load/mapping.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace blackstart {

struct AnswerMeaning {
  AttemptOutcome outcome = AttemptOutcome::kIndeterminate;  // kAcknowledged, kDegraded, kRefused or kIndeterminate
  bool worth_retrying = true;                               // a client that retries would: not after a settled no
};

class Classifier {
 public:
  /// kInvalid: a degraded_when key that is neither a JSON path nor a header name.
  static Result<Classifier> create(const BidMapping& mapping);

  /// Headers that the parser must keep, in the order that classify() expects.
  [[nodiscard]] const std::vector<std::string>& kept_headers() const { return kept_headers_; }
  [[nodiscard]] HttpLimits limits() const { return limits_; }
  /// `response` is complete; `id` is the attempt's.
  [[nodiscard]] AnswerMeaning classify(const HttpParser& response, std::uint64_t id) const;

 private:
  struct DegradedWhen {
    std::optional<JsonPath> path;  // else a header
    std::size_t header = 0;        // index into kept_headers_
    std::string value;
  };
  [[nodiscard]] bool degraded(const HttpParser& response) const;

  bool protocol_ = true;
  std::vector<int> acknowledged_, refused_;
  std::vector<DegradedWhen> degraded_when_;
  std::vector<std::string> kept_headers_;
  HttpLimits limits_;
};

/// Whether `body` is the protocol's acknowledgement of bid `id`: {"id":"<id>","stored":true,...}.
bool says_stored(std::string_view body, std::uint64_t id);

}  // namespace blackstart
