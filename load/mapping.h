#pragma once
// How bids reach a target and are read back: the bid protocol, or the mapping of another API. Templates of the target
// are filled; {{bid.*}} and {{cursor}} remain. Values.

#include "base/result.h"
#include "scenarios/spec.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blackstart {

struct BidMapping {
  bool protocol_bids = true;
  std::string url;  // protocol bids: the service's base url; otherwise the call's url template
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // template with {{bid.id}} {{bid.auction}} {{bid.bidder}} {{bid.amount}} {{bid.crc}} {{drill.id}}
  std::vector<int> acknowledged;
  std::vector<int> refused;
  std::vector<std::pair<std::string, std::string>> degraded_when;
  LoadMapping::ReadBackKind read_back = LoadMapping::ReadBackKind::kBids;
  std::string read_back_url;  // protocol bids: base url; http: url template with {{cursor}}
  std::vector<std::pair<std::string, std::string>> read_back_headers;  // of http
  std::string items, id, crc, next;                                    // JSON paths of http
  std::string run;                                                     // command of run
  std::string folder;                                                  // where it starts
  std::vector<std::pair<std::string, std::string>> environment;        // of the command, beside this process's own
  /// Gets what the command printed to its standard error, secrets and all, once a run; `cut`: its beginning is missing.
  /// Nobody sees that text without one.
  std::function<void(std::string_view text, bool cut)> keep_errors;
  std::string drill_id;
};

}  // namespace blackstart
