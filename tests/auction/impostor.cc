#include "tests/auction/impostor.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <stdexcept>
#include <vector>

namespace blackstart::auction {

Impostor::Impostor(std::string answer) : answer_(std::move(answer)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the impostor cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Impostor::~Impostor() {
  ending_ = true;
  thread_.join();
  ::close(listener_);
}

std::string Impostor::http(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " So\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

void Impostor::run() {
  std::map<int, std::string> received;
  while (!ending_) {
    std::vector<pollfd> waiting{{listener_, POLLIN, 0}};
    for (const auto& [socket, unused] : received) waiting.push_back({socket, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), 20) <= 0) continue;
    if ((waiting[0].revents & POLLIN) != 0) received[::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)] = "";
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      const int socket = waiting[i].fd;
      char bytes[4096];
      const auto got = ::recv(socket, bytes, sizeof bytes, 0);
      if (got <= 0) {
        ::close(socket);
        received.erase(socket);
        continue;
      }
      auto& text = received[socket].append(bytes, static_cast<std::size_t>(got));
      for (auto end = text.find("\r\n\r\n"); end != std::string::npos; end = text.find("\r\n\r\n")) {
        text.erase(0, end + 4);
        ++answered_;
        ::send(socket, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
    }
  }
  for (const auto& [socket, unused] : received) ::close(socket);
}

}  // namespace blackstart::auction
