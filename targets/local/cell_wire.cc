#include "targets/local/cell_wire.h"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/uio.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

namespace blackstart {
namespace {

constexpr std::size_t kMessageMax = std::size_t{1} << 20;

/// As much as the kernel lets us have; what does not fit is refused by send_message().
void enlarge_buffer(int socket) {
  const int wanted = static_cast<int>(kMessageMax);
  if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted) != 0)
    ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
}

/// Room for the one descriptor that may come along.
union ControlSpace {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

Descriptor received_descriptor(msghdr& message) {
  Descriptor received;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(part), sizeof descriptor);
    received = Descriptor{descriptor};
  }
  return received;
}

}  // namespace

Result<CellSockets> make_cell_sockets() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno(errno, "cannot make the cell's sockets");
  CellSockets sockets{Descriptor{ends[0]}, Descriptor{ends[1]}};
  enlarge_buffer(ends[0]);
  enlarge_buffer(ends[1]);
  return sockets;
}

Status send_message(int socket, const nlohmann::ordered_json& body, int descriptor) {
  // CBOR, because paths and arguments are bytes and need not be UTF-8.
  auto text = nlohmann::ordered_json::to_cbor(body);
  if (text.size() > kMessageMax)
    return fail(ErrorCode::kInvalid, fmt::format("a command line of {} bytes is too long for a cell", text.size()));
  iovec bytes{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  ControlSpace control{};
  if (descriptor >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    cmsghdr* part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EMSGSIZE)
      return fail(ErrorCode::kInvalid, fmt::format("a command line of {} bytes is too long for a cell", text.size()));
    return fail_errno(errno, "the cell cannot be reached");
  }
  return ok();
}

Result<std::optional<CellMessage>> receive_message(int socket) {
  std::vector<std::uint8_t> text(kMessageMax);
  iovec bytes{text.data(), text.size()};
  ControlSpace control{};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == ECONNRESET) return std::optional<CellMessage>{};
  if (got < 0) return fail_errno(errno, "the cell's socket cannot be read");
  if (got == 0) return std::optional<CellMessage>{};
  text.resize(static_cast<std::size_t>(got));
  std::optional<CellMessage> received{std::in_place};
  received->descriptor = received_descriptor(message);
  received->body = nlohmann::ordered_json::from_cbor(text, true, false);
  if (!received->body.is_object()) return fail(ErrorCode::kProtocol, "the cell's socket carried something else");
  return received;
}

}  // namespace blackstart
