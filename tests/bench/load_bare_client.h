#pragma once
// The floor of the load generator: the same requests at the same Poisson rate, tick and number of connections by bare
// sockets and epoll, with no ledger, no checksum, no JSON and no parsing of answers.

#include "base/histogram.h"
#include "tests/bench/load_bare_server.h"

#include <time.h>
#include <algorithm>
#include <chrono>
#include <deque>
#include <random>

namespace blackstart::bench {

class BareClient {
 public:
  struct Outcome {
    double cpu_per_100k_s = 0;  // of this thread
    Histogram latency;          // from when a request was due to its answer
  };

  /// Connected `connections` times; while none is idle it connects again, until there are `connections_max`.
  BareClient(const BareServer& server, int connections, int connections_max)
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), connections_max_(static_cast<std::size_t>(connections_max)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_.sin_port = htons(static_cast<std::uint16_t>(std::stoi(server.url().substr(server.url().rfind(':') + 1))));
    for (int i = 0; i < connections; ++i) connect_one();
  }
  ~BareClient() {
    for (const int fd : all_) close(fd);
    close(epoll_);
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  /// `rate` requests a second for `length_s`; what is due while no connection is idle goes out later, in order.
  [[nodiscard]] Outcome generate(double rate, double length_s, std::chrono::nanoseconds tick) {
    Outcome outcome;
    const double cpu_before = cpu_s();
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + std::chrono::nanoseconds(static_cast<std::int64_t>(length_s * 1e9));
    std::mt19937_64 random(3);
    std::exponential_distribution<double> gap(rate / 1e9);
    double next_ns = gap(random);
    auto wake = start + tick;
    for (auto now = start; now < end; now = std::chrono::steady_clock::now()) {
      if (now >= wake) {
        const auto due = static_cast<double>((now - start).count());
        for (; next_ns <= due && may_send(); next_ns += gap(random)) {
          send_one(start + std::chrono::nanoseconds(static_cast<std::int64_t>(next_ns)));
        }
        wake += (now - wake) / tick * tick + tick;
      }
      take_answers(std::max(wake - now, std::chrono::nanoseconds(0)), outcome.latency);
    }
    outcome.cpu_per_100k_s = (cpu_s() - cpu_before) / static_cast<double>(outcome.latency.count()) * 1e5;
    return outcome;
  }

 private:
  static double cpu_s() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
  }
  void connect_one() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event watch{EPOLLIN, {.fd = fd}};
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) != 0 ||
        epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &watch) != 0) {
      std::perror("bare client");
      std::exit(1);
    }
    idle_.push_back(fd);
    all_.push_back(fd);
    due_.resize(std::max(due_.size(), static_cast<std::size_t>(fd) + 1));
  }
  [[nodiscard]] bool may_send() {
    if (idle_.empty() && all_.size() < connections_max_) connect_one();
    return !idle_.empty();
  }
  void send_one(std::chrono::steady_clock::time_point due) {
    constexpr std::string_view kRequest =
        "POST /auctions/1234/bids HTTP/1.1\r\nHost: 127.0.0.1:12345\r\nContent-Type: application/json\r\n"
        "Blackstart-Drill: bench\r\nContent-Length: 66\r\n\r\n"
        "{\"id\":\"123456\",\"bidder\":123456,\"amount\":123456,\"crc\":1234567890}";
    const int fd = idle_.front();
    if (send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) <= 0) return;
    due_[static_cast<std::size_t>(fd)] = due;
    idle_.pop_front();
  }
  void take_answers(std::chrono::nanoseconds at_most, Histogram& latency) {
    const timespec timeout{0, static_cast<long>(at_most.count())};
    const int count = epoll_pwait2(epoll_, events_, kEvents, &timeout, nullptr);
    const auto now = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      const int fd = events_[i].data.fd;
      if (recv(fd, in_, sizeof in_, 0) <= 0) continue;
      idle_.push_back(fd);
      latency.record(now - due_[static_cast<std::size_t>(fd)]);
    }
  }

  static constexpr int kEvents = 512;
  int epoll_;
  std::size_t connections_max_;
  sockaddr_in address_{};
  std::vector<std::chrono::steady_clock::time_point> due_;  // of the request under way, by socket
  std::deque<int> idle_;                                    // in turn, as the load generator takes them
  std::vector<int> all_;
  epoll_event events_[kEvents];
  char in_[16 * 1024];
};

}  // namespace blackstart::bench
