#include "targets/auction/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <optional>
#include <vector>

#include "targets/auction/http_parser.h"

namespace blackstart::auction {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

struct Pending {
  explicit Pending(EventLoop& loop) : timer(loop) {}
  std::string what;  // "GET http://…", for errors
  std::string wire;
  HttpClient::Done done;
  Timer timer;
  bool sent = false;
  bool finished = false;

  void finish(CallOutcome outcome) {
    if (std::exchange(finished, true)) return;
    timer.cancel();
    auto act = std::exchange(done, {});
    act(std::move(outcome));
  }
  void fail(std::string_view why, bool timed_out = false) {
    finish(CallOutcome{.answered = false,
                       .reply = {},
                       .sent = sent,
                       .timed_out = timed_out,
                       .error = fmt::format("{}: {}", what, why)});
  }
};

class Link;

}  // namespace

struct HttpClient::State : std::enable_shared_from_this<HttpClient::State> {
  State(EventLoop& event_loop, Config settings) : loop(event_loop), config(std::move(settings)) {}

  void submit(std::shared_ptr<Pending> call);
  void next();
  void forget(const Link* link);

  EventLoop& loop;
  Config config;
  std::vector<std::shared_ptr<Link>> links;
  std::deque<std::shared_ptr<Pending>> queue;
  bool dropped = false;
};

namespace {

/// One connection: idle, or carrying one call.
class Link : public std::enable_shared_from_this<Link> {
 public:
  explicit Link(std::shared_ptr<HttpClient::State> client)
      : client_(client),
        limit_(client->config.body_bytes_max),
        socket_(client->loop.context()),
        resolver_(client->loop.context()) {}

  [[nodiscard]] bool idle() const { return !call_; }
  void carry(std::shared_ptr<Pending> call);
  void close();
  void timed_out(const Pending* call) {
    if (call_.get() == call) break_off("no answer in time", true);
  }

 private:
  void connect();
  void connected(error_code error);
  void send();
  void read();
  void consume();
  void break_off(std::string_view why, bool timed_out = false);

  std::weak_ptr<HttpClient::State> client_;
  std::uint64_t limit_;
  tcp::socket socket_;
  tcp::resolver resolver_;
  std::shared_ptr<Pending> call_;
  std::string buffer_ = std::string(8 * 1024, '\0');
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Reply reply_;
  std::optional<MessageParser<false>> parser_;
  bool open_ = false;
};

void Link::carry(std::shared_ptr<Pending> call) {
  call_ = std::move(call);
  parser_.emplace(reply_, limit_);
  if (open_) return send();
  connect();
}

void Link::connect() {
  auto client = client_.lock();
  if (!client) return;
  const auto& url = client->config.url;
  error_code error;
  const auto address = asio::ip::make_address(url.host == "localhost" ? "127.0.0.1" : url.host, error);
  auto self = shared_from_this();
  if (!error) {
    const auto port = static_cast<std::uint16_t>(*parse_number<std::uint32_t>(url.port));
    socket_.async_connect(tcp::endpoint(address, port), [self](error_code failed) { self->connected(failed); });
    return;
  }
  resolver_.async_resolve(url.host, url.port, [self](error_code failed, const tcp::resolver::results_type& found) {
    if (failed || !self->call_) return self->connected(failed);
    asio::async_connect(self->socket_, found,
                        [self](error_code unreachable, const tcp::endpoint&) { self->connected(unreachable); });
  });
}

void Link::connected(error_code error) {
  if (!call_) return close();  // timed out meanwhile
  if (error) return break_off(error.message());
  open_ = true;
  error_code ignored;
  (void)socket_.non_blocking(true, ignored);
  (void)socket_.set_option(tcp::no_delay(true), ignored);
  send();
  read();  // also while idle: the peer's close is seen when it happens
}

void Link::send() {
  error_code error;
  const auto sent = socket_.write_some(asio::buffer(call_->wire), error);
  call_->sent = call_->sent || sent > 0;
  if (error && error != asio::error::would_block) return break_off(error.message());
  if (sent == call_->wire.size()) return;
  auto* rest = call_.get();
  asio::async_write(socket_, asio::buffer(rest->wire.data() + sent, rest->wire.size() - sent),
                    [self = shared_from_this(), held = call_](error_code failed, std::size_t bytes) {
                      held->sent = held->sent || bytes > 0;
                      if (failed && self->call_ == held) self->break_off(failed.message());
                    });
}

void Link::read() {
  if (!open_) return;
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size()) {
    buffer_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
    buffer_.resize(std::min<std::size_t>((end_ + 8 * 1024) * 4, 256 * 1024));
  }
  socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            if (!self->open_) return;
                            if (error) return self->break_off("the connection ended: " + error.message());
                            self->end_ += bytes;
                            self->consume();
                          });
}

void Link::consume() {
  if (!call_) return break_off("bytes that nobody asked for");
  error_code error;
  begin_ += parser_->put(asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
  if (error && error != boost::beast::http::error::need_more) {
    return break_off("the answer is no valid HTTP: " + error.message());
  }
  if (error || !parser_->is_done()) return read();
  auto call = std::exchange(call_, {});
  if (!parser_->keep_alive()) close();
  auto client = client_.lock();
  call->finish(
      CallOutcome{.answered = true, .reply = std::move(reply_), .sent = true, .timed_out = false, .error = {}});
  if (client && !client->dropped) client->next();
  read();
}

void Link::break_off(std::string_view why, bool timed_out) {
  auto call = std::exchange(call_, {});
  close();
  if (call) call->fail(why, timed_out);
  if (auto client = client_.lock(); client && !client->dropped) client->next();
}

void Link::close() {
  open_ = false;
  error_code ignored;
  resolver_.cancel();
  (void)socket_.close(ignored);
  if (auto client = client_.lock()) client->forget(this);
}

}  // namespace

void HttpClient::State::submit(std::shared_ptr<Pending> call) {
  if (queue.size() >= config.queue_max) return call->fail("too many calls wait for a connection");
  queue.push_back(std::move(call));
  next();
}

void HttpClient::State::next() {
  while (!queue.empty()) {
    if (queue.front()->finished) {
      queue.pop_front();
      continue;
    }
    auto free = std::find_if(links.begin(), links.end(), [](const auto& link) { return link->idle(); });
    if (free == links.end() && links.size() >= config.connections_max) return;
    auto link = free != links.end() ? *free : links.emplace_back(std::make_shared<Link>(shared_from_this()));
    auto call = std::move(queue.front());
    queue.pop_front();
    link->carry(std::move(call));
  }
}

void HttpClient::State::forget(const Link* link) {
  std::erase_if(links, [link](const auto& held) { return held.get() == link; });
}

HttpClient::HttpClient(EventLoop& loop, Config config) : state_(std::make_shared<State>(loop, std::move(config))) {}

HttpClient::~HttpClient() {
  state_->dropped = true;
  for (auto& call : state_->queue) call->finished = true;
  state_->queue.clear();
  auto links = std::move(state_->links);
  state_->links.clear();
  for (auto& link : links) link->close();
}

const Url& HttpClient::url() const { return state_->config.url; }

void HttpClient::call(Call call, std::chrono::nanoseconds timeout, Done done) {
  auto pending = std::make_shared<Pending>(state_->loop);
  const auto& url = state_->config.url;
  pending->what = fmt::format("{} {}{}", call.method, url.to_string(), call.target);
  pending->wire = fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\n{}Content-Length: {}\r\n\r\n{}", call.method,
                              call.target, url.host, url.port, call.headers, call.body.size(), call.body);
  pending->done = std::move(done);
  std::weak_ptr<Pending> held = pending;
  pending->timer.start(timeout, [held, state = std::weak_ptr(state_)] {
    auto late = held.lock();
    auto client = state.lock();
    if (!late || !client || client->dropped) return;
    for (const auto& link : std::vector(client->links)) link->timed_out(late.get());
    late->fail("no answer in time", true);
  });
  // Through the loop, so that `done` never runs inside the caller's own call.
  state_->loop.post([state = state_, pending = std::move(pending)]() mutable {
    if (!state->dropped) state->submit(std::move(pending));
  });
}

}  // namespace blackstart::auction
