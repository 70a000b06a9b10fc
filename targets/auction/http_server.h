#pragma once
// A lean HTTP/1.1 server on one event loop: keep-alive, one request at a time a connection, answers now or later, and
// endless streams of events. Single-threaded: everything happens on the loop's thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "targets/auction/event_loop.h"
#include "targets/auction/http.h"

namespace blackstart::auction {

class Connection;

using Bytes = std::shared_ptr<const std::string>;

/// An answer without end (server-sent events). Held by whoever feeds it; dropping the last handle closes it.
class EventStream {
 public:
  EventStream(std::shared_ptr<Connection> connection);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// Sends `bytes` whole. False: not taken, because earlier bytes still wait for a slow reader, or the peer is gone.
  bool send(Bytes bytes);
  [[nodiscard]] bool closed() const;
  /// Runs `act` once, when the peer is gone.
  void on_closed(std::function<void()> act);
  /// Runs `act` whenever a send that had to wait has gone out: the next send() will be taken.
  void on_idle(std::function<void()> act);

 private:
  std::shared_ptr<Connection> connection_;
};

/// The right to answer one request, once. Dropped unanswered, the peer gets a 500.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Connection> connection);
  ~Responder();
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;

  void send(const Response& response);
  std::unique_ptr<EventStream> start_stream();

 private:
  std::shared_ptr<Connection> connection_;
};

class HttpServer {
 public:
  /// `request` is valid during the call only.
  using Handler = std::function<void(const Request& request, Responder responder)>;
  using Observer = std::function<void(int status, std::chrono::nanoseconds taken)>;
  struct Config {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    std::uint64_t body_bytes_max = 64 * 1024;
    std::size_t connections_max = 30'000;  // more are accepted and closed at once
  };

  /// Listens at once. An address in use, or none of this machine, is an error that says so.
  static Result<std::unique_ptr<HttpServer>> listen(EventLoop& loop, Config config, Handler handler,
                                                    Observer observer = {});
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;
  /// Accepts no more; runs `done` when every request is answered, or after `at_most`.
  void drain(std::chrono::nanoseconds at_most, std::function<void()> done);

 private:
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
  friend class Connection;
};

}  // namespace blackstart::auction
