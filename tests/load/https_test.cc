// https: certificates are checked, bids are counted the same.
#include "load/channel.h"
#include "load/endpoint.h"
#include "tests/load/traffic_run.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/wait.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace blackstart::testing {
namespace {

using std::chrono::seconds;

/// A key, and a certificate for 127.0.0.1 signed with itself, written to `file`.
struct Certificate {
  explicit Certificate(const std::string& file) : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_NAME* const name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
    FILE* const out = std::fopen(file.c_str(), "w");
    PEM_write_X509(out, certificate);
    std::fclose(out);
  }
  ~Certificate() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  EVP_PKEY* key;
  X509* certificate;
};

/// What a server does once a connection stands.
enum class Manner { kAnswer, kHangUp };

/// Acknowledges every bid, or hangs up on it; one thread a connection.
class TlsServer {
 public:
  explicit TlsServer(const Certificate& identity, Manner manner = Manner::kAnswer)
      : context_(SSL_CTX_new(TLS_server_method())), manner_(manner) {
    SSL_CTX_use_certificate(context_, identity.certificate);
    SSL_CTX_use_PrivateKey(context_, identity.key);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 128) != 0)
      std::abort();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~TlsServer() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (const int fd : peers_) shutdown(fd, SHUT_RDWR);
    for (std::thread& thread : threads_) thread.join();
    close(listener_);
    SSL_CTX_free(context_);
  }
  [[nodiscard]] std::string url(const std::string& host) const { return fmt::format("https://{}:{}", host, port_); }
  std::atomic<std::uint64_t> acknowledged{0};

 private:
  void accept_all() {
    for (int fd = accept(listener_, nullptr, nullptr); fd >= 0; fd = accept(listener_, nullptr, nullptr)) {
      peers_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }
  void serve(int fd) {
    sigset_t pipe_signal;  // only the client's writes may raise it here: it must not
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
    SSL* const ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
      manner_ == Manner::kAnswer ? answer_all(ssl) : reset(fd);
    }
    SSL_free(ssl);
    close(fd);
  }
  static void reset(int fd) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  void answer_all(SSL* ssl) {
    std::string in;
    char buffer[4096];
    for (int got = SSL_read(ssl, buffer, sizeof buffer); got > 0; got = SSL_read(ssl, buffer, sizeof buffer)) {
      in.append(buffer, static_cast<std::size_t>(got));
      if (in.back() != '}') continue;
      const std::size_t at = in.find("{\"id\":\"") + 7;
      const std::string body =
          fmt::format(R"({{"id":"{}","stored":true,"leading":true}})", in.substr(at, in.find('"', at) - at));
      const std::string answer = fmt::format("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
      ++acknowledged;
      if (SSL_write(ssl, answer.data(), static_cast<int>(answer.size())) <= 0) return;
      in.clear();
    }
  }
  SSL_CTX* context_;
  Manner manner_;
  int listener_ = -1;
  int port_ = 0;
  std::thread acceptor_;
  std::vector<int> peers_;
  std::vector<std::thread> threads_;
};

TrafficInterval traffic(const std::string& url) {
  BidLoad load = constant_load(300);
  load.connections_max = 20;
  TrafficRun run(load, protocol_mapping(url));
  run.start();
  EXPECT_TRUE(wait_until_true([&] { return !run.intervals().empty(); }));
  run.stop();
  return total_of(run.intervals());
}

/// A stream with TLS to the server, its handshake done.
Channel connected(const TlsClient& tls, const Address& address) {
  Channel channel;
  EXPECT_EQ(channel.dial(address), DialState::kPending);
  EXPECT_TRUE(wait_until_true([&] { return channel.handshake(&tls) == IoState::kDone; }));
  return channel;
}

TEST(Https, WritingToWhoHasHungUpFailsAndRaisesNoSignal) {
  const ScratchFolder scratch;
  const std::string file = scratch.file("hang_up.pem");
  const Certificate identity(file);
  setenv("SSL_CERT_FILE", file.c_str(), 1);
  TlsServer server(identity, Manner::kHangUp);
  const auto tls = TlsClient::create("127.0.0.1");
  ASSERT_TRUE(tls.has_value());
  unsetenv("SSL_CERT_FILE");
  std::signal(SIGPIPE, SIG_DFL);
  const auto addresses = resolve(*parse_endpoint(server.url("127.0.0.1")));
  ASSERT_TRUE(addresses.has_value());
  Channel channel = connected(**tls, addresses->front());
  EXPECT_TRUE(wait_until_true([&] { return channel.write("bids").state == IoState::kFailed; }));
  EXPECT_EQ(channel.write("more bids").state, IoState::kFailed);
}

TEST(Https, KnownCertificateIsTalkedToAndUnknownOnesAreRefused) {
  const ScratchFolder scratch;
  const std::string file = scratch.file("certificate.pem");
  const Certificate identity(file);
  {
    TlsServer server(identity);
    setenv("SSL_CERT_FILE", file.c_str(), 1);
    const TrafficInterval all = traffic(server.url("127.0.0.1"));
    EXPECT_EQ(all.acknowledged, all.offered);
    EXPECT_EQ(all.acknowledged, server.acknowledged);
    EXPECT_GT(all.acknowledged, 200U);
  }
  {
    TlsServer server(identity);
    const TrafficInterval all = traffic(server.url("localhost"));  // the certificate is for 127.0.0.1
    EXPECT_EQ(all.refused, all.offered);
    EXPECT_EQ(server.acknowledged, 0U);
  }
  unsetenv("SSL_CERT_FILE");
  {
    TlsServer server(identity);
    const TrafficInterval all = traffic(server.url("127.0.0.1"));
    EXPECT_EQ(all.refused, all.offered);
    EXPECT_EQ(server.acknowledged, 0U);
  }
}

}  // namespace
}  // namespace blackstart::testing
