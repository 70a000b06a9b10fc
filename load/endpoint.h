#pragma once
// Where a url points: host and port to connect to, and the request target behind it. The target may still hold
// {{...}}; host and port may not. Pure, but for resolve().

#include "base/result.h"

#include <sys/socket.h>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct Endpoint {
  bool tls = false;
  std::string host;       // without brackets
  std::string port;       // digits
  std::string authority;  // as the Host header says it
  std::string target;     // path and query, "/" at least, no fragment
};

/// Reads "http[s]://host[:port][/path][?query]". kInvalid says what is wrong and what is expected.
Result<Endpoint> parse_endpoint(std::string_view url);

/// `base` without trailing slashes, then `path` (which begins with a slash).
std::string join_url(std::string_view base, std::string_view path);

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};
/// Asks the system's resolver; blocks. At least one address, or kUnavailable with what the resolver said.
Result<std::vector<Address>> resolve(const Endpoint& endpoint);

}  // namespace blackstart
