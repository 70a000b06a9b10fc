#pragma once
// Beast's incremental HTTP/1.1 parser, feeding our plain messages: one object a message. Heavy header: only the server
// and the client include it.

#include <boost/beast/http/basic_parser.hpp>
#include <string>
#include <string_view>

#include "targets/auction/http.h"

namespace blackstart::auction {

/// The larger part of a head: its first line and all its fields, in bytes.
inline constexpr std::uint32_t kHeadBytesMax = 16 * 1024;

template <bool IsRequest>
class MessageParser : public boost::beast::http::basic_parser<IsRequest> {
  using Base = boost::beast::http::basic_parser<IsRequest>;
  using View = boost::beast::string_view;
  using ErrorCode = boost::beast::error_code;

 public:
  using Message = std::conditional_t<IsRequest, Request, Reply>;

  /// Fills `message`, which is cleared first (its memory is reused).
  MessageParser(Message& message, std::uint64_t body_bytes_max) : message_(message) {
    this->eager(true);
    this->header_limit(kHeadBytesMax);
    this->body_limit(body_bytes_max);
    message_.fields.clear();
    message_.body.clear();
  }

  /// The head is here, the body is not all here, and the peer holds it back until it is told to go on.
  [[nodiscard]] bool is_body_held_back() const {
    return http_1_1_ && this->is_header_done() && !this->is_done() && is_continue(message_.fields.get("Expect"));
  }

 private:
  static bool is_continue(std::string_view expected) {
    return boost::beast::iequals({expected.data(), expected.size()}, "100-continue");
  }
  static std::string_view std_view(View text) { return {text.data(), text.size()}; }

  void on_request_impl(boost::beast::http::verb, View method, View target, int version, ErrorCode&) override {
    http_1_1_ = version == 11;
    if constexpr (IsRequest) {
      message_.method.assign(method.data(), method.size());
      message_.target = origin_form(std_view(target));
    }
  }
  void on_response_impl(int status, View, int, ErrorCode&) override {
    if constexpr (!IsRequest) message_.status = status;
  }
  void on_field_impl(boost::beast::http::field, View name, View value, ErrorCode&) override {
    message_.fields.add(std_view(name), std_view(value));
  }
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
    if (length) message_.body.reserve(static_cast<std::size_t>(*length));
  }
  std::size_t on_body_impl(View body, ErrorCode&) override {
    message_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) override {
    message_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(ErrorCode&) override {}

  Message& message_;
  bool http_1_1_ = false;
};

}  // namespace blackstart::auction
