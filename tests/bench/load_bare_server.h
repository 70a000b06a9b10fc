#pragma once
// The floor's other half: a bare epoll server in a process of its own that answers each bid at once, as the protocol
// says, and stores nothing. Killed when this goes.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart::bench {

class BareServer {
 public:
  BareServer() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 8192) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      std::perror("bare server");
      std::exit(1);
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const rlimit files{65536, 65536};
      setrlimit(RLIMIT_NOFILE, &files);
      serve(listener_);
    }
    if (pid_ < 0) {  // kill(-1) would end everything on the machine
      std::perror("bare server");
      std::exit(1);
    }
    close(listener_);
  }
  ~BareServer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  BareServer(const BareServer&) = delete;
  BareServer& operator=(const BareServer&) = delete;
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  static std::size_t answer(std::string_view request, char* out) {
    constexpr std::string_view kKey = "{\"id\":\"";
    const std::size_t at = request.rfind(kKey);
    std::string_view id = at == std::string_view::npos ? "0" : request.substr(at + kKey.size());
    id = id.substr(0, id.find('"'));
    constexpr std::string_view kAround = "{\"id\":\"\",\"stored\":true,\"leading\":0}";
    const std::size_t body = kAround.size() + id.size();
    return static_cast<std::size_t>(
        std::sprintf(out,
                     "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
                     "%zu\r\n\r\n{\"id\":\"%.*s\",\"stored\":true,\"leading\":0}",
                     body, static_cast<int>(id.size()), id.data()));
  }
  [[noreturn]] static void serve(int listener) {
    const int epoll = epoll_create1(0);
    epoll_event event{EPOLLIN, {.fd = listener}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    std::vector<epoll_event> events(512);
    char in[16 * 1024];
    char out[512];
    for (;;) {
      const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener) {
          for (int peer = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK); peer >= 0;
               peer = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) {
            const int on = 1;
            setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            epoll_event watch{EPOLLIN, {.fd = peer}};
            epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &watch);
          }
          continue;
        }
        const ssize_t got = recv(fd, in, sizeof in, 0);
        if (got <= 0) {
          close(fd);
          continue;
        }
        const std::size_t size = answer({in, static_cast<std::size_t>(got)}, out);
        if (send(fd, out, size, MSG_NOSIGNAL) < 0) close(fd);
      }
    }
  }

  int listener_ = -1;
  pid_t pid_ = -1;
  std::string url_;
};

}  // namespace blackstart::bench
