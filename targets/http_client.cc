#include "targets/http_client.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace blackstart {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

struct Destination {
  std::string host;
  std::uint16_t port = 0;
};

/// One connection attempt and what follows on it, driven to its end or to the limit on the calling thread.
class Exchange {
 public:
  Exchange(BlockingLimit limit, std::string attempted) : limit_(std::move(limit)), attempted_(std::move(attempted)) {}

  /// Runs `begin`, which starts asynchronous work on context() that ends by calling done().
  Status drive(const std::function<void()>& begin) {
    BS_TRY(check_limit(limit_, attempted_));
    const std::stop_callback on_stop(limit_.stop, [this] { context_.stop(); });
    begin();
    if (limit_.deadline == std::chrono::steady_clock::time_point::max()) {
      context_.run();
    } else {
      context_.run_until(limit_.deadline);
    }
    if (outcome_) return *outcome_;
    BS_TRY(check_limit(limit_, attempted_));
    return fail(ErrorCode::kTimeout, attempted_ + ": no answer in time");
  }
  void done(Status outcome) {
    outcome_ = std::move(outcome);
    context_.stop();
  }
  /// Ends with `error` in words; true when there is one.
  bool failed(const beast::error_code& error, std::string_view doing) {
    if (!error) return false;
    const bool malformed = error.category() == http::make_error_code(http::error::end_of_stream).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    const bool too_big = error == http::error::body_limit || error == http::error::header_limit;
    const char* meaning = too_big     ? "it answered more than is read of an answer"
                          : malformed ? "it answered something that is no HTTP"
                                      : nullptr;
    done(fail(meaning != nullptr ? ErrorCode::kProtocol : ErrorCode::kUnavailable,
              fmt::format("{}: {}{}{}", attempted_, meaning != nullptr ? meaning : doing,
                          meaning != nullptr ? " (" : ": ", error.message() + (meaning != nullptr ? ")" : ""))));
    return true;
  }
  asio::io_context& context() { return context_; }

 private:
  BlockingLimit limit_;
  std::string attempted_;
  asio::io_context context_;
  std::optional<Status> outcome_;
};

/// Resolves (an address or "localhost" without asking anyone) and connects, then calls `connected`.
class Connector {
 public:
  Connector(Exchange& exchange, beast::tcp_stream& stream)
      : exchange_(exchange), stream_(stream), resolver_(exchange.context()) {}

  void connect(const Destination& to, std::function<void()> connected) {
    connected_ = std::move(connected);
    beast::error_code error;
    const auto literal = asio::ip::make_address(to.host == "localhost" ? "127.0.0.1" : to.host, error);
    if (!error) {
      stream_.async_connect(Tcp::endpoint(literal, to.port), [this](beast::error_code failure) { finish(failure); });
      return;
    }
    resolver_.async_resolve(
        to.host, std::to_string(to.port), [this](beast::error_code failure, const Tcp::resolver::results_type& found) {
          if (exchange_.failed(failure, "its name could not be looked up")) return;
          stream_.async_connect(found, [this](beast::error_code refused, const Tcp::endpoint&) { finish(refused); });
        });
  }

 private:
  void finish(beast::error_code error) {
    if (!exchange_.failed(error, "no connection")) connected_();
  }
  Exchange& exchange_;
  beast::tcp_stream& stream_;
  Tcp::resolver resolver_;
  std::function<void()> connected_;
};

/// Writes the request and reads the bounded answer over `Stream` (plain or TLS).
template <class Stream>
class Talk {
 public:
  Talk(Exchange& exchange, Stream& stream, http::request<http::string_body> request, std::size_t answer_bytes_max)
      : exchange_(exchange), stream_(stream), request_(std::move(request)) {
    parser_.body_limit(answer_bytes_max);
    if (request_.method() == http::verb::head) parser_.skip(true);
  }
  void begin() {
    http::async_write(stream_, request_, [this](beast::error_code error, std::size_t) {
      if (exchange_.failed(error, "sending broke off")) return;
      http::async_read(stream_, buffer_, parser_, [this](beast::error_code failure, std::size_t) {
        if (!exchange_.failed(failure, "the answer broke off")) exchange_.done(ok());
      });
    });
  }
  HttpAnswer answer() {
    return HttpAnswer{static_cast<int>(parser_.get().result_int()), std::move(parser_.get().body())};
  }

 private:
  Exchange& exchange_;
  Stream& stream_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
};

Result<HttpAnswer> plain_exchange(const Destination& to, http::request<http::string_body> message,
                                  std::size_t bytes_max, Exchange& exchange) {
  beast::tcp_stream stream(exchange.context());
  stream.expires_never();
  Connector connector(exchange, stream);
  Talk<beast::tcp_stream> talk(exchange, stream, std::move(message), bytes_max);
  BS_TRY(exchange.drive([&] { connector.connect(to, [&] { talk.begin(); }); }));
  return talk.answer();
}

Result<HttpAnswer> tls_exchange(const Destination& to, http::request<http::string_body> message, std::size_t bytes_max,
                                Exchange& exchange) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  beast::error_code error;
  if (tls.set_default_verify_paths(error); error) {
    return fail(ErrorCode::kIo, fmt::format("the system's certificates could not be read: {}", error.message()));
  }
  beast::ssl_stream<beast::tcp_stream> stream(exchange.context(), tls);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification(to.host));
  SSL_set_tlsext_host_name(stream.native_handle(), to.host.c_str());
  beast::get_lowest_layer(stream).expires_never();
  Connector connector(exchange, beast::get_lowest_layer(stream));
  Talk<beast::ssl_stream<beast::tcp_stream>> talk(exchange, stream, std::move(message), bytes_max);
  const auto secure = [&] {
    stream.async_handshake(asio::ssl::stream_base::client, [&](beast::error_code failure) {
      if (!exchange.failed(failure, "no TLS session")) talk.begin();
    });
  };
  BS_TRY(exchange.drive([&] { connector.connect(to, secure); }));
  return talk.answer();
}

http::request<http::string_body> message_of(const HttpRequest& request, const boost::urls::url_view& url) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  std::string path(url.encoded_target());
  message.target(path.empty() || path[0] != '/' ? "/" + path : path);
  message.set(http::field::host, std::string(url.encoded_host_and_port()));
  message.set(http::field::user_agent, "blackstart");
  message.set(http::field::connection, "close");
  if (!request.body.empty()) message.set(http::field::content_type, "application/json");
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = request.body;
  message.prepare_payload();
  return message;
}

}  // namespace

BlockingLimit at_most(BlockingLimit limit, Duration length) {
  limit.deadline = std::min(limit.deadline, std::chrono::steady_clock::now() + length);
  return limit;
}

Status check_limit(const BlockingLimit& limit, const std::string& attempted) {
  if (limit.stop.stop_requested()) return fail(ErrorCode::kCancelled, attempted + ": stopped before it was done");
  if (std::chrono::steady_clock::now() >= limit.deadline) {
    return fail(ErrorCode::kTimeout, attempted + ": not done in time");
  }
  return ok();
}

void pause_within(const BlockingLimit& limit, Duration length) {
  const auto wake = std::min(limit.deadline, std::chrono::steady_clock::now() + length);
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock lock(mutex);
  condition.wait_until(lock, limit.stop, wake, [] { return false; });
}

Result<HttpAnswer> http_exchange(const HttpRequest& request, const BlockingLimit& limit) {
  BS_ASSIGN(const ServiceAddress address, address_of_url(request.url));
  const auto url = boost::urls::parse_uri(request.url);
  if (url->scheme() != "http" && url->scheme() != "https") {
    return fail(ErrorCode::kInvalid,
                fmt::format("{} {}: only http and https can be asked", request.method, request.url));
  }
  Exchange exchange(limit, fmt::format("{} {}", request.method, request.url));
  const Destination to{address.host, address.port};
  try {
    auto message = message_of(request, *url);
    return url->scheme() == "https" ? tls_exchange(to, std::move(message), request.answer_bytes_max, exchange)
                                    : plain_exchange(to, std::move(message), request.answer_bytes_max, exchange);
  } catch (const std::exception& thrown) {  // Asio: no descriptors, no memory for a socket
    return fail(ErrorCode::kIo, fmt::format("{} {}: {}", request.method, request.url, thrown.what()));
  }
}

Status tcp_reach(const std::string& host, std::uint16_t port, const BlockingLimit& limit) {
  Exchange exchange(limit, fmt::format("connect to {}:{}", host, port));
  try {
    beast::tcp_stream stream(exchange.context());
    stream.expires_never();
    Connector connector(exchange, stream);
    return exchange.drive([&] { connector.connect({host, port}, [&] { exchange.done(ok()); }); });
  } catch (const std::exception& thrown) {
    return fail(ErrorCode::kIo, fmt::format("connect to {}:{}: {}", host, port, thrown.what()));
  }
}

}  // namespace blackstart
