#include "load/channel.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace blackstart {
namespace {

bool is_numeric(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// Errors of connect() that say nothing about the target.
bool is_local(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EADDRNOTAVAIL ||
         error == EAGAIN;
}

/// OpenSSL's own sockets raise SIGPIPE where the other side is gone.
int send_without_signal(BIO* socket, const char* bytes, int length) {
  BIO_clear_retry_flags(socket);
  const ssize_t sent =
      send(static_cast<int>(BIO_get_fd(socket, nullptr)), bytes, static_cast<std::size_t>(length), MSG_NOSIGNAL);
  if (sent < 0 && BIO_sock_should_retry(static_cast<int>(sent)) != 0) BIO_set_retry_write(socket);
  return static_cast<int>(sent);
}

/// OpenSSL's sockets, but for the above; null without memory.
BIO_METHOD* signalless_sockets() {
  const BIO_METHOD* const plain = BIO_s_socket();
  BIO_METHOD* const sockets = BIO_meth_new(BIO_TYPE_SOCKET, "socket without SIGPIPE");
  if (sockets == nullptr) return nullptr;
  BIO_meth_set_write(sockets, send_without_signal);
  BIO_meth_set_read(sockets, BIO_meth_get_read(plain));
  BIO_meth_set_puts(sockets, BIO_meth_get_puts(plain));
  BIO_meth_set_ctrl(sockets, BIO_meth_get_ctrl(plain));
  BIO_meth_set_create(sockets, BIO_meth_get_create(plain));
  BIO_meth_set_destroy(sockets, BIO_meth_get_destroy(plain));
  return sockets;
}

}  // namespace

Result<std::unique_ptr<TlsClient>> TlsClient::create(const std::string& host) {
  std::unique_ptr<TlsClient> client(new TlsClient);
  client->host_ = host;
  client->numeric_ = is_numeric(host);
  client->context_ = SSL_CTX_new(TLS_client_method());
  client->sockets_ = signalless_sockets();
  if (client->context_ == nullptr || client->sockets_ == nullptr ||
      SSL_CTX_set_default_verify_paths(client->context_) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::kIo, fmt::format("could not set up TLS for {}: the system's certificates cannot be read "
                                            "(Debian: apt-get install ca-certificates)",
                                            host));
  }
  SSL_CTX_set_min_proto_version(client->context_, TLS1_2_VERSION);
  SSL_CTX_set_verify(client->context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(client->context_,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return client;
}

TlsClient::~TlsClient() {
  SSL_CTX_free(context_);
  BIO_meth_free(sockets_);
}

ssl_st* TlsClient::open(int fd) const {
  SSL* const ssl = SSL_new(context_);
  if (ssl == nullptr) return nullptr;
  BIO* const socket = BIO_new(sockets_);
  bool right = socket != nullptr;
  if (right) {
    BIO_set_fd(socket, fd, BIO_NOCLOSE);
    SSL_set_bio(ssl, socket, socket);
  }
  if (numeric_) {
    right = right && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host_.c_str()) == 1;
  } else {
    right = right && SSL_set1_host(ssl, host_.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host_.c_str()) == 1;
  }
  if (!right) {
    SSL_free(ssl);
    return nullptr;
  }
  SSL_set_connect_state(ssl);
  return ssl;
}

Channel::Channel(Channel&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), ssl_(std::exchange(other.ssl_, nullptr)) {}

Channel& Channel::operator=(Channel&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    ssl_ = std::exchange(other.ssl_, nullptr);
  }
  return *this;
}

DialState Channel::dial(const Address& address) {
  BS_CHECK(fd_ < 0);
  fd_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd_ < 0) return DialState::kLocal;
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0 || errno == EINPROGRESS) {
    return DialState::kPending;
  }
  const int error = errno;
  close();
  return is_local(error) ? DialState::kLocal : DialState::kRefused;
}

int Channel::dial_error() const {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

IoState Channel::handshake(const TlsClient* tls) {
  if (tls == nullptr) return IoState::kDone;
  if (ssl_ == nullptr) ssl_ = tls->open(fd_);
  if (ssl_ == nullptr) return IoState::kFailed;
  const int returned = SSL_do_handshake(ssl_);
  return returned == 1 ? IoState::kDone : tls_result(returned).state;
}

IoResult Channel::tls_result(int returned) const {
  const int error = SSL_get_error(ssl_, returned);
  ERR_clear_error();  // the queue is the thread's: what is left in it would be taken for the next call's
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return {IoState::kWantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {IoState::kWantWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoState::kClosed, 0};
    default:
      return {IoState::kFailed, 0};
  }
}

IoResult Channel::read(char* into, std::size_t size) {
  if (ssl_ != nullptr) {
    const int returned = SSL_read(ssl_, into, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
    return returned > 0 ? IoResult{IoState::kDone, static_cast<std::size_t>(returned)} : tls_result(returned);
  }
  const ssize_t returned = recv(fd_, into, size, 0);
  if (returned > 0) return {IoState::kDone, static_cast<std::size_t>(returned)};
  if (returned == 0) return {IoState::kClosed, 0};
  if (errno == EAGAIN || errno == EINTR) return {IoState::kWantRead, 0};
  return {IoState::kFailed, 0};
}

IoResult Channel::write(std::string_view bytes) {
  if (ssl_ != nullptr) {
    const int returned = SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX)));
    return returned > 0 ? IoResult{IoState::kDone, static_cast<std::size_t>(returned)} : tls_result(returned);
  }
  const ssize_t returned = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (returned >= 0) return {IoState::kDone, static_cast<std::size_t>(returned)};
  if (errno == EAGAIN || errno == EINTR) return {IoState::kWantWrite, 0};
  return {IoState::kFailed, 0};
}

void Channel::close() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  if (fd_ >= 0) ::close(fd_);
  ssl_ = nullptr;
  fd_ = -1;
}

}  // namespace blackstart
