#include "load/endpoint.h"

#include <fmt/format.h>

#include <netdb.h>
#include <algorithm>
#include <charconv>
#include <cstring>

namespace blackstart {
namespace {

Error bad_url(std::string_view url, std::string_view why) {
  return fail(ErrorCode::kInvalid,
              fmt::format("the url \"{}\" {}; expected http://host:port/path or https://host/path", url, why));
}

bool has_forbidden_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// A blank may stand inside {{ }}, nowhere else.
bool has_blank_outside_braces(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "{{") ++depth;
    if (text.substr(i, 2) == "}}") --depth;
    if (text[i] == ' ' && depth <= 0) return true;
  }
  return false;
}

Status read_authority(std::string_view url, std::string_view authority, Endpoint& endpoint) {
  if (authority.find("{{") != std::string_view::npos) return bad_url(url, "has a host that is not known yet");
  if (authority.find('@') != std::string_view::npos) {
    return bad_url(url, "holds a user name (put it into a header: Authorization)");
  }
  std::string_view host = authority;
  std::string_view port = endpoint.tls ? "443" : "80";
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad_url(url, "has a '[' without its ']'");
    host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority.front() != ':') return bad_url(url, "has something odd after ']'");
    if (!authority.empty()) port = authority.substr(1);
  } else if (const std::size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  }
  if (host.empty()) return bad_url(url, "has no host");
  if (host.find_first_of(" \t\"<>\\^`{|}") != std::string_view::npos)
    return bad_url(url, "has a host with odd characters");
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535) {
    return bad_url(url, fmt::format("has the port \"{}\", which is not in 1..65535", port));
  }
  endpoint.host = std::string(host);
  endpoint.port = std::to_string(number);
  return ok();
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  if (has_forbidden_byte(url) || has_blank_outside_braces(url))
    return bad_url(url, "holds a blank or a control character");
  std::string_view rest = url;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    endpoint.tls = true;
  } else {
    return bad_url(url, "begins with neither http:// nor https://");
  }
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  endpoint.authority = std::string(rest.substr(0, end));
  BS_TRY(read_authority(url, rest.substr(0, end), endpoint));
  rest.remove_prefix(end);
  endpoint.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return endpoint;
}

std::string join_url(std::string_view base, std::string_view path) {
  while (!base.empty() && base.back() == '/') base.remove_suffix(1);
  return std::string(base) + std::string(path);
}

Result<std::vector<Address>> resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
  if (error != 0) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("could not resolve the host \"{}\": {}; check the url and the name service", endpoint.host,
                            gai_strerror(error)));
  }
  std::vector<Address> addresses;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    Address address;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.length = at->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  if (addresses.empty()) {
    return fail(ErrorCode::kUnavailable, fmt::format("the host \"{}\" has no address", endpoint.host));
  }
  return addresses;
}

}  // namespace blackstart
