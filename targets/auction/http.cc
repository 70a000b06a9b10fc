#include "targets/auction/http.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "targets/auction/json_text.h"

namespace blackstart::auction {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::string_view Fields::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) return value;
  }
  return {};
}

std::string_view origin_form(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!same_name(target.substr(0, kScheme.size()), kScheme)) return target;
  const auto path = target.find('/', kScheme.size());
  return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string_view Request::path() const {
  return std::string_view(target).substr(0, std::string_view(target).find('?'));
}

std::optional<std::string> Request::query(std::string_view name) const {
  const std::string_view whole = target;
  auto at = whole.find('?');
  while (at != std::string_view::npos) {
    const auto begin = at + 1;
    at = whole.find('&', begin);
    const auto pair = whole.substr(begin, at == std::string_view::npos ? at : at - begin);
    const auto equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string() : percent_decode(pair.substr(equals + 1));
  }
  return std::nullopt;
}

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

std::string serialize(const Response& response, bool keep_alive) {
  std::string wire;
  wire.reserve(160 + response.headers.size() + response.body.size());
  fmt::format_to(std::back_inserter(wire), "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}{}\r\n",
                 response.status, reason_phrase(response.status), response.content_type, response.body.size(),
                 response.headers, keep_alive ? "" : "Connection: close\r\n");
  wire += response.body;
  return wire;
}

Response error_response(int status, std::string_view message, std::string headers) {
  return Response{.status = status,
                  .body = to_text({{"error", message}}),
                  .content_type = "application/json",
                  .headers = std::move(headers)};
}

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  const auto colon = text.rfind(':');
  const auto host = text.substr(0, colon);
  const auto port = colon == std::string_view::npos ? std::string_view("80") : text.substr(colon + 1);
  const auto number = parse_number<std::uint32_t>(port);
  if (host.empty() || host.find_first_of("/?#@ []") != std::string_view::npos || !number || *number == 0 ||
      *number > 65535) {
    return std::nullopt;
  }
  return Url{std::string(host), std::string(port)};
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template std::optional<std::uint16_t> parse_number(std::string_view);
template std::optional<std::uint32_t> parse_number(std::string_view);
template std::optional<std::uint64_t> parse_number(std::string_view);
template std::optional<std::int64_t> parse_number(std::string_view);

}  // namespace blackstart::auction
