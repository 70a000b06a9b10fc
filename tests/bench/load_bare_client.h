#pragma once
// The floor of the load generator: the same requests at the same Poisson rate, tick and number of connections by bare
// sockets and epoll, with no ledger, no checksum, no JSON, no parsing of answers and no histogram.

#include "tests/bench/load_bare_server.h"

#include <time.h>
#include <algorithm>
#include <chrono>
#include <deque>
#include <random>

namespace blackstart::bench {

class BareClient {
 public:
  BareClient(const BareServer& server, int connections) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(server.url().substr(server.url().rfind(':') + 1))));
    for (int i = 0; i < connections; ++i) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      epoll_event watch{EPOLLIN, {.fd = fd}};
      if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
          epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &watch) != 0) {
        std::perror("bare client");
        std::exit(1);
      }
      idle_.push_back(fd);
      all_.push_back(fd);
    }
  }
  ~BareClient() {
    for (const int fd : all_) close(fd);
    close(epoll_);
  }
  BareClient(const BareClient&) = delete;
  BareClient& operator=(const BareClient&) = delete;

  /// CPU seconds of this thread per 100,000 answers, at `rate` requests a second for `length_s`.
  [[nodiscard]] double cpu_per_100k(double rate, double length_s, std::chrono::nanoseconds tick) {
    const double cpu_before = cpu_s();
    const auto start = std::chrono::steady_clock::now();
    const auto end = start + std::chrono::nanoseconds(static_cast<std::int64_t>(length_s * 1e9));
    std::mt19937_64 random(3);
    std::exponential_distribution<double> gap(rate / 1e9);
    double next_ns = gap(random);
    auto wake = start + tick;
    std::uint64_t answers = 0;
    for (auto now = start; now < end; now = std::chrono::steady_clock::now()) {
      if (now >= wake) {
        const auto due = static_cast<double>((now - start).count());
        for (; next_ns <= due && !idle_.empty(); next_ns += gap(random)) send_one();
        wake += (now - wake) / tick * tick + tick;
      }
      answers += take_answers(std::max(wake - now, std::chrono::nanoseconds(0)));
    }
    return (cpu_s() - cpu_before) / static_cast<double>(answers) * 1e5;
  }

 private:
  static double cpu_s() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
  }
  void send_one() {
    constexpr std::string_view kRequest =
        "POST /auctions/1234/bids HTTP/1.1\r\nHost: 127.0.0.1:12345\r\nContent-Type: application/json\r\n"
        "Blackstart-Drill: bench\r\nContent-Length: 66\r\n\r\n"
        "{\"id\":\"123456\",\"bidder\":123456,\"amount\":123456,\"crc\":1234567890}";
    if (send(idle_.front(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) > 0) idle_.pop_front();
  }
  std::uint64_t take_answers(std::chrono::nanoseconds at_most) {
    const timespec timeout{0, static_cast<long>(at_most.count())};
    const int count = epoll_pwait2(epoll_, events_, kEvents, &timeout, nullptr);
    std::uint64_t answers = 0;
    for (int i = 0; i < count; ++i) {
      const int fd = events_[i].data.fd;
      if (recv(fd, in_, sizeof in_, 0) <= 0) continue;
      idle_.push_back(fd);
      ++answers;
    }
    return answers;
  }

  static constexpr int kEvents = 512;
  int epoll_;
  std::deque<int> idle_;  // in turn, as the load generator takes them
  std::vector<int> all_;
  epoll_event events_[kEvents];
  char in_[16 * 1024];
};

}  // namespace blackstart::bench
