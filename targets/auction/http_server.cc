#include "targets/auction/http_server.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "targets/auction/http_parser.h"

namespace blackstart::auction {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t kBufferBytesFirst = 4 * 1024;
constexpr std::size_t kBufferBytesMax = 64 * 1024;

Response parse_failure(error_code error) {
  namespace http = boost::beast::http;
  if (error == http::error::body_limit) return error_response(413, "the body is larger than this server takes");
  if (error == http::error::header_limit) return error_response(431, "the request's head is larger than 16 KiB");
  return error_response(400, "not a valid HTTP/1.1 request: " + error.message());
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(EventLoop& event_loop, Config settings, Handler handle, Observer observe)
      : loop(event_loop),
        config(std::move(settings)),
        handler(std::move(handle)),
        observer(std::move(observe)),
        acceptor(event_loop.context()),
        retry(event_loop) {}

  Status open();
  void accept();
  void await_drained(SteadyTime until, std::function<void()> done);

  EventLoop& loop;
  Config config;
  Handler handler;
  Observer observer;
  tcp::acceptor acceptor;
  Timer retry;
  std::size_t connections = 0;
  std::size_t requests_open = 0;
  bool draining = false;
  bool gone = false;  // the server's owner has ended: what is answered now goes nowhere
};

/// One peer. Alive while a read or write is under way, or somebody holds its Responder or EventStream.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<HttpServer::State> server, tcp::socket socket)
      : server_(std::move(server)), socket_(std::move(socket)), buffer_(kBufferBytesFirst, '\0') {
    ++server_->connections;
  }
  ~Connection() {
    --server_->connections;
    if (awaiting_answer_) --server_->requests_open;
  }

  void start() { read(); }
  void answer(const Response& response);
  void begin_stream();
  bool send_event(Bytes bytes);
  void close();
  [[nodiscard]] bool closed() const { return !socket_.is_open(); }
  std::function<void()> closed_act;
  std::function<void()> idle_act;

 private:
  void read();
  void read_ignoring();
  void consume();
  void ask_for_body();
  void dispatch();
  void refuse(const Response& response);
  void write(std::string wire);
  void written();

  std::shared_ptr<HttpServer::State> server_;
  tcp::socket socket_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Request request_;
  std::optional<MessageParser<true>> parser_;
  std::string out_;  // what the kernel did not take at once
  Bytes event_;      // the same for a stream
  SteadyTime began_;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool told_to_go_on_ = false;
  bool ending_ = false;  // no further request is read: closing, or a stream
  bool awaiting_answer_ = false;
  bool dispatching_ = false;
  bool writing_ = false;
};

void Connection::read() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size()) {
    if (begin_ > 0) {
      buffer_.erase(0, begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    buffer_.resize(std::min(buffer_.size() * 4, kBufferBytesMax));
  }
  socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            if (error) return self->close();
                            self->end_ += bytes;
                            self->consume();
                          });
}

// Parses and dispatches whatever is buffered, until an answer is awaited or more bytes are needed.
void Connection::consume() {
  while (!closed() && !ending_) {
    if (!parser_) parser_.emplace(request_, server_->config.body_bytes_max);
    error_code error;
    begin_ += parser_->put(asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
    if (error == boost::beast::http::error::need_more || (!error && !parser_->is_done())) {
      if (!told_to_go_on_ && parser_->is_body_held_back()) ask_for_body();
      return closed() ? void() : read();
    }
    if (error) return refuse(parse_failure(error));
    dispatch();
    if (awaiting_answer_ || writing_) return;
  }
}

// Nothing else is on its way out: the kernel takes these few bytes.
void Connection::ask_for_body() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  told_to_go_on_ = true;
  error_code error;
  if (socket_.write_some(asio::buffer(kContinue), error) != kContinue.size()) close();
}

// HEAD is GET without the body of the answer.
void Connection::dispatch() {
  if (server_->gone) return close();
  head_only_ = request_.method == "HEAD";
  if (head_only_) request_.method = "GET";
  keep_alive_ = parser_->keep_alive() && !server_->draining;
  awaiting_answer_ = true;
  ++server_->requests_open;
  began_ = SteadyClock::now();
  dispatching_ = true;
  server_->handler(request_, Responder(shared_from_this()));
  dispatching_ = false;
}

void Connection::refuse(const Response& response) {
  if (server_->gone) return close();
  head_only_ = false;
  keep_alive_ = false;
  awaiting_answer_ = true;
  ++server_->requests_open;
  began_ = SteadyClock::now();
  answer(response);
}

void Connection::answer(const Response& response) {
  awaiting_answer_ = false;
  --server_->requests_open;
  if (server_->gone) return;
  if (server_->observer) server_->observer(response.status, SteadyClock::now() - began_);
  if (closed()) return;
  keep_alive_ = keep_alive_ && !server_->draining;
  parser_.reset();
  told_to_go_on_ = false;
  std::string wire = serialize(response, keep_alive_);
  if (head_only_) wire.resize(wire.size() - response.body.size());
  write(std::move(wire));
}

// Most answers fit the kernel's buffer: written here and now, without a round through the reactor.
void Connection::write(std::string wire) {
  error_code error;
  const auto sent = socket_.write_some(asio::buffer(wire), error);
  if (error && error != asio::error::would_block) return close();
  if (sent == wire.size()) return written();
  out_ = std::move(wire);
  writing_ = true;
  asio::async_write(socket_, asio::buffer(out_.data() + sent, out_.size() - sent),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      self->writing_ = false;
                      std::string().swap(self->out_);
                      if (failed) return self->close();
                      self->written();
                    });
}

void Connection::written() {
  if (!keep_alive_) {
    ending_ = true;
    error_code ignored;
    (void)socket_.shutdown(tcp::socket::shutdown_send, ignored);
    return read_ignoring();
  }
  if (!dispatching_) consume();
}

// Waits for the peer to close, so that it reads our last bytes before a reset could discard them.
void Connection::read_ignoring() {
  socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](error_code error, std::size_t) {
    if (error) return self->close();
    self->read_ignoring();
  });
}

void Connection::begin_stream() {
  awaiting_answer_ = false;
  --server_->requests_open;
  if (server_->observer) server_->observer(200, SteadyClock::now() - began_);
  ending_ = true;
  std::string(256, '\0').swap(buffer_);
  send_event(std::make_shared<const std::string>(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"));
  error_code ignored;
  if (head_only_) (void)socket_.shutdown(tcp::socket::shutdown_send, ignored);  // its first event then ends the stream
  read_ignoring();
}

bool Connection::send_event(Bytes bytes) {
  if (closed() || event_) return false;
  error_code error;
  const auto sent = socket_.write_some(asio::buffer(*bytes), error);
  if (error && error != asio::error::would_block) {
    close();
    return false;
  }
  if (sent == bytes->size()) return true;
  event_ = std::move(bytes);
  asio::async_write(socket_, asio::buffer(event_->data() + sent, event_->size() - sent),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      self->event_.reset();
                      if (failed) return self->close();
                      if (self->idle_act) self->idle_act();
                    });
  return true;
}

void Connection::close() {
  if (closed()) return;
  error_code ignored;
  (void)socket_.close(ignored);
  idle_act = {};
  if (auto act = std::exchange(closed_act, {})) act();
}

Status HttpServer::State::open() {
  const std::string where = fmt::format("{}:{}", config.host, config.port);
  error_code error;
  const auto address = asio::ip::make_address(config.host == "localhost" ? "127.0.0.1" : config.host, error);
  if (error) return fail(ErrorCode::kInvalid, fmt::format("cannot listen on {}: --host takes an IP address", where));
  const tcp::endpoint endpoint(address, config.port);
  (void)acceptor.open(endpoint.protocol(), error);
  if (!error) (void)acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) (void)acceptor.bind(endpoint, error);
  if (!error) (void)acceptor.listen(4096, error);
  if (!error) return ok();
  const bool taken = error == asio::error::address_in_use;
  return fail(ErrorCode::kUnavailable,
              fmt::format("cannot listen on {}: {}{}", where, error.message(),
                          taken ? "; another program has the port: stop it, or choose another with --port" : ""));
}

void HttpServer::State::accept() {
  acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || self->draining) return;
    if (error) {  // out of descriptors: what is open goes on, new peers wait in the kernel's queue
      self->retry.start(std::chrono::milliseconds(100), [state = self.get()] { state->accept(); });
      return;
    }
    if (self->connections < self->config.connections_max) {
      error_code ignored;
      (void)socket.non_blocking(true, ignored);
      (void)socket.set_option(tcp::no_delay(true), ignored);
      (void)socket.set_option(tcp::socket::keep_alive(true), ignored);  // finds watchers that vanished
      std::make_shared<Connection>(self, std::move(socket))->start();
    }
    self->accept();
  });
}

void HttpServer::State::await_drained(SteadyTime until, std::function<void()> done) {
  if (requests_open == 0 || SteadyClock::now() >= until) return done();
  retry.start(std::chrono::milliseconds(5),
              [this, until, done = std::move(done)]() mutable { await_drained(until, std::move(done)); });
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(EventLoop& loop, Config config, Handler handler,
                                                       Observer observer) {
  auto state = std::make_shared<State>(loop, std::move(config), std::move(handler), std::move(observer));
  BS_TRY(state->open());
  state->accept();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() {
  error_code ignored;
  state_->draining = state_->gone = true;
  (void)state_->acceptor.close(ignored);
}
std::uint16_t HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }
std::size_t HttpServer::connections() const { return state_->connections; }

void HttpServer::drain(std::chrono::nanoseconds at_most, std::function<void()> done) {
  error_code ignored;
  state_->draining = true;
  (void)state_->acceptor.close(ignored);
  state_->await_drained(SteadyClock::now() + at_most, std::move(done));
}

Responder::Responder(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
Responder::Responder(Responder&&) noexcept = default;
Responder& Responder::operator=(Responder&&) noexcept = default;
Responder::~Responder() {
  if (connection_) send(error_response(500, "the request was dropped without an answer"));
}
void Responder::send(const Response& response) {
  if (auto connection = std::exchange(connection_, {})) connection->answer(response);
}
std::unique_ptr<EventStream> Responder::start_stream() {
  auto connection = std::exchange(connection_, {});
  connection->begin_stream();
  return std::make_unique<EventStream>(std::move(connection));
}

EventStream::EventStream(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
EventStream::~EventStream() {
  connection_->closed_act = {};
  connection_->close();
}
bool EventStream::send(Bytes bytes) { return connection_->send_event(std::move(bytes)); }
bool EventStream::closed() const { return connection_->closed(); }
void EventStream::on_closed(std::function<void()> act) { connection_->closed_act = std::move(act); }
void EventStream::on_idle(std::function<void()> act) { connection_->idle_act = std::move(act); }

}  // namespace blackstart::auction
