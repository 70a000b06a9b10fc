#include "targets/local/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <fstream>

#include <fmt/format.h>

namespace blackstart {
namespace {

/// First port of the kernel's range for outgoing connections.
int outgoing_begin() {
  int begin = 32768;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> begin;
  return begin;
}

}  // namespace

bool port_is_free(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const int on = 1;  // connections that linger in TIME_WAIT do not hold a port against its server
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    ::listen(descriptor, 1) == 0;
  ::close(descriptor);
  return free;
}

PortPool::PortPool() : random_(std::random_device{}()) {
  const int begin = outgoing_begin();
  lowest_ = 10240;
  highest_ = static_cast<std::uint16_t>(begin > 14000 ? std::min(begin, 65535) - 1 : 65535);
}

Result<std::uint16_t> PortPool::take() {
  const std::lock_guard lock(mutex_);
  std::uniform_int_distribution<int> any(lowest_, highest_);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto port = static_cast<std::uint16_t>(any(random_));
    if (given_.contains(port) || !port_is_free(port)) continue;
    given_.insert(port);
    return port;
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("no free port between {} and {} was found on 127.0.0.1 in 1000 tries; end what holds them",
                          lowest_, highest_));
}

}  // namespace blackstart
