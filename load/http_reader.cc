#include "load/http_reader.h"

#include "base/text.h"

#include <fmt/format.h>

#include <poll.h>
#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace blackstart {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kBuffer = 256 * 1024;
constexpr auto kSlice = std::chrono::milliseconds{50};  // how late a stop is noticed
constexpr int kTries = 5;
constexpr auto kFirstPause = std::chrono::milliseconds{100};
constexpr std::size_t kBodyOfErrors = 512;

HttpLimits streaming_limits() {
  HttpLimits limits;
  limits.body_bytes_max = std::numeric_limits<std::uint64_t>::max() / 2;
  limits.kept_bytes_max = std::numeric_limits<std::size_t>::max() / 2;  // taken away as it comes
  return limits;
}

}  // namespace

HttpReader::HttpReader(std::vector<std::string> kept_headers, Headers headers, SteadyClock::time_point deadline,
                       std::stop_token stop, Patience patience)
    : kept_headers_(std::move(kept_headers)),
      headers_(std::move(headers)),
      deadline_(deadline),
      stop_(std::move(stop)),
      patience_(patience),
      parser_(&kept_headers_, streaming_limits()),
      buffer_(kBuffer) {}

Status HttpReader::interrupted(const std::string& url) const {
  if (stop_.stop_requested()) return fail(ErrorCode::kCancelled, fmt::format("reading {} was stopped", url));
  if (SteadyClock::now() >= deadline_)
    return fail(ErrorCode::kTimeout, fmt::format("reading {} was not done in time", url));
  return ok();
}

void HttpReader::hope() {
  patient_until_ = SteadyClock::now() + patience_.length;
  hoped_at_ = parser_.body_bytes();
}

Status HttpReader::wait(short events, const std::string& url) {
  for (;;) {
    BS_TRY(interrupted(url));
    if (SteadyClock::now() >= patient_until_) {
      return fail(ErrorCode::kTimeout,
                  fmt::format("reading {}: the target sent {} bytes of a body in {} s; it is given up below {}", url,
                              parser_.body_bytes() - hoped_at_, std::chrono::duration<double>(patience_.length).count(),
                              patience_.bytes_least));
    }
    pollfd descriptor{channel_.fd(), events, 0};
    if (poll(&descriptor, 1, static_cast<int>(kSlice.count())) > 0) return ok();
  }
}

Status HttpReader::pause(std::chrono::milliseconds length) {
  const auto until = SteadyClock::now() + length;
  while (SteadyClock::now() < until) {
    BS_TRY(interrupted("the target"));
    poll(nullptr, 0, static_cast<int>(std::min(length, kSlice).count()));
  }
  return ok();
}

Result<HttpReader::Answer> HttpReader::get(const std::string& url, const BodySink& sink) {
  BS_ASSIGN(const Endpoint endpoint, parse_endpoint(url));
  auto length = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    bool handed_on = false;
    auto got = get_once(endpoint, url, sink, handed_on);
    const bool transient = !got && got.error().code == ErrorCode::kUnavailable;
    const bool busy = got && (got->status == 503 || got->status == 429 || got->status == 502 || got->status == 504);
    if ((!transient && !busy) || handed_on || attempt == kTries) return got;
    channel_.close();
    BS_TRY(pause(length));
    length *= 2;
  }
}

Result<HttpReader::Answer> HttpReader::get_once(const Endpoint& endpoint, const std::string& url, const BodySink& sink,
                                                bool& handed_on) {
  parser_.reset();
  hope();
  const std::string authority = (endpoint.tls ? "https://" : "http://") + endpoint.authority;
  if (!channel_.is_open() || connected_to_ != authority) {
    channel_.close();
    BS_TRY(connect(endpoint, url));
    connected_to_ = authority;
  }
  std::string request =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\n", endpoint.target, endpoint.authority);
  for (const auto& [name, value] : headers_) request += fmt::format("{}: {}\r\n", name, value);
  request += "\r\n";
  Status sent = send(request, url);
  if (!sent) {
    channel_.close();
    return sent.error();
  }
  auto got = receive(url, sink, handed_on);
  if (!got || !parser_.keep_alive()) channel_.close();
  return got;
}

Status HttpReader::connect(const Endpoint& endpoint, const std::string& url) {
  if (endpoint.tls) {
    BS_ASSIGN(tls_, TlsClient::create(endpoint.host));
  } else {
    tls_.reset();
  }
  BS_ASSIGN(const std::vector<Address> addresses, resolve(endpoint));
  Status connected = ok();
  for (const Address& address : addresses) {
    connected = connect_to(address, url);
    if (connected || connected.error().code != ErrorCode::kUnavailable) return connected;
    channel_.close();
  }
  return connected;
}

Status HttpReader::connect_to(const Address& address, const std::string& url) {
  const auto refused = [&](const char* why) {
    return fail(ErrorCode::kUnavailable, fmt::format("could not connect to read {}: {}", url, why));
  };
  if (channel_.dial(address) != DialState::kPending) return refused(std::strerror(errno));
  BS_TRY(wait(POLLOUT, url));
  if (const int error = channel_.dial_error(); error != 0) return refused(std::strerror(error));
  for (;;) {
    switch (channel_.handshake(tls_.get())) {
      case IoState::kDone:
        return ok();
      case IoState::kWantRead:
        BS_TRY(wait(POLLIN, url));
        break;
      case IoState::kWantWrite:
        BS_TRY(wait(POLLOUT, url));
        break;
      case IoState::kClosed:
      case IoState::kFailed:
        return refused("the TLS handshake failed (is the certificate known to this machine?)");
    }
  }
}

Status HttpReader::send(std::string_view request, const std::string& url) {
  while (!request.empty()) {
    const IoResult sent = channel_.write(request);
    if (sent.state == IoState::kDone) {
      request.remove_prefix(sent.bytes);
    } else if (sent.state == IoState::kWantWrite || sent.state == IoState::kWantRead) {
      BS_TRY(wait(sent.state == IoState::kWantRead ? POLLIN : POLLOUT, url));
    } else {
      return fail(ErrorCode::kUnavailable, fmt::format("reading {}: the connection was lost", url));
    }
  }
  return ok();
}

Result<HttpReader::Answer> HttpReader::receive(const std::string& url, const BodySink& sink, bool& handed_on) {
  for (;;) {
    const IoResult got = channel_.read(buffer_.data(), buffer_.size());
    if (got.state == IoState::kWantRead || got.state == IoState::kWantWrite) {
      BS_TRY(wait(got.state == IoState::kWantRead ? POLLIN : POLLOUT, url));
      continue;
    }
    std::size_t consumed = 0;
    const auto progress =
        got.state == IoState::kDone ? parser_.feed({buffer_.data(), got.bytes}, consumed) : parser_.finish();
    if (parser_.body_bytes() - hoped_at_ >= patience_.bytes_least) hope();
    if (parser_.status() == 200 && !parser_.body().empty()) {
      handed_on = true;
      BS_TRY(sink(parser_.body()));
      parser_.body().clear();
    } else if (parser_.body().size() > kBodyOfErrors) {
      parser_.body().resize(kBodyOfErrors);
      if (parser_.body_bytes() > 1024 * 1024) channel_.close();
      if (!channel_.is_open()) return answer();
    }
    if (progress == HttpParser::Progress::kComplete) return answer();
    if (progress == HttpParser::Progress::kError) {
      const auto code = got.state == IoState::kDone ? ErrorCode::kProtocol : ErrorCode::kUnavailable;
      return fail(code, fmt::format("reading {}: {}", url, parser_.error()));
    }
  }
}

HttpReader::Answer HttpReader::answer() const {
  Answer answer;
  answer.status = parser_.status();
  answer.framed = parser_.framed();
  for (std::size_t i = 0; i < kept_headers_.size(); ++i) {
    const std::string* const value = parser_.header(i);
    answer.headers.push_back(value != nullptr ? std::optional(*value) : std::nullopt);
  }
  answer.body = printable(parser_.body());
  return answer;
}

}  // namespace blackstart
