#pragma once
// HTTP/1.1 calls to one peer over a few keep-alive connections, each call with a deadline. Tells apart a call that
// certainly never reached the peer from one that may have. Single-threaded: the loop's.

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http.h"

namespace blackstart::auction {

/// How a call ended: an answer, or why there is none.
struct CallOutcome {
  bool answered = false;
  Reply reply;        // when answered
  bool sent = false;  // at least one byte left: the peer may have acted
  bool timed_out = false;
  std::string error;  // when not answered: what happened, on which url
};

struct Call {
  std::string method = "GET";
  std::string target = {};
  std::string headers = {};  // further ones, each "Name: value\r\n"
  std::string body = {};
};

class HttpClient {
 public:
  using Done = std::function<void(CallOutcome outcome)>;
  struct Config {
    Url url;
    std::size_t connections_max = 2;
    std::size_t queue_max = 1000;  // calls that wait for a connection; more fail at once, unsent
    std::uint64_t body_bytes_max = 256ULL << 20;
  };

  HttpClient(EventLoop& loop, Config config);
  /// Calls under way are dropped: their `done` never runs.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `done` runs once, on the loop, never before this returns. `timeout` counts from now, waiting in line included.
  void call(Call call, std::chrono::nanoseconds timeout, Done done);
  [[nodiscard]] const Url& url() const;

  struct State;  // opaque

 private:
  std::shared_ptr<State> state_;
};

}  // namespace blackstart::auction
