#pragma once
// A blocking HTTP client for reading back: one connection, kept alive; bodies of any length handed on in pieces. Ends
// at its deadline, when its stop token fires, or when the target falls silent. Not thread-safe.

#include "base/result.h"
#include "load/channel.h"
#include "load/endpoint.h"
#include "load/http_parser.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blackstart {

class HttpReader {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  /// A piece of a 200's body; an error ends the transfer.
  using BodySink = std::function<Status(std::string_view)>;
  struct Answer {
    int status = 0;
    bool framed = true;                               // its end was told, not only a closed connection
    std::vector<std::optional<std::string>> headers;  // of `kept_headers`
    std::string body;                                 // of another status than 200: its beginning
  };

  /// A target that sends less than `bytes_least` of a body in `length` is given up: kTimeout.
  struct Patience {
    std::chrono::milliseconds length{30'000};
    std::size_t bytes_least = 1024;
  };
  HttpReader(std::vector<std::string> kept_headers, Headers headers, std::chrono::steady_clock::time_point deadline,
             std::stop_token stop, Patience patience);
  HttpReader(std::vector<std::string> kept_headers, Headers headers, std::chrono::steady_clock::time_point deadline,
             std::stop_token stop)
      : HttpReader(std::move(kept_headers), std::move(headers), deadline, std::move(stop), Patience{}) {}

  /// GETs `url`. Connections that cannot be made, or are lost before any of the body was handed on, are tried again for
  /// a few seconds. kCancelled, kTimeout, kUnavailable, kProtocol; whatever `sink` returns.
  Result<Answer> get(const std::string& url, const BodySink& sink);

 private:
  Result<Answer> get_once(const Endpoint& endpoint, const std::string& url, const BodySink& sink, bool& handed_on);
  Status connect(const Endpoint& endpoint, const std::string& url);
  Status connect_to(const Address& address, const std::string& url);
  Status send(std::string_view request, const std::string& url);
  Result<Answer> receive(const std::string& url, const BodySink& sink, bool& handed_on);
  /// Waits until the descriptor is ready for `events` of poll().
  Status wait(short events, const std::string& url);
  Status pause(std::chrono::milliseconds length);
  /// Begins a new stretch of patience.
  void hope();
  [[nodiscard]] Status interrupted(const std::string& url) const;
  Answer answer() const;

  std::vector<std::string> kept_headers_;
  Headers headers_;
  std::chrono::steady_clock::time_point deadline_;
  std::stop_token stop_;
  Patience patience_;
  std::chrono::steady_clock::time_point patient_until_;
  std::uint64_t hoped_at_ = 0;  // bytes of the body at the beginning of this stretch
  std::unique_ptr<TlsClient> tls_;
  Channel channel_;
  std::string connected_to_;  // authority
  HttpParser parser_;
  std::vector<char> buffer_;
};

}  // namespace blackstart
