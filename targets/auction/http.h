#pragma once
// HTTP messages as values. Header names compare without case.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blackstart::auction {

class Fields {
 public:
  void clear() { fields_.clear(); }
  void add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }
  /// The first value under `name`; empty when absent.
  [[nodiscard]] std::string_view get(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;
  std::string target;  // path and query
  Fields fields;
  std::string body;

  [[nodiscard]] std::string_view path() const;
  /// The query parameter's value, percent-decoded; nothing when absent.
  [[nodiscard]] std::optional<std::string> query(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::string headers = {};  // further ones, each "Name: value\r\n"
};

/// Path and query of a request's target, which may be a whole url ("http://host/health?x" is "/health?x").
std::string_view origin_form(std::string_view target);

/// An answer as a client got it.
struct Reply {
  int status = 0;
  Fields fields;
  std::string body;
};

const char* reason_phrase(int status);
/// The whole message for the wire, with Content-Length, and Connection where it closes.
std::string serialize(const Response& response, bool keep_alive);
/// `{"error":"…"}`.
Response error_response(int status, std::string_view message, std::string headers = {});
/// "http://host:port" taken apart (a path of "/" alone is allowed).
struct Url {
  std::string host;
  std::string port;
  [[nodiscard]] std::string to_string() const { return "http://" + host + ":" + port; }
  friend bool operator==(const Url&, const Url&) = default;
};
/// Nothing when `text` is no such url.
std::optional<Url> parse_url(std::string_view text);

/// All of `text` as a decimal number of its type, nothing else around it.
template <class Number>
std::optional<Number> parse_number(std::string_view text);

}  // namespace blackstart::auction
