#pragma once
// One HTTP exchange, or one TCP connection, with a deadline, a stop token and a bound on what is read. For probes,
// driver calls and notices: the bid path has its own client. Blocking; safe from any thread; keeps nothing between
// calls.

#include "base/result.h"
#include "faults/fault.h"
#include "targets/address_book.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace blackstart {

/// Until when a blocking call may take, and who may end it earlier.
using BlockingLimit = FaultLimit;
/// `limit`, at most `length` from now.
BlockingLimit at_most(BlockingLimit limit, Duration length);
/// kTimeout or kCancelled once the limit is over; `attempted` says what was being done.
Status check_limit(const BlockingLimit& limit, const std::string& attempted);
/// Waits for `length`, or until the limit is over.
void pause_within(const BlockingLimit& limit, Duration length);

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::size_t answer_bytes_max = 1 << 20;
};
struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// kUnavailable: refused or unreachable, or the connection broke; kTimeout; kCancelled; kProtocol: what came is no
/// HTTP, or more than answer_bytes_max; kInvalid: the url. Redirects are not followed. https checks the certificate. A
/// look-up of a name that the system's resolver does not finish holds the call as long as the resolver does (addresses
/// and localhost are not looked up).
Result<HttpAnswer> http_exchange(const HttpRequest& request, const BlockingLimit& limit);
/// Connects and closes again: something accepts connections there.
Status tcp_reach(const std::string& host, std::uint16_t port, const BlockingLimit& limit);

}  // namespace blackstart
