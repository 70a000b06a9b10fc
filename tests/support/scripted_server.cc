#include "tests/support/scripted_server.h"

#include "tests/support/scripted_store.h"

#include <fmt/format.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace blackstart::testing {
namespace {

constexpr std::uint64_t kHugeBytes = 1ULL << 30;
constexpr std::size_t kPageMax = 20'000;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void sleep_until_ns(std::int64_t until) {
  const timespec at{until / 1'000'000'000, until % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

struct Request {
  std::string_view method, path, query, drill, body;
  std::size_t bytes = 0;  // 0: not complete yet
};

std::string_view header_value(std::string_view head, std::string_view name) {
  std::size_t at = 0;
  while ((at = head.find("\r\n", at)) != std::string_view::npos) {
    at += 2;
    if (head.size() - at <= name.size() || head[at + name.size()] != ':') continue;
    if (strncasecmp(head.data() + at, name.data(), name.size()) != 0) continue;
    const std::size_t begin = head.find_first_not_of(' ', at + name.size() + 1);
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  return {};
}

Request parse(std::string_view bytes) {
  Request request;
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return request;
  const std::string_view head = bytes.substr(0, end + 2);
  std::size_t length = 0;
  const std::string_view length_text = header_value(head, "content-length");
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (bytes.size() < end + 4 + length) return request;
  const std::size_t first = head.find(' ');
  const std::size_t second = head.find(' ', first + 1);
  request.method = head.substr(0, first);
  request.path = head.substr(first + 1, second - first - 1);
  const std::size_t mark = request.path.find('?');
  if (mark != std::string_view::npos) {
    request.query = request.path.substr(mark + 1);
    request.path = request.path.substr(0, mark);
  }
  request.drill = header_value(head, "blackstart-drill");
  request.body = bytes.substr(end + 4, length);
  request.bytes = end + 4 + length;
  return request;
}

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

template <class Number>
Number number_in(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The value of a key in a body of our own spelling.
std::string_view member(std::string_view body, std::string_view key) {
  const std::size_t at = body.find(key);
  if (at == std::string_view::npos) return {};
  std::string_view rest = body.substr(at + key.size());
  while (!rest.empty() && (rest.front() == ':' || rest.front() == ' ' || rest.front() == '"')) rest.remove_prefix(1);
  return rest.substr(0, rest.find_first_of("\",}"));
}

std::string answer(int status, std::string_view body, std::string_view headers = {}) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}", status,
                     body.size(), headers, body);
}

struct Peer {
  std::string in, out;
  std::uint64_t huge_left = 0;  // of an endless answer
  std::uint32_t watched = 0;    // the auction whose events go here
  bool close_after = false;
};

struct Timed {
  std::int64_t at_ns;
  nlohmann::json words;
};

}  // namespace

struct ScriptedServer::State {
  Options options;
  int listener = -1, epoll = -1, waker = -1;
  std::uint16_t port = 0;
  std::atomic<bool> stopping{false};
  std::mutex mutex;  // guards store and timed
  ScriptedStore store;
  std::vector<Timed> timed;
  std::unordered_map<int, Peer> peers;  // of the thread
  std::thread thread;

  void listen_on();
  void run();
  void obey_timed();
  void stall();
  void accept_all();
  void on_event(int fd, std::uint32_t events);
  void handle_input(int fd);
  bool flush(int fd, Peer& peer);
  void drop(int fd);
  void serve(Peer& peer, const Request& request);
  void place(Peer& peer, const Request& request, ScriptedBid bid);
  void answer_bid(Peer& peer, ScriptedAnswer how, const ScriptedBid& bid);
  void read_back(Peer& peer, const Request& request, bool orders);
  void add_act(const nlohmann::json& acts, std::int64_t now);
  void notify_watchers(const ScriptedBid& bid);
};

ScriptedServer::ScriptedServer() : ScriptedServer(Options{}) {}

ScriptedServer::ScriptedServer(Options options) : state_(std::make_unique<State>()) {
  state_->options = options;
  state_->listen_on();
  state_->thread = std::thread([this] { state_->run(); });
}

ScriptedServer::~ScriptedServer() { stop(); }

std::uint16_t ScriptedServer::port() const { return state_->port; }
std::string ScriptedServer::url() const { return fmt::format("http://127.0.0.1:{}", state_->port); }

void ScriptedServer::act(const nlohmann::json& words) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->store.act(words, now_ns());
  }
  eventfd_write(state_->waker, 1);
}

void ScriptedServer::script(const nlohmann::json& acts) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->add_act(acts, now_ns());
  }
  eventfd_write(state_->waker, 1);
}

nlohmann::json ScriptedServer::truth() {
  const std::lock_guard lock(state_->mutex);
  return state_->store.truth();
}

void ScriptedServer::stop() {
  if (state_->stopping.exchange(true)) return;
  eventfd_write(state_->waker, 1);
  state_->thread.join();
  for (const int fd : {state_->listener, state_->epoll, state_->waker}) close(fd);
}

void ScriptedServer::State::listen_on() {
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(options.port);
  socklen_t length = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener, options.backlog) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error(fmt::format("could not listen on 127.0.0.1:{}: {}", options.port, std::strerror(errno)));
  }
  port = ntohs(address.sin_port);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  waker = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  for (const int fd : {listener, waker}) {
    epoll_event event{EPOLLIN, {.fd = fd}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

void ScriptedServer::State::run() {
  epoll_event events[256];
  while (!stopping) {
    int timeout = -1;
    {
      const std::lock_guard lock(mutex);
      if (!timed.empty()) {
        timeout = static_cast<int>(std::max<std::int64_t>(0, (timed.front().at_ns - now_ns()) / 1'000'000));
      }
    }
    const int count = epoll_wait(epoll, events, 256, timeout);
    obey_timed();
    stall();
    for (int i = 0; i < count; ++i) {
      on_event(events[i].data.fd, events[i].events);
      stall();
    }
  }
  while (!peers.empty()) drop(peers.begin()->first);
}

void ScriptedServer::State::add_act(const nlohmann::json& acts, std::int64_t now) {
  for (nlohmann::json words : acts) {
    const std::int64_t at = now + words.value("at_ms", std::int64_t{0}) * 1'000'000;
    words.erase("at_ms");
    timed.push_back({at, std::move(words)});
  }
  std::stable_sort(timed.begin(), timed.end(), [](const Timed& a, const Timed& b) { return a.at_ns < b.at_ns; });
}

void ScriptedServer::State::obey_timed() {
  for (;;) {
    std::int64_t at = 0;
    {
      const std::lock_guard lock(mutex);
      if (timed.empty() || timed.front().at_ns > now_ns() + 1'000'000) return;
      at = timed.front().at_ns;
    }
    sleep_until_ns(at);  // the last millisecond
    const std::lock_guard lock(mutex);
    store.act(timed.front().words, at);
    timed.erase(timed.begin());
  }
}

void ScriptedServer::State::stall() {
  std::int64_t length_ms = 0;
  {
    const std::lock_guard lock(mutex);
    length_ms = store.take_stall_ms();
  }
  if (length_ms > 0) sleep_until_ns(now_ns() + length_ms * 1'000'000);
}

void ScriptedServer::State::accept_all() {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{EPOLLIN, {.fd = fd}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    peers[fd];
  }
}

void ScriptedServer::State::on_event(int fd, std::uint32_t events) {
  if (fd == listener) return accept_all();
  if (fd == waker) {
    eventfd_t ignored = 0;
    eventfd_read(waker, &ignored);
    return;
  }
  const auto found = peers.find(fd);
  if (found == peers.end()) return;
  if ((events & EPOLLOUT) != 0 && !flush(fd, found->second)) return;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) handle_input(fd);
}

void ScriptedServer::State::handle_input(int fd) {
  Peer& peer = peers[fd];
  char buffer[16 * 1024];
  const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return drop(fd);
  peer.in.append(buffer, static_cast<std::size_t>(got));
  for (;;) {
    const Request request = parse(peer.in);
    if (request.bytes == 0) break;
    serve(peer, request);
    peer.in.erase(0, request.bytes);
  }
  flush(fd, peer);
}

bool ScriptedServer::State::flush(int fd, Peer& peer) {
  static const std::string kFill(64 * 1024, 'x');
  for (;;) {
    if (peer.out.empty() && peer.huge_left > 0) {
      peer.out = kFill.substr(0, std::min<std::uint64_t>(kFill.size(), peer.huge_left));
      peer.huge_left -= peer.out.size();
    }
    if (peer.out.empty()) break;
    const ssize_t sent = send(fd, peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) {
      drop(fd);
      return false;
    }
    peer.out.erase(0, static_cast<std::size_t>(sent));
  }
  if (peer.out.empty() && peer.close_after) {
    drop(fd);
    return false;
  }
  epoll_event event{peer.out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT, {.fd = fd}};
  epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
  return true;
}

void ScriptedServer::State::drop(int fd) {
  close(fd);
  peers.erase(fd);
}

void ScriptedServer::State::serve(Peer& peer, const Request& request) {
  const bool get = request.method == "GET";
  if (!get && request.path.starts_with("/auctions/")) {
    ScriptedBid bid;
    bid.ref = std::string(member(request.body, "\"id\""));
    bid.auction = number_in<std::uint32_t>(request.path.substr(10));
    bid.bidder = number_in<std::uint32_t>(member(request.body, "\"bidder\""));
    bid.amount = number_in<std::int64_t>(member(request.body, "\"amount\""));
    bid.crc = number_in<std::uint32_t>(member(request.body, "\"crc\""));
    bid.drill = std::string(request.drill);
    return place(peer, request, std::move(bid));
  }
  if (!get && request.path == "/api/orders") {
    ScriptedBid bid;
    bid.ref = std::string(member(request.body, "\"ref\""));
    bid.crc = number_in<std::uint32_t>(member(request.body, "\"note\""));
    return place(peer, request, std::move(bid));
  }
  if (get && request.path.starts_with("/auctions/") && request.path.ends_with("/watch")) {
    peer.watched = number_in<std::uint32_t>(request.path.substr(10));
    peer.out += "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    return;
  }
  if (get && (request.path == "/bids" || request.path == "/api/orders")) {
    return read_back(peer, request, request.path == "/api/orders");
  }
  const std::lock_guard lock(mutex);
  if (get && request.path == "/health") {
    peer.out += store.healthy() ? answer(200, R"({"status":"UP"})") : answer(503, R"({"status":"DOWN"})");
  } else if (get && request.path == "/truth") {
    peer.out += answer(200, store.truth().dump());
  } else if (!get && (request.path == "/act" || request.path == "/script")) {
    try {
      const auto words = nlohmann::json::parse(request.body);
      request.path == "/act" ? store.act(words, now_ns()) : add_act(words, now_ns());
      peer.out += answer(200, "{}");
    } catch (const std::exception& error) {
      peer.out += answer(400, nlohmann::json{{"error", error.what()}}.dump());
    }
  } else {
    peer.out += answer(404, "{}");
  }
}

void ScriptedServer::State::place(Peer& peer, const Request& request, ScriptedBid bid) {
  (void)request;
  ScriptedAnswer how{};
  std::int64_t slow_ms = 0;
  {
    const std::lock_guard lock(mutex);
    how = store.place(bid, now_ns());
    slow_ms = store.slow_ms();
  }
  if (slow_ms > 0) sleep_until_ns(now_ns() + slow_ms * 1'000'000);
  answer_bid(peer, how, bid);
  if (how == ScriptedAnswer::kStored) notify_watchers(bid);
}

void ScriptedServer::State::answer_bid(Peer& peer, ScriptedAnswer how, const ScriptedBid& bid) {
  switch (how) {
    case ScriptedAnswer::kStored:
      peer.out += answer(201, fmt::format(R"({{"id":"{}","stored":true,"leading":true}})", bid.ref));
      return;
    case ScriptedAnswer::kServerError:
      peer.out += answer(500, R"({"error":"scripted"})");
      return;
    case ScriptedAnswer::kRefused:
      peer.out += answer(422, R"({"error":"scripted"})");
      return;
    case ScriptedAnswer::kUnavailableNo:
      peer.out += answer(503, "{}", "Blackstart-Stored: no\r\n");
      return;
    case ScriptedAnswer::kGarbage:
      peer.out += "\x16\x03\x01 this is no HTTP at all\r\n\r\n";
      return;
    case ScriptedAnswer::kHang:
      peer.out += "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":";
      return;
    case ScriptedAnswer::kHuge:
      peer.out += fmt::format("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n", kHugeBytes);
      peer.huge_left = kHugeBytes;
      return;
    case ScriptedAnswer::kCloseSilently:
      peer.close_after = true;
      return;
  }
}

void ScriptedServer::State::notify_watchers(const ScriptedBid& bid) {
  if (bid.auction == 0) return;
  std::vector<int> watching;
  for (const auto& [fd, peer] : peers) {
    if (peer.watched == bid.auction) watching.push_back(fd);
  }
  for (const int fd : watching) {
    const std::string event = fmt::format(
        "event: bid\ndata: {{\"id\":\"{}\",\"amount\":{},\"leading\":true,\"count\":1}}\n\n", bid.ref, bid.amount);
    peers[fd].out += fmt::format("{:x}\r\n{}\r\n", event.size(), event);
    flush(fd, peers[fd]);
  }
}

void ScriptedServer::State::read_back(Peer& peer, const Request& request, bool orders) {
  std::unique_lock lock(mutex);
  const std::string mode = store.read_back_mode();
  const std::int64_t slow_ms = store.read_back_slow_ms();
  if (mode == "fail") {
    peer.out += answer(500, R"({"error":"scripted"})");
    return;
  }
  std::size_t limit = number_in<std::size_t>(query_value(request.query, "limit"));
  limit = limit == 0 ? kPageMax : std::min(limit, kPageMax);
  const auto after = number_in<std::size_t>(query_value(request.query, "after"));
  const auto page = store.page(std::string(query_value(request.query, "drill")), after, limit);
  std::string body;
  if (orders) {
    nlohmann::json list = nlohmann::json::array();
    for (const ScriptedBid* bid : page.bids) list.push_back({{"ref", bid->ref}, {"note", std::to_string(bid->crc)}});
    if (mode == "foreign") list.insert(list.begin(), {{"note", "an order of somebody else, without a ref"}});
    nlohmann::json all = {{"orders", std::move(list)}, {"next", nullptr}};
    if (page.next != 0) all["next"] = page.next;
    body = all.dump();
  } else {
    for (const ScriptedBid* bid : page.bids) {
      fmt::format_to(std::back_inserter(body),
                     "{{\"id\":\"{}\",\"auction\":{},\"bidder\":{},\"amount\":{},\"crc\":{}}}\n", bid->ref,
                     bid->auction, bid->bidder, bid->amount, bid->crc);
    }
  }
  if (mode == "garbage") body += "<html>no bid</html>\n";
  lock.unlock();
  if (slow_ms > 0) sleep_until_ns(now_ns() + slow_ms * 1'000'000);
  std::string cursor = page.next == 0 ? "" : fmt::format("Next-Cursor: {}\r\n", page.next);
  if (mode == "loop") cursor = "Next-Cursor: 1\r\n";
  if (mode == "unframed" || mode == "cut") {
    peer.close_after = true;
    const std::string length = mode == "cut" ? fmt::format("Content-Length: {}\r\n", body.size() + 1000) : "";
    peer.out += fmt::format("HTTP/1.1 200 OK\r\n{}{}\r\n{}", length, cursor, body);
    return;
  }
  peer.out += answer(200, body, cursor);
}

}  // namespace blackstart::testing
