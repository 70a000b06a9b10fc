#pragma once
// A non-blocking stream to a target: TCP, or TLS over it. Close-on-exec, TCP_NODELAY, no SIGPIPE. A Channel is as small
// as its descriptor: thousands of them cost nothing. One thread at a time.

#include "base/result.h"
#include "load/endpoint.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct bio_method_st;
struct ssl_ctx_st;
struct ssl_st;

namespace blackstart {

/// What clients of one https host share. Certificates are verified against the system's store (SSL_CERT_FILE and
/// SSL_CERT_DIR move it) and the host's name.
class TlsClient {
 public:
  static Result<std::unique_ptr<TlsClient>> create(const std::string& host);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  /// A session on `fd`; null when there is no memory for it.
  [[nodiscard]] ssl_st* open(int fd) const;

 private:
  TlsClient() = default;
  ssl_ctx_st* context_ = nullptr;
  bio_method_st* sockets_ = nullptr;  // outlives every session
  std::string host_;
  bool numeric_ = false;
};

enum class IoState : unsigned char {
  kDone,       // bytes were moved, or the handshake is over
  kWantRead,   // again when the descriptor is readable
  kWantWrite,  // again when it is writable
  kClosed,     // the other side closed in order
  kFailed,     // reset, a TLS error, ...
};
struct IoResult {
  IoState state = IoState::kFailed;
  std::size_t bytes = 0;
};

enum class DialState : unsigned char {
  kPending,  // writable when decided: then dial_error()
  kRefused,  // the target or the network said no at once
  kLocal,    // this machine has no descriptor, port or memory left for it
};

class Channel {
 public:
  Channel() = default;
  ~Channel() { close(); }
  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&& other) noexcept;

  /// Begins to connect. REQUIRES: closed. Anything but kPending leaves it closed.
  DialState dial(const Address& address);
  /// The outcome of a pending connect that became writable: 0, or an errno.
  [[nodiscard]] int dial_error() const;
  /// TLS only: one step of the handshake; without `tls` kDone at once.
  IoState handshake(const TlsClient* tls);
  IoResult read(char* into, std::size_t size);
  IoResult write(std::string_view bytes);
  void close();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  [[nodiscard]] IoResult tls_result(int returned) const;
  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
};

}  // namespace blackstart
